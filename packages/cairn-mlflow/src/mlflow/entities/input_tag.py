"""A tag on the use of a dataset."""

from cairn.client.entities import InputTag

__all__ = ["InputTag"]
