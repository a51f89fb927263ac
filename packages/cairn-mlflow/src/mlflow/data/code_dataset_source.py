"""Data that a program made."""

from cairn.data.sources import CodeDatasetSource

__all__ = ["CodeDatasetSource"]
