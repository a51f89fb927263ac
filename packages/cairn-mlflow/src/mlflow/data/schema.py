"""Schemas of datasets."""

from cairn.data.schema import TensorDatasetSchema

__all__ = ["TensorDatasetSchema"]
