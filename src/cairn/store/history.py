"""Reading metric histories piece by piece, and reducing them to what a chart can show.

A history is read as a stream of pieces that follow each other in order of steps, so that what is
held in memory does not grow with its length: chunks are sorted by their first step, and points
before the first step of the next chunk can be given out. Only what many chunks share, such as a
single step that all points have, is held together.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cairn.store import codec
from cairn.store.codec import Columns
from cairn.store.schema import metric_batch, metric_chunk
from cairn.store.series import tidy

BLOCK_CHUNKS = 64
"""Chunks that are read at once: some five megabytes."""

Name = tuple[int, str]
"""Row of a run, and a key."""
Edges = npt.NDArray[np.intp]


class _Chunk(NamedTuple):
    id: int
    points: int
    first_step: int
    last_step: int


class Histories:
    """What is known of some keys of some runs within some steps.

    Args:
        connection: a connection that sees one snapshot.
        runs: rows of runs.
        keys: keys in the order wanted; every key, sorted, when None.
        start: first step; None for no limit.
        end: last step, included; None for no limit.

    Attributes:
        names: those that have points, runs in the order given, then keys. They are read quickest
            in this order.
    """

    def __init__(
        self,
        connection: Connection,
        runs: Sequence[int],
        keys: Iterable[str] | None = None,
        start: int | None = None,
        end: int | None = None,
    ) -> None:
        self._connection = connection
        self._start, self._end = start, end
        self._chunks: dict[Name, list[_Chunk]] = {}
        self._loose: dict[Name, Columns] = {}
        wanted = None if keys is None else list(dict.fromkeys(keys))
        self._find_chunks(runs, wanted)
        self._read_batches(runs, wanted)
        found = self._chunks.keys() | self._loose.keys()
        order = sorted({key for _, key in found}) if wanted is None else wanted
        self.names = [(run, key) for run in runs for key in order if (run, key) in found]
        self._plan = [chunk.id for name in self.names for chunk in self._chunks.get(name, ())]
        self._place = {id_: at for at, id_ in enumerate(self._plan)}
        self._payloads: dict[int, bytes] = {}

    def _find_chunks(self, runs: Sequence[int], keys: list[str] | None) -> None:
        c = metric_chunk.c
        query = sa.select(c.run, c.key, c.id, c.points, c.first_step, c.last_step)
        query = query.where(c.run.in_(runs))
        if keys is not None:
            query = query.where(c.key.in_(keys))
        if self._start is not None:
            query = query.where(c.last_step >= self._start)
        if self._end is not None:
            query = query.where(c.first_step <= self._end)
        for run, key, *chunk in self._connection.execute(query):
            self._chunks.setdefault((run, key), []).append(_Chunk(*chunk))
        for chunks in self._chunks.values():
            chunks.sort(key=lambda chunk: (chunk.first_step, chunk.id))

    def _read_batches(self, runs: Sequence[int], keys: list[str] | None) -> None:
        wanted = None if keys is None else set(keys)
        parts: dict[Name, list[Columns]] = {}
        query = sa.select(metric_batch.c.run, metric_batch.c.payload)
        query = query.where(metric_batch.c.run.in_(runs)).order_by(metric_batch.c.id)
        for run, payload in self._connection.execute(query):
            for key, points in codec.decode_keyed(payload).items():
                if wanted is None or key in wanted:
                    parts.setdefault((run, key), []).append(points)
        for name, pieces in parts.items():
            points = within(tidy(codec.concatenate(pieces)), self._start, self._end)
            if len(points):
                self._loose[name] = points

    def most(self, name: Name) -> int:
        """How many points a history may have: some of them may be before or behind the steps."""
        loose = len(self._loose.get(name, ()))
        return loose + sum(chunk.points for chunk in self._chunks.get(name, ()))

    def extent(self, name: Name) -> tuple[int, int]:
        """Steps that no point is before or behind."""
        chunks, loose = self._chunks.get(name, []), self._loose.get(name)
        first = [chunk.first_step for chunk in chunks]
        last = [chunk.last_step for chunk in chunks]
        if loose is not None:
            first.append(int(loose.steps[0]))
            last.append(int(loose.steps[-1]))
        low, high = min(first), max(last)
        return (
            low if self._start is None else max(low, self._start),
            high if self._end is None else min(high, self._end),
        )

    def pieces(self, name: Name, start: int | None = None) -> Iterator[Columns]:
        """The points in order of (step, time, value), repetitions once; NaN is the last value.

        Args:
            name: one of `names`.
            start: first step; None for that of the histories.
        """
        start = self._start if start is None else start
        parts: list[tuple[int, _Chunk | Columns]] = [
            (chunk.first_step, chunk)
            for chunk in self._chunks.get(name, ())
            if start is None or chunk.last_step >= start
        ]
        if name in self._loose:
            loose = within(self._loose[name], start, None)
            parts += [(int(loose.steps[0]), loose)] if len(loose) else []
            parts.sort(key=lambda part: part[0])
        waiting: list[Columns] = []
        for first_step, part in parts:
            ready, waiting = _cut(waiting, first_step)
            if ready:
                yield _together(ready)
            points = part if isinstance(part, Columns) else codec.decode(self._payload(part.id))
            waiting.append(within(points, start, self._end))
        rest = _together(waiting)
        if len(rest):
            yield rest

    def whole(self, name: Name) -> Columns:
        """All points of a history at once, in the same order."""
        return codec.concatenate(list(self.pieces(name)))

    def _payload(self, id_: int) -> bytes:
        """The payload of a chunk, read with those that are wanted after it."""
        if id_ not in self._payloads:
            at = self._place[id_]
            block = self._plan[at : at + BLOCK_CHUNKS]
            c = metric_chunk.c
            query = sa.select(c.id, c.payload).where(c.id.in_(block))
            self._payloads = {row[0]: row[1] for row in self._connection.execute(query)}
        return self._payloads.pop(id_)


def _together(parts: list[Columns]) -> Columns:
    """The points of all parts in order; a part alone is in order already."""
    points = codec.concatenate(parts)
    return points if len(parts) == 1 else tidy(points)


def _cut(waiting: list[Columns], step: int) -> tuple[list[Columns], list[Columns]]:
    """What is before a step, and the rest."""
    ready, rest = [], []
    for points in waiting:
        at = int(np.searchsorted(points.steps, step, "left"))
        if at:
            ready.append(points.take(slice(0, at)))
        if at < len(points):
            rest.append(points.take(slice(at, None)))
    return ready, rest


def within(points: Columns, start: int | None, end: int | None) -> Columns:
    """The points from step `start` to step `end`, both included."""
    if start is None and end is None:
        return points
    first = 0 if start is None else int(np.searchsorted(points.steps, start, "left"))
    last = len(points) if end is None else int(np.searchsorted(points.steps, end, "right"))
    return points.take(slice(first, last))


def by_time(points: Columns) -> Columns:
    """The points ordered by (time, step, value), as the protocol's history wants them."""
    if (np.diff(points.times) > 0).all():
        return points
    return points.take(np.lexsort((points.values, points.steps, points.times)))


