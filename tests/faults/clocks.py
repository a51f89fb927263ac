"""A server whose clock jumps.

libfaketime cannot be used: in its release 0.9.10 `sleep` fails on this system and waiting for a
lock takes 20 ms. So the clock is set where Python code reads it, in each process that is started.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.faults.load import API, Caller, Load, Tally
from tests.faults.serving import serving

DAY_MS = 86_400_000
OFFSETS = (0, -2, -400, 1)
"""Days by which the clock is wrong, in turn."""
BATCHES = 10
PAGE = 3
COMMAND = "from cairn.cli.main import main; main()"


_SITE = """
import os, time
_clock = os.open(os.environ["FAULTS_CLOCK"], os.O_RDONLY)
_time, _time_ns = time.time, time.time_ns
def _days():
    return int(os.pread(_clock, 20, 0))
time.time = lambda: _time() + _days() * 86_400
time.time_ns = lambda: _time_ns() + _days() * 86_400_000_000_000
"""


class Clock:
    """The clock of other Python processes, which can be set."""

    def __init__(self, folder: Path) -> None:
        clock = folder / "clock"
        self._file = os.open(clock, os.O_CREAT | os.O_RDWR, 0o600)
        self.set(0)
        site = folder / "site"
        site.mkdir()
        (site / "sitecustomize.py").write_text(_SITE, "utf-8")
        path = os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])
        self.environment = {"PYTHONPATH": path, "FAULTS_CLOCK": str(clock)}

    def set(self, days: int) -> None:
        os.pwrite(self._file, f"{days:<20}".encode(), 0)
        self.days = days

    def close(self) -> None:
        os.close(self._file)

    def now(self) -> int:
        return time.time_ns() // 1_000_000 + self.days * DAY_MS


def set_back(uri: str, folder: Path, rounds: int) -> Tally:
    """Set the clock of a server back and forth while clients log, create, list and delete."""
    tally = Tally("the clock is set back")
    clock = Clock(folder)
    runs: list[str] = []
    with serving(uri, folder, clock.environment) as server:
        caller = Caller([server.url])
        with Load(server.url) as load:
            for number in range(rounds):
                clock.set(OFFSETS[number % len(OFFSETS)])
                load.wait_for(BATCHES)
                _check(caller, clock)
                runs += [_new_run(caller, clock) for _ in range(PAGE + 1)]
                _log_step(caller, runs[0], number, clock)
                tally.rounds += 1
        for order in ([], ["attributes.start_time ASC"], ["attributes.end_time DESC"]):
            listed = Counter(_paged(caller, order, clock))
            expected = {*runs, *(client.run_id for client in load.clients)}
            if set(listed) != expected or max(listed.values()) != 1:
                tally.errors[f"pages ordered by {order} are not complete, once"] += 1
        clock.set(0)
        _delete(caller, runs[-1])
        for days, old in ((-400, False), (1, True)):
            clock.set(days)
            if (runs[-1] in _collect(uri, server.artifacts, clock)) != old:
                tally.errors[f"what was just deleted, {days} days later"] += 1
        load.count(tally, server.url)
        tally.note(server)
        caller.close()
        assert server.stop() == 0
    clock.close()
    assert len(set(runs)) == len(runs)
    return tally


def _check(caller: Caller, clock: Clock) -> None:
    """The server goes by the clock that was set."""
    made = caller.ask("POST", f"{API}/experiments/create", {"name": secrets.token_hex(8)})
    asked = {"experiment_id": made.body["experiment_id"]}
    found = caller.ask("GET", f"{API}/experiments/get", **asked).body["experiment"]
    assert abs(int(found["creation_time"]) - clock.now()) < DAY_MS / 2


def _new_run(caller: Caller, clock: Clock) -> str:
    asked = {"experiment_id": "0", "start_time": clock.now()}
    made = caller.ask("POST", f"{API}/runs/create", asked)
    assert made.status == 200, made
    return str(made.body["run"]["info"]["run_id"])


def _log_step(caller: Caller, run_id: str, step: int, clock: Clock) -> None:
    """The last value is that of the highest step, whatever the time of its point."""
    point = {"run_id": run_id, "key": "m", "value": step, "timestamp": clock.now(), "step": step}
    assert caller.ask("POST", f"{API}/runs/log-metric", point).status == 200
    run = caller.ask("GET", f"{API}/runs/get", run_id=run_id).body["run"]
    assert [metric["step"] for metric in run["data"]["metrics"]] == [step]


def _paged(caller: Caller, order: list[str], clock: Clock) -> Iterator[str]:
    """Every run, page by page, with the clock set in between."""
    asked = {"experiment_ids": ["0"], "max_results": PAGE, "order_by": order}
    for number in range(1000):
        clock.set(OFFSETS[number % len(OFFSETS)])
        page = caller.ask("POST", f"{API}/runs/search", asked)
        assert page.status == 200, page
        yield from (run["info"]["run_id"] for run in page.body.get("runs", ()))
        if not page.body.get("next_page_token"):
            return
        asked["page_token"] = page.body["next_page_token"]


def _delete(caller: Caller, run_id: str) -> None:
    assert caller.ask("POST", f"{API}/runs/delete", {"run_id": run_id}).status == 200


def _collect(uri: str, artifacts: Path, clock: Clock) -> str:
    """What `cairn gc` would purge of what was deleted an hour ago."""
    artifacts.mkdir(exist_ok=True)
    arguments = ["gc", "--older-than", "1h", "--dry-run", "--backend-store-uri", uri]
    arguments += ["--artifacts-destination", str(artifacts)]
    return subprocess.check_output(
        [sys.executable, "-c", COMMAND, *arguments], text=True, env=os.environ | clock.environment
    )
