"""A logged model that a run made."""

from cairn.client.entities import LoggedModelOutput

__all__ = ["LoggedModelOutput"]
