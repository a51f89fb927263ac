"""How far long reads and transfers are, told on a terminal."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cairn.settings import PROGRESS

_FIRST_SECONDS = 1.0
_NEXT_SECONDS = 0.2
_UNITS = ("bytes", "kB", "MB", "GB", "TB")

Tell = Callable[[int], None]


@contextmanager
def shown(what: str, unit: str = "bytes") -> Iterator[Tell]:
    """Count something in one line of stderr, which goes when it is done.

    It comes after a second, only on a terminal, and only if the setting allows it.

    Args:
        what: is done, for example "Downloading".
        unit: of what is counted; bytes are written as MB and the like.

    Returns:
        A function that is told how many more there are, by any thread.
    """
    line = _Line(what, unit)
    try:
        yield line.tell
    finally:
        line.end()


class _Line:
    def __init__(self, what: str, unit: str) -> None:
        self._what, self._unit = what, unit
        self._count = 0
        self._due = time.monotonic() + _FIRST_SECONDS
        self._lock = threading.Lock()
        self._wanted = PROGRESS.get() and sys.stderr is not None and sys.stderr.isatty()
        self._written = False

    def tell(self, more: int) -> None:
        """Count, and write the line when it is time."""
        if not self._wanted:
            return
        with self._lock:
            self._count += more
            if time.monotonic() < self._due:
                return
            self._due = time.monotonic() + _NEXT_SECONDS
            self._written = True
            sys.stderr.write(f"\r{self._what}: {amount(self._count, self._unit)}\x1b[K")
            sys.stderr.flush()

    def end(self) -> None:
        """Take the line away."""
        if self._written:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def amount(count: int, unit: str) -> str:
    """A count with its unit, bytes in a larger one: ``1.5 GB``."""
    if unit != "bytes" or count < 1000:
        return f"{count:,} {unit}"
    size, place = float(count), 0
    while size >= 999.95 and place < len(_UNITS) - 1:
        size, place = size / 1000, place + 1
    return f"{size:.1f} {_UNITS[place]}"
