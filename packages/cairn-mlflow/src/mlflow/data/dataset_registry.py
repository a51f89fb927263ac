"""The functions that make datasets."""

from cairn.data.registry import get_registered_constructors, register_constructor

__all__ = ["get_registered_constructors", "register_constructor"]
