"""Search and sort among very many runs: a page of 100 with a filter of three clauses."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.harness import API, Bench, Client, encode, row, serving
from bench.many_runs import peer_statements, statements
from bench.products import Product
from bench.table import Budget, Row

SEARCH = API + "runs/search"
FILTER = "metrics.m1 > 0.3 AND params.p2 = 'v1' AND tags.t3 != 'v0'"
ORDERS = {"metric": "metrics.m0 DESC", "param": "params.lr", "tag": "tags.team"}
LIMITS = {10_000: 10, 100_000: 15, 1_000_000: 40}
"""Milliseconds that a page may take among so many runs."""
PEER_RUNS = 100_000
"""The peer is asked among at most so many runs: its time grows with them."""
REPETITIONS = 5


def measure(bench: Bench) -> list[Row]:
    """Ask stores of growing size for the same pages, sorted by a metric, a param and a tag."""
    sizes = bench.pick(list(LIMITS), [2_000, 10_000])
    return [found for size in sizes for found in _of_size(bench, size)]


def _of_size(bench: Bench, size: int) -> Iterator[Row]:
    with contextlib.ExitStack() as stack:
        products = [bench.cairn, bench.peer] if size <= PEER_RUNS else [bench.cairn]
        clients = [stack.enter_context(_filled(bench, product, size)) for product in products]
        for kind, order in ORDERS.items():
            body = encode(
                {
                    "experiment_ids": ["1"],
                    "filter": FILTER,
                    "order_by": [order],
                    "max_results": 100,
                }
            )
            _compare(clients, body)
            turns = [
                [client.timed("POST", SEARCH, body) * 1000 for client in clients]
                for _ in range(REPETITIONS)
            ]
            yield row(
                f"search, 100 of {size:,} runs with three clauses, sorted by a {kind}",
                "ms",
                *([turn[side] for turn in turns] for side in range(len(clients))),
                budget=Budget("limit", LIMITS[size]) if size in LIMITS else None,
            )


def _compare(clients: Sequence[Client], body: bytes) -> None:
    """Both sides find the same runs; the first answers also warm what they warm."""
    found = [
        [run["info"]["run_id"] for run in json.loads(client.send("POST", SEARCH, body))["runs"]]
        for client in clients
    ]
    if found[0] != found[-1] or len(found[0]) != 100:
        raise RuntimeError("The two servers found other runs, so their times cannot be compared.")


@contextlib.contextmanager
def _filled(bench: Bench, product: Product, size: int) -> Iterator[Client]:
    folder = bench.place(product, f"search-{size}")
    with serving(product, folder) as server, Client(server.url) as client:
        client.post("experiments/create", {"name": "search"})
        made = statements if product is bench.cairn else peer_statements
        _fill(folder / product.file, made(size))
        yield client


def _fill(file: Path, texts: Iterator[str]) -> None:
    with contextlib.closing(sqlite3.connect(file, timeout=60)) as connection, connection:
        for text in texts:
            connection.execute(text)
