"""Filters as SQL conditions.

A comparison of something that a row may have many of (metrics, params, tags, inputs) is an EXISTS
on the primary key of their table, so that it costs a look-up for each row and comparison, whatever
else is stored.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from cairn.store.columns import REAL, ilike, like, number, rlike
from cairn.store.entities import Type
from cairn.store.filter import And, Comparison, Not, Or, Present, Tree
from cairn.store.homes import Condition, Home, Known, Rows, Value

NOTHING_KNOWN: Known = MappingProxyType({})

# What a param must look like to be compared as a number.
_NUMBER = r"^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,4})?$"


def condition(tree: Tree | None, home: Home, known: Known = NOTHING_KNOWN) -> Condition:
    """Whether a row of the home's table is as the filter says; fields with a step are `known`."""
    match tree:
        case None:
            return sa.true()
        case And(parts):
            return sa.and_(*(condition(part, home, known) for part in parts))
        case Or(parts):
            return sa.or_(*(condition(part, home, known) for part in parts))
        case Not(part):
            return sa.not_(condition(part, home, known))
        case Present(found) if found.step is not None:
            return among(home, list(known[found]))
        case Present(found):
            rows = home.rows_of(found)
            return home.columns[found.key].is_not(None) if rows is None else some(home, rows)
        case Comparison(found) if found.step is not None:
            values = known[found].items()
            return among(home, [row for row, value in values if _is_as_wanted(tree, value)])
        case Comparison(found):
            rows = home.rows_of(found)
            if rows is not None:
                return some(home, rows, holds(tree, rows.value, null_is_nan=rows.null_is_nan))
            column = home.columns[found.key]
            names = home.spelled.get(found.key, {})
            tree = replace(tree, values=tuple(names.get(value, value) for value in tree.values))
            return sa.and_(column.is_not(None), holds(tree, column))


def among(home: Home, ids: list[int]) -> Condition:
    """Whether a row is one of these; they stand in the statement, which has no limit for them."""
    given: sa.BindParameter[int] = sa.bindparam(
        "ids", ids, expanding=True, literal_execute=True, unique=True
    )
    return home.table.c.id.in_(given)


def some(home: Home, rows: Rows, *wanted: Condition) -> Condition:
    """Whether one of the rows that belong to a row of the table is as wanted."""
    found = sa.select(sa.literal(1)).where(rows.owner == home.table.c.id, *rows.conditions, *wanted)
    return found.correlate(home.table).exists()


def holds(comparison: Comparison, value: Value, *, null_is_nan: bool = False) -> Condition:
    """Whether the comparison holds for a value that is there."""
    if comparison.field.type is Type.MIXED and not isinstance(comparison.values[0], str):
        value = sa.case((value.regexp_match(_NUMBER), number(value)))
    found = _OPERATORS[comparison.operator](value, *map(_literal, comparison.values))
    if not comparison.negated:
        return found
    return sa.or_(value.is_(None), sa.not_(found)) if null_is_nan else sa.not_(found)


def _literal(value: str | float) -> Any:
    """A float stays one beside a column of integers."""
    return sa.literal(value, REAL) if isinstance(value, float) else value


def _is_as_wanted(comparison: Comparison, value: float) -> bool:
    """The same as `holds`, of a number that is known; NaN is as no comparison wants it."""
    first, last = comparison.values[0], comparison.values[-1]
    match comparison.operator:
        case "=" | "IN":
            found = value in comparison.values
        case "BETWEEN":
            found = _COMPARE[">="](value, first) and _COMPARE["<="](value, last)
        case sign:
            found = _COMPARE[sign](value, first)
    return found is not comparison.negated


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_OPERATORS: Mapping[str, Callable[..., Condition]] = {
    "=": lambda value, other: value == other,
    "<": lambda value, other: value < other,
    "<=": lambda value, other: value <= other,
    ">": lambda value, other: value > other,
    ">=": lambda value, other: value >= other,
    "LIKE": like,
    "ILIKE": ilike,
    "RLIKE": rlike,
    "IN": lambda value, *others: value.in_(others),
    "BETWEEN": lambda value, low, high: sa.and_(value >= low, value <= high),
}
