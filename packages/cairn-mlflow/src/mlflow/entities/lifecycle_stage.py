"""Active or deleted."""

from cairn.client.entities import LifecycleStage

__all__ = ["LifecycleStage"]
