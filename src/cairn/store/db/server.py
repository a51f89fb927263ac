"""Databases behind a server: PostgreSQL, and MySQL or MariaDB."""

from __future__ import annotations

import contextlib
import hashlib
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from cairn.errors import InvalidValue, Unavailable
from cairn.store.columns import exact_collation
from cairn.store.db.base import Database, T, Work, version_of

POOL = 16
"""Most connections of one process; who needs one more waits."""
POOL_SECONDS = 60
"""How long a request waits for a connection."""
CONNECT_SECONDS = 10
STATEMENT_SECONDS = 120
"""How long the database works on one statement, unless it migrates, before it gives up."""
MIGRATE_SECONDS = 600
"""How long a start waits for another one that migrates."""
TRIES = 12
"""How often a write is tried that others got in the way of."""
SAME_KEY_TRIES = 4
"""How often a write is tried that finds a row which was not there when it looked."""

_DEADLOCKS = {"40001", "40P01", 1020, 1205, 1213}
"""States of PostgreSQL and numbers of MySQL: a serialization fault, a deadlock, a lock time-out."""
_LOCK = 0x6361_6972_6E  # "cairn": who migrates on PostgreSQL holds the lock of this number


@dataclass(frozen=True)
class Dialect:
    """A kind of server.

    Attributes:
        driver: dialect and driver, as SQLAlchemy names them.
        title: what people call it.
        extra: the extra of the distribution that brings the driver.
    """

    driver: str
    title: str
    extra: str


class ServerDatabase(Database):
    """A database behind a server, which orders the writers itself.

    Each write is one transaction on the caller's thread. It is tried again when the server broke
    it off for the sake of others, and when another writer stored the same key first. Reads are
    REPEATABLE READ, READ ONLY; writes are READ COMMITTED and lock the experiment's row, then the
    run's, before anything below them, so that two writers do not cross.
    """

    def __init__(self, url: URL, dialect: Dialect) -> None:
        port = "" if url.port is None else f":{url.port}"
        scheme = dialect.driver.partition("+")[0]
        super().__init__(f"{scheme}://{url.host or ''}{port}/{url.database}", Path.cwd())
        self.url = url.set(drivername=dialect.driver)
        self._dialect = dialect
        try:
            self._engine = self._make_engine()
        except ModuleNotFoundError as error:
            raise InvalidValue(
                f"{self.name} needs the driver {error.name!r} for {dialect.title}. "
                f"Install it: pip install 'cairn-ml[{dialect.extra}]'"
            ) from None

    def version(self) -> str | None:
        """Revision of the schema; None for an empty database, '' for one half made.

        Without a snapshot: MySQL refuses to read a table in one that began before the table was
        made, and another start may be making it now.

        Raises:
            InvalidState: it belongs to something else or to a newer Cairn.
            Unavailable: the database cannot be read now.
        """
        with self._failing("read"), self._connect(write=True) as connection:
            return version_of(connection, self.name)

    @contextlib.contextmanager
    def alone(self) -> Iterator[Connection]:
        """A connection for who makes or migrates the tables; one process at a time has it.

        Raises:
            Unavailable: another start has it for too long, or the server cannot be reached.
        """
        with self._failing("written"), self._connect(write=True) as connection:
            lock = _lock_postgresql if connection.dialect.name == "postgresql" else _lock_mysql
            try:
                lock(connection, str(self.url.database), self.name)
                yield connection
            finally:
                connection.invalidate()  # its lock and its time limits go with it

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one snapshot of the database.

        Raises:
            Unavailable: the database cannot be read now.
        """
        with self._failing("read"), self._connect(write=False) as connection, connection.begin():
            yield connection

    def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction and return its result once it is durable.

        Raises:
            InvalidValue: a value cannot be stored.
            Unavailable: the database cannot be written now.
        """
        with self._failing("written"):
            for number in range(1, TRIES):
                try:
                    return self._write_once(work)
                except DBAPIError as error:
                    if not _is_worth_another_try(error, number):
                        raise
                time.sleep(random.uniform(0.5, 1) * min(0.005 * 2**number, 1))  # noqa: S311 - so that two do not meet again
            return self._write_once(work)

    def _write_once(self, work: Work[T]) -> T:
        with self._connect(write=True) as connection:
            transaction = connection.begin()
            try:
                result = work(connection)
            except BaseException:
                with contextlib.suppress(DBAPIError):  # the first error is the one that says why
                    transaction.rollback()
                raise
            try:
                transaction.commit()
            except DBAPIError as error:
                if error.connection_invalidated:
                    raise Unavailable(
                        f"The connection to {self.name} was lost during a commit, so it is not "
                        "known whether this was stored. Look, then repeat it if it was not."
                    ) from error
                raise
            self._written()
            return result

    @contextlib.contextmanager
    def _failing(self, verb: str) -> Iterator[None]:
        """What drivers raise, as errors of ours."""
        try:
            yield
        except DataError as error:
            raise InvalidValue(f"{self.name} cannot store a value: {_reason(error)}.") from error
        except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.InternalError) as error:
            raise Unavailable(
                f"The database {self.name} cannot be {verb} now: {_reason(error)}."
            ) from error
        except sa.exc.TimeoutError as error:
            raise Unavailable(
                f"The database {self.name} cannot be {verb} now: all {POOL} connections were in "
                f"use for {POOL_SECONDS} seconds."
            ) from error

    def _stop(self) -> None:
        """Nothing is queued: each caller waits for its own write."""

    def _make_engine(self) -> Engine:
        prepare, options, arguments = _PREPARE[self.url.get_backend_name()]
        engine = sa.create_engine(
            self.url,
            pool_size=POOL,
            max_overflow=0,
            pool_timeout=POOL_SECONDS,
            pool_pre_ping=True,
            connect_args={"connect_timeout": CONNECT_SECONDS, **arguments},
            **options,
        )
        prepare(engine)
        return engine


