"""Metric histories: batches as they arrived, sealed chunks, and the fold.

A received batch is one row of ``metric_batch`` (see `cairn.store.ingest`). A fold moves the points
of many batches into ``metric_chunk``, one key each, or, for keys with few points, into one batch
that has them all. Batches and chunks are replaced in one transaction that fails when another fold
was quicker, so a fold that dies at any instant loses nothing and doubles nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cairn.store import codec
from cairn.store.codec import Columns
from cairn.store.schema import (
    metric_batch,
    metric_chunk,
    metric_source,
)
from cairn.store.schema import run as run_table
from cairn.store.upsert import Values, upsert

CHUNK_POINTS = 8192
"""Points of a full chunk: small enough that a chart's edge costs little, large enough to pack."""
FEW_POINTS = 128
"""A key with fewer points shares a batch with others: a row of its own would outweigh them."""
FOLD_BATCHES = 512
"""Most batches that one fold takes."""

Ranges = list[list[int]]


class FoldConflict(Exception):
    """Another fold replaced the same rows first; nothing was changed."""


def _replace_folded(_old: Values, given: Values) -> dict[str, Any]:
    return {"folded": given.folded}


def folded(connection: Connection, runs: Sequence[int]) -> dict[tuple[int, str], Ranges]:
    """Sequences of the batches of some runs that were folded, by run and source."""
    c = metric_source.c
    query = sa.select(c.run, c.source, c.folded).where(c.run.in_(runs))
    return {(run, source): json.loads(text) for run, source, text in connection.execute(query)}


def tidy(points: Columns) -> Columns:
    """The points ordered by (step, time, value), each exact repetition once. NaN is last."""
    if len(points) < 2:
        return points
    rising = points.steps[1:] > points.steps[:-1]  # differences could overflow
    if rising.all():
        return points
    bits = points.values.view(np.int64)  # they put equal ones of 0.0 and -0.0 side by side
    points = points.take(np.lexsort((bits, points.values, points.times, points.steps)))
    bits = points.values.view(np.int64)
    new = (np.diff(points.steps) != 0) | (np.diff(points.times) != 0) | (bits[1:] != bits[:-1])
    return points if new.all() else points.take(np.concatenate([[True], new]))


@dataclass(frozen=True)
class Fold:
    """What a fold replaces, and with what."""

    run: int
    batches: list[int]
    chunks: list[int]
    new_chunks: list[dict[str, Any]]
    rest: dict[str, Columns]
    sequences: dict[str, list[int]]


def plan_fold(connection: Connection, run: int) -> Fold | None:
    """Read the batches of a run and prepare their fold; None when there is nothing to gain."""
    query = sa.select(metric_batch).where(metric_batch.c.run == run)
    rows = connection.execute(query.order_by(metric_batch.c.id).limit(FOLD_BATCHES)).all()
    if not rows:
        return None
    sequences: dict[str, list[int]] = {}
    for row in rows:
        if row.source is not None:
            sequences.setdefault(row.source, []).append(row.sequence)
    joined = codec.split(*codec.join([codec.decode_joined(row.payload) for row in rows]))
    series = {key: tidy(points) for key, points in joined.items()}
    open_chunks = _open_chunks(connection, run)
    large = {k: p for k, p in series.items() if len(p) >= FEW_POINTS or k in open_chunks}
    rest = {key: points for key, points in series.items() if key not in large}
    if len(rows) == 1 and not large:
        return None
    replaced: list[int] = []
    new: list[dict[str, Any]] = []
    for key, added in large.items():
        points = added
        if key in open_chunks:
            chunk, payload = open_chunks[key]
            replaced.append(chunk)
            points = tidy(codec.concatenate([codec.decode(payload), added]))
        new += [
            _chunk_row(run, key, points.take(slice(at, at + CHUNK_POINTS)))
            for at in range(0, len(points), CHUNK_POINTS)
        ]
    return Fold(run, [row.id for row in rows], replaced, new, rest, sequences)


def _open_chunks(connection: Connection, run: int) -> dict[str, tuple[int, bytes]]:
    """The newest chunk of each key that is not full."""
    c = metric_chunk.c
    query = sa.select(c.key, c.id, c.payload).where(c.run == run, c.points < CHUNK_POINTS)
    return {key: (id_, payload) for key, id_, payload in connection.execute(query.order_by(c.id))}


def _chunk_row(run: int, key: str, points: Columns) -> dict[str, Any]:
    return {
        "run": run,
        "key": key,
        "points": len(points),
        "first_step": int(points.steps[0]),
        "last_step": int(points.steps[-1]),
        "payload": codec.encode(points),
    }


def apply_fold(connection: Connection, fold: Fold) -> None:
    """Replace batches and chunks by what the fold prepared.

    Raises:
        FoldConflict: another fold replaced some of them first.
    """
    lock = sa.select(run_table.c.id).where(run_table.c.id == fold.run)
    connection.execute(lock.with_for_update(key_share=True))
    for table, ids in ((metric_batch, fold.batches), (metric_chunk, fold.chunks)):
        gone = connection.execute(table.delete().where(table.c.id.in_(ids))).rowcount
        if gone != len(ids):
            raise FoldConflict(f"{len(ids) - gone} rows of run {fold.run} are gone already")
    if fold.new_chunks:
        connection.execute(metric_chunk.insert(), fold.new_chunks)
    if fold.rest:
        points = sum(map(len, fold.rest.values()))
        payload = codec.encode_keyed(fold.rest)
        row = {"run": fold.run, "points": points, "payload": payload}
        connection.execute(metric_batch.insert(), row)
    _remember(connection, fold)


def claim(connection: Connection, run: int, source: str, sequence: int) -> bool:
    """Keep a number as that of a folded batch; False when it is one already."""
    ranges = folded(connection, [run]).get((run, source), [])
    if any(first <= sequence <= last for first, last in ranges):
        return False
    text = json.dumps(join_ranges(ranges, [sequence]))
    row = {"run": run, "source": source, "folded": text}
    upsert(connection, metric_source, [row], _replace_folded)
    return True


def _remember(connection: Connection, fold: Fold) -> None:
    """Keep the sequences of folded batches, so that a repetition is still known."""
    known = folded(connection, [fold.run])
    rows = []
    for source, sequences in sorted(fold.sequences.items()):
        ranges = join_ranges(known.get((fold.run, source), []), sequences)
        rows.append({"run": fold.run, "source": source, "folded": json.dumps(ranges)})
    upsert(connection, metric_source, rows, _replace_folded)


def join_ranges(ranges: Ranges, values: Iterable[int]) -> Ranges:
    """Sorted disjoint ranges that hold `ranges` and `values`; ends are included."""
    joined: Ranges = []
    for first, last in sorted([*ranges, *([v, v] for v in values)]):
        if joined and first <= joined[-1][1] + 1:
            joined[-1][1] = max(joined[-1][1], last)
        else:
            joined.append([first, last])
    return joined
