"""Datasets of pandas."""

from cairn.data.tabular import PandasDataset, from_pandas

__all__ = ["PandasDataset", "from_pandas"]
