"""Requests of many points into one run: points per second, latency, and bytes on disk."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import statistics
from pathlib import Path

from bench.harness import (
    API,
    Bench,
    Client,
    Server,
    encode,
    end_run,
    interleaved,
    new_run,
    row,
    serving,
)
from bench.points import (
    BATCH_POINTS,
    BATCH_STEPS,
    Value,
    batches,
    noisy,
    points_of_step,
    single,
)
from bench.products import Product
from bench.table import Budget, Row

LOG_BATCH = API + "runs/log-batch"


class Log:
    """One run of a server that gets batches; counts what it was given, and how it went."""

    def __init__(self, server: Server, folder: Path, value: Value = noisy) -> None:
        self.server, self._value = server, value
        self.file = folder / server.product.file
        self.client, self._ordinary = Client(server.url), Client(server.url, prompt=False)
        self.run_id = new_run(self.client, "bench-batch")
        self.batches = 0
        self.points_per_second: list[float] = []
        self.ordinary_points_per_second: list[float] = []
        self.cpu_us_per_point: list[float] = []

    def turn(self, count: int) -> None:
        """Time `count` requests of the prompt client, then as many of the ordinary one."""
        self.points_per_second.append(self.send(self.client, count))
        self.ordinary_points_per_second.append(self.send(self._ordinary, count))

    def send(self, client: Client, count: int) -> float:
        """Points per second of `count` requests, whose bodies are made before the clock starts."""
        made = batches(count, value=self._value, first_step=self.batches * BATCH_STEPS)
        bodies = [encode({"run_id": self.run_id, "metrics": metrics}) for metrics in made]
        cpu = self.server.cpu_seconds()
        seconds = sum(client.timed("POST", LOG_BATCH, body) for body in bodies)
        points = count * BATCH_POINTS
        self.cpu_us_per_point.append((self.server.cpu_seconds() - cpu) / points * 1e6)
        self.batches += count
        return points / seconds

    def close(self) -> None:
        """End the run and the connections."""
        end_run(self.client, self.run_id)
        self.client.close()
        self._ordinary.close()

    def bytes_per_point(self, before: int) -> float:
        """Growth of the file since it had `before` bytes; the server must have stopped."""
        return (file_bytes(self.file) - before) / (self.batches * BATCH_POINTS)


def measure(bench: Bench) -> list[Row]:
    """Throughput and file size of large requests, then the latency of small ones."""
    return [*_large(bench), *_small(bench)]


def _large(bench: Bench) -> list[Row]:
    count, ours, theirs = bench.pick((5, 100, 10), (3, 60, 5))
    with contextlib.ExitStack() as stack:
        cairn, peer = logs = [
            Log(stack.enter_context(serving(product, folder)), folder)
            for product in (bench.cairn, bench.peer)
            for folder in [bench.place(product, "large")]
        ]
        before = [file_bytes(log.file) for log in logs]
        interleaved(count, lambda _: cairn.turn(ours), lambda _: peer.turn(theirs))
        for log in logs:
            log.close()
    sizes = [cairn.bytes_per_point(before[0])], [peer.bytes_per_point(before[1])]
    small = _bytes_per_point(bench, bench.cairn, single, 2 * count * ours)
    ordinary = (cairn.ordinary_points_per_second, peer.ordinary_points_per_second)
    prompt = (cairn.points_per_second, peer.points_per_second)
    cpu = (cairn.cpu_us_per_point, peer.cpu_us_per_point)
    return [
        row("log-batch, 1,000 points a request", "points/s", *ordinary, Budget("times", 40)),
        row("the same, client that acknowledges at once", "points/s", *prompt),
        row("the same, processor time of the server", "µs/point", *cpu),
        row("file size after it, noisy float64 values", "B/point", *sizes, Budget("limit", 12)),
        row("file size after it, noisy float32 values", "B/point", [small]),
    ]


def _bytes_per_point(bench: Bench, product: Product, value: Value, count: int) -> float:
    """Growth of the file by a run of `count` batches, once it has ended and the server stopped."""
    folder = bench.place(product, value.__name__)
    with serving(product, folder) as server:
        log = Log(server, folder, value)
        before = file_bytes(log.file)
        log.send(log.client, count)
        log.close()
    return log.bytes_per_point(before)


def file_bytes(file: Path) -> int:
    """Size of a SQLite file with everything in it that its log of changes holds."""
    with contextlib.closing(sqlite3.connect(file, timeout=60)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    rest = file.with_name(file.name + "-wal")
    return file.stat().st_size + (rest.stat().st_size if rest.exists() else 0)


def _small(bench: Bench) -> list[Row]:
    count, each = bench.pick((5, 100), (3, 40))
    with contextlib.ExitStack() as stack:
        ours, theirs = (
            Steps(stack.enter_context(serving(product, bench.place(product, "small"))))
            for product in (bench.cairn, bench.peer)
        )
        interleaved(count, lambda _: ours.send(each), lambda _: theirs.send(each))
    what = "log-batch, 20 points a request"
    late = [_late(ours)], [_late(theirs)]
    return [
        row(f"{what}, median", "ms", ours.milliseconds, theirs.milliseconds),
        row(f"{what}, 99th percentile", "ms", *late),
    ]


def _late(steps: Steps) -> float:
    return statistics.quantiles(steps.milliseconds, n=100)[98]


class Steps:
    """One run of a server that gets a request for each step."""

    def __init__(self, server: Server) -> None:
        self._client = Client(server.url)
        self._run_id = new_run(self._client, "bench-steps")
        self._rng = random.Random(1)
        self._step = 0
        self.milliseconds: list[float] = []
        self.send(3)
        self.milliseconds.clear()

    def send(self, count: int) -> None:
        """Time `count` requests."""
        for _ in range(count):
            metrics = points_of_step(self._rng, self._step)
            body = encode({"run_id": self._run_id, "metrics": metrics})
            self.milliseconds.append(self._client.timed("POST", LOG_BATCH, body) * 1000)
            self._step += 1
