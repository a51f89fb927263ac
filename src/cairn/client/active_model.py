"""The active model: the logged model that metrics of this thread or task are logged to."""

from __future__ import annotations

import functools
from contextvars import ContextVar

from cairn.settings import ACTIVE_MODEL_ID

_chosen: ContextVar[str | None] = ContextVar("cairn_active_model", default=None)


def get_active_model_id() -> str | None:
    """Id of the active model: the one chosen, else the one of the setting; None when there is none.

    It is chosen for this thread or task, by `set_active_model`. The setting is read once.
    """
    return _chosen.get() or _of_the_process()


@functools.cache  # every metric that is logged asks
def _of_the_process() -> str | None:
    return ACTIVE_MODEL_ID.get()


def clear_active_model() -> None:
    """Forget the active model of this thread or task."""
    _chosen.set(None)


def chosen() -> str | None:
    """Id of the model that was chosen for this thread or task."""
    return _chosen.get()


def choose(model_id: str | None) -> None:
    """Make a model the active one of this thread or task."""
    _chosen.set(model_id)
