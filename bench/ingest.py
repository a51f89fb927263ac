"""Many writers over HTTP: points per second and where the time goes; bytes of a point at size."""

from __future__ import annotations

import contextlib
import json
import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import postgresql
from bench.batch import LOG_BATCH, file_bytes
from bench.harness import SCRIPTS, Bench, Client, Server, new_run, row, run_script, serving
from bench.points import BATCH_POINTS, BATCH_STEPS, points_of_step
from bench.products import Product, postgresql_driver
from bench.samples import fill_peer, long_runs
from bench.table import Budget, Row

CONNECTIONS = (8, 16, 64)
WRITERS = 64
BODIES = 2
"""Bodies that each connection sends in turn, each time with other steps."""
RUN_POINTS = 1_000_000


@dataclass(frozen=True)
class Load:
    """What became of a load.

    Attributes:
        requests: how many were answered well.
        refused: what was answered to the others.
        seconds: how long it took.
        cpu_seconds: processor time of the server.
    """

    requests: int
    refused: list[str]
    seconds: float
    cpu_seconds: float

    @property
    def points_per_second(self) -> float:
        """Points that were acknowledged as durable."""
        return self.requests * BATCH_POINTS / self.seconds

    @property
    def cpu_us_per_batch(self) -> float:
        """Processor time of the server for a request, in microseconds."""
        return self.cpu_seconds / max(self.requests, 1) * 1e6


def measure(bench: Bench) -> list[Row]:
    """Throughput on both databases, the stages, 64 writers for long, and the size."""
    return [*_sqlite(bench), *_postgresql(bench), *_endurance(bench), *_sizes(bench)]


def send(server: Server, connections: int, seconds: float) -> Load:
    """Load a server from a process of its own; each connection writes to a run of its own."""
    with Client(server.url) as client:
        runs = [new_run(client, "bench-ingest") for _ in range(connections)]
    job = {
        "host": "127.0.0.1",
        "port": server.port,
        "path": LOG_BATCH,
        "seconds": seconds,
        "connections": [[_body(run, seed) for seed in range(BODIES)] for run in runs],
    }
    cpu = server.cpu_seconds()
    done = subprocess.run(
        [sys.executable, "-I", str(SCRIPTS / "load.py")],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"The load on {server.product.name} failed:\n{done.stderr[-4000:]}")
    found = json.loads(done.stdout)
    spent = server.cpu_seconds() - cpu
    return Load(sum(found["requests"]), found["refused"], found["seconds"], spent)


def _body(run_id: str, seed: int, steps: str = "@STEPS@") -> str:
    """A request of `BATCH_POINTS` points, whose steps are 100 times the mark and what follows."""
    rng = random.Random(seed)
    points: list[dict[str, Any]] = []
    for step in range(BATCH_STEPS):
        points += points_of_step(rng, step)
    metrics = ",".join(
        f'{{"key":"{p["key"]}","value":{p["value"]!r},"timestamp":{p["timestamp"]},'
        f'"step":{steps}{p["step"]:02}}}'
        for p in points
    )
    return f'{{"run_id":"{run_id}","metrics":[{metrics}]}}'


def _sqlite(bench: Bench) -> list[Row]:
    seconds, theirs = bench.pick((10.0, 10.0), (3.0, 3.0))
    body = bench.folder / "body.json"
    body.write_text(_body("0" * 32, 0, "1000000"), "utf-8")
    rows = []
    with _both(bench, "ingest") as (cairn, peer):
        other = send(peer, CONNECTIONS[0], theirs)
        for count in CONNECTIONS:
            load = send(cairn, count, seconds)
            rows.append(_throughput(f"ingestion over HTTP, {count} connections", load, other))
        rows.append(_cpu("processor time of the server for 1,000 points", load, other))
    stages = run_script(bench.cairn, "stages.py", body, folder=bench.folder)
    rows += [row(f"- of it, to {name}", "µs", [stages[name]]) for name in stages]
    rest = load.cpu_us_per_batch - sum(stages.values())
    return [*rows, row("- of it, HTTP, folds and the rest", "µs", [rest])]


def _throughput(measure: str, load: Load, peer: Load | None) -> Row:
    _expect_no_refusal(load)
    theirs = None if peer is None else [peer.points_per_second]
    return row(measure, "points/s", [load.points_per_second], theirs)


