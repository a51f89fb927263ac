"""A param."""

from cairn.client.entities import Param

__all__ = ["Param"]
