"""Metric points on their way in: what is made of a batch, and how many batches are stored at once.

A batch becomes one row of ``metric_batch``, which `cairn.store.series` reads and folds; a row of
``metric_latest`` for each key keeps what lists and sorts read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from msgspec import UNSET
from sqlalchemy.engine import Connection

from cairn.contract.names import check_key
from cairn.contract.runs import Metric, Numbered
from cairn.errors import CairnError
from cairn.store import codec, model_metrics, series
from cairn.store.base import find_active_runs
from cairn.store.codec import Columns
from cairn.store.schema import metric_batch, metric_latest
from cairn.store.upsert import Values, insert_rows, upsert

Name = tuple[int, str]
"""Row of a run, and a key."""


@dataclass(frozen=True)
class Batch:
    """Points of one run, made ready to be stored.

    Attributes:
        run_id: of the run.
        lengths: how many points each key has, keys in order.
        points: those of one key after the other.
        payload: the same as bytes.
        of_models: the points that say which logged model they measure.
        source: who numbers its batches; None when nobody does, and for `sequence` too.
        sequence: number of this batch.
    """

    run_id: str
    lengths: dict[str, int]
    points: Columns
    payload: bytes
    of_models: list[Metric]
    source: str | None
    sequence: int | None


def prepare(
    run_id: str, metrics: Sequence[Metric], source: str | None = None, sequence: int | None = None
) -> Batch:
    """The batch of some points, of which there is one at least.

    Raises:
        InvalidValue: a key is not allowed.
    """
    lengths, points = _by_key(metrics)
    for key in lengths:
        check_key("metric", key)
    if source is None or sequence is None:
        source = sequence = None
    payload = codec.encode_joined(lengths, points, codec.HURRIED)
    of_models = [m for m in metrics if m.model_id is not UNSET and m.model_id]
    return Batch(run_id, lengths, points, payload, of_models, source, sequence)


def _by_key(metrics: Sequence[Metric]) -> tuple[dict[str, int], Columns]:
    """How many points each key has, keys in order, and the points of one key after the other."""
    points = codec.columns(
        [m.step for m in metrics], [m.timestamp for m in metrics], [m.value for m in metrics]
    )
    lengths, order = _order([m.key for m in metrics])
    return lengths, points if len(lengths) == 1 else points.take(order)


def _order(keys: list[str]) -> tuple[dict[str, int], npt.NDArray[np.intp]]:
    """How often each key comes, keys in order, and the places of one key after the other."""
    width = keys.index(keys[0], 1) if keys.count(keys[0]) > 1 else len(keys)
    head, rounds = keys[:width], len(keys) // width
    if len(set(head)) == width and keys == head * rounds:  # the same keys at each step: the usual
        order = sorted(range(width), key=head.__getitem__)
        places = np.arange(len(keys)).reshape(rounds, width)[:, order].T
        return {head[place]: rounds for place in order}, places.reshape(-1)
    lengths = dict(sorted(Counter(keys).items()))
    number = {key: n for n, key in enumerate(lengths)}
    return lengths, np.argsort(np.array([number[key] for key in keys]), kind="stable")


def append_all(connection: Connection, batches: Sequence[Batch]) -> list[int | CairnError | None]:
    """Store batches of any runs, which are locked in the order of their keys.

    Returns for each the row of its run, None when it repeats another, or why its run refuses it.
    """
    found = find_active_runs(connection, {batch.run_id for batch in batches})
    rows = [found[batch.run_id] for batch in batches]
    given = [(row, b) for row, b in zip(rows, batches, strict=True) if isinstance(row, int)]
    taken = iter(append(connection, given))
    return [row if not isinstance(row, int) or next(taken) else None for row in rows]


def append(connection: Connection, given: Sequence[tuple[int, Batch]]) -> list[bool]:
    """Store batches of runs that the caller has locked, and say which of them were taken.

    A batch whose (source, sequence) is known for its run already is a repetition, and is not.

    Raises:
        BadRequest: a point measures a logged model that does not exist.
    """
    new = _new(connection, given)
    taken = [pair for pair, is_new in zip(given, new, strict=True) if is_new]
    if not taken:
        return new
    rows = [
        {
            "run": run,
            "source": batch.source,
            "sequence": batch.sequence,
            "points": len(batch.points),
            "payload": batch.payload,
        }
        for run, batch in taken
    ]
    insert_rows(connection, metric_batch, rows)
    parts = [({(run, key): n for key, n in b.lengths.items()}, b.points) for run, b in taken]
    upsert(connection, metric_latest, _latest_rows(*codec.join(parts)), _merge_latest)
    model_metrics.append(connection, [(run, m) for run, b in taken for m in b.of_models])
    return new


def claim(connection: Connection, run: int, request: Numbered) -> bool:
    """Whether a request without metrics is no repetition; from now on the same one is.

    The caller has locked the run.
    """
    source, sequence = request.source, request.sequence
    if source is None or sequence is None:
        return True
    c = metric_batch.c
    same = sa.and_(c.run == run, c.source == source, c.sequence == sequence)
    if connection.execute(sa.select(c.id).where(same)).first() is not None:
        return False
    return series.claim(connection, run, source, sequence)


def _new(connection: Connection, given: Sequence[tuple[int, Batch]]) -> list[bool]:
    """Which batches repeat neither a stored one nor one before."""
    asked = [(run, b.source, b.sequence) for run, b in given if b.source is not None]
    if not asked:
        return [True] * len(given)
    c = metric_batch.c
    query = sa.select(c.run, c.source, c.sequence)
    query = query.where(sa.tuple_(c.run, c.source, c.sequence).in_(asked))
    known: set[tuple[Any, ...]] = {tuple(row) for row in connection.execute(query)}
    folded = series.folded(connection, sorted({run for run, *_ in asked}))
    new = []
    for run, batch in given:
        number = run, batch.source, batch.sequence
        new.append(batch.source is None or (number not in known and not _is_folded(folded, number)))
        known.add(number)
    return new


def _is_folded(folded: dict[Name, series.Ranges], number: tuple[int, Any, Any]) -> bool:
    run, source, sequence = number
    return any(first <= sequence <= last for first, last in folded.get((run, source), ()))


def _latest_rows(lengths: dict[Name, int], points: Columns) -> list[dict[str, Any]]:
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
        for (run, key), value, step, time, low, high, count in zip(
            lengths, *(column.tolist() for column in columns), strict=True
        )
    ]


def _last(points: Columns, ends: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Where the last point of each key is: highest step, then time, then value; NaN is lowest."""
    rising = points.steps[1:] > points.steps[:-1]  # differences could overflow
    rising[ends[:-1] - 1] = True
    if rising.all():
        return ends - 1
    group = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))
    known = points.values == points.values
    order = np.lexsort((points.values, known, points.times, points.steps, group))
    return order[ends - 1]


def _known(value: float) -> float | None:
    return None if value != value else value


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
