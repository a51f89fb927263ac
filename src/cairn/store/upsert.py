"""Insert or change a row, in one statement that no other writer can come between."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.engine import Connection

_Insert = TypeVar("_Insert", postgresql.Insert, sqlite.Insert)
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
        rows: what to add, in the order of their keys, so that two writers do not cross; no key
            twice, and all with the same columns.
        changes: a function of a module, as the statement is made once for each; without it, a row
            that is there by any unique key stays as it is.
    """
    _write(connection, _Kind(table, changes or _keep), rows)


def insert_rows(connection: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows, all with the same columns; one whose key is there is an error of the database."""
    _write(connection, _Kind(table, None), rows)


def replace_value(_old: Values, given: Values) -> Mapping[str, Any]:
    """The change that takes the column `value` as given."""
    return {"value": given["value"]}


def _keep(_old: Values, _given: Values) -> Mapping[str, Any]:
    return {}


class _Kind(NamedTuple):
    """A table, and what becomes of a row that is there: an error when `changes` is None."""

    table: sa.Table
    changes: Changes | None


BLOCKS = (64, 16, 4, 1)
"""How many rows one statement of SQLite adds."""


def _write(connection: Connection, kind: _Kind, rows: Sequence[Mapping[str, Any]]) -> None:
    """The fewest and cheapest statements that a database has for many rows."""
    if not rows:
        return
    dialect = connection.dialect.name
    if len(rows) == 1 or dialect == "mysql":  # whose driver joins the rows by itself
        statement = _statement(dialect, kind)
        connection.execute(statement, [dict(row) for row in rows] if len(rows) > 1 else rows[0])
        return
    names = tuple(rows[0])
    if dialect == "postgresql":
        columns = {n: _array(_type(kind, n), [row[n] for row in rows]) for n in names}
        connection.execute(_unnested(kind, names), columns)
        return
    at = 0
    for size in BLOCKS:
        text = _repeated(kind, names, size)
        while len(rows) - at >= size:
            values = [row[name] for row in rows[at : at + size] for name in names]
            connection.exec_driver_sql(text, tuple(values))
            at += size


@functools.lru_cache(maxsize=256)
def _statement(dialect: str, kind: _Kind) -> sa.Executable:
    table, changes = kind
    if dialect == "mysql":
        add = mysql.insert(table)
        if changes is None:
            return add
        key = next(iter(table.primary_key))
        changed = changes(table.c, add.inserted) or {key.name: key}
        return add.on_duplicate_key_update(list(changed.items()))
    if dialect == "postgresql":
        return _on_conflict(postgresql.insert(table), kind)
    return _on_conflict(sqlite.insert(table), kind)


def _on_conflict(add: _Insert, kind: _Kind) -> _Insert:
    if kind.changes is None:
        return add
    changed = kind.changes(kind.table.c, add.excluded)
    if not changed:
        return add.on_conflict_do_nothing()
    return add.on_conflict_do_update(index_elements=list(kind.table.primary_key), set_=changed)


@functools.lru_cache(maxsize=256)
def _unnested(kind: _Kind, names: tuple[str, ...]) -> sa.Executable:
    """The statement of PostgreSQL that takes each column as one array."""
    arrays = [sa.func.unnest(_given(name, _type(kind, name))) for name in names]
    add = postgresql.insert(kind.table).from_select(names, sa.select(*arrays))
    return _on_conflict(add, kind)


def _type(kind: _Kind, name: str) -> type:
    """What a column holds: int, float, str or bytes."""
    found = kind.table.c[name].type
    plain = found.impl_instance if isinstance(found, sa.types.TypeDecorator) else found
    return plain.python_type


def _given(name: str, kind: type) -> sa.ColumnElement[Any]:
    array = sa.ARRAY(_TYPES[kind])
    if kind in _NUMBERS:
        return sa.cast(sa.bindparam(name, type_=sa.Text()), array)
    return sa.bindparam(name, type_=array)


def _array(kind: type, values: list[Any]) -> Any:
    """Values of a column as they are sent: numbers as one text, which takes no time to make."""
    if kind not in _NUMBERS:
        return values
    return "{" + repr(values)[1:-1].replace("None", "NULL") + "}"


_NUMBERS = {int, float}
_TYPES: dict[type, sa.types.TypeEngine[Any]] = {
    int: sa.BigInteger(),
    str: sa.Text(),
    float: sa.Double(),
    bytes: sa.LargeBinary(),
}


@functools.lru_cache(maxsize=256)
def _repeated(kind: _Kind, names: tuple[str, ...], size: int) -> str:
    """The text of SQLite's statement for `size` rows, whose values come one after the other."""
    rows: list[dict[str, Any]] = [
        {name: sa.bindparam(f"{name}_{n}") for name in names} for n in range(size)
    ]
    add = sqlite.insert(kind.table).values(rows)
    return str(_on_conflict(add, kind).compile(dialect=sqlite.dialect()))
