"""A dataset that a run read."""

from cairn.client.entities import Dataset

__all__ = ["Dataset"]
