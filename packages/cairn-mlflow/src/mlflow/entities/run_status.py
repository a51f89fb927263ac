"""States of a run."""

from cairn.client.entities import RunStatus

__all__ = ["RunStatus"]