@dataclass(frozen=True)
class Curve:
    """A history as a chart shows it: every point, or buckets of points.

    Attributes:
        shown: the points; of buckets the last point of each.
        total: how many points there are.
        low: the smallest value of each bucket; None when every point is shown.
        high: the largest value.
    """

    shown: Columns
    total: int
    low: codec.Floats | None = None
    high: codec.Floats | None = None


def curve(pieces: Iterable[Columns], extent: tuple[int, int], most: int, buckets: int) -> Curve:
    """Reduce a history to at most `buckets` buckets of equal width in steps.

    Where steps repeat so much that they make fewer places than buckets, the buckets are of equal
    count instead. NaN hides no number; a bucket of NaN only is NaN.

    Args:
        pieces: its points in order.
        extent: steps that no point is before or behind.
        most: points that it has at most.
        buckets: at least 2; a history with no more points keeps them all.
    """
    edges = _by_step(extent, buckets) if _is_wide(extent, buckets) else _by_count(most, buckets)
    total, few = 0, []
    parts: list[_Part] = []
    for points in pieces:
        parts.append(_reduced(points, *edges(points, total)))
        total += len(points)
        if total <= buckets:
            few.append(points)
    if total <= buckets:
        return Curve(codec.concatenate(few), total)
    return _joined(parts, total)


class _Part(NamedTuple):
    """Buckets of a piece, by number."""

    numbers: Edges
    last: Columns
    low: codec.Floats
    high: codec.Floats


def _is_wide(extent: tuple[int, int], buckets: int) -> bool:
    return extent[1] - extent[0] >= buckets


def _by_step(extent: tuple[int, int], buckets: int) -> Any:
    first, last = extent
    width = (last - first + 1) / buckets
    # Unsigned, so that it is exact past 2**63 too.
    bounds = np.array([math.ceil(n * width) for n in range(1, buckets)], np.uint64)

    def edges(points: Columns, _position: int) -> tuple[int, Edges]:
        offsets = (points.steps - np.int64(first)).view(np.uint64)
        begin, end = np.searchsorted(bounds, offsets[[0, -1]], "right").tolist()
        return begin, np.searchsorted(offsets, bounds[begin:end], "left")

    return edges


def _by_count(most: int, buckets: int) -> Any:
    size = -(-most // buckets)

    def edges(points: Columns, position: int) -> tuple[int, Edges]:
        begin = position // size
        return begin, np.arange((begin + 1) * size - position, len(points), size)

    return edges


def _reduced(points: Columns, number: int, edges: Edges) -> _Part:
    """The buckets of a piece; the first has `number`, and each edge begins the next one."""
    starts = np.concatenate([[0], edges])
    ends = np.concatenate([edges, [len(points)]])
    filled = np.flatnonzero(ends > starts)
    starts = starts[filled]
    return _Part(
        filled + number,
        points.take(ends[filled] - 1),
        np.fmin.reduceat(points.values, starts),
        np.fmax.reduceat(points.values, starts),
    )


def _joined(parts: list[_Part], total: int) -> Curve:
    """All buckets; one that is in two pieces becomes one."""
    numbers = np.concatenate([part.numbers for part in parts])
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    ends = np.concatenate([starts[1:], [len(numbers)]]) - 1
    return Curve(
        codec.concatenate([part.last for part in parts]).take(ends),
        total,
        np.fmin.reduceat(np.concatenate([part.low for part in parts]), starts),
        np.fmax.reduceat(np.concatenate([part.high for part in parts]), starts),
    )
