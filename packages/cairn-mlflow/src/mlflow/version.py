"""The version of MLflow whose protocol and API are spoken."""

from __future__ import annotations

from cairn.version import COMPATIBLE_VERSION as VERSION

IS_TRACING_SDK_ONLY = False
IS_MLFLOW_SKINNY = False
IS_FULL_MLFLOW = True


def is_release_version() -> bool:
    """Whether `VERSION` is that of a release; it always is."""
    return True


__all__ = [
    "IS_FULL_MLFLOW",
    "IS_MLFLOW_SKINNY",
    "IS_TRACING_SDK_ONLY",
    "VERSION",
    "is_release_version",
]
