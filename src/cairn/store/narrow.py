"""Comparisons that hold for few rows, from which a search is quicker than along its order."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cairn.store.columns import SORTED_CHARACTERS
from cairn.store.conditions import holds
from cairn.store.filter import And, Comparison, Tree
from cairn.store.homes import Condition, Home

VERY_FEW = 1000
"""So many rows are read and sorted for one page before anything else is tried."""
FEW = 5000
"""Most rows that are read and sorted for one page."""
MAX_DRIVERS = 8
"""Most comparisons whose rows are counted."""

Driver = sa.Select[tuple[int]]
"""The ids of the rows for which a comparison holds, found by an index."""

_BY_INDEX = ("=", "IN", "<", "<=", ">", ">=", "BETWEEN")


def drivers(tree: Tree | None, home: Home, dialect: str) -> list[Driver]:
    """For each comparison that every row of the filter fulfils, what finds at least its rows."""
    parts = tree.parts if isinstance(tree, And) else (tree,)
    found = (_driver(part, home, dialect) for part in parts if isinstance(part, Comparison))
    return [driver for driver in found if driver is not None][:MAX_DRIVERS]


def _driver(comparison: Comparison, home: Home, dialect: str) -> Driver | None:
    found, value = comparison.field, comparison.values[0]
    if comparison.negated or comparison.operator not in _BY_INDEX or found.step is not None:
        return None
    if found.key == "run_id" and found.group == "attribute":
        return rows_of(home, holds(comparison, home.columns[found.key]))
    rows = home.rows_of(found)
    if rows is None or not rows.indexed:
        return None
    wanted = holds(comparison, rows.value)
    if isinstance(rows.value.type, sa.Text):
        if comparison.operator != "=" or not isinstance(value, str):
            return None
        if dialect != "mysql":  # MySQL finds by itself that an index has beginnings
            wanted = rows.ordered == value[:SORTED_CHARACTERS]
    return sa.select(rows.owner).where(*rows.conditions, wanted)


def rows_of(home: Home, wanted: Condition) -> Driver:
    """The ids of the rows of a table itself."""
    return sa.select(home.table.c.id).where(wanted).correlate(None)


def narrowest(connection: Connection, drivers: Sequence[Driver], few: int) -> Driver | None:
    """The driver that finds the fewest rows; None where each finds more than `few`."""
    if not drivers:
        return None
    counts = (
        sa.select(sa.func.count()).select_from(driver.limit(few + 1).subquery()).scalar_subquery()
        for driver in drivers
    )
    found = connection.execute(sa.select(*counts)).one()
    fewest = min(found)
    return drivers[list(found).index(fewest)] if fewest <= few else None
