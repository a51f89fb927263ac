"""Tags that say where a run comes from."""

from __future__ import annotations

from mlflow._lazy import lazy

__getattr__, __dir__ = lazy(__name__, {}, ["abstract_context", "registry"])
