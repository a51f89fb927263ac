"""The writers of this process, one for each tracking store."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cairn.client.context import without_credentials
from cairn.client.ending import call_in_children
from cairn.settings import JOURNAL

if TYPE_CHECKING:
    from cairn.client.sender import StoreCopy
    from cairn.client.writer import Writer
    from cairn.contract.services import Tracking

_lock = threading.Lock()
_writers: dict[str, Writer] = {}
_of_the_parent: list[Writer] = []


def journals() -> Path | None:
    """The folder of the journals of this user, or the one that is set; None for none at all."""
    chosen = JOURNAL.get()
    if chosen is not None:
        return None if chosen == "off" else Path(chosen).expanduser().absolute()
    states = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(states, "cairn", "journal")


def folder_of(uri: str) -> Path | None:
    """Where the journals for a tracking store are kept."""
    root = journals()
    name = hashlib.sha256(without_credentials(uri).encode()).hexdigest()[:16]
    return None if root is None else root / name


def writer(
    uri: str, open_service: Callable[[], Tracking], store_copy: StoreCopy | None = None
) -> Writer:
    """The writer to a tracking store; made on first use.

    Args:
        uri: the tracking URI in its one form.
        open_service: opens the store for the writer, which has a patience of its own.
        store_copy: stores copies of files among the artifacts of a run.
    """
    found = _writers.get(uri)
    if found is not None:
        return found
    from cairn.client.writer import Writer

    service = open_service()
    with _lock:
        if not _writers:
            call_in_children(close, priority=10)
        if uri not in _writers:
            _writers[uri] = Writer(service, without_credentials(uri), folder_of(uri), store_copy)
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
    for each in _writers.values():
        each.forget()
    _of_the_parent.extend(_writers.values())
    _writers.clear()


with suppress(AttributeError):  # where there is no fork
    os.register_at_fork(after_in_child=_start_afresh)
