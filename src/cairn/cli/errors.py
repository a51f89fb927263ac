"""How a command fails: one line on stderr and an exit status, a traceback only when asked for."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import click

from cairn.errors import CairnError
from cairn.settings import DEBUG

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""


@contextmanager
def reported(*, traceback: bool) -> Iterator[None]:
    """Turn what goes wrong inside into one line ``Error: ...`` and exit status 1.

    Usage errors keep their own text and status 2; Ctrl-C is quiet. A fault of ours that nobody
    foresaw keeps its traceback.

    Args:
        traceback: let every error through as it is; so does the setting ``CAIRN_DEBUG``.

    Raises:
        click.ClickException: what went wrong, in one line.
        click.exceptions.Exit: it was interrupted.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise click.exceptions.Exit(INTERRUPTED) from None
    except CairnError as error:
        if traceback or DEBUG.get():
            raise
        raise click.ClickException(_one_line(error.message)) from None
    except OSError as error:
        # click itself ends quietly when the reader of a pipe is gone.
        if traceback or DEBUG.get() or error.errno == errno.EPIPE:
            raise
        raise click.ClickException(_one_line(str(error))) from None


def usage(message: str) -> NoReturn:
    """Refuse how a command was called, with exit status 2.

    Raises:
        click.UsageError: always.
    """
    raise click.UsageError(message)


def _one_line(text: str) -> str:
    return " ".join(text.split())
