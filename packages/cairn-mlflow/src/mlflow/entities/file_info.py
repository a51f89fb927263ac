"""A file or folder among artifacts."""

from cairn.client.entities import FileInfo

__all__ = ["FileInfo"]
