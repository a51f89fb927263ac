"""Chosen fields of many runs at once, column by column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cairn.contract.columns import Floats, Ints, Texts
from cairn.contract.tables import GetRunTable, RunTable, TableColumn
from cairn.store import search
from cairn.store.base import StoreBase, blocks
from cairn.store.entities import RUNS, Field
from cairn.store.filter import parse_field
from cairn.store.run_rows import NAN
from cairn.store.runs import selected
from cairn.store.schema import run
from cairn.store.steps import look_up

JOINED = 30
"""Most columns of one query: databases limit the tables that a query joins."""


class RunTableStore(StoreBase):
    """Implements the operation of `cairn.contract.tables.Tables`."""

    def get_run_table(self, request: GetRunTable) -> RunTable:
        """Return chosen fields of the runs that match a filter; a query for 30 of them."""
        fields = [parse_field(name, RUNS) for name in ("run_id", *request.columns)]
        with self.db.read() as connection:
            ids, token = search.page(
                connection,
                RUNS,
                base=selected(request),
                filter=request.filter,
                order_by=request.order_by,
                max_results=request.max_results,
                page_token=request.page_token,
            )
            run_ids, *columns = [
                column
                for at in range(0, len(fields), JOINED)
                for column in _read(connection, fields[at : at + JOINED], ids)
            ]
        for name, column in zip(request.columns, columns, strict=True):
            column.name = name
        return RunTable(run_ids=run_ids.texts or Texts([]), columns=columns, next_page_token=token)


def _read(connection: Connection, fields: Sequence[Field], ids: Sequence[int]) -> list[TableColumn]:
    """Some columns of the runs with these row ids, in their order."""
    source: sa.FromClause = run
    selection: list[sa.ColumnElement[Any]] = []
    steps = [found for found in fields if found.step is not None]
    among = run.c.id.in_(sa.bindparam("rows", ids, expanding=True, literal_execute=True))
    at_steps = look_up(connection, steps, among)
    for found in fields:
        source, known, value = search.joined(source, RUNS, found, at_steps)
        selection += [known, value]
    query = sa.select(run.c.id, *selection).select_from(source)
    places = {id_: place for place, id_ in enumerate(ids)}
    table: list[Any] = [None] * len(ids)
    for block in blocks(ids):
        for row in connection.execute(query.where(run.c.id.in_(block))).all():
            table[places[row[0]]] = row
    cells = list(zip(*table, strict=True)) if table else [()] * (1 + len(selection))
    return [
        _column(value.type, known, values)
        for value, known, values in zip(selection[1::2], cells[1::2], cells[2::2], strict=True)
    ]


def _column(
    kind: sa.types.TypeEngine[Any], known: Sequence[Any], values: Sequence[Any]
) -> TableColumn:
    """A column of values, which there are where `known` is not None."""
    column = TableColumn(name="")
    if None in known:
        rows = [place for place, some in enumerate(known) if some is not None]
        column.rows, values = Ints.of(rows), [values[place] for place in rows]
    if isinstance(kind, sa.Integer):
        column.integers = Ints.of(values)
    elif isinstance(kind, sa.String):
        column.texts = Texts(list(values))
    else:
        column.numbers = Floats.of(NAN if value is None else value for value in values)
    return column
