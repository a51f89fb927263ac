"""A logged model that a run read."""

from cairn.client.entities import LoggedModelInput

__all__ = ["LoggedModelInput"]
