"""Constants of stores that integrations import by these paths."""

from __future__ import annotations

from mlflow._lazy import lazy

__getattr__, __dir__ = lazy(__name__, {}, ["db", "entities", "tracking"])
