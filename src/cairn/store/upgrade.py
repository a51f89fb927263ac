"""Make the tables of a new database, and bring those of an old one to the newest schema."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cairn.errors import InvalidState
from cairn.store.backup import back_up
from cairn.store.db import HEAD, VERSION_TABLE, Database, version_of
from cairn.store.db.base import Work
from cairn.store.db.sqlite import SQLiteDatabase
from cairn.store.schema import metadata

log = logging.getLogger("cairn.store")

_VERSION = sa.Table(
    VERSION_TABLE,
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name=f"{VERSION_TABLE}_pkc"),
)
"""As Alembic makes it."""


@dataclass(frozen=True)
class Upgrade:
    """What was done to a database.

    Attributes:
        name: the database.
        before: revision of the schema that it had.
        after: revision that it has.
        copy: a backup of what was before; None where the database keeps its own.
    """

    name: str
    before: str
    after: str
    copy: Path | None

    def __str__(self) -> str:
        kept = f" What was before is kept in {self.copy}." if self.copy else ""
        return f"Upgraded {self.name} from schema {self.before} to {self.after}.{kept}"


def bring_up(db: Database, first: Work[None]) -> Upgrade | None:
    """Make a database that is new, and call `first` once on it; see `upgrade` for an old one.

    Returns:
        What was upgraded; None when the schema was the newest already, or the database is new.

    Raises:
        InvalidState: it is no database, or belongs to something else or to a newer Cairn; or what
            a migration would leave behind is not whole.
        Unavailable: it cannot be read or written, there is no room for the backup, or another
            start migrates for too long.
    """
    version = db.version()
    if version == HEAD:
        return None
    if version:
        if (done := upgrade(db)) is not None:
            log.warning("%s", done)
        return done
    with db.alone() as connection:
        # Only one process gets here at a time; the others find the work done.
        if not version_of(connection, db.name):
            _make(connection, first)
    return None


def upgrade(db: Database) -> Upgrade | None:
    """Bring a database to the newest schema, unless it is empty or half made.

    A SQLite file that has to be migrated is backed up beside itself first. On SQLite and
    PostgreSQL all migrations are one transaction; on MySQL, which commits each change of a table,
    the next call goes on where one was cut off.

    Returns:
        What was upgraded; None when there was nothing to do.

    Raises:
        InvalidState: it is no database, or belongs to something else or to a newer Cairn; or what
            a migration would leave behind is not whole.
        Unavailable: it cannot be read or written, there is no room for the backup, or another
            start migrates for too long.
    """
    if db.version() in {HEAD, None, ""}:
        return None
    with db.alone() as connection:
        version = version_of(connection, db.name)
        if not version or version == HEAD:
            return None
        copy = _keep(db.path, version) if isinstance(db, SQLiteDatabase) else None
        _migrate(connection, db.name)
    return Upgrade(db.name, version, HEAD, copy)


def _make(connection: Connection, first: Work[None]) -> None:
    """The newest schema at once, in an empty database.

    The version is written last, with what `first` writes: where it is missing, and the tables
    are there because MySQL commits each, a start was cut off and nothing of worth is in them.
    """
    _VERSION.create(connection, checkfirst=True)
    metadata.drop_all(connection)
    metadata.create_all(connection, checkfirst=False)
    connection.execute(_VERSION.insert(), {"version_num": HEAD})
    first(connection)
    connection.commit()


def _migrate(connection: Connection, name: str) -> None:
    from cairn.store import migrate

    migrate.upgrade(connection)
    if connection.dialect.name == "sqlite":  # it was told not to look while tables are made anew
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if lost is not None:
            raise InvalidState(
                f"{name} was not upgraded: a row of {lost[0]} would belong to no row of {lost[2]}. "
                "It is as it was. Please report this."
            )
    connection.commit()


def _keep(path: Path, version: str) -> Path:
    """Copy a SQLite file beside itself; the name says which schema and when."""
    moment = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ")
    copy = path.with_name(f"{path.name}.schema-{version}.{moment}.backup")
    back_up(path, copy, progress=lambda _copied, _total: None)
    return copy
