"""How this process ends, as far as it can tell: the status of the runs that are active then."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType
from typing import Any, NoReturn

FINISHED, FAILED, KILLED = "FINISHED", "FAILED", "KILLED"

_status = FINISHED


class Terminated(SystemExit):
    """SIGTERM came, and nobody else has a use for it: blocks are left and the process ends."""


def status() -> str:
    """Status of a run that is active when the process ends now."""
    return _status


def status_of(error: BaseException | None) -> str:
    """Status of a run whose block is left by this exception, or by none."""
    if error is None or (isinstance(error, SystemExit) and not error.code):
        return FINISHED
    return KILLED if isinstance(error, (KeyboardInterrupt, Terminated)) else FAILED


def forget() -> None:
    """The process goes on: an exit that was asked for before did not come to pass."""
    global _status  # noqa: PLW0603 - one for the whole process
    _status = FINISHED


def watch() -> None:
    """From now on note exceptions that nobody catches, `sys.exit`, and SIGTERM."""
    _watch_exceptions()
    _watch_exit()
    in_main = threading.current_thread() is threading.main_thread()
    if in_main and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _terminate)


def _note(error: BaseException) -> None:
    global _status  # noqa: PLW0603
    _status = status_of(error)


def _watch_exceptions() -> None:
    before = sys.excepthook

    def note(kind: type[BaseException], error: BaseException, traceback: Any) -> None:
        _note(error)
        before(kind, error, traceback)

    sys.excepthook = note


def _watch_exit() -> None:
    before = sys.exit

    def leave(status: Any = None, /) -> NoReturn:
        _note(SystemExit(status))
        before(status)

    leave.__doc__ = before.__doc__
    sys.exit = leave


def _terminate(number: int, frame: FrameType | None) -> None:
    del frame
    error = Terminated(128 + number)
    _note(error)
    raise error
