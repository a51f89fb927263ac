"""What the program prints: its console, bounded in size, with progress bars folded.

`listen` taps `sys.stdout` and `sys.stderr` by setting ``write`` of these very objects, so all else
about them stays: encoding, isatty, fileno, buffer, flush, errors. What is written to their buffer
or to the file descriptors passes by. The taps go when nobody listens any more.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

HEAD_BYTES = TAIL_BYTES = 1024 * 1024
"""How much is kept of the beginning, and of the end."""

_DRAIN = 256 * 1024  # characters that may wait before the printing thread folds them itself
_LONGEST_LINE = 64 * 1024
_BREAK = re.compile(r"(\r\n|\n|\r)")


class Console:
    """The text that is printed while it listens; any thread may print."""

    def __init__(self) -> None:
        self._pending: deque[str] = deque()
        self._waiting = 0
        self._lock = threading.Lock()
        self._line = ""
        self._returned = False
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._in_tail = 0
        self._left_out = 0
        self.version = 0

    def take(self, text: str) -> None:
        """Take a text as it is printed; never waits for another thread."""
        self._pending.append(text)
        self._waiting += len(text)
        if self._waiting > _DRAIN:
            self._drain(wait=False)

    def content(self) -> bytes:
        """What was printed, in UTF-8: its beginning, how much is left out, its end."""
        self._drain(wait=True)
        with self._lock:
            gap = f"\n[{self._left_out:,} bytes are left out here]\n".encode()
            last = self._line.encode("utf-8", "backslashreplace")
            return b"".join([self._head, gap * bool(self._left_out), *self._tail, last])

    def changed_since(self, version: int) -> bool:
        """Whether something was printed since `version` had this value."""
        return bool(self._pending) or self.version != version

    def _drain(self, *, wait: bool) -> None:
        if not self._lock.acquire(blocking=wait):
            return
        try:
            while self._pending:
                text = self._pending.popleft()
                self._waiting -= len(text)
                self._fold(text)
            self.version += 1
        finally:
            self._lock.release()

    def _fold(self, text: str) -> None:
        """Add a text: what comes after a carriage return takes the place of its line."""
        for part in _BREAK.split(text):
            if part in {"\n", "\r\n"}:
                self._keep(self._line + "\n")
                self._line, self._returned = "", False
            elif part == "\r":
                self._returned = True
            elif part:
                self._line = part if self._returned else self._line + part
                self._returned = False
                if len(self._line) > _LONGEST_LINE:
                    self._keep(self._line)
                    self._line = ""

    def _keep(self, line: str) -> None:
        content = line.encode("utf-8", "backslashreplace")
        if not self._tail and len(self._head) + len(content) <= HEAD_BYTES:
            self._head += content
            return
        self._tail.append(content)
        self._in_tail += len(content)
        while self._in_tail > TAIL_BYTES and len(self._tail) > 1:
            gone = len(self._tail.popleft())
            self._in_tail -= gone
            self._left_out += gone


class _Tap:
    """Tells the listeners what is written to a stream, after it was written."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._write: Callable[[str], Any] = stream.write
        self._had = "write" in vars(stream)
        self._mine = self.write
        stream.write = self._mine

    def write(self, text: str, /) -> Any:
        """Write, then tell."""
        done = self._write(text)
        for console in _listening:
            console.take(text)
        return done

    def remove(self) -> None:
        """Give the stream its own method back, unless somebody else has changed it since."""
        if vars(self._stream).get("write") is self._mine:
            if self._had:
                self._stream.write = self._write
            else:
                del self._stream.write


_changing = threading.Lock()
_listening: tuple[Console, ...] = ()
_taps: list[_Tap] = []


def listen() -> Console:
    """A console that takes what is printed from now on, until `leave`."""
    global _listening  # noqa: PLW0603 - the streams are those of the whole process
    console = Console()
    with _changing:
        if not _listening:
            for stream in dict.fromkeys((sys.stdout, sys.stderr)):
                with suppress(AttributeError, TypeError):  # no stream, or one that cannot be tapped
                    _taps.append(_Tap(stream))
        _listening = (*_listening, console)
    return console


def leave(console: Console) -> None:
    """Stop listening; the last one gives the streams back."""
    global _listening  # noqa: PLW0603
    with _changing:
        _listening = tuple(each for each in _listening if each is not console)
        if not _listening:
            while _taps:
                _taps.pop().remove()


def _start_afresh() -> None:
    """In a forked child: the runs are the parent's, and so are their consoles."""
    global _changing, _listening  # noqa: PLW0603 - another thread may have held the lock
    _changing = threading.Lock()
    _listening = ()
    while _taps:
        _taps.pop().remove()


with suppress(AttributeError):  # where there is no fork
    os.register_at_fork(after_in_child=_start_afresh)
