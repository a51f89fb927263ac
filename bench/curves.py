"""Curves and tables in columns: processor time of the server, and bytes on the wire."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from bench.harness import API, Bench, Client, Server, encode, row, run_script, serving
from bench.samples import Sample, fill_peer, long_runs, small_runs, write_lines
from bench.table import Budget, Row

SERIES = "/api/cairn/v1/metrics/series"
TABLE = "/api/cairn/v1/runs/table"
INTERVAL = API + "metrics/get-history-bulk-interval"
SEARCH = API + "runs/search"
COLUMNS = {"Accept": "application/vnd.cairn.columns", "Accept_Encoding": "gzip, zstd"}
FIELDS = (
    *("run_name", "status", "start_time", "end_time", "metrics.m0", "metrics.m1:min"),
    *("metrics.m2", "params.p0", "params.p1", "tags.t0"),
)
BUCKETS = 1000

Ask = Callable[[], bytes]


@dataclass
class Side:
    """A running server and a connection to it."""

    server: Server
    client: Client

    def spend(self, ask: Ask, times: int) -> tuple[float, float]:
        """Milliseconds of the server's processors for a request, and KB of its answer."""
        ask()  # what is loaded only once is loaded now
        begun, size = self.server.cpu_seconds(), 0
        for _ in range(times):
            size += len(ask())
        return (self.server.cpu_seconds() - begun) * 1000 / times, size / 1000 / times

    def columns(self, path: str, asked: object) -> bytes:
        """The answer of an own operation in columns, as it was sent."""
        return self.client.send("POST", path, encode(asked), **COLUMNS)

    def interval(self, run_ids: list[str], *more: tuple[str, object]) -> bytes:
        """A sample of `loss`, as the peer's protocol has it."""
        query = [*(("run_ids", run_id) for run_id in run_ids), ("metric_key", "loss"), *more]
        return self.client.send("GET", f"{INTERVAL}?{urlencode(query)}")


def measure(bench: Bench) -> list[Row]:
    """Fill both stores with the same runs, ten times as many points each time."""
    steps = bench.pick((100, 1000, 10_000), (100, 1000))
    points = bench.pick((10_000, 100_000, 1_000_000), (10_000, 100_000))
    runs = bench.pick((100, 1000, 10_000), (100, 1000))
    charted = bench.pick(100, 20)
    times = bench.pick(10, 5)
    with _sides(bench) as sides:
        return [
            *(found for n in steps for found in _chart(bench, sides, charted, n, times)),
            *(found for n in points for found in _long(bench, sides, n, times)),
            *(found for n in runs for found in _table(bench, sides, n, times)),
        ]


@contextlib.contextmanager
def _sides(bench: Bench) -> Iterator[tuple[Side, Side]]:
    with contextlib.ExitStack() as stack:
        sides = []
        for product in (bench.cairn, bench.peer):
            server = stack.enter_context(serving(product, bench.place(product, "curves")))
            sides.append(Side(server, stack.enter_context(Client(server.url))))
        yield sides[0], sides[1]


def _fill(
    bench: Bench, sides: tuple[Side, Side], name: str, samples: Iterable[Sample]
) -> tuple[list[str], list[str]]:
    """The experiment of each side, and the ids of the runs that both have."""
    kept, experiments = list(samples), []
    for side in sides:
        product = side.server.product
        folder = bench.folder / f"{product.module}-curves"
        made = side.client.post("experiments/create", {"name": name})
        experiment = str(made["experiment_id"])
        if product is bench.peer:
            fill_peer(folder / product.file, experiment, kept)
        else:
            lines, uri = folder / "runs.jsonl", f"sqlite:///{folder / product.file}"
            write_lines(lines, kept)
            run_script(product, "fill.py", uri, experiment, lines, folder=folder)
        experiments.append(experiment)
    return experiments, [sample.run_id for sample in kept]


def _rows(
    what: str,
    ours: tuple[float, float],
    theirs: tuple[float, float] | None = None,
    budgets: tuple[float, float] | None = None,
) -> list[Row]:
    limits = [Budget("limit", value) for value in budgets] if budgets else [None, None]
    return [
        row(f"{what}, {part}", unit, [ours[n]], None if theirs is None else [theirs[n]], limits[n])
        for n, (part, unit) in enumerate((("processor", "ms"), ("answer", "KB")))
    ]


def _chart(bench: Bench, sides: tuple[Side, Side], runs: int, steps: int, times: int) -> list[Row]:
    ours, theirs = sides
    _, ids = _fill(bench, sides, f"chart {steps}", long_runs(runs, steps))
    asked = {"run_ids": ids, "keys": ["loss"]}
    return _rows(
        f"chart of {runs} runs of {steps:,} steps in columns",
        ours.spend(lambda: ours.columns(SERIES, asked), times),
        theirs.spend(lambda: theirs.interval(ids, ("max_results", 240)), 1),
        (150, 800) if steps == 10_000 else None,
    )


def _long(bench: Bench, sides: tuple[Side, Side], points: int, times: int) -> list[Row]:
    ours, theirs = sides
    _, ids = _fill(bench, sides, f"long {points}", long_runs(1, points))
    asked = {"run_ids": ids, "keys": ["loss"], "points": BUCKETS}
    first, last = points // 2, points // 2 + BUCKETS - 1
    narrow = asked | {"start_step": first, "end_step": last}
    between = (("start_step", first), ("end_step", last), ("max_results", BUCKETS))
    whole = _rows(
        f"{points:,} points in {BUCKETS:,} buckets",
        ours.spend(lambda: ours.columns(SERIES, asked), times),
        theirs.spend(lambda: theirs.interval(ids, ("max_results", BUCKETS)), 1),
        (30, 100) if points == 1_000_000 else None,
    )
    zoom = _rows(
        f"{BUCKETS:,} exact points of {points:,}",
        ours.spend(lambda: ours.columns(SERIES, narrow), 2 * times),
        theirs.spend(lambda: theirs.interval(ids, *between), 2),
        (20, 100) if points == 1_000_000 else None,
    )
    return [*whole, *zoom]


def _table(bench: Bench, sides: tuple[Side, Side], runs: int, times: int) -> list[Row]:
    ours, theirs = sides
    (own, other), _ = _fill(bench, sides, f"table {runs}", small_runs(runs))
    asked = {"experiment_ids": [own], "columns": FIELDS, "max_results": runs}
    page = encode({"experiment_ids": [other], "max_results": runs})
    return _rows(
        f"table of {runs:,} runs, {len(FIELDS)} columns",
        ours.spend(lambda: ours.columns(TABLE, asked), times),
        theirs.spend(lambda: theirs.client.send("POST", SEARCH, page), 1),
        (300, 800) if runs == 10_000 else None,
    )
