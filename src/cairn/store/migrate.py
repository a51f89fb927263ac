"""Bring a database to the newest schema with Alembic, which is loaded for nothing else."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from cairn.store.db import VERSION_TABLE

STEPS_TABLE = "cairn_migration"

_CHANGES_TABLES = re.compile(r"\s*(ALTER|CREATE|DROP|RENAME|TRUNCATE)\b", re.IGNORECASE)
_READS = re.compile(r"\s*(DESCRIBE|EXPLAIN|SELECT|SET|SHOW)\b", re.IGNORECASE)
_DONE_ALREADY = {1050, 1051, 1054, 1060, 1061, 1091, 1146, 1826}
"""Errors of MySQL: what is to be made is there already, what is to go or be renamed is not."""


def config(connection: Connection) -> Config:
    """Alembic's settings for our migrations on an open connection."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    settings.attributes["connection"] = connection
    return settings


def upgrade(connection: Connection, settings: Config | None = None) -> None:
    """Apply every migration that is missing.

    The caller commits, except on MySQL, where each migration is committed when it is done and
    goes on where it was cut off.

    Args:
        connection: nobody else migrates the same database meanwhile.
        settings: other migrations than ours.
    """
    logger = logging.getLogger("alembic")
    if logger.level == logging.NOTSET:  # its steps are no news to whoever trains a model
        logger.setLevel(logging.WARNING)
    settings = settings or config(connection)
    if connection.dialect.name == "mysql":
        _upgrade_step_by_step(connection, settings)
    else:
        command.upgrade(settings, "head")


def _upgrade_step_by_step(connection: Connection, settings: Config) -> None:
    steps = _Steps(connection, ScriptDirectory.from_config(settings).get_heads())
    settings.attributes["applied"] = steps.applied
    events = (("do_execute", steps.execute), ("do_executemany", steps.execute_many))
    for event, listener in events:
        sa.event.listen(connection.engine, event, listener)
    try:
        command.upgrade(settings, "head")
    finally:
        for event, listener in events:
            sa.event.remove(connection.engine, event, listener)


class _Steps:
    """How far a migration on MySQL is, kept in a table.

    MySQL commits what precedes a statement that changes tables, and then the statement, each by
    itself. So the number of the statement is written before it, in the transaction of what
    precedes it. Who goes on after a cut knows that everything before the number is done, leaves
    it out, and repeats the statement of the number, which may find its work done.
    """

    def __init__(self, connection: Connection, newest: list[str]) -> None:
        self._connection = connection
        self._newest = newest
        connection.exec_driver_sql(
            f"CREATE TABLE IF NOT EXISTS {STEPS_TABLE} "
            "(version_num VARCHAR(32) NOT NULL, step INTEGER NOT NULL)"
        )
        query = (
            f"SELECT max(v.version_num), max(s.step) FROM {VERSION_TABLE} v "  # noqa: S608
            f"LEFT JOIN {STEPS_TABLE} s ON s.version_num = v.version_num"
        )
        version, step = connection.exec_driver_sql(query).one()
        self._version: str = version or ""
        self._cut_off_at: int = step or 0
        self._step = 0

    def applied(self, *, heads: set[str], **_more: Any) -> None:
        """A migration is done, and the version, which is committed here, says so."""
        (self._version,) = heads
        self._cut_off_at = self._step = 0
        if [*heads] == self._newest:
            self._connection.exec_driver_sql(f"DROP TABLE {STEPS_TABLE}")
        self._connection.commit()

    def execute(self, cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
        """Do a statement unless it is done already; True, so that nobody else does it."""
        if not self._is_to_do(cursor, statement, context):
            return True
        try:
            cursor.execute(statement, parameters)
        except context.dialect.loaded_dbapi.Error as error:
            repeated = _CHANGES_TABLES.match(statement) and self._step == self._cut_off_at
            if not repeated or error.args[0] not in _DONE_ALREADY:
                raise
        return True

    def execute_many(self, cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
        """The same for a statement with many rows."""
        if self._is_to_do(cursor, statement, context):
            cursor.executemany(statement, parameters)
        return True

    def _is_to_do(self, cursor: Any, statement: str, context: Any) -> bool:
        if context.root_connection is not self._connection or _READS.match(statement):
            return True
        if not _CHANGES_TABLES.match(statement):
            return self._step >= self._cut_off_at
        self._step += 1
        if self._step < self._cut_off_at:
            return False
        cursor.execute(f"DELETE FROM {STEPS_TABLE}")  # noqa: S608 - a constant
        row = f"INSERT INTO {STEPS_TABLE} VALUES (%s, %s)"  # noqa: S608
        cursor.execute(row, (self._version, self._step))
        return True
