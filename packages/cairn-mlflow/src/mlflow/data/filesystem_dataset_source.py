"""Data in files."""

from cairn.data.sources import FileSystemDatasetSource

__all__ = ["FileSystemDatasetSource"]
