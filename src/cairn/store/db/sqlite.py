"""SQLite: one writer thread with group commit, readers beside it."""

from __future__ import annotations

import contextlib
import contextvars
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine

from cairn.errors import InvalidState, InvalidValue, Unavailable
from cairn.store.db.base import Database, T, Work

GROUP = 256
"""Most writes that share one transaction."""
BUSY_SECONDS = 60
"""How long a write waits for another process that holds the file."""

_STOP = object()


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
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
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
        done: Future[T] = Future()
        self._start()
        # In the caller's context, so that the writer thread knows on whose behalf it writes.
        context = contextvars.copy_context()
        self._queue.put((lambda connection: context.run(work, connection), done))
        return done.result()

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

    @property
    def queued(self) -> int:
        """How many writes wait."""
        return self._queue.qsize()

    def _stop(self) -> None:
        if self._thread is not None and self._pid == os.getpid():
            self._queue.put(_STOP)
            self._thread.join()
            self._thread = None
        if self._watching is not None:
            self._watching.close()
            self._watching = None

    def _start(self) -> None:
        if self._thread is not None and self._pid == os.getpid():
            return
        with self._lock:
            if self._pid != os.getpid():
                self._forget_parent()
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="cairn-store-writer", daemon=True
                )
                self._thread.start()

    def _forget_parent(self) -> None:
        super()._forget_parent()
        self._thread = None
        self._watching = None
        self._queue = queue.SimpleQueue()

    def _make_engine(self) -> Engine:
        return _engine(self.url)

    def _run(self) -> None:
        stopping = False
        while not stopping:
            jobs = [self._queue.get()]
            while len(jobs) < GROUP and not self._queue.empty():
                jobs.append(self._queue.get())
            if _STOP in jobs:
                stopping = True
                jobs = [job for job in jobs if job is not _STOP]
            if jobs:
                self._commit(jobs)

    def _commit(self, jobs: list[tuple[Work[Any], Future[Any]]]) -> None:
        """Run all jobs in one transaction, each in a savepoint of its own unless it is alone."""
        results: list[tuple[Future[Any], Any, BaseException | None]] = []
        try:
            with self._connect(write=True) as connection, connection.begin():
                for work, done in jobs:
                    alone = len(jobs) == 1
                    results.append((done, *_attempt(connection, work, alone=alone)))
        except sa.exc.DatabaseError as error:  # also a damaged file: nobody waits for ever
            failure = Unavailable(f"The database {self.path} cannot be written now: {error.orig}.")
            for _, done in jobs:
                done.set_exception(failure)
            return
        self._written()
        for done, result, problem in results:
            if problem is None:
                done.set_result(result)
            else:
                done.set_exception(problem)


def _attempt(
    connection: Connection, work: Work[T], *, alone: bool
) -> tuple[T | None, BaseException | None]:
    """Result or error of `work`; with others in the transaction it runs in a savepoint."""
    savepoint = None if alone else connection.begin_nested()
    try:
        result = work(connection)
    except sa.exc.OperationalError:
        raise
    except BaseException as error:  # noqa: BLE001 - it travels to the caller's thread, whatever it is
        if savepoint is None:
            connection.rollback()
        else:
            savepoint.rollback()
        return None, error
    if savepoint is not None:
        savepoint.commit()
    return result, None


def _engine(url: URL) -> Engine:
    engine = sa.create_engine(url, pool_size=8, max_overflow=-1)

    @sa.event.listens_for(engine, "connect")
    def prepare(dbapi: Any, _record: Any) -> None:
        dbapi.isolation_level = None  # transactions are begun below, not by the driver
        dbapi.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
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
