"""Metrics at a step: values that no column has, looked up in the histories before a search."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cairn.errors import InvalidValue
from cairn.store.codec import Columns
from cairn.store.entities import Field
from cairn.store.filter import And, Comparison, Not, Or, Order, Present, Tree
from cairn.store.history import Histories
from cairn.store.homes import Known
from cairn.store.schema import metric_latest, run

MAX_LOOKUPS = 10_000
"""Most histories that one search looks into: a run counts once for each metric at a step."""


def fields_at_steps(tree: Tree | None, orders: Sequence[Order]) -> list[Field]:
    """The fields with a step that a filter and an order name, each once."""
    named = [*(_fields(tree) if tree is not None else ()), *(order.field for order in orders)]
    return [found for found in dict.fromkeys(named) if found.step is not None]


def _fields(tree: Tree) -> Iterator[Field]:
    match tree:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _fields(part)
        case Not(part):
            yield from _fields(part)
        case Present(found) | Comparison(found):
            yield found


def without_steps(tree: Tree | None) -> Tree | None:
    """A filter that holds wherever `tree` does and asks for no step."""
    if isinstance(tree, And):
        parts = tuple(part for part in map(without_steps, tree.parts) if part is not None)
        return And(parts) if parts else None
    return None if tree is None or fields_at_steps(tree, ()) else tree


def look_up(
    connection: Connection, fields: Sequence[Field], among: sa.ColumnElement[bool]
) -> Known:
    """The values of fields with a step in the runs of which `among` holds.

    A few queries for each field, and one for each 64 chunks that are read.

    Raises:
        InvalidValue: more than `MAX_LOOKUPS` histories would have to be read.
    """
    room = MAX_LOOKUPS
    known = {}
    for found in fields:
        known[found] = _at_step(connection, found, among, room)
        room -= len(known[found])
    return known


def _at_step(
    connection: Connection, found: Field, among: sa.ColumnElement[bool], room: int
) -> dict[int, float]:
    latest = metric_latest.c
    query = (
        sa.select(latest.run, latest.step, latest.value)
        .join(run, run.c.id == latest.run)
        .where(latest.key == found.key, latest.step >= found.step, among)
        .limit(room + 1)
    )
    rows = connection.execute(query).all()
    if len(rows) > room:
        raise InvalidValue(
            f"Too many runs for metrics.`{found.key}`@{found.step}: a search looks into at most "
            f"{MAX_LOOKUPS:,} histories. Choose fewer experiments, or join other conditions to it "
            "with AND, so that they leave fewer runs."
        )
    values = {row: _number(value) for row, step, value in rows if step == found.step}
    older = [row for row, step, _ in rows if step != found.step]
    if older:
        histories = Histories(connection, older, [found.key], found.step, found.step)
        for name in histories.names:
            points = histories.whole(name)
            if len(points):
                values[name[0]] = _last(points)
    return values


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _last(points: Columns) -> float:
    """The value of the last time; of several the largest, where NaN is the smallest."""
    values = points.values[points.times == points.times.max()].tolist()
    return max((value for value in values if value == value), default=float("nan"))
