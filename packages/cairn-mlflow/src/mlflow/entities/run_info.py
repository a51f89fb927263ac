"""Facts about a run."""

from cairn.client.entities import RunInfo

__all__ = ["RunInfo"]