def _cpu(measure: str, load: Load, peer: Load | None) -> Row:
    theirs = None if peer is None else [peer.cpu_us_per_batch]
    return row(measure, "µs", [load.cpu_us_per_batch], theirs)


def _expect_no_refusal(load: Load) -> None:
    if load.refused:
        raise RuntimeError(f"A request was refused: {load.refused[0]}")


@contextlib.contextmanager
def _both(bench: Bench, name: str) -> Iterator[tuple[Server, Server]]:
    """Both servers on SQLite."""
    cairn, peer = bench.cairn, bench.peer
    with (
        serving(cairn, bench.place(cairn, name)) as ours,
        serving(peer, bench.place(peer, name)) as theirs,
    ):
        yield ours, theirs


def _postgresql(bench: Bench) -> list[Row]:
    """The same on PostgreSQL, where that is installed."""
    if postgresql.programs() is None:
        return []
    seconds = bench.pick(10.0, 3.0)
    name, driver = "ingest-postgresql", postgresql_driver()
    cairn, peer = bench.cairn, bench.peer
    rows = []
    with (
        postgresql.running(bench.folder) as (ours, theirs),
        serving(cairn, bench.place(cairn, name), ours, driver) as server,
        serving(peer, bench.place(peer, name), theirs, driver) as other,
    ):
        loaded = send(other, CONNECTIONS[0], seconds)
        for count in CONNECTIONS:
            load = send(server, count, seconds)
            rows.append(_throughput(f"the same on PostgreSQL, {count} connections", load, loaded))
        return [*rows, _cpu("processor time of the server, PostgreSQL's not counted", load, loaded)]


def _endurance(bench: Bench) -> list[Row]:
    """Writers for two minutes: none is refused, and the points that were acknowledged are there."""
    seconds = bench.pick(120.0, 6.0)
    folder = bench.place(bench.cairn, "endurance")
    with serving(bench.cairn, folder) as server:
        load = send(server, WRITERS, seconds)
    stored = _stored_points(folder / bench.cairn.file)
    missing = load.requests * BATCH_POINTS - stored
    what = f"{WRITERS} writers for {seconds:.0f} seconds"
    return [
        row(f"{what}", "points/s", [load.points_per_second]),
        row(f"{what}: requests refused", "", [float(len(load.refused))], None, Budget("limit", 0)),
        row(f"{what}: points too few or many", "", [float(abs(missing))], None, Budget("limit", 0)),
    ]


def _stored_points(file: Path) -> int:
    query = (
        "SELECT (SELECT total(points) FROM metric_batch) + (SELECT total(points) FROM metric_chunk)"
    )
    with contextlib.closing(sqlite3.connect(file, timeout=60)) as connection:
        return int(connection.execute(query).fetchone()[0])


def _sizes(bench: Bench) -> list[Row]:
    """Bytes on disk for a point, and for a tenth of the points in the peer's schema."""
    amounts = bench.pick((10**6, 10**7, 10**8), (10**5, 10**6))
    rows = []
    for points in amounts:
        theirs = [_peer_bytes(bench, points // 10)] if points <= 10**7 else None
        limit = Budget("limit", 10) if points >= RUN_POINTS else None
        ours = [_our_bytes(bench, points)]
        rows.append(row(f"file size of {points:,} points", "B/point", ours, theirs, limit))
    return rows


def _our_bytes(bench: Bench, points: int) -> float:
    folder = bench.place(bench.cairn, f"size-{points}")
    file = folder / bench.cairn.file
    uri, each = f"sqlite:///{file}", min(points, RUN_POINTS)
    run_script(bench.cairn, "grow.py", uri, points, each, folder=folder)
    found = file_bytes(file) / points
    file.unlink()
    return found


def _peer_bytes(bench: Bench, points: int) -> float:
    product: Product = bench.peer
    folder = bench.place(product, f"size-{points}")
    file = folder / product.file
    with serving(product, folder):
        pass  # it has made its tables
    before = file_bytes(file)
    fill_peer(file, "0", long_runs(points // 10_000, 10_000))
    found = (file_bytes(file) - before) / points
    file.unlink()
    return found
