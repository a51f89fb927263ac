"""Insert or change a row, in one statement that no other writer can come between."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.engine import Connection

Values = sa.sql.ColumnCollection[str, Any]
Changes = Callable[[Values, Values], Mapping[str, Any]]
"""What becomes of a row that is there, from its columns and those of the row given.

MySQL assigns one column after the other and reads those before with their new values, so the order
of the columns may matter.
"""


def upsert(
    connection: Connection,
    table: sa.Table,
    rows: Sequence[Mapping[str, Any]],
    changes: Changes | None = None,
) -> None:
    """Add rows; those whose primary key is there are changed instead.

    Args:
        connection: where.
        table: the table.
        rows: what to add, in the order of their keys, so that two writers do not cross.
        changes: a function of a module, as the statement is made once for each; without it, a row
            that is there by any unique key stays as it is.
    """
    if rows:
        statement = _statement(connection.dialect.name, table, changes)
        connection.execute(statement, [dict(row) for row in rows] if len(rows) > 1 else rows[0])


def replace_value(_old: Values, given: Values) -> Mapping[str, Any]:
    """The change that takes the column `value` as given."""
    return {"value": given["value"]}


@functools.lru_cache(maxsize=256)
def _statement(dialect: str, table: sa.Table, changes: Changes | None) -> sa.Executable:
    if dialect == "mysql":
        add = mysql.insert(table)
        key = next(iter(table.primary_key))
        changed = changes(table.c, add.inserted) if changes else {key.name: key}
        return add.on_duplicate_key_update(list(changed.items()))
    new = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    if changes is None:
        return new.on_conflict_do_nothing()
    return new.on_conflict_do_update(
        index_elements=list(table.primary_key), set_=changes(table.c, new.excluded)
    )
