"""What a run read."""

from cairn.client.entities import RunInputs

__all__ = ["RunInputs"]
