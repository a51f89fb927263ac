"""Metric histories: batches as they arrive, the latest values, sealed chunks, and the fold.

A received batch becomes one row of ``metric_batch``; a row of ``metric_latest`` for each key keeps
what lists and sorts read. A fold moves the points of many batches into ``metric_chunk``, one key
each, or, for keys with few points, into one batch that has them all. Batches and chunks are
replaced in one transaction that fails when another fold was quicker, so a fold that dies at any
instant loses nothing and doubles nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from msgspec import UNSET
from sqlalchemy.engine import Connection

from cairn.contract.runs import Metric
from cairn.store import codec
from cairn.store.codec import Columns
from cairn.store.schema import (
    metric_batch,
    metric_chunk,
    metric_latest,
    metric_link,
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


def _merge_latest(old: Values, given: Values) -> dict[str, Any]:
    """The later of two points: by step, then time, then value; and the extremes of both."""
    later = sa.or_(
        given.step > old.step,
        sa.and_(
            given.step == old.step,
            sa.or_(
                given.timestamp > old.timestamp,
                sa.and_(
                    given.timestamp == old.timestamp,
                    sa.or_(old.value.is_(None), given.value >= old.value),
                ),
            ),
        ),
    )
    # In this order: what decides about a column is not assigned before it, or decides the same.
    changes = {
        name: sa.case((later, given[name]), else_=old[name])
        for name in ("value", "timestamp", "step")
    }
    changes["low"] = sa.case(
        (sa.or_(old.low.is_(None), given.low < old.low), given.low), else_=old.low
    )
    changes["high"] = sa.case(
        (sa.or_(old.high.is_(None), given.high > old.high), given.high), else_=old.high
    )
    changes["points"] = old.points + given.points
    return changes


def _replace_folded(_old: Values, given: Values) -> dict[str, Any]:
    return {"folded": given.folded}


def append(
    connection: Connection,
    run: int,
    metrics: Sequence[Metric],
    source: str | None = None,
    sequence: int | None = None,
) -> int:
    """Store a batch of points of a run and return how many were taken.

    A batch whose (source, sequence) is known already is taken for a repetition: 0.
    """
    if not metrics:
        return 0
    if source is None or sequence is None:
        source = sequence = None
    elif _is_known(connection, run, source, sequence):
        return 0
    lengths, points = _by_key(metrics)
    payload = codec.encode_joined(lengths, points)
    connection.execute(
        metric_batch.insert(),
        {
            "run": run,
            "source": source,
            "sequence": sequence,
            "points": len(metrics),
            "payload": payload,
        },
    )
    upsert(connection, metric_latest, _latest_rows(run, lengths, points), _merge_latest)
    _append_links(connection, run, metrics)
    return len(metrics)


def _by_key(metrics: Sequence[Metric]) -> tuple[dict[str, int], Columns]:
    """How many points each key has, keys in order, and the points of one key after the other."""
    keys = [m.key for m in metrics]
    points = codec.columns(
        [m.step for m in metrics], [m.timestamp for m in metrics], [m.value for m in metrics]
    )
    lengths = dict(sorted(Counter(keys).items()))
    if len(lengths) == 1:
        return lengths, points
    place = {key: number for number, key in enumerate(lengths)}
    order = np.argsort([place[key] for key in keys], kind="stable")
    return lengths, points.take(order)


def _latest_rows(run: int, lengths: dict[str, int], points: Columns) -> list[dict[str, Any]]:
    """Rows of `metric_latest` for the points of one key after the other."""
    counts = np.fromiter(lengths.values(), np.intp, len(lengths))
    ends = np.cumsum(counts)
    last = points.take(_last(points, ends))
    with np.errstate(invalid="ignore"):
        low = np.fmin.reduceat(points.values, ends - counts)
        high = np.fmax.reduceat(points.values, ends - counts)
    columns = (last.values, last.steps, last.times, low, high, counts)
    return [
        {
            "run": run,
            "key": key,
            "value": _known(value),
            "step": step,
            "timestamp": time,
            "low": _known(low),
            "high": _known(high),
            "points": count,
        }
        for key, value, step, time, low, high, count in zip(
            lengths, *(column.tolist() for column in columns), strict=True
        )
    ]


def _last(points: Columns, ends: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Where the last point of each key is: highest step, then time, then value; NaN is lowest."""
    rising = np.diff(points.steps) > 0
    rising[ends[:-1] - 1] = True
    if rising.all():
        return ends - 1
    group = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))
    known = points.values == points.values
    order = np.lexsort((points.values, known, points.times, points.steps, group))
    return order[ends - 1]


def _known(value: float) -> float | None:
    return None if value != value else value


def _append_links(connection: Connection, run: int, metrics: Sequence[Metric]) -> None:
    """Keep which model and dataset a point was measured on, for the points that say so."""
    rows = [
        {
            "run": run,
            "key": m.key,
            "step": m.step,
            "timestamp": m.timestamp,
            "model_id": m.model_id or None,
            "dataset_name": m.dataset_name or None,
            "dataset_digest": m.dataset_digest or None,
        }
        for m in metrics
        if m.model_id is not UNSET or m.dataset_name is not UNSET
    ]
    if rows:
        connection.execute(metric_link.insert(), rows)


def _is_known(connection: Connection, run: int, source: str, sequence: int) -> bool:
    stored = sa.select(sa.literal(1)).where(
        metric_batch.c.run == run,
        metric_batch.c.source == source,
        metric_batch.c.sequence == sequence,
    )
    if connection.execute(stored).first():
        return True
    return any(a <= sequence <= b for a, b in _folded(connection, run).get(source, []))


def _folded(connection: Connection, run: int) -> dict[str, Ranges]:
    query = sa.select(metric_source.c.source, metric_source.c.folded)
    rows = connection.execute(query.where(metric_source.c.run == run))
    return {source: json.loads(text) for source, text in rows}


def tidy(points: Columns) -> Columns:
    """The points ordered by (step, time, value), each exact repetition once. NaN is last."""
    if len(points) < 2:
        return points
    rising = np.diff(points.steps) > 0
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
    parts: dict[str, list[Columns]] = {}
    sequences: dict[str, list[int]] = {}
    for row in rows:
        for key, points in codec.decode_keyed(row.payload).items():
            parts.setdefault(key, []).append(points)
        if row.source is not None:
            sequences.setdefault(row.source, []).append(row.sequence)
    series = {key: tidy(codec.concatenate(pieces)) for key, pieces in parts.items()}
    open_chunks = _open_chunks(connection, run)
    large = {k: p for k, p in series.items() if len(p) >= FEW_POINTS or k in open_chunks}
    rest = {key: points for key, points in series.items() if key not in large}
    if not rows or (len(rows) == 1 and not large):
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


def _remember(connection: Connection, fold: Fold) -> None:
    """Keep the sequences of folded batches, so that a repetition is still known."""
    known = _folded(connection, fold.run)
    rows = []
    for source, sequences in sorted(fold.sequences.items()):
        ranges = join_ranges(known.get(source, []), sequences)
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
