"""How far the artifacts of a logged model are."""

from cairn.client.entities import LoggedModelStatus

__all__ = ["LoggedModelStatus"]
