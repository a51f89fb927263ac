"""Metrics, params and tags of a run."""

from cairn.client.entities import RunData

__all__ = ["RunData"]
