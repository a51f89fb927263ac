"""Kill who logs, or whom it logs to, and count what a log call accepted: found, once, in order."""

from __future__ import annotations

import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cairn.client.client import Client
from cairn.client.sync import sync
from cairn.errors import CairnError

SERVER_SECONDS = 60

# Says how many points were accepted before each log call returns to it, in a file.
LOGGER = """
import os, sys, cairn
told = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY)
with cairn.start_run(run_name="faults") as run:
    os.write(told, run.info.run_id.encode().ljust(40))
    for step in range(int(sys.argv[2])):
        cairn.log_metric("m", step * 0.5, step=step)
        if step % 100 == 0:
            cairn.log_param(f"p{step}", step)
            cairn.set_tag("newest", step)
        os.pwrite(told, b"%-10d" % (step + 1), 40)
"""


@dataclass
class Count:
    """What happened in all rounds."""

    rounds: int = 0
    accepted: int = 0
    found: int = 0
    missing: int = 0
    twice: int = 0


@contextmanager
def serving(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A server as a process of its own; killed in the end if it still lives."""
    command = [
        *(sys.executable, "-m", "cairn", "server", "--port", str(port)),
        *("--backend-store-uri", f"sqlite:///{folder / 'served.db'}"),
        *("--artifacts-destination", str(folder / "files")),
    ]
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(port, process)
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait()


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + SERVER_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError("The server did not start.")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def log(folder: Path, url: str, points: int) -> subprocess.Popen[bytes]:
    """A process that logs to a run of its own and says in ``told`` how far it is."""
    environment = {
        **os.environ,
        "CAIRN_TRACKING_URI": url,
        "CAIRN_JOURNAL": str(folder / "journal"),
        "CAIRN_FLUSH_INTERVAL": "0.05",
        "CAIRN_HTTP_REQUEST_BACKOFF_FACTOR": "0.02",
    }
    command = [sys.executable, "-c", LOGGER, str(folder / "told"), str(points)]
    return subprocess.Popen(command, cwd=folder, env=environment)


def told(folder: Path) -> tuple[str, int]:
    """The run, and how many points were accepted for certain."""
    text = (folder / "told").read_text() if (folder / "told").exists() else ""
    return text[:40].strip(), int(text[40:].strip() or 0)


def check(folder: Path, url: str, count: Count) -> None:
    """Compare what was accepted with what the server has."""
    run_id, accepted = told(folder)
    if not run_id:
        return
    try:
        history = Client(url).get_metric_history(run_id, "m")
    except CairnError:
        history = []
    steps = [point.step for point in history]
    count.accepted += accepted
    count.found += len(steps)
    count.missing += len(set(range(accepted)) - set(steps))
    count.twice += stored(folder, run_id) - len(set(steps))
    assert steps == sorted(steps)
    assert [point.value for point in history] == [step * 0.5 for step in steps]


def stored(folder: Path, run_id: str) -> int:
    """Points in the database, repetitions counted."""
    total = 0
    with closing(sqlite3.connect(folder / "served.db")) as database:
        for table in ("metric_batch", "metric_chunk"):
            query = f"SELECT sum(points) FROM {table} JOIN run ON run.id = run WHERE run_id = ?"
            total += database.execute(query, (run_id,)).fetchone()[0] or 0
    return total


def kill_the_logger(folder: Path, rounds: int, seed: int = 1) -> Count:
    """SIGKILL the process that logs at a random moment; `cairn sync` delivers the rest."""
    chance, count, port = random.Random(seed), Count(), free_port()
    url = f"http://127.0.0.1:{port}"
    with serving(folder, port):
        for _ in range(rounds):
            (folder / "told").unlink(missing_ok=True)
            process = log(folder, url, 10**6)
            while told(folder)[1] == 0 and process.poll() is None:
                time.sleep(0.01)
            time.sleep(chance.uniform(0, 0.5))
            process.send_signal(signal.SIGKILL)
            process.wait()
            assert all(not receipt.problem for receipt in sync(folder / "journal"))
            check(folder, url, count)
            count.rounds += 1
    return count


def kill_the_server(folder: Path, rounds: int, seed: int = 1) -> Count:
    """SIGKILL the server at random moments while a process logs to it, and start it again."""
    chance, count, port = random.Random(seed), Count(), free_port()
    url = f"http://127.0.0.1:{port}"
    for _ in range(rounds):
        (folder / "told").unlink(missing_ok=True)
        with serving(folder, port) as server:
            logger = log(folder, url, 20_000)
            while told(folder)[1] == 0 and logger.poll() is None:
                time.sleep(0.005)
            time.sleep(chance.uniform(0, 0.3))
            server.kill()
            server.wait()
        time.sleep(chance.uniform(0, 0.2))
        with serving(folder, port):
            assert logger.wait() == 0
            assert all(not receipt.problem for receipt in sync(folder / "journal"))
            check(folder, url, count)
        count.rounds += 1
    return count