def _lock_postgresql(connection: Connection, _database: str, _name: str) -> None:
    """Be the one who migrates, until the transaction ends."""
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{MIGRATE_SECONDS}s'")
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def _lock_mysql(connection: Connection, database: str, name: str) -> None:
    """Be the one who migrates, until the connection ends; the lock is of the whole server."""
    limit = _mysql_limit(mariadb=bool(getattr(connection.dialect, "is_mariadb", False)), seconds=0)
    connection.exec_driver_sql(f"SET SESSION {limit}")
    lock = f"cairn:{hashlib.sha256(database.encode()).hexdigest()[:32]}"
    if connection.execute(sa.select(sa.func.get_lock(lock, MIGRATE_SECONDS))).scalar() != 1:
        raise Unavailable(f"Another start migrates {name}. Try again when it is done.")


def _mysql_limit(*, mariadb: bool, seconds: int) -> str:
    """The longest time of a statement; MySQL itself limits only what reads. 0 is no limit."""
    return (
        f"max_statement_time = {seconds}" if mariadb else f"max_execution_time = {1000 * seconds}"
    )


def _is_worth_another_try(error: DBAPIError, number: int) -> bool:
    """Whether the same work may succeed now, after `number` tries."""
    if isinstance(error, IntegrityError):
        return number < SAME_KEY_TRIES
    code = getattr(error.orig, "sqlstate", None) or next(iter(getattr(error.orig, "args", ())), "")
    return error.connection_invalidated or code in _DEADLOCKS


def _reason(error: DBAPIError) -> str:
    """The driver's own words, on one line."""
    cause = error.orig
    said = cause.args[-1] if cause is not None and cause.args else cause
    return " ".join(str(said).split()).rstrip(".")


def _prepare_postgresql(engine: Engine) -> None:
    @sa.event.listens_for(engine, "connect")
    def connect(dbapi: Any, _record: Any) -> None:
        dbapi.execute(f"SET statement_timeout = '{STATEMENT_SECONDS}s'")
        dbapi.commit()

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("cairn_write")
        mode = "READ COMMITTED" if write else "REPEATABLE READ READ ONLY"
        connection.exec_driver_sql(f"SET TRANSACTION ISOLATION LEVEL {mode}")


def _prepare_mysql(engine: Engine) -> None:
    @sa.event.listens_for(engine, "connect")
    def connect(dbapi: Any, _record: Any) -> None:
        # Text is compared byte by byte, trailing spaces included, as on the other databases.
        mariadb = "mariadb" in dbapi.get_server_info().lower()
        exact = exact_collation(mariadb=mariadb)
        limit = _mysql_limit(mariadb=mariadb, seconds=STATEMENT_SECONDS)
        with dbapi.cursor() as cursor:
            cursor.execute(f"SET NAMES utf8mb4 COLLATE {exact}")
            cursor.execute(
                "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,"
                f"NO_ENGINE_SUBSTITUTION', SESSION innodb_lock_wait_timeout = 50, SESSION {limit}"
            )

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("cairn_write")
        mode = "READ COMMITTED" if write else "REPEATABLE READ"
        connection.exec_driver_sql(f"SET TRANSACTION ISOLATION LEVEL {mode}")
        if not write:
            connection.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")


_PREPARE: dict[str, tuple[Callable[[Engine], None], dict[str, Any], dict[str, Any]]] = {
    "postgresql": (_prepare_postgresql, {}, {"client_encoding": "utf8"}),
    "mysql": (_prepare_mysql, {}, {"charset": "utf8mb4"}),
}
