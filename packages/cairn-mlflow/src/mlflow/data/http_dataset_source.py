"""Data at a URL."""

from cairn.data.sources import HTTPDatasetSource

__all__ = ["HTTPDatasetSource"]
