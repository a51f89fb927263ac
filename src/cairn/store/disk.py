"""Giving disk back to the operating system after rows were deleted."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

from cairn.errors import Unavailable
from cairn.store.db.sqlite import BUSY_SECONDS

STEP_PAGES = 1000
"""Free pages that one short transaction gives back."""
INCREMENTAL = 2
"""What SQLite calls the mode in which free pages can be given back in steps."""


def give_back(
    path: Path, progress: Callable[[int], None] | None = None, *, in_steps_only: bool = False
) -> int:
    """Shrink a SQLite file by what is free in it; the bytes given back.

    Free pages are moved in short steps. A file that an older Cairn made is first written anew as a
    whole (``VACUUM``), which needs room for a copy, and other writers wait meanwhile.

    Args:
        path: the file.
        progress: called with the number of free pages that are left.
        in_steps_only: leave a file that would have to be written anew, and wait for no reader.

    Raises:
        Unavailable: another process holds the file for too long, or there is no room for a copy.
    """
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        before = _size(path)
        try:
            if _number(connection, "auto_vacuum") == INCREMENTAL:
                _give_back_in_steps(connection, progress)
            elif _number(connection, "freelist_count") and not in_steps_only:
                _check_room(path)
                connection.execute(f"PRAGMA auto_vacuum={INCREMENTAL}")
                connection.execute("VACUUM")
            checkpoint = "PASSIVE" if in_steps_only else "TRUNCATE"
            connection.execute(f"PRAGMA wal_checkpoint({checkpoint})").fetchall()
        except sqlite3.OperationalError as error:
            raise Unavailable(
                f"The space that is free in {path} was not given back: {error}. It is used again "
                "by what is stored next; run `cairn gc` again to shrink the file."
            ) from error
    return max(before - _size(path), 0)


def _give_back_in_steps(
    connection: sqlite3.Connection, progress: Callable[[int], None] | None
) -> None:
    while left := _number(connection, "freelist_count"):
        connection.execute(f"PRAGMA incremental_vacuum({STEP_PAGES})").fetchall()
        if progress is not None:
            progress(max(left - STEP_PAGES, 0))


def _check_room(path: Path) -> None:
    needed, free = path.stat().st_size, shutil.disk_usage(path.parent).free
    if free < 2 * needed:
        raise Unavailable(
            f"The space that is free in {path} was not given back: that needs {2 * needed} bytes "
            f"of disk for a while, and {free} are free. It is used again by what is stored next."
        )


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])


def _size(path: Path) -> int:
    """Bytes of the file and of its log."""
    log = path.with_name(f"{path.name}-wal")
    return path.stat().st_size + (log.stat().st_size if log.exists() else 0)
