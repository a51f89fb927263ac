"""The writers of this process, one for each tracking store."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from cairn.client.ending import call_in_children
from cairn.client.writer import Writer

if TYPE_CHECKING:
    from cairn.contract.services import Tracking

_lock = threading.Lock()
_writers: dict[str, Writer] = {}
_of_the_parent: list[Writer] = []


def writer(uri: str, open_service: Callable[[], Tracking]) -> Writer:
    """The writer to a tracking store; made on first use.

    Args:
        uri: the tracking URI in its one form.
        open_service: opens the store for the writer, which has a patience of its own.
    """
    found = _writers.get(uri)
    if found is not None:
        return found
    service = open_service()
    with _lock:
        if not _writers:
            call_in_children(close, priority=10)
        if uri not in _writers:
            _writers[uri] = Writer(service, uri)
        return _writers[uri]


def existing(uri: str) -> Writer | None:
    """The writer to a tracking store, if anything was logged to it."""
    return _writers.get(uri)


def flush() -> None:
    """Wait until everything logged so far was acknowledged, whichever store it goes to.

    Raises:
        CairnError: a record was refused, or a server cannot be reached.
    """
    for each in list(_writers.values()):
        each.flush()


def close() -> None:
    """Deliver what waits, for a bounded time; the end of the process calls it."""
    with _lock:
        closing = list(_writers.values())
        _writers.clear()
    for each in closing:
        each.close()


def _start_afresh() -> None:
    """In a forked child: what waits in the parent is the parent's to deliver."""
    global _lock  # noqa: PLW0603 - another thread of the parent may have held it
    _lock = threading.Lock()
    _of_the_parent.extend(_writers.values())
    _writers.clear()


with suppress(AttributeError):  # where there is no fork
    os.register_at_fork(after_in_child=_start_afresh)
