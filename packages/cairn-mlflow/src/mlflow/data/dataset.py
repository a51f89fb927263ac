"""The base of datasets."""

from cairn.data.dataset import Dataset

__all__ = ["Dataset"]
