"""A run."""

from cairn.client.entities import Run

__all__ = ["Run"]
