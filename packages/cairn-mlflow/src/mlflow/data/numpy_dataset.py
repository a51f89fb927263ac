"""Datasets of NumPy."""

from cairn.data.arrays import NumpyDataset, from_numpy

__all__ = ["NumpyDataset", "from_numpy"]
