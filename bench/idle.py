"""A server that does nothing: its start, its memory, its processes."""

from __future__ import annotations

from dataclasses import dataclass

from bench.harness import Bench, Client, interleaved, row, serving
from bench.products import Product
from bench.table import Budget, Row


@dataclass(frozen=True)
class Idle:
    """What was seen of one server."""

    start_seconds: float
    pss_mb: float
    processes: float


def measure(bench: Bench) -> list[Row]:
    """Memory after one request, time until healthy on a new store, and number of processes."""
    count = bench.pick(3, 1)
    ours, theirs = interleaved(
        count,
        lambda number: _watch(bench, bench.cairn, number),
        lambda number: _watch(bench, bench.peer, number),
    )
    again = [_watch(bench, bench.cairn, number, new=False) for number in range(count)]
    memory = ([i.pss_mb for i in ours], [i.pss_mb for i in theirs])
    fresh = ([i.start_seconds for i in ours], [i.start_seconds for i in theirs])
    processes = ([i.processes for i in ours], [i.processes for i in theirs])
    return [
        row("idle server after one request, memory (PSS)", "MB", *memory, Budget("part", 10)),
        row("server start until healthy, new store", "s", *fresh, Budget("limit", 1.5)),
        row(
            "server start until healthy, existing store",
            "s",
            [i.start_seconds for i in again],
            budget=Budget("limit", 1.5),
        ),
        row("server processes", "", *processes),
    ]


def _watch(bench: Bench, product: Product, number: int, *, new: bool = True) -> Idle:
    name = f"idle{number}"
    folder = bench.place(product, name) if new else bench.folder / f"{product.module}-{name}"
    with serving(product, folder) as server:
        with Client(server.url) as client:
            client.post("experiments/search", {"max_results": 10})
        return Idle(server.start_seconds, server.pss_bytes() / 1e6, len(server.tree()))
