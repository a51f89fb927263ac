"""The base of sources."""

from cairn.data.sources import DatasetSource

__all__ = ["DatasetSource"]
