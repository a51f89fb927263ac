"""A tag of an experiment."""

from cairn.client.entities import ExperimentTag

__all__ = ["ExperimentTag"]
