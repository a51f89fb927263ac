"""The database: connections, one writer with group commit, creation and migration."""

from __future__ import annotations

import contextlib
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, make_url

from cairn.errors import InvalidState, InvalidValue, Unavailable

T = TypeVar("T")
Work = Callable[[Connection], T]

HEAD = "0001"
"""Revision of `store.schema`; a test keeps it equal to the newest migration."""

VERSION_TABLE = "cairn_version"
GROUP = 256
"""Most writes that share one transaction."""
BUSY_SECONDS = 60
"""How long a write waits for another process that holds the file."""

_STOP = object()


class Database:
    """A database that many threads and processes use at once.

    Reads run on the caller's thread, each in one snapshot. Writes are queued to one thread, which
    runs all that wait in one transaction and acknowledges them after the commit: an acknowledged
    write is durable.
    """

    def __init__(self, uri: str) -> None:
        self.url = _sqlite_url(uri)
        self.path = Path(self.url.database or "")
        self._engine: Engine | None = None
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._pid = os.getpid()

    def create(self, first: Work[None]) -> None:
        """Bring the file to the newest schema; call `first` once on a new one.

        Raises:
            InvalidState: the file is no database, or belongs to something else or to a newer
                Cairn.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        try:
            with self.read() as connection:
                version = self._version(connection)
        except sa.exc.DatabaseError as error:  # only a reader finds out that it is no database
            raise InvalidState(f"{self.path} cannot be opened: {error.orig}.") from None
        if version == HEAD:
            return
        from cairn.store.migrate import upgrade

        with self._connect(write=True) as connection, connection.begin():
            # Only one process gets here at a time; the others find the work done.
            version = self._version(connection)
            if version != HEAD:
                upgrade(connection)
            if version is None:
                first(connection)

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one snapshot of the database.

        Raises:
            Unavailable: the database cannot be read now.
        """
        try:
            with self._connect(write=False) as connection, connection.begin():
                yield connection
        except sa.exc.OperationalError as error:
            raise Unavailable(
                f"The database {self.path} cannot be read now: {error.orig}."
            ) from error

    def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction and return its result once it is durable.

        When `work` raises, nothing of it is stored and the error is raised here.
        """
        done: Future[T] = Future()
        self._start()
        self._queue.put((work, done))
        return done.result()

    @property
    def queued(self) -> int:
        """How many writes wait."""
        return self._queue.qsize()

    def close(self) -> None:
        """Finish what is queued and close every connection."""
        with self._lock:
            if self._thread is not None and self._pid == os.getpid():
                self._queue.put(_STOP)
                self._thread.join()
                self._thread = None
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None

    def _version(self, connection: Connection) -> str | None:
        """Revision of the file, None for an empty one."""
        tables = set(sa.inspect(connection).get_table_names())
        if VERSION_TABLE in tables:
            number = sa.column("version_num", sa.String)
            query = sa.select(number).select_from(sa.table(VERSION_TABLE))
            version = connection.execute(query).scalar_one()
            if version > HEAD:
                raise InvalidState(
                    f"{self.path} was written by a newer Cairn (schema {version}, this one knows "
                    f"{HEAD}). Upgrade cairn-ml to open it."
                )
            return version
        if {"alembic_version", "experiments", "runs"} <= tables:
            raise InvalidState(
                f"{self.path} is a database of MLflow, which Cairn does not write to. "
                "Give another file, for example --backend-store-uri sqlite:///cairn.db."
            )
        if tables:
            raise InvalidState(f"{self.path} is a database of something else. Give another file.")
        return None

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
        """After a fork: the parent's thread and connections are not ours."""
        self._pid = os.getpid()
        self._thread = None
        self._queue = queue.SimpleQueue()
        if self._engine is not None:
            self._engine.dispose(close=False)
            self._engine = None

    def _connect(self, *, write: bool) -> Connection:
        if self._pid != os.getpid():
            with self._lock:
                self._forget_parent()
        engine = self._engine
        if engine is None:
            engine = self._engine = _engine(self.url)
        return engine.connect().execution_options(cairn_write=write)

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
        except sa.exc.OperationalError as error:
            failure = Unavailable(f"The database {self.path} cannot be written now: {error.orig}.")
            for _, done in jobs:
                done.set_exception(failure)
            return
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


def _sqlite_url(uri: str) -> URL:
    try:
        url = make_url(uri)
    except sa.exc.ArgumentError:
        raise InvalidValue(f"{uri!r} is not a database URI. Use sqlite:///file.db.") from None
    if url.get_backend_name() != "sqlite":
        raise InvalidValue(
            f"Database URI {url.render_as_string()!r}: only sqlite:///file.db is supported."
        )
    if not url.database or url.database == ":memory:":
        raise InvalidValue("A store needs a file: sqlite:///file.db. Memory is not kept.")
    return url.set(drivername="sqlite", database=str(Path(url.database).absolute()))


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
