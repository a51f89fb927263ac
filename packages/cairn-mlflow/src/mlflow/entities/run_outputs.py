"""What a run made."""

from cairn.client.entities import RunOutputs

__all__ = ["RunOutputs"]
