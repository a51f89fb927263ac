"""One process that logs a metric in a loop, with each product's own client and server."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from bench.harness import Bench, Server, interleaved, row, run_script, serving
from bench.table import Budget, Row


def measure(bench: Bench) -> list[Row]:
    """Points per second from the first call until all are stored; then other ways to log."""
    count, many, few = bench.pick((5, 20_000, 120), (3, 10_000, 60))
    with contextlib.ExitStack() as stack:
        cairn, peer = (
            stack.enter_context(serving(product, bench.place(product, "loop")))
            for product in (bench.cairn, bench.peer)
        )
        folder = bench.folder
        ours, theirs = interleaved(
            count,
            lambda _: _loop(cairn, folder, many, "default"),
            lambda _: _loop(peer, folder, few, "default"),
        )
        again = range(bench.pick(3, 1))
        waiting = [_loop(cairn, folder, few, "wait") for _ in again]
        unawaited = [_loop(peer, folder, many // 20, "async") for _ in again]
    default = _of("rate", ours), _of("rate", theirs)
    return [
        row("log_metric loop until stored, by default", "points/s", *default, Budget("times", 50)),
        row("the same, time of a call", "µs", _of("call_us", ours), _of("call_us", theirs)),
        row("the same, processor time of the client", "µs/point", *_both("cpu_us", ours, theirs)),
        row("the same, both waiting for each point", "points/s", _of("rate", waiting), default[1]),
        row(
            "the same, both with asynchronous logging",
            "points/s",
            default[0],
            _of("rate", unawaited),
        ),
    ]


def _loop(server: Server, folder: Path, count: int, how: str) -> dict[str, float]:
    product = server.product
    arguments = (product.module, server.url, count, how)
    figures: Any = run_script(product, "loop.py", *arguments, folder=folder)
    return dict(figures)


def _of(name: str, figures: list[dict[str, float]]) -> list[float]:
    return [found[name] for found in figures]


def _both(
    name: str, ours: list[dict[str, float]], theirs: list[dict[str, float]]
) -> tuple[list[float], list[float]]:
    return _of(name, ours), _of(name, theirs)
