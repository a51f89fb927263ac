"""A tag of a logged model."""

from cairn.client.entities import LoggedModelTag

__all__ = ["LoggedModelTag"]
