"""A param of a logged model."""

from cairn.client.entities import LoggedModelParameter

__all__ = ["LoggedModelParameter"]
