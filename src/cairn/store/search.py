"""Finding rows: pages in any order, and how many there are.

A page is read along an index where there is one: of the values that it is sorted by, or of the
start. Each row passed costs a look-up for each comparison of the filter, so what many rows match
is found at once. When few of the rows passed match, the page is read from the comparison that
holds for the fewest rows instead. How many statements a page takes has a limit that depends on
the text of the search alone.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cairn.store import keyset, narrow
from cairn.store.columns import REAL
from cairn.store.conditions import NOTHING_KNOWN, among, condition, some
from cairn.store.entities import Entity, Field
from cairn.store.filter import Order, Tree, parse, parse_order
from cairn.store.homes import CONTEXT, Condition, Home, Known, Rows, Value, beginning, home
from cairn.store.keyset import Position, Term
from cairn.store.narrow import Driver, drivers, narrowest, rows_of
from cairn.store.steps import fields_at_steps, look_up, without_steps

__all__ = ["CONTEXT", "Scope", "attribute_terms", "count", "joined", "matching", "page"]

MAX_PASSED = 1500
"""When more entries of an index are to be passed, it is looked whether there is a shorter way."""

_NAN, _NOTHING = 1, 2


@dataclass(frozen=True)
class Scope:
    """Which rows may be found at all.

    Attributes:
        condition: what holds for them.
        parts: conditions of which one holds for each of them, each with an index in the order of
            the start; none where there is no such index.
        probe: the same as `condition`, written so that it is asked of rows that are found
            otherwise, and no index of it is used.
    """

    condition: Condition
    parts: Sequence[Condition] = ()
    probe: Condition | None = None


def matching(connection: Connection, entity: Entity, base: Condition, filter: str) -> Condition:  # noqa: A002 - its name on the wire
    """Whether a row of the entity's table is one of `base` and as the filter says.

    Raises:
        InvalidValue: the filter is not in the language.
    """
    tree, place = parse(filter, entity), home(entity)
    known = _look_up(connection, place, base, tree, ())
    return sa.and_(base, condition(tree, place, known))


def count(
    connection: Connection,
    entity: Entity,
    base: Condition | Scope,
    filter: str,  # noqa: A002 - the same
    limit: int | None = None,
) -> int:
    """How many rows of `base` are as the filter says; `limit` when they are more.

    Raises:
        InvalidValue: the filter is not in the language.
    """
    tree, place = parse(filter, entity), home(entity)
    scope = base if isinstance(base, Scope) else Scope(base)
    known = _look_up(connection, place, scope.condition, tree, ())
    wanted = [scope.condition, condition(tree, place, known)]
    driver = narrowest(connection, drivers(tree, place, connection.dialect.name), narrow.FEW)
    if driver is not None:
        wanted[0] = place.table.c.id.in_(driver)
        wanted.append(scope.condition if scope.probe is None else scope.probe)
    found = sa.select(place.table.c.id).where(*wanted).limit(limit).subquery()
    query = sa.select(sa.func.count()).select_from(found)
    return connection.execute(query).scalar_one()


def joined(
    source: sa.FromClause, entity: Entity, found: Field, known: Known = NOTHING_KNOWN
) -> tuple[sa.FromClause, Value, Value]:
    """The source with a field joined to it, what is NULL where it has no value, and the value.

    A value that is NULL all the same is NaN. A field with a step is among those `known`.
    """
    place = home(entity)
    rows = place.rows_of(found) if found.step is None else _looked_up(found, known)
    if rows is None:
        return source, place.columns[found.key], place.columns[found.key]
    ties = sa.and_(rows.owner == place.table.c.id, *rows.conditions)
    return source.outerjoin(rows.owner.table, ties), rows.owner, rows.value


def page(
    connection: Connection,
    entity: Entity,
    *,
    base: Condition | Scope,
    filter: str,  # noqa: A002 - its name on the wire
    order_by: Sequence[str],
    max_results: int,
    page_token: str | None,
) -> tuple[list[int], str | None]:
    """Row ids of one page, in order, and the token of the next one.

    Args:
        connection: where to ask.
        entity: what to find.
        base: which rows of its table may be found at all.
        filter: which of these are wanted; empty for all.
        order_by: ``field``, ``field ASC`` or ``field DESC``, each; empty for the entity's order.
        max_results: rows of a page, at least 1.
        page_token: where the page before ended; empty for the first page.

    Raises:
        InvalidValue: the filter or an order is not in the language, or the token is not one that
            this search returned, or too many metrics at a step would have to be looked up.
    """
    scope = base if isinstance(base, Scope) else Scope(base)
    tree, orders, place = parse(filter, entity), parse_order(order_by, entity), home(entity)
    digest = keyset.digest(entity.name, filter, *order_by)
    known = _look_up(connection, place, scope.condition, tree, orders)
    sort = [_sort(order, place, known) for order in orders]
    terms = [term for one in sort for term in one.terms]
    position = keyset.decode(page_token, digest, terms) if page_token else None
    search = _Search(
        connection,
        place,
        scope,
        condition(tree, place, known),
        drivers(tree, place, connection.dialect.name),
    )
    ids = search.find(sort, position, max_results + 1)
    if len(ids) <= max_results:
        return ids, None
    ids = ids[:max_results]
    return ids, keyset.encode(digest, search.position(sort, ids[-1]))


def _look_up(
    connection: Connection,
    place: Home,
    base: Condition,
    tree: Tree | None,
    orders: Sequence[Order],
) -> Known:
    fields = fields_at_steps(tree, orders)
    if not fields:
        return NOTHING_KNOWN
    return look_up(connection, fields, sa.and_(base, condition(without_steps(tree), place)))


@dataclass(frozen=True)
class _Sort:
    """One key of an order: its terms, and the rows that are joined for them."""

    order: Order
    rows: Rows | None
    terms: list[Term]

    @property
    def is_start(self) -> bool:
        return (self.order.field.group, self.order.field.key) == ("attribute", "start_time")


def _sort(order: Order, place: Home, known: Known) -> _Sort:
    found = order.field
    rows = place.rows_of(found) if found.step is None else _looked_up(found, known)
    if rows is None:
        value = place.sorted_by.get(found.key, place.columns[found.key])
        ranks = [(value.is_(None), _NOTHING)] if value.nullable else []
        value = beginning(value)
    else:
        value = rows.ordered
        ranks = [(rows.owner.is_(None), _NOTHING)]
        if rows.null_is_nan:
            ranks.append((rows.value.is_(None), _NAN))
    is_text = isinstance(value.type, sa.String)
    terms = [Term(sa.case(*ranks, else_=0), descending=False, text=False)] if ranks else []
    return _Sort(order, rows, [*terms, Term(value, order.descending, is_text)])


def attribute_terms(order: Order, place: Home) -> list[Term]:
    """The terms of an order by an attribute of the table itself."""
    return _sort(order, place, NOTHING_KNOWN).terms


def _looked_up(found: Field, known: Known) -> Rows:
    """The values of a field with a step as rows."""
    table = sa.values(
        sa.column("run", sa.BigInteger),
        sa.column("value", REAL),
        name=f"at_{[*known].index(found)}",
    )
    given = [(row, None if value != value else value) for row, value in known[found].items()]
    at = table.data(given or [(-1, None)]).cte()
    return Rows(at.c.run, sa.cast(at.c.value, REAL), (), null_is_nan=True)


Entries = Callable[[int | None], sa.Select[Any]]
"""Selects entries of an index in their order, columns ``id``, ``key0``, ``key1`` and so on: those
among which the first so many are, or, for None, those of rows that are wanted."""


@dataclass(frozen=True)
class _Passed:
    """Entries that were passed: those whose rows are wanted, and the last one unless it was all."""

    wanted: list[sa.Row[Any]]
    last: sa.Row[Any] | None


class _Search:
    """The rows that are wanted, found in an order along the shortest of several ways."""

    def __init__(
        self,
        connection: Connection,
        place: Home,
        scope: Scope,
        wanted: Condition,
        drivers: Sequence[Driver],
    ) -> None:
        self.connection = connection
        self.place = place
        self.scope = scope
        self.wanted = wanted
        self.drivers = drivers

    def find(self, sort: Sequence[_Sort], position: Position | None, limit: int) -> list[int]:
        """The first ids behind the position."""
        if self.drivers:
            driver = narrowest(self.connection, self._every_driver, narrow.VERY_FEW)
            if driver is not None:
                return self.all_of(driver, sort, position, limit)
        rows = sort[0].rows
        if rows is not None and rows.indexed and self.connection.dialect.name != "mysql":
            return self._by_value(sort, rows, position, limit)
        return self.by_start(sort, position, limit)

    def position(self, sort: Sequence[_Sort], row: int) -> Sequence[Any]:
        """Where a row is in the order."""
        source, terms = self._joined(sort)
        query = sa.select(*(term.value for term in terms)).select_from(source)
        return self.connection.execute(query.where(self.place.table.c.id == row)).one()

    def _by_value(
        self, sort: Sequence[_Sort], rows: Rows, position: Position | None, limit: int
    ) -> list[int]:
        """Along the index of values, then the rows with NaN, then those without a value."""
        rank, last = (int(str(position[0])), position[1]) if position else (0, None)
        rest = position[2:] if position else None
        found: list[int] = []
        if rank == 0:
            if position:
                found = self._of_value(sort, rows, last, rest, limit)
            elif (only := self._first_value(sort[0], rows, limit)) is not None:
                last = only
                found = self._of_value(sort, rows, last, None, limit)
            if len(found) < limit:
                more = self._beyond(sort, rows, last, limit - len(found))
                if more is None:
                    return self._all(sort, position, limit)
                found += more
        sections = [(_NOTHING, sa.not_(some(self.place, rows)))]
        if rows.null_is_nan:
            sections.insert(0, (_NAN, some(self.place, rows, rows.value.is_(None))))
        for section, holds in sections:
            if len(found) < limit and rank <= section:
                behind = rest if rank == section else None
                found += self._where(holds).by_start(sort[1:], behind, limit - len(found))
        return found

    def _first_value(self, sort: _Sort, rows: Rows, limit: int) -> Any:
        """The first value of all, if more entries than a page holds have it; else None."""
        term = sort.terms[1]
        entries = sa.select(term.value).where(*rows.conditions, rows.value.is_not(None))
        entries = entries.order_by(term.ordered()).limit(1)
        first = entries.scalar_subquery()
        last = entries.offset(limit).scalar_subquery()
        found = self.connection.execute(sa.select(first, last)).one()
        return found[0] if found[0] == found[1] else None

    def _beyond(self, sort: Sequence[_Sort], rows: Rows, last: Any, limit: int) -> list[int] | None:
        """Ids by their values, beyond the `last` one; None where another way is shorter."""
        term = sort[0].terms[1]
        entries = sa.select(rows.owner.label("id"), term.value.label("key0"))
        entries = entries.where(*rows.conditions, rows.value.is_not(None)).order_by(term.ordered())
        if last is not None:
            entries = entries.where(term.beyond(last))
        passed = self._pass(lambda _: entries, [term.descending], limit)
        if passed is None:
            return None
        found = passed.wanted
        end = limit
        while end < len(found) and found[end].key0 == found[limit - 1].key0:
            end += 1  # what is equal to the last of the page may come before it
        ids = [row.id for row in found[:end] if not passed.last or row.key0 != passed.last.key0]
        ids = self._in_order(sort, ids)[:limit]
        if passed.last and len(ids) < limit:  # more may be equal to what was passed last
            ids += self._of_value(sort, rows, passed.last.key0, None, limit - len(ids))
        return ids

    def _of_value(
        self,
        sort: Sequence[_Sort],
        rows: Rows,
        value: Any,
        position: Position | None,
        limit: int,
    ) -> list[int]:
        """Ids of those with one value, by the rest of the order."""
        is_equal = rows.ordered == value
        driver = sa.select(rows.owner).where(*rows.conditions, is_equal)
        search = self._where(some(self.place, rows, is_equal), driver)
        if narrowest(self.connection, [driver], narrow.VERY_FEW) is not None:
            return search.all_of(driver, sort[1:], position, limit)
        return search.by_start(sort[1:], position, limit)

    def by_start(self, sort: Sequence[_Sort], position: Position | None, limit: int) -> list[int]:
        """Along the index of the start, if that is the order."""
        if not (sort[0].is_start and len(sort) == 2 and self.scope.parts):
            return self._all(sort, position, limit)
        terms = [sort[0].terms[0], sort[1].terms[0]]
        keys = [term.value.label(f"key{number}") for number, term in enumerate(terms)]
        behind = keyset.after(terms, position) if position else sa.true()
        order = [term.ordered() for term in terms]
        descending = [term.descending for term in terms]

        def entries(count: int | None) -> sa.Select[Any]:
            wanted = (behind, self.wanted) if count is None else (behind,)
            query = sa.select(self.place.table.c.id, *keys).order_by(*order)
            parts = [query.where(part, *wanted) for part in self.scope.parts]
            if len(parts) == 1:
                return parts[0]
            cut = [sa.select(part.limit(count or limit).subquery()) for part in parts]
            together = sa.union_all(*cut).subquery()
            return sa.select(together).order_by(*_order(together, descending))

        passed = self._pass(entries, descending, limit)
        if passed is None:
            return self._all(sort, position, limit)
        return [row.id for row in passed.wanted[:limit]]

    def _pass(self, entries: Entries, descending: Sequence[bool], limit: int) -> _Passed | None:
        """Pass entries of an index until so many are wanted.

        They are passed in stretches, each as long as those before let expect. None when that would
        take too long, more entries than twice the rows of a driver, and there is a driver.
        """
        own = self.place.table
        found: list[sa.Row[Any]] = []
        first, stretch = 0, limit + 1
        while first + stretch <= max(MAX_PASSED, limit + 1):
            some = entries(first + stretch).limit(stretch).offset(first).subquery()
            is_wanted = sa.select(sa.literal(1)).where(
                own.c.id == some.c.id, self._probe, self.wanted
            )
            # Not EXISTS, which PostgreSQL may answer by first finding all that are wanted.
            one = is_wanted.correlate(some).scalar_subquery()
            query = sa.select(some, one.label("wanted"))
            rows = self.connection.execute(query.order_by(*_order(some, descending))).all()
            found += [row for row in rows if row.wanted]
            if len(rows) < stretch:
                return _Passed(found, None)
            if len(found) >= limit:
                return _Passed(found, rows[-1])
            first, stretch = first + stretch, _next_stretch(first + stretch, len(found), limit)
        is_near = len(found) * 2 * narrow.FEW >= limit * first > 0
        if not is_near and self._driver is not None:
            return None
        every = entries(None).order_by(None).subquery()
        is_wanted = sa.select(sa.literal(1)).where(own.c.id == every.c.id, self._probe, self.wanted)
        query = sa.select(every).where(is_wanted.correlate(every).exists())
        query = query.order_by(*_order(every, descending)).limit(limit + 1)
        found = list(self.connection.execute(query))
        return _Passed(found, found[-1] if len(found) > limit else None)

    def _all(self, sort: Sequence[_Sort], position: Position | None, limit: int) -> list[int]:
        """Everything that is wanted is read and sorted."""
        driver = self._driver if self.drivers else None
        return self.all_of(driver, sort, position, limit)

    def all_of(
        self,
        driver: Driver | None,
        sort: Sequence[_Sort],
        position: Position | None,
        limit: int,
    ) -> list[int]:
        """Everything that is wanted is found by a driver, if there is one, and sorted."""
        source, terms = self._joined(sort)
        query = sa.select(self.place.table.c.id).select_from(source)
        if driver is None:
            query = query.where(self.scope.condition, self.wanted)
        else:
            query = query.where(self.place.table.c.id.in_(driver), self._probe, self.wanted)
        if position:
            query = query.where(keyset.after(terms, position))
        query = query.order_by(*(term.ordered() for term in terms)).limit(limit)
        return list(self.connection.scalars(query))

    def _in_order(self, sort: Sequence[_Sort], ids: list[int]) -> list[int]:
        if not ids:
            return []
        source, terms = self._joined(sort)
        query = sa.select(self.place.table.c.id).select_from(source)
        query = query.where(among(self.place, ids)).order_by(*(term.ordered() for term in terms))
        return list(self.connection.scalars(query))

    def _joined(self, sort: Sequence[_Sort]) -> tuple[sa.FromClause, list[Term]]:
        """The table with what the terms of the order need joined to it, and the terms."""
        source: sa.FromClause = self.place.table
        for rows in (one.rows for one in sort if one.rows is not None):
            ties = sa.and_(rows.owner == self.place.table.c.id, *rows.conditions)
            source = source.outerjoin(rows.owner.table, ties)
        return source, [term for one in sort for term in one.terms]

    def _where(self, condition: Condition, *drivers: Driver) -> _Search:
        wanted = sa.and_(self.wanted, condition)
        every = [*drivers, *self.drivers]
        return _Search(self.connection, self.place, self.scope, wanted, every)

    @property
    def _probe(self) -> Condition:
        return self.scope.condition if self.scope.probe is None else self.scope.probe

    @functools.cached_property
    def _driver(self) -> Driver | None:
        """The shortest way to few rows that hold all that are wanted."""
        return narrowest(self.connection, self._every_driver, narrow.FEW)

    @property
    def _every_driver(self) -> Sequence[Driver]:
        return [*self.drivers, rows_of(self.place, self.scope.condition)]


def _next_stretch(passed: int, found: int, limit: int) -> int:
    """How many entries to pass next, when so many of those passed were wanted."""
    if not found:
        return 2 * passed
    return max(limit, 4 * (limit - found) * passed // (3 * found))


def _order(entries: sa.Subquery, descending: Sequence[bool]) -> list[sa.ColumnElement[Any]]:
    keys = [entries.c[f"key{number}"] for number in range(len(descending))]
    return [key.desc() if down else key.asc() for key, down in zip(keys, descending, strict=True)]
