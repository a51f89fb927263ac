"""Metric histories in the database."""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Sequence

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cairn.contract.kinds import INT64_MAX, INT64_MIN
from cairn.contract.metrics import (
    GetHistoryBulk,
    GetHistoryInterval,
    GetMetricHistory,
    GetSeries,
    MetricHistory,
    Series,
    SeriesReply,
)
from cairn.contract.runs import Metric
from cairn.errors import DoesNotExist, InvalidValue
from cairn.store import series
from cairn.store.base import StoreBase, find_run
from cairn.store.codec import Columns
from cairn.store.schema import run

_TOKEN = struct.Struct("<qqd")


class MetricStore(StoreBase):
    """Implements the operations of `cairn.contract.metrics.Metrics`."""

    def get_metric_history(self, request: GetMetricHistory) -> MetricHistory:
        """Return the points of one metric of one run, by (timestamp, step, value)."""
        with self.db.read() as connection:
            row = find_run(connection, request.run_id)
            found = series.read(connection, [row.id], [request.metric_key])
        points = found.get((row.id, request.metric_key))
        if points is None:
            return MetricHistory()
        points = series.by_time(points)
        if request.page_token:
            points = _after(points, request.page_token)
        limit = request.max_results
        if limit is None or len(points) <= limit:
            return MetricHistory(metrics=_messages(request.metric_key, points))
        points = points.take(slice(0, limit))
        return MetricHistory(
            metrics=_messages(request.metric_key, points), next_page_token=_token(points)
        )

    def get_history_bulk(self, request: GetHistoryBulk) -> MetricHistory:
        """Return the points of one metric of several runs, run by run."""
        found = self._read(request.run_id, [request.metric_key])
        metrics: list[Metric] = []
        for (run_id, key), points in found.items():
            room = min(request.max_results, 25000) - len(metrics)
            metrics += _messages(key, series.by_time(points).take(slice(0, room)), run_id)
        return MetricHistory(metrics=metrics)

    def get_history_interval(self, request: GetHistoryInterval) -> MetricHistory:
        """Return a sample of one metric of several runs that keeps its extremes."""
        start, end = request.start_step, request.end_step
        if (start is None) != (end is None):
            raise InvalidValue("Give both start_step and end_step, or neither.")
        if start is not None and end is not None and start > end:
            raise InvalidValue(f"start_step {start} is after end_step {end}. Swap them.")
        found = self._read(request.run_ids, [request.metric_key], start, end)
        return MetricHistory(
            metrics=[
                metric
                for (run_id, key), points in found.items()
                for metric in _messages(key, _sample(points, request.max_results), run_id)
            ]
        )

    def get_series(self, request: GetSeries) -> SeriesReply:
        """Return curves of several metrics of several runs, reduced to what a chart can show."""
        start = None if request.start_step == INT64_MIN else request.start_step
        end = None if request.end_step == INT64_MAX else request.end_step
        found = self._read(request.run_ids, request.keys, start, end)
        return SeriesReply(
            series=[_curve(*name, points, request.points) for name, points in found.items()]
        )

    def _read(
        self,
        run_ids: Sequence[str],
        keys: Sequence[str],
        start: int | None = None,
        end: int | None = None,
    ) -> dict[tuple[str, str], Columns]:
        """Points by (run id, key), in the order asked."""
        with self.db.read() as connection:
            rows = _row_ids(connection, run_ids)
            found = series.read(connection, list(rows.values()), keys, start, end)
        return {
            (run_id, key): found[row, key]
            for run_id, row in rows.items()
            for key in dict.fromkeys(keys)
            if (row, key) in found
        }


def _row_ids(connection: Connection, run_ids: Sequence[str]) -> dict[str, int]:
    query = sa.select(run.c.run_id, run.c.id).where(run.c.run_id.in_(run_ids))
    rows: dict[str, int] = dict(connection.execute(query).all())
    for run_id in run_ids:
        if run_id not in rows:
            raise DoesNotExist(f"Run with id={run_id} not found.")
    return {run_id: rows[run_id] for run_id in run_ids}


def _messages(key: str, points: Columns, run_id: str | None = None) -> list[Metric]:
    rows = zip(points.values.tolist(), points.times.tolist(), points.steps.tolist(), strict=True)
    found = [Metric(key=key, value=v, timestamp=t, step=s) for v, t, s in rows]
    if run_id is not None:
        for metric in found:
            metric.run_id = run_id
    return found


def _token(points: Columns) -> str:
    last = _TOKEN.pack(int(points.times[-1]), int(points.steps[-1]), float(points.values[-1]))
    return base64.urlsafe_b64encode(last).decode()


def _after(points: Columns, token: str) -> Columns:
    """The points behind the one that the token names."""
    try:
        time, step, value = _TOKEN.unpack(base64.urlsafe_b64decode(token))
    except (binascii.Error, struct.error, ValueError):
        raise InvalidValue("Invalid page token. Use next_page_token of the page before.") from None
    first = int(np.searchsorted(points.times, time, "left"))
    while first < len(points) and _key_of(points, first) <= _order(time, step, value):
        first += 1
    return points.take(slice(first, None))


def _key_of(points: Columns, at: int) -> tuple[int, int, bool, float]:
    return _order(int(points.times[at]), int(points.steps[at]), float(points.values[at]))


def _order(time: int, step: int, value: float) -> tuple[int, int, bool, float]:
    """What points are compared by; NaN comes last."""
    return time, step, value != value, 0.0 if value != value else value


def _sample(points: Columns, count: int) -> Columns:
    """At most `count` points: spread evenly, with the first, last, smallest and largest."""
    if len(points) <= count:
        return points
    even = np.unique(np.linspace(0, len(points) - 1, max(count - 2, 1)).astype(np.int64))
    keep = {0, len(points) - 1}
    if not np.isnan(points.values).all():
        keep |= {int(np.nanargmin(points.values)), int(np.nanargmax(points.values))}
    room = [int(i) for i in even if int(i) not in keep]
    return points.take(np.array(sorted([*keep, *room][:count]), np.intp))


def _curve(run_id: str, key: str, points: Columns, buckets: int) -> Series:
    exact = len(points) <= buckets
    shown = points
    low = high = None
    if not exact:
        reduced = series.envelope(points, buckets)
        shown, low, high = reduced.last, reduced.low.tolist(), reduced.high.tolist()
    return Series(
        run_id=run_id,
        key=key,
        total=len(points),
        exact=exact,
        steps=shown.steps.tolist(),
        timestamps=shown.times.tolist(),
        values=shown.values.tolist(),
        low=low,
        high=high,
    )
