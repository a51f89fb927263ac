"""Which lifecycle stages a search looks at."""

from cairn.client.entities import ViewType

__all__ = ["ViewType"]
