"""Clients that log while something breaks, and the count of what is found afterwards.

Every client has a run of its own and numbers its batches. A batch that is sent again carries
other values, so that one which was stored twice shows as two points at a step.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.faults.serving import ServerProcess
from typing_extensions import Self

POINTS = 10
"""Points of a batch."""
API = "/api/2.0/mlflow"
SECONDS = 60
"""How long anything may take before it counts as stuck."""


@dataclass
class Tally:
    """What a loop has counted, in batches unless its name says otherwise.

    Attributes:
        fault: what was broken, as the table names it.
        rounds: how often it was.
        acknowledged: batches that the server said are stored.
        lost: of those, batches that are not found whole.
        unanswered: batches whose sender got no answer and gave up.
        twice: batches of which a point is found more than once.
        torn: batches of which only a part is found.
        told: answers 503 that say what is wrong and when to ask again.
        errors: answers that they did not expect, by status and message.
    """

    fault: str
    rounds: int = 0
    acknowledged: int = 0
    lost: int = 0
    unanswered: int = 0
    twice: int = 0
    torn: int = 0
    told: int = 0
    errors: Counter[str] = field(default_factory=Counter)

    @property
    def found(self) -> int:
        return self.acknowledged - self.lost

    def note(self, *servers: ServerProcess) -> None:
        """Count the failures that servers have logged and did not expect."""
        for server in servers:
            if server.faults():
                self.errors[server.log()] += server.faults()

    def check(self) -> None:
        """Fail unless all that was acknowledged is found, once, and nobody saw an odd answer."""
        assert self.rounds > 0, self
        assert self.acknowledged > 0, self
        assert (self.lost, self.twice, self.torn) == (0, 0, 0), self
        assert not self.errors, self


@dataclass
class Answer:
    """What a server said; status 0 when the connection was lost or not made."""

    status: int
    body: Any = None
    retry_after: str | None = None


class Caller:
    """Asks servers over one kept connection; goes over to the next one when it is lost."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._hosts = [urlsplit(url).netloc for url in urls]
        self._turn = 0
        self._connection: http.client.HTTPConnection | None = None

    def ask(self, verb: str, path: str, body: Any = None, **query: Any) -> Answer:
        target = f"{path}?{urlencode(query)}" if query else path
        try:
            if self._connection is None:
                host = self._hosts[self._turn % len(self._hosts)]
                self._connection = http.client.HTTPConnection(host, timeout=SECONDS)
            sent = None if body is None else json.dumps(body)
            self._connection.request(verb, target, sent, {"Content-Type": "application/json"})
            reply = self._connection.getresponse()
            said = reply.read()
        except (OSError, http.client.HTTPException):
            self.close()
            self._turn += 1
            return Answer(0)
        return Answer(reply.status, _parsed(said), reply.headers.get("retry-after"))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _parsed(said: bytes) -> Any:
    try:
        return json.loads(said)
    except ValueError:
        return said.decode("utf-8", "replace")


class Client(threading.Thread):
    """Logs batch after batch over plain HTTP until it is told to stop.

    Args:
        urls: servers, the first one first.
        patient: sends a batch again until it is acknowledged; else each batch is sent once.
    """

    def __init__(self, urls: Sequence[str], *, patient: bool) -> None:
        super().__init__(daemon=True)
        self.run_id = secrets.token_hex(16)
        self.acknowledged: list[int] = []
        self.unanswered: set[int] = set()
        self.told = 0
        self.last_told = ""
        self.errors: Counter[str] = Counter()
        self._patient = patient
        self._caller = Caller(urls)
        self._halt = threading.Event()

    def run(self) -> None:
        made = {"experiment_id": "0", "run_id": self.run_id}
        while not self._halt.is_set() and not self._sent("runs/create", made):
            time.sleep(0.02)
        number = 0
        while not self._halt.is_set():
            self._log(number)
            number += 1
        self._caller.close()

    def stop(self) -> None:
        self._halt.set()

    def _log(self, number: int) -> None:
        attempt = 0
        while not self._sent("runs/log-batch", batch(self.run_id, number, attempt)):
            if self._halt.is_set() or not self._patient:
                self.unanswered.add(number)
                time.sleep(0.02)
                return
            attempt += 1
            time.sleep(0.02)
        self.acknowledged.append(number)

    def _sent(self, path: str, body: Any) -> bool:
        answer = self._caller.ask("POST", f"{API}/{path}", body)
        if answer.status == 503 and answer.retry_after and "message" in answer.body:
            self.told += 1
            self.last_told = str(answer.body["message"])
        elif answer.status not in {0, 200}:
            self.errors[f"{answer.status} {answer.body}"] += 1
        return answer.status == 200


