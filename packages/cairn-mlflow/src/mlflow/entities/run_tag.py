"""A tag of a run."""

from cairn.client.entities import RunTag

__all__ = ["RunTag"]
