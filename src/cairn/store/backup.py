"""Copies of a SQLite database: taken while others write, and put back when nobody does."""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from cairn.errors import AlreadyExists, DoesNotExist, InvalidState, InvalidValue, Unavailable
from cairn.store.db import HEAD, VERSION_TABLE
from cairn.store.db.sqlite import BUSY_SECONDS

STEP_PAGES = 2000
"""Pages that are copied between two calls of `Progress`."""

Progress = Callable[[int, int], None]
"""Called with the pages that are copied and the pages that there are."""


def back_up(source: Path, target: Path, *, force: bool = False, progress: Progress) -> int:
    """Copy a database as it is at one moment, whoever writes meanwhile; the size in bytes.

    The copy is one file with mode 0600. It is checked, and then appears whole under its name.

    Args:
        source: the database.
        target: the new file.
        force: replace a file that is there.
        progress: told how far the copy is.

    Raises:
        DoesNotExist: there is no such database.
        AlreadyExists: there is a file at `target`.
        InvalidValue: `target` is the database itself, or in no folder.
        InvalidState: `source` is no database of Cairn, or is damaged.
        Unavailable: there is no room, or the database is locked for too long.
    """
    _check_source(source)
    _check_target(source, target, force)
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with _opened(source) as origin, _opened(part, new=True) as copy:
            _copy(origin, copy, progress)
            check(copy, source)
            copy.execute("PRAGMA journal_mode=DELETE").fetchall()  # one file, no log beside it
        _sync(part)
        if force:
            part.replace(target)
        else:
            _place(part, target)
        _sync(target.parent)
    finally:
        part.unlink(missing_ok=True)
    return target.stat().st_size


def restore(source: Path, target: Path, *, force: bool = False, progress: Progress) -> int:
    """Put a copy back as the database, in one transaction; the size in bytes.

    Args:
        source: what `back_up` made.
        target: the database; made with mode 0600 when it is not there.
        force: replace what is in it.
        progress: told how far the copy is.

    Raises:
        DoesNotExist: there is no such copy.
        AlreadyExists: there is a database, and `force` was not given.
        InvalidValue: `source` is the database itself, or `target` is in no folder.
        InvalidState: the copy is no database of Cairn, is damaged, or was written by a newer
            Cairn; or another process has the database open.
        Unavailable: there is no room.
    """
    _check_source(source)
    _check_target(source, target, force)
    with _opened(source) as origin:
        check(origin, source)
        existed = target.exists()
        if not existed:
            os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        try:
            with _opened(target, wait=0) as database:
                _check_alone(database, target)
                _copy(origin, database, progress)
        except BaseException:
            if not existed:
                target.unlink(missing_ok=True)
            raise
    return target.stat().st_size


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Read all of a database and see that it is whole, and ours.

    Raises:
        InvalidState: it is not.
    """
    try:
        (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if (VERSION_TABLE,) not in tables.fetchall():
            raise InvalidState(f"{path} is no database of Cairn.")
        query = f"SELECT version_num FROM {VERSION_TABLE}"  # noqa: S608 - a constant
        (version,) = connection.execute(query).fetchone()
    except sqlite3.DatabaseError as error:
        raise InvalidState(f"{path} cannot be read as a database: {error}.") from error
    if found != "ok":
        raise InvalidState(f"{path} is damaged: {found}. Use another backup.")
    if version > HEAD:
        raise InvalidState(
            f"{path} was written by a newer Cairn (schema {version}, this one knows {HEAD}). "
            "Upgrade cairn-ml first."
        )


def _check_source(source: Path) -> None:
    if not source.is_file():
        raise DoesNotExist(f"There is no database {str(source)!r}.")


def _check_target(source: Path, target: Path, force: bool) -> None:
    if not target.parent.is_dir():
        raise InvalidValue(f"There is no folder {str(target.parent)!r}. Make it first.")
    if not target.exists():
        return
    if not target.is_file() or target.samefile(source):
        raise InvalidValue(f"{str(target)!r} is a folder or the source itself. Name another file.")
    if not force:
        raise AlreadyExists(f"{str(target)!r} is there already. Replace it with --force.")


def _check_alone(database: sqlite3.Connection, path: Path) -> None:
    """Leaving WAL needs every other connection to be closed, even those that do nothing."""
    try:
        database.execute("PRAGMA journal_mode=DELETE").fetchall()
    except sqlite3.OperationalError:
        raise InvalidState(
            f"Another process has {path} open. Stop the server and the scripts that use it, and "
            "restore again."
        ) from None


def _copy(origin: sqlite3.Connection, copy: sqlite3.Connection, progress: Progress) -> None:
    def told(_status: int, left: int, total: int) -> None:
        progress(total - left, total)

    try:
        # Held open, so that each step sees the same moment and no write makes it begin again.
        origin.execute("BEGIN")
        origin.execute("SELECT count(*) FROM sqlite_master").fetchall()
        origin.backup(copy, pages=STEP_PAGES, progress=told, sleep=0.01)
        origin.execute("COMMIT")
    except sqlite3.OperationalError as error:
        raise Unavailable(f"The copy was given up: {error}. Try again.") from error
    except sqlite3.DatabaseError as error:
        raise InvalidState(f"The database cannot be read: {error}.") from error


@contextlib.contextmanager
def _opened(
    path: Path, *, new: bool = False, wait: int = BUSY_SECONDS
) -> Iterator[sqlite3.Connection]:
    if new:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, timeout=wait, isolation_level=None)
    with contextlib.closing(connection):
        try:
            connection.execute("PRAGMA synchronous=FULL")
        except sqlite3.DatabaseError as error:
            raise InvalidState(f"{path} cannot be opened: {error}.") from error
        yield connection


def _place(part: Path, target: Path) -> None:
    """Give the copy its name, unless somebody else took it meanwhile."""
    try:
        os.link(part, target)
    except FileExistsError:
        raise AlreadyExists(f"{str(target)!r} is there already. Replace it with --force.") from None


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
