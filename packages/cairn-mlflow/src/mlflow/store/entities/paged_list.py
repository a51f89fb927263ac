"""Pages of a search."""

from cairn.client.entities import PagedList

__all__ = ["PagedList"]
