"""Servers that are stopped under load, and that are asked for more than they can do."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.faults.load import (
    API,
    SECONDS,
    Answer,
    Caller,
    Load,
    Tally,
    batch,
    compare,
    steps,
    until,
)
from tests.faults.serving import ServerProcess, serving

BATCHES = 15
PUT = "PUT /api/2.0/mlflow-artifacts/artifacts/slow.bin HTTP/1.1\r\nHost: localhost\r\n"


def stop_under_load(uri: str, folder: Path, rounds: int) -> Tally:
    """SIGTERM while clients log, one sends a body that never ends and one reads no reply."""
    tally = Tally("the server is stopped (SIGTERM)")
    with serving(uri, folder) as server:
        _make_large_run(server)
        with Load(server.url) as load:
            for _ in range(rounds):
                load.wait_for(BATCHES)
                with stalled(server) as senders:
                    if server.stop() != 0:
                        tally.errors["exit status"] += 1
                    answers = [sender.recv(1 << 16)[:12] for sender in senders]
                    if answers != [b"HTTP/1.1 503"] * len(senders):
                        tally.errors[f"who had not sent all was told {answers}"] += 1
                server.start()
                tally.rounds += 1
            load.wait_for(BATCHES)
        load.count(tally, server.url)
        tally.note(server)
    return tally


LARGE = "f" * 32


def _make_large_run(server: ServerProcess) -> None:
    """A run whose reply does not fit into the buffers between the server and a client."""
    caller = Caller([server.url])
    made = {"experiment_id": "0", "run_id": LARGE}
    assert caller.ask("POST", f"{API}/runs/create", made).status == 200
    for number in range(20):
        params = [{"key": f"p{number}.{n}", "value": "x" * 5900} for n in range(100)]
        body = {"run_id": LARGE, "params": params}
        assert caller.ask("POST", f"{API}/runs/log-batch", body).status == 200
    caller.close()


@contextlib.contextmanager
def stalled(server: ServerProcess) -> Iterator[list[socket.socket]]:
    """Clients that hold on: half a head, a long reply not read, half a body, half an upload.

    Yields the last two, whose requests were begun.
    """
    post = f"POST {API}/runs/create HTTP/1.1\r\nHost: localhost\r\n"
    kind = "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    get = f"GET {API}/runs/get?run_id={LARGE} HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with contextlib.ExitStack() as opened:
        sockets = []
        for text in (post, get, f"{post}{kind}{{", f"{PUT}Content-Length: 99999\r\n\r\nx"):
            sock = opened.enter_context(socket.socket())
            sock.settimeout(SECONDS)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.connect(("127.0.0.1", server.port))
            sock.sendall(text.encode())
            sockets.append(sock)
        until(lambda: _under_way(server) >= 3, "three requests that hang")
        yield sockets[2:]


def _under_way(server: ServerProcess) -> int:
    """Requests that the server has begun, without those of the load."""
    caller = Caller([server.url])
    lines = caller.ask("GET", "/metrics").body.splitlines()
    caller.close()
    line = next(line for line in lines if line.startswith("cairn_open_requests "))
    return int(line.split()[1]) - 1


def crowd(uri: str, folder: Path, connections: int) -> tuple[Tally, Counter[int]]:
    """Many connections at once: batches, bodies that are too large, and bodies that do not come.

    Returns also how often each status was answered.
    """
    tally = Tally(f"{connections} connections at once", rounds=connections)
    limits = {"CAIRN_MAX_WAITING_REQUESTS": "8", "CAIRN_MAX_REQUEST_BYTES": "100000"}
    limits["BODY_SECONDS"] = "2"
    run_id = "c" * 32
    with serving(uri, folder, limits) as server:
        caller = Caller([server.url])
        made = {"experiment_id": "0", "run_id": run_id}
        assert caller.ask("POST", f"{API}/runs/create", made).status == 200
        gate = threading.Barrier(connections)

        def take_part(number: int) -> list[Answer]:
            gate.wait(SECONDS)
            if number % 10 in _ODD:
                return [_odd(server, _ODD[number % 10])]
            return _patient(server, batch(run_id, number))

        with ThreadPoolExecutor(connections) as pool:
            answers = list(pool.map(take_part, range(connections)))
        compare(tally, steps(server.url, run_id), _check(tally, answers))
        assert caller.ask("GET", "/ready").status == 200
        caller.close()
        tally.note(server)
        assert server.stop() == 0
    return tally, Counter(answer.status for each in answers for answer in each)


_ODD = {0: 200_000, 1: 1000}
"""Lengths of bodies that are announced and never sent; the first is more than is allowed."""


def _odd(server: ServerProcess, length: int) -> Answer:
    """Announce a body and send a byte of it."""
    head = f"POST {API}/runs/create HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS) as sock:
        sock.sendall(f"{head}Content-Type: application/json\r\n\r\n{{".encode())
        said = sock.recv(1 << 16)
    return Answer(int(said.split()[1]))


def _patient(server: ServerProcess, body: object) -> list[Answer]:
    """Send a batch until it is stored; every answer."""
    caller = Caller([server.url])
    answers = [caller.ask("POST", f"{API}/runs/log-batch", body)]
    while answers[-1].status != 200 and len(answers) < SECONDS * 10:
        time.sleep(random.uniform(0.05, 0.15))
        answers.append(caller.ask("POST", f"{API}/runs/log-batch", body))
    caller.close()
    return answers


def _check(tally: Tally, answers: list[list[Answer]]) -> list[int]:
    """Which batches were acknowledged; odd answers are counted as errors."""
    acknowledged = []
    for number, each in enumerate(answers):
        expected = {_ODD_STATUS[number % 10]} if number % 10 in _ODD else {200, 503}
        for answer in each:
            if answer.status not in expected:
                tally.errors[f"{answer.status} {answer.body}"] += 1
            tally.told += answer.status == 503 and answer.retry_after == "1"
        if each[-1].status == 200:
            acknowledged.append(number)
    return acknowledged


_ODD_STATUS = {0: 413, 1: 408}
