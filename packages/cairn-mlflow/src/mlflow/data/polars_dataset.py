"""Datasets of Polars."""

from cairn.data.tabular import PolarsDataset, from_polars

__all__ = ["PolarsDataset", "from_polars"]
