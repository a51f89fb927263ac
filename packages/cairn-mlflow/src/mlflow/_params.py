"""Params as scripts of MLflow log them: a nested value is one text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def log_params(
    params: Mapping[str, Any], synchronous: bool | None = None, run_id: str | None = None
) -> Any:
    """Log several params, each as one text; `cairn.log_params` takes nested ones apart.

    Raises:
        InvalidValue: one of them is not allowed; then none is logged.
    """
    from cairn.client import log

    return log.log_params({key: str(value) for key, value in params.items()}, synchronous, run_id)
