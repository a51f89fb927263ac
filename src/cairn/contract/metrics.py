"""Metric histories: every point of a metric, and pictures of many of them."""

from __future__ import annotations

from typing import Annotated, Protocol

from msgspec import Meta

from cairn.contract.columns import Floats, Ints, Texts
from cairn.contract.kinds import (
    INT64_MAX,
    INT64_MIN,
    MAX_POINTS_PER_HISTORY,
    MAX_POINTS_PER_INTERVAL,
    MAX_POINTS_PER_PAGE,
    MAX_RUNS_PER_HISTORY,
    Key,
    PageToken,
    RunId,
    Step,
)
from cairn.contract.op import Message, op
from cairn.contract.runs import Metric

HistoryRuns = Annotated[list[RunId], Meta(min_length=1, max_length=MAX_RUNS_PER_HISTORY)]


class GetMetricHistory(Message):
    """Request for the points of one metric of one run. Without `max_results` all come at once."""

    run_id: RunId
    metric_key: Key
    page_token: PageToken | None = None
    max_results: Annotated[int, Meta(ge=1, le=INT64_MAX)] | None = None


class MetricHistory(Message):
    """Points ordered by (timestamp, step, value), and the cursor of the next page."""

    metrics: list[Metric] = []
    next_page_token: str | None = None


class GetHistoryBulk(Message):
    """Request for one metric of up to 100 runs; at most 25,000 points come back."""

    run_id: HistoryRuns
    metric_key: Key
    max_results: Annotated[int, Meta(ge=1)] = MAX_POINTS_PER_HISTORY


class GetHistoryInterval(Message):
    """Request for a sample of one metric of up to 100 runs, within steps if both are given.

    At most `max_results` steps a run, its first, last, smallest and largest point among them.
    """

    run_ids: HistoryRuns
    metric_key: Key
    start_step: Step | None = None
    end_step: Step | None = None
    max_results: Annotated[int, Meta(ge=1, le=MAX_POINTS_PER_INTERVAL)] = MAX_POINTS_PER_INTERVAL


class GetSeries(Message):
    """Request for curves of some metrics of some runs.

    A curve with more than `points` points in the range comes as that many buckets, each with its
    last point and its smallest and largest value, so that no spike is hidden. A narrower range
    gives exact points. Without `points`, up to 24 curves get 1,000 each, and more share 24,000,
    but no curve gets less than 100.
    """

    run_ids: HistoryRuns
    keys: Annotated[list[Key], Meta(min_length=1, max_length=1000)]
    start_step: Step = INT64_MIN
    end_step: Step = INT64_MAX
    points: Annotated[int, Meta(ge=2, le=100000)] | None = None


class Series(Message):
    """One curve in columns, ordered by (step, timestamp, value).

    `total` counts the points in the range. When `exact`, each entry is a point; else it is a
    bucket, and `low` and `high` are the smallest and largest value in it.
    """

    run_id: str
    key: str
    total: int
    exact: bool
    steps: Ints
    timestamps: Ints
    values: Floats
    low: Floats | None = None
    high: Floats | None = None


class SeriesReply(Message):
    """Curves in the order asked, runs first, then keys; those without points are absent."""

    series: list[Series] = []


class ListPoints(Message):
    """Request for every point of some metrics of some runs, page by page; all keys without `keys`.

    Steps from `start_step` to `end_step`, both included.
    """

    run_ids: HistoryRuns
    keys: Annotated[list[Key], Meta(max_length=1000)] = []
    start_step: Step = INT64_MIN
    end_step: Step = INT64_MAX
    max_results: Annotated[int, Meta(ge=1, le=MAX_POINTS_PER_PAGE)] = MAX_POINTS_PER_PAGE
    page_token: PageToken | None = None


class PointsPage(Message):
    """Points in columns, and the cursor of the next page.

    One history after the other, runs in the order asked, keys sorted: entry i of `run_ids` and
    `keys` says whose the next `lengths[i]` points are. A history is ordered by (step, timestamp,
    value), and may go on in the next page.
    """

    run_ids: Texts
    keys: Texts
    lengths: Ints
    steps: Ints
    timestamps: Ints
    values: Floats
    next_page_token: str | None = None


class Metrics(Protocol):
    """Read metric histories."""

    @op("GET metrics/get-history", needs="read run")
    def get_metric_history(self, request: GetMetricHistory) -> MetricHistory:
        """Return the points of one metric of one run; none when the metric is unknown."""
        ...

    @op("GET metrics/get-history-bulk", needs="read run")
    def get_history_bulk(self, request: GetHistoryBulk) -> MetricHistory:
        """Return the points of one metric of several runs, run by run."""
        ...

    @op("GET metrics/get-history-bulk-interval", needs="read run")
    def get_history_interval(self, request: GetHistoryInterval) -> MetricHistory:
        """Return a sample of one metric of several runs that keeps its extremes."""
        ...

    @op("POST v1 metrics/series", needs="read run")
    def get_series(self, request: GetSeries) -> SeriesReply:
        """Return curves of several metrics of several runs, reduced to what a chart can show."""
        ...

    @op("POST v1 metrics/points", needs="read run")
    def list_points(self, request: ListPoints) -> PointsPage:
        """Return every point of some metrics of some runs, page by page."""
        ...
