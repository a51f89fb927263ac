"""Modules of constants and small tools that integrations import by these paths."""

from __future__ import annotations

from mlflow._lazy import lazy

__getattr__, __dir__ = lazy(
    __name__, {}, ["async_logging", "mlflow_tags", "name_utils", "rest_utils", "validation"]
)
