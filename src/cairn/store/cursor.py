"""Cursors: how far somebody has read what is only ever added, without gaps.

A row becomes visible when its transaction commits, and on a server of databases that is not the
order of ids: a cursor that only knew the highest id would skip what commits late. So it carries
the ids below that it has not seen, too, for as long as a transaction may take. Many of them will
never come, being rolled back, folded or purged; those are forgotten after that time.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cairn.contract.kinds import INT64_MAX
from cairn.errors import InvalidValue
from cairn.store.schema import change, metric_batch, metric_chunk

LATE_SECONDS = 60
"""How late a row may become visible: no transaction of ours takes longer."""
MOST_GAPS = 256
"""Runs of missing ids that a cursor carries for each table; the oldest are forgotten first."""
TAIL = 10_000
"""Ids below the highest among which a new cursor looks for missing ones."""
_VERSION = 1


class Gap(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Ids from `first` to `last` that were missing at second `seen` since epoch."""

    first: int
    last: int
    seen: int


class Place(msgspec.Struct, array_like=True, frozen=True):
    """How far one table was read: everything up to `high`, but for the gaps."""

    high: int = 0
    gaps: tuple[Gap, ...] = ()


class Position(msgspec.Struct, array_like=True, frozen=True):
    """How far the change log, the batches and the chunks were read."""

    changes: Place = Place()
    batches: Place = Place()
    chunks: Place = Place()
    version: int = _VERSION

    def encode(self) -> str:
        """The position as an opaque text."""
        return base64.urlsafe_b64encode(msgspec.msgpack.encode(self)).decode()


def decode(text: str) -> Position:
    """The position that a text stands for.

    Raises:
        InvalidValue: it is no cursor.
    """
    try:
        data = base64.b64decode(text, altchars=b"-_", validate=True)
        found = msgspec.msgpack.decode(data, type=Position)
    except (ValueError, msgspec.DecodeError):
        found = None
    if found is None or found.version != _VERSION or not all(map(_is_sound, _places(found))):
        raise InvalidValue(
            f"Invalid cursor '{text[:60]}': it is not one that was returned. Leave it out to start "
            "from now."
        )
    return found


def _places(position: Position) -> tuple[Place, ...]:
    return position.changes, position.batches, position.chunks


def _is_sound(place: Place) -> bool:
    ends = [0, *(end for gap in place.gaps for end in (gap.first, gap.last)), INT64_MAX]
    return 0 <= place.high <= INT64_MAX and ends == sorted(ends) and len(place.gaps) <= MOST_GAPS


@dataclass(frozen=True)
class Reader:
    """Reads what is new.

    Attributes:
        connection: one snapshot of the database.
        in_order: whether rows become visible in the order of their ids.
    """

    connection: Connection
    in_order: bool

    def now(self) -> Position:
        """The position behind all that is visible."""
        return Position(self._end(change), self._end(metric_batch), self._end(metric_chunk))

    def _end(self, table: sa.Table) -> Place:
        if self.in_order:
            high = self.connection.execute(sa.select(sa.func.max(table.c.id))).scalar()
            return Place(high or 0)
        query = sa.select(table.c.id).order_by(table.c.id.desc()).limit(TAIL)
        ids = self.connection.execute(query).scalars().all()[::-1]
        if not ids:
            return Place()
        low = ids[0] - 1 if len(ids) == TAIL else 0
        return Place(ids[-1], _fit(_between(low, ids)))

    def new(
        self, query: sa.Select[Any], column: sa.Column[int], place: Place, most: int
    ) -> tuple[list[Row[Any]], Place]:
        """The rows of `query` that are new at a place, by id, and the place behind them.

        At most `most` of them, besides those that were missing before.
        """
        gaps = place.gaps
        rows: list[Row[Any]] = []
        if gaps:
            missing = sa.or_(*(column.between(gap.first, gap.last) for gap in gaps))
            rows += self.connection.execute(query.where(missing).order_by(column))
            oldest = int(time.time()) - LATE_SECONDS
            gaps = tuple(
                gap for gap in _without(gaps, [row.id for row in rows]) if gap.seen > oldest
            )
        ahead = query.where(column > place.high).order_by(column).limit(most)
        found = self.connection.execute(ahead).all()
        rows += found
        if not found:
            return rows, Place(place.high, gaps)
        if not self.in_order:
            gaps += tuple(_between(place.high, [row.id for row in found]))
        return rows, Place(found[-1].id, _fit(gaps))


def _between(low: int, ids: Sequence[int]) -> Iterator[Gap]:
    """The ids above `low` that are missing among some that rise."""
    seen = int(time.time())
    for before, after in zip([low, *ids], ids, strict=False):
        if after - before > 1:
            yield Gap(before + 1, after - 1, seen)


def _without(gaps: Sequence[Gap], ids: Sequence[int]) -> Iterator[Gap]:
    """The gaps that are left when some of their ids, which rise, have come."""
    came = iter([*ids, INT64_MAX])
    next_id = next(came)
    for gap in gaps:
        first = gap.first
        while next_id <= gap.last:
            if next_id > first:
                yield Gap(first, next_id - 1, gap.seen)
            first = next_id + 1
            next_id = next(came)
        if first <= gap.last:
            yield Gap(first, gap.last, gap.seen)


def _fit(gaps: Any) -> tuple[Gap, ...]:
    return tuple(gaps)[-MOST_GAPS:]
