"""A logged model."""

from cairn.client.entities import LoggedModel

__all__ = ["LoggedModel"]
