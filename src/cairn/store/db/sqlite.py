"""SQLite: one writer thread with group commit, readers beside it."""

from __future__ import annotations

import contextlib
import contextvars
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine

from cairn.errors import InvalidState, InvalidValue, Unavailable
from cairn.store.db.base import Database, T, Work
from cairn.store.db.jobs import Job, outcome, parts, together

BUSY_SECONDS = 60
"""How long a write waits for another process that holds the file."""


class SQLiteDatabase(Database):
    """A file that many threads and processes use at once.

    Writes are queued to one thread, which runs all that wait in one transaction and acknowledges
    them after the commit.
    """

    in_order = True  # one writer at a time takes an id and commits

    def __init__(self, url: URL) -> None:
        if not url.database or url.database == ":memory:":
            raise InvalidValue("A store needs a file: sqlite:///file.db. Memory is not kept.")
        self.path = Path(url.database).absolute()
        super().__init__(str(self.path), self.path.parent)
        self.url = url.set(drivername="sqlite", database=str(self.path))
        self._watching: sqlite3.Connection | None = None

    def version(self) -> str | None:
        """Revision of the schema; None where there is no file, or an empty one.

        Raises:
            InvalidState: the file is no database, or belongs to something else or to a newer
                Cairn.
            Unavailable: the database cannot be read now.
        """
        if not self.path.exists():
            return None
        try:
            return super().version()
        except sa.exc.DatabaseError as error:  # only a reader finds out that it is no database
            raise InvalidState(f"{self.path} cannot be opened: {error.orig}.") from None

    @contextlib.contextmanager
    def alone(self) -> Iterator[Connection]:
        """A connection for who makes or migrates the tables; one process at a time has it.

        A foreign key is not followed meanwhile: a table that is made anew, as SQLite changes
        one, would take along whatever belongs to its rows.

        Raises:
            Unavailable: another process has it for too long, or the file cannot be written.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        with self._failing("written"), self._connect(write=True) as connection:
            dbapi: Any = connection.connection.dbapi_connection
            dbapi.execute("PRAGMA foreign_keys=OFF")  # changes nothing inside a transaction
            try:
                yield connection
            finally:
                connection.rollback()
                dbapi.execute("PRAGMA foreign_keys=ON")

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one snapshot of the database.

        Raises:
            Unavailable: the database cannot be read now.
        """
        with self._failing("read"), self._connect(write=False) as connection, connection.begin():
            yield connection

    @contextlib.contextmanager
    def _failing(self, verb: str) -> Iterator[None]:
        try:
            yield
        except sa.exc.OperationalError as error:
            raise Unavailable(
                f"The database {self.path} cannot be {verb} now: {error.orig}."
            ) from error

    def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction and return its result once it is durable.

        When `work` raises, nothing of it is stored and the error is raised here.
        """
        # In the caller's context, so that the writer thread knows on whose behalf it writes.
        context = contextvars.copy_context()
        job = Job(None, lambda connection: context.run(work, connection))
        self._jobs.put(job)
        result: T = job.done.result()
        return result

    def stamp(self) -> int | None:
        """A number that changes when anybody wrote to the file; it reads no table.

        Raises:
            Unavailable: the file cannot be read now.
        """
        try:
            if self._watching is None:  # one connection, as the number means something only there
                self._watching = sqlite3.connect(self.path, check_same_thread=False)
            (number,) = self._watching.execute("PRAGMA data_version").fetchone()
        except sqlite3.OperationalError as error:
            raise Unavailable(f"The database {self.path} cannot be read now: {error}.") from error
        return int(number)

    def close(self) -> None:
        """Finish what is queued and close every connection."""
        super().close()
        if self._watching is not None:
            self._watching.close()
            self._watching = None

    def _forget_parent(self) -> None:
        super()._forget_parent()
        self._watching = None

    def _make_engine(self) -> Engine:
        return _engine(self.url)

    def _commit(self, jobs: list[Job]) -> None:
        """Run all jobs in one transaction; those that fail together are run again, each alone."""
        groups = parts(jobs)
        results: list[tuple[Job, Any, BaseException | None]] = []
        failed: list[Job] = []
        try:
            with self._connect(write=True) as connection, connection.begin():
                for join, part in groups:
                    work = together(join, part)
                    done, problem = _attempt(connection, work, alone=len(groups) == 1)
                    if done is not None:
                        results += [(*pair, None) for pair in zip(part, done, strict=True)]
                    elif len(part) == 1:
                        results.append((part[0], None, problem))
                    else:
                        failed += part
        except sa.exc.DatabaseError as error:  # also a damaged file: nobody waits for ever
            failure = Unavailable(f"The database {self.path} cannot be written now: {error.orig}.")
            for job in jobs:
                job.finish(None, failure)
            return
        self._written()
        for job, result, problem in results:
            job.finish(result, problem)
        for job in failed:
            self._commit([job])


def _attempt(
    connection: Connection, work: Work[T], *, alone: bool
) -> tuple[T | None, BaseException | None]:
    """Result or error of `work`; with others in the transaction it runs in a savepoint."""
    savepoint = None if alone else connection.begin_nested()
    result, error = outcome(lambda: work(connection))
    if isinstance(error, sa.exc.OperationalError):
        raise error
    if savepoint is not None:
        (savepoint.rollback if error else savepoint.commit)()
    elif error:
        connection.rollback()
    return result, error


def _engine(url: URL) -> Engine:
    engine = sa.create_engine(url, pool_size=8, max_overflow=-1)

    @sa.event.listens_for(engine, "connect")
    def prepare(dbapi: Any, _record: Any) -> None:
        dbapi.isolation_level = None  # transactions are begun below, not by the driver
        dbapi.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        if not dbapi.execute("PRAGMA page_count").fetchone()[0]:  # a new file; see store/disk.py
            dbapi.execute("PRAGMA auto_vacuum=INCREMENTAL")
        _use_wal(dbapi)
        for pragma in (
            "synchronous=FULL",
            "foreign_keys=ON",
            "case_sensitive_like=ON",
            "temp_store=MEMORY",
        ):
            dbapi.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("cairn_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _use_wal(dbapi: sqlite3.Connection) -> None:
    """Switch the file to WAL; SQLite does not wait for the lock here, so we do."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            dbapi.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
