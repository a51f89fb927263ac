"""Reading from full stores: sorted and filtered search, one run, a chart of many runs."""

from __future__ import annotations

import contextlib
import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlencode

from bench.harness import API, Bench, Client, Server, encode, interleaved, row, run_script, serving
from bench.samples import METRICS, fill_peer, long_runs, small_runs, write_lines
from bench.table import Budget, Row

SEARCH = API + "runs/search"
INTERVAL = API + "metrics/get-history-bulk-interval"
SERIES = "/api/cairn/v1/metrics/series"
CURVE_POINTS = 1000


@dataclass(frozen=True)
class Amounts:
    """How many runs are searched and charted, and how often."""

    runs: int
    curves: int
    steps: int
    searches: int
    charts: int
    gets: int


@dataclass
class Side:
    """One filled server, a connection to it, and the ids that name the same runs on both sides."""

    server: Server
    client: Client
    searched: str
    charted: str
    curves: list[str] = field(default_factory=list)
    sample_ids: list[str] = field(default_factory=list)

    def find(self, **search: object) -> tuple[float, list[str]]:
        """Milliseconds of a search, and the ids that it found."""
        body = encode({"experiment_ids": [self.searched], **search})
        begun = time.perf_counter()
        answer = self.client.send("POST", SEARCH, body)
        seconds = time.perf_counter() - begun
        return seconds * 1000, [r["info"]["run_id"] for r in json.loads(answer).get("runs", [])]


def measure(bench: Bench) -> list[Row]:
    """Fill both stores with the same runs, then ask both the same."""
    amounts = bench.pick(
        Amounts(10_000, 100, 10_000, 5, 2, 100), Amounts(2_000, 20, 5_000, 3, 2, 40)
    )
    with _filled(bench, amounts) as (ours, theirs):
        return [
            *_searches(ours, theirs, amounts),
            _get(ours, theirs, amounts),
            *_charts(ours, theirs, amounts),
        ]


@contextlib.contextmanager
def _filled(bench: Bench, amounts: Amounts) -> Iterator[tuple[Side, Side]]:
    with contextlib.ExitStack() as stack:
        sides = []
        for product in (bench.cairn, bench.peer):
            folder = bench.place(product, "reads")
            server = stack.enter_context(serving(product, folder))
            client = stack.enter_context(Client(server.url))
            side = Side(server, client, _experiment(client, "search"), _experiment(client, "chart"))
            _fill(bench, side, amounts)
            sides.append(side)
        yield sides[0], sides[1]


def _experiment(client: Client, name: str) -> str:
    return str(client.post("experiments/create", {"name": name})["experiment_id"])


def _fill(bench: Bench, side: Side, amounts: Amounts) -> None:
    product = side.server.product
    folder = bench.folder / f"{product.module}-reads"
    small, long = list(small_runs(amounts.runs)), list(long_runs(amounts.curves, amounts.steps))
    for experiment_id, samples in ((side.searched, small), (side.charted, long)):
        if product is bench.peer:
            fill_peer(folder / product.file, experiment_id, samples)
        else:
            lines, uri = folder / "runs.jsonl", f"sqlite:///{folder / product.file}"
            write_lines(lines, samples)
            run_script(product, "fill.py", uri, experiment_id, lines, folder=folder)
    side.sample_ids = [sample.run_id for sample in small]
    side.curves = [sample.run_id for sample in long]


def _searches(ours: Side, theirs: Side, amounts: Amounts) -> list[Row]:
    def compare(
        ask: Callable[[Side, int], tuple[float, list[str]]],
    ) -> tuple[list[float], list[float]]:
        for side in (ours, theirs):
            ask(side, METRICS - 1)
        mine, yours = interleaved(
            amounts.searches, lambda n: ask(ours, n), lambda n: ask(theirs, n)
        )
        if [ids for _, ids in mine] != [ids for _, ids in yours]:
            raise RuntimeError(
                "The two servers found other runs, so their times cannot be compared."
            )
        return [ms for ms, _ in mine], [ms for ms, _ in yours]

    best = compare(lambda s, n: s.find(order_by=[f"metrics.m{n} DESC"], max_results=100))
    where = "params.p{} = '7' and metrics.m{} > 0.5"
    some = compare(lambda s, n: s.find(filter=where.format(n, n), max_results=100))
    page = compare(lambda s, _: s.find(max_results=1000))
    of = f"of {amounts.runs:,} runs"
    return [
        row(f"search, the best 100 {of} by a metric", "ms", *best, Budget("part", 10)),
        row(f"search, 100 {of} by a param and a metric", "ms", *some),
        row(f"search, the newest 1,000 {of}", "ms", *page),
    ]


def _get(ours: Side, theirs: Side, amounts: Amounts) -> Row:
    chosen = random.Random(5).sample(ours.sample_ids, amounts.gets)

    def get(side: Side, number: int) -> float:
        path = f"{API}runs/get?{urlencode({'run_id': chosen[number]})}"
        return side.client.timed("GET", path) * 1000

    times = interleaved(amounts.gets, lambda n: get(ours, n), lambda n: get(theirs, n))
    return row("runs/get, 20 metrics, 20 params, 10 tags", "ms", *times)


def _charts(ours: Side, theirs: Side, amounts: Amounts) -> list[Row]:
    def series(side: Side) -> float:
        asked = {"run_ids": side.curves, "keys": ["loss"], "points": CURVE_POINTS}
        return side.client.timed("POST", SERIES, encode(asked)) * 1000

    def interval(side: Side) -> float:
        asked = [("run_ids", run_id) for run_id in side.curves]
        asked += [("metric_key", "loss"), ("max_results", str(CURVE_POINTS))]
        return side.client.timed("GET", f"{INTERVAL}?{urlencode(asked)}") * 1000

    for side in (ours, theirs):
        interval(side)
    drawn, sampled = interleaved(amounts.charts, lambda _: series(ours), lambda _: interval(theirs))
    same = [interval(ours) for _ in range(amounts.charts)]
    what = f"chart of {amounts.curves} runs of {amounts.steps:,} steps"
    return [
        row(f"{what}, each side's own request", "ms", drawn, sampled),
        row(f"{what}, the request of the peer's protocol", "ms", same, sampled),
    ]
