"""What all databases share: the schema's version, creation, and connections across a fork."""

from __future__ import annotations

import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from cairn.errors import InvalidState

T = TypeVar("T")
Work = Callable[[Connection], T]

HEAD = "0004"
"""Revision of `store.schema`; a test keeps it equal to the newest migration."""

VERSION_TABLE = "cairn_version"


class Database(ABC):
    """A database that many threads and processes use at once.

    Reads run on the caller's thread, each in one snapshot. An acknowledged write is durable.

    Attributes:
        name: what errors call it; never with a password.
        folder: where files that belong to it are kept when nothing else is said.
        in_order: whether rows become visible in the order of their ids.
        on_write: called after each write of this process, on whatever thread.
    """

    in_order = False

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self.on_write: Callable[[], None] | None = None
        self._engine: Engine | None = None
        self._lock = threading.Lock()
        self._pid = os.getpid()

    def version(self) -> str | None:
        """Revision of the schema; None for an empty database, '' for one half made.

        Raises:
            InvalidState: it is no database, or belongs to something else or to a newer Cairn.
            Unavailable: the database cannot be read now.
        """
        with self.read() as connection:
            return version_of(connection, self.name)

    @abstractmethod
    def alone(self) -> AbstractContextManager[Connection]:
        """A connection for who makes or migrates the tables; one process at a time has it.

        What its user leaves uncommitted is rolled back.

        Raises:
            Unavailable: another process has it for too long, or the database cannot be written.
        """

    @abstractmethod
    def read(self) -> AbstractContextManager[Connection]:
        """A connection that sees one snapshot of the database.

        Raises:
            Unavailable: the database cannot be read now.
        """

    @abstractmethod
    def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction and return its result once it is durable.

        When `work` raises, nothing of it is stored and the error is raised here. Work may be run
        again from its start, so it changes nothing but the database.
        """

    def stamp(self) -> int | None:
        """A number that changes when anybody wrote; None where only reading tells."""
        return None

    def _written(self) -> None:
        """Tell whoever waits for it that something was committed."""
        if self.on_write is not None:
            self.on_write()

    @property
    def queued(self) -> int:
        """How many writes wait for the one writer; none where each caller writes."""
        return 0

    def close(self) -> None:
        """Finish what is queued and close every connection."""
        with self._lock:
            self._stop()
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None

    @abstractmethod
    def _stop(self) -> None:
        """Finish what is queued."""

    @abstractmethod
    def _make_engine(self) -> Engine: ...

    def _connect(self, *, write: bool) -> Connection:
        if self._pid != os.getpid():
            with self._lock:
                self._forget_parent()
        engine = self._engine
        if engine is None:
            engine = self._engine = self._make_engine()
        return engine.connect().execution_options(cairn_write=write)

    def _forget_parent(self) -> None:
        """After a fork: the parent's connections are not ours."""
        self._pid = os.getpid()
        if self._engine is not None:
            self._engine.dispose(close=False)
            self._engine = None


def version_of(connection: Connection, name: str) -> str | None:
    """Revision of the schema of the database `name`; None when it is empty, '' when half made.

    Raises:
        InvalidState: it belongs to something else or to a newer Cairn.
    """
    tables = set(sa.inspect(connection).get_table_names())
    if VERSION_TABLE in tables:
        number = sa.column("version_num", sa.String)
        query = sa.select(number).select_from(sa.table(VERSION_TABLE))
        version = connection.execute(query).scalar() or ""
        if version > HEAD:
            raise InvalidState(
                f"{name} was written by a newer Cairn (schema {version}, this one knows {HEAD}). "
                "Upgrade cairn-ml to open it."
            )
        return version
    if {"alembic_version", "experiments", "runs"} <= tables:
        raise InvalidState(
            f"{name} is a database of MLflow, which Cairn does not write to. "
            "Give another one, for example --backend-store-uri sqlite:///cairn.db."
        )
    if tables:
        raise InvalidState(f"{name} is a database of something else. Give another one.")
    return None
