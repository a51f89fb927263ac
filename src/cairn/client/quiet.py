"""Work beside training: what goes wrong in it is told once and never reaches the user's code."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_log = logging.getLogger("cairn")
_told: set[str] = set()


def quietly(what: str, work: Callable[[], T]) -> T | None:
    """What `work` returns; None when it fails, which is logged once for each `what`.

    Interrupts and exits pass.

    Args:
        what: names the work in the message, for example "The capture of the code".
        work: what to do.
    """
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - training goes on, whatever it is
        level = logging.DEBUG if what in _told else logging.WARNING
        _told.add(what)
        _log.log(level, "%s failed: %s: %s", what, type(error).__name__, error)
        _log.debug("Where it failed:", exc_info=error)
        return None
