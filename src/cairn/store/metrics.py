"""Metric histories in the database."""

from __future__ import annotations

import base64
import binascii
import contextlib
import struct
from collections.abc import Iterator, Sequence

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cairn.contract.columns import Floats, Ints
from cairn.contract.kinds import INT64_MAX, INT64_MIN, MAX_POINTS_PER_HISTORY
from cairn.contract.metrics import (
    GetHistoryBulk,
    GetHistoryInterval,
    GetMetricHistory,
    GetSeries,
    ListPoints,
    MetricHistory,
    PointsPage,
    Series,
    SeriesReply,
)
from cairn.contract.runs import Metric
from cairn.errors import DoesNotExist, InvalidValue
from cairn.store.base import StoreBase, find_run
from cairn.store.codec import Columns
from cairn.store.history import Histories, Name, by_time, curve
from cairn.store.point_pages import page, read_token
from cairn.store.schema import run

MOST_BUCKETS = 1000
LEAST_BUCKETS = 100
ALL_BUCKETS = 24_000
"""Buckets of all curves of a chart: a hundred curves of 240 are 650 KB as columns."""
MAX_POINTS_PER_CHART = 5_000_000

_TOKEN = struct.Struct("<qqd")


class MetricStore(StoreBase):
    """Implements the operations of `cairn.contract.metrics.Metrics`."""

    def get_metric_history(self, request: GetMetricHistory) -> MetricHistory:
        """Return the points of one metric of one run, by (timestamp, step, value)."""
        with self.db.read() as connection:
            row = find_run(connection, request.run_id)
            histories = Histories(connection, [row.id], [request.metric_key])
            points = histories.whole((row.id, request.metric_key))
        points = by_time(points)
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
        metrics: list[Metric] = []
        with self._histories(request.run_id, [request.metric_key]) as (histories, run_ids):
            for row, key in histories.names:
                room = min(request.max_results, MAX_POINTS_PER_HISTORY) - len(metrics)
                points = by_time(histories.whole((row, key))).take(slice(0, room))
                metrics += _messages(key, points, run_ids[row])
        return MetricHistory(metrics=metrics)

    def get_history_interval(self, request: GetHistoryInterval) -> MetricHistory:
        """Return a sample of one metric of several runs that keeps its extremes."""
        start, end = request.start_step, request.end_step
        if (start is None) != (end is None):
            raise InvalidValue("Give both start_step and end_step, or neither.")
        if start is not None and end is not None and start > end:
            raise InvalidValue(f"start_step {start} is after end_step {end}. Swap them.")
        metrics: list[Metric] = []
        asked = self._histories(request.run_ids, [request.metric_key], start, end)
        with asked as (histories, run_ids):
            for row, key in histories.names:
                points = _sample(histories.whole((row, key)), request.max_results)
                metrics += _messages(key, points, run_ids[row])
        return MetricHistory(metrics=metrics)

    def get_series(self, request: GetSeries) -> SeriesReply:
        """Return curves of several metrics of several runs, reduced to what a chart can show."""
        start, end = _range(request)
        with self._histories(request.run_ids, request.keys, start, end) as (histories, run_ids):
            buckets = request.points or _buckets(len(histories.names))
            most = sum(min(histories.most(name), buckets) for name in histories.names)
            if most > MAX_POINTS_PER_CHART:
                raise InvalidValue(
                    f"{len(histories.names)} curves of up to {buckets} points are {most} points; "
                    f"{MAX_POINTS_PER_CHART} are allowed. Ask for fewer points or curves."
                )
            curves = [
                _series(histories, name, run_ids[name[0]], buckets) for name in histories.names
            ]
        return SeriesReply(series=[found for found in curves if found.total])

    def list_points(self, request: ListPoints) -> PointsPage:
        """Return every point of some metrics of some runs, page by page."""
        start, end = _range(request)
        run_ids, keys, after = request.run_ids, sorted(set(request.keys)), None
        if request.page_token:
            after = read_token(request.page_token)
            if after.run_id not in run_ids:
                raise InvalidValue("The page token is of other runs. Repeat the same request.")
            run_ids = run_ids[run_ids.index(after.run_id) :]
        with self._histories(run_ids, keys or None, start, end) as found:
            return page(*found, request.max_results, after)

    @contextlib.contextmanager
    def _histories(
        self,
        run_ids: Sequence[str],
        keys: Sequence[str] | None,
        start: int | None = None,
        end: int | None = None,
    ) -> Iterator[tuple[Histories, dict[int, str]]]:
        """Histories of runs, in the order asked, and the ids of the rows of these runs."""
        with self.db.read() as connection:
            rows = _rows(connection, run_ids)
            yield Histories(connection, list(rows), keys, start, end), rows


def _rows(connection: Connection, run_ids: Sequence[str]) -> dict[int, str]:
    """The ids of runs by their rows, in the order asked."""
    query = sa.select(run.c.run_id, run.c.id).where(run.c.run_id.in_(run_ids))
    rows: dict[str, int] = dict(connection.execute(query).all())
    for run_id in run_ids:
        if run_id not in rows:
            raise DoesNotExist(f"Run with id={run_id} not found.")
    return {rows[run_id]: run_id for run_id in run_ids}


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


def _range(request: GetSeries | ListPoints) -> tuple[int | None, int | None]:
    """First and last step; None where there is no limit."""
    start, end = request.start_step, request.end_step
    return None if start == INT64_MIN else start, None if end == INT64_MAX else end


def _buckets(curves: int) -> int:
    """Buckets of a curve when the caller does not say: fewer where there are many curves."""
    return max(LEAST_BUCKETS, min(MOST_BUCKETS, ALL_BUCKETS // max(curves, 1)))


def _series(histories: Histories, name: Name, run_id: str, buckets: int) -> Series:
    extent, most = histories.extent(name), histories.most(name)
    found = curve(histories.pieces(name), extent, most, buckets)
    return Series(
        run_id=run_id,
        key=name[1],
        total=found.total,
        exact=found.low is None,
        steps=Ints(found.shown.steps.data),
        timestamps=Ints(found.shown.times.data),
        values=Floats(found.shown.values.data),
        low=None if found.low is None else Floats(found.low.data),
        high=None if found.high is None else Floats(found.high.data),
    )