def batch(run_id: str, number: int, attempt: int = 0) -> dict[str, Any]:
    """The body of a batch of a run."""
    steps = range(number * POINTS, number * POINTS + POINTS)
    return {
        "run_id": run_id,
        "source": "faults",
        "sequence": number,
        "metrics": [{"key": "m", "value": attempt, "timestamp": s, "step": s} for s in steps],
    }


class Load:
    """Several clients at work; every other one is patient.

    Args:
        urls: the servers, each client begins with the first one.
        clients: how many there are.
    """

    def __init__(self, *urls: str, clients: int = 4) -> None:
        self._urls = urls
        self.clients = [Client(urls, patient=n % 2 == 0) for n in range(clients)]

    def __enter__(self) -> Self:
        for client in self.clients:
            client.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Let every client finish the request that it is at."""
        for client in self.clients:
            client.stop()
        for client in self.clients:
            client.join(SECONDS)
            assert not client.is_alive(), "A client got no answer."

    @property
    def acknowledged(self) -> int:
        return sum(len(client.acknowledged) for client in self.clients)

    def wait_for(self, more: int) -> None:
        """Until so many more batches were acknowledged."""
        wanted = self.acknowledged + more
        until(lambda: self.acknowledged >= wanted, f"{more} more batches acknowledged")

    def count(self, tally: Tally, url: str) -> None:
        """Compare what was acknowledged with what a server finds."""
        for client in self.clients:
            tally.told += client.told
            tally.errors += client.errors
            tally.unanswered += len(client.unanswered)
            if client.acknowledged or client.unanswered:
                compare(tally, steps(url, client.run_id), client.acknowledged)


def compare(tally: Tally, found: Counter[int], acknowledged: Sequence[int]) -> None:
    """Count the batches of one run: found once, twice, in part, or not."""
    by_batch: dict[int, list[int]] = {}
    for step, times in found.items():
        by_batch.setdefault(step // POINTS, []).append(times)
    tally.acknowledged += len(acknowledged)
    tally.lost += sum(len(by_batch.get(number, ())) != POINTS for number in acknowledged)
    tally.twice += sum(max(times) > 1 for times in by_batch.values())
    tally.torn += sum(len(times) != POINTS for times in by_batch.values())


def steps(url: str, run_id: str) -> Counter[int]:
    """How many points a run has at each step."""
    caller = Caller([url])
    query = {"run_id": run_id, "metric_key": "m"}
    answer = caller.ask("GET", f"{API}/metrics/get-history", **query)
    caller.close()
    assert answer.status == 200, answer
    return Counter(int(point["step"]) for point in answer.body.get("metrics", ()))


def until(holds: Any, what: str) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"Waited in vain for: {what}."
        time.sleep(0.005)


_STEADY = """
import sys, threading
import cairn
from cairn.client.client import Client
from cairn.errors import Unavailable

client = Client(sys.argv[1])
run_id = client.create_run("0").info.run_id
halt = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), halt.set()), daemon=True).start()
logged = 0
while not halt.wait(0.001):
    client.log_metric(run_id, "m", 0.0, timestamp=logged, step=logged)
    logged += 1
    if logged == 1:
        print("begun", flush=True)
while True:
    try:
        cairn.flush_async_logging()
        break
    except Unavailable:
        pass
print(run_id, logged)
"""


class Steady:
    """Our own client in a process, which logs points without waiting and delivers them later."""

    def __init__(self, url: str, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", _STEADY, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ
            | {
                "CAIRN_JOURNAL": str(folder / "journal"),
                "CAIRN_HTTP_REQUEST_BACKOFF_FACTOR": "0.05",
            },
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "begun\n"

    def count(self, tally: Tally, url: str) -> None:
        """Let it deliver everything, and look; each point counts as a batch of one."""
        said, _ = self._process.communicate(timeout=SECONDS)
        run_id, logged = said.split()
        found = steps(url, run_id)
        tally.acknowledged += int(logged)
        tally.lost += sum(found[step] == 0 for step in range(int(logged)))
        tally.twice += sum(times > 1 for times in found.values())

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


@contextlib.contextmanager
def steady(url: str, folder: Path) -> Iterator[Steady]:
    """Our own client at work."""
    client = Steady(url, folder)
    try:
        yield client
    finally:
        client.close()
