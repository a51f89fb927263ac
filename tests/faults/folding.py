"""Processes that fold metric batches and are killed on the way."""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from tests.faults.load import SECONDS, Tally

from cairn.contract.metrics import GetMetricHistory
from cairn.contract.runs import CreateRun, LogBatch, Metric, RunRef
from cairn.store import open_store
from cairn.store.compactor import fold_run
from cairn.store.schema import metric_batch, run

ROOT = Path(__file__).resolve().parents[2]
BATCHES = 12
POINTS = 200
KEYS = ("many", "a few", "one more")
"""Keys of a batch: most points are of the first, which fills chunks; the others share batches."""


class Folded:
    """A run with batches that wait to be folded, and what its histories are."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.store = open_store(uri)
        self.run_id = self.store.create_run(CreateRun(experiment_id="0")).run.info.run_id
        self.sent = 0

    def add(self) -> None:
        """Log more batches."""
        for sequence in range(self.sent, self.sent + BATCHES):
            self._log(sequence, attempt=0)
        self.sent += BATCHES

    def repeat(self) -> None:
        """Send every batch again with other values: each must be known, folded or not."""
        for sequence in range(self.sent):
            self._log(sequence, attempt=1)

    def _log(self, sequence: int, attempt: int) -> None:
        metrics = [
            Metric(key=KEYS[max(0, n - POINTS + 3)], value=n + attempt / 2, timestamp=0, step=step)
            for n, step in enumerate(range(sequence * POINTS, sequence * POINTS + POINTS))
        ]
        request = LogBatch(run_id=self.run_id, metrics=metrics, source="s", sequence=sequence)
        self.store.log_batch(request)

    def seen(self) -> dict[str, Any]:
        """Every history of the run as (step, value), and its latest values."""
        asked = {key: GetMetricHistory(run_id=self.run_id, metric_key=key) for key in KEYS}
        last = self.store.get_run(RunRef(run_id=self.run_id)).run.data.metrics
        return {
            key: [(point.step, point.value) for point in self.store.get_metric_history(ask).metrics]
            for key, ask in asked.items()
        } | {"last": sorted((metric.key, metric.step, metric.value) for metric in last)}

    def waiting(self) -> int:
        """How many batches are not folded."""
        query = sa.select(sa.func.count()).select_from(metric_batch)
        with self.store.db.read() as connection:
            return int(connection.execute(query).scalar_one())

    def count(self, tally: Tally) -> None:
        """After all batches were sent again: is every point there, once?"""
        self.repeat()
        now = self.seen()
        steps = [step for key in KEYS for step, _ in now[key]]
        tally.acknowledged = self.sent
        tally.lost = self.sent * POINTS - len(set(steps))
        tally.twice = len(steps) - len(set(steps))
        self.store.close()


# Each fold is a fork of a process that has loaded everything, so that it costs milliseconds.
_PROGRAM = """
import os, sys
from tests.faults.folding import fold
uri, run_id, kind = sys.argv[1:]
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        fold(uri, run_id, kind, float(line))
        os._exit(0)
    print(os.waitpid(child, 0)[1], flush=True)
"""


def fold(uri: str, run_id: str, kind: str, when: float) -> None:
    """Fold a run; die at the statement of this number, or after so many seconds."""
    store = open_store(uri)
    with store.db.read() as connection:
        row = connection.execute(sa.select(run.c.id).where(run.c.run_id == run_id)).scalar_one()
    if kind == "statement":
        _die_at(int(when))
    else:
        signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        signal.setitimer(signal.ITIMER_REAL, when)
    fold_run(store.db, row)


def _die_at(number: int) -> None:
    left = itertools.count(number, -1)

    def count(*_: object) -> None:
        if next(left) == 1:
            os.kill(os.getpid(), signal.SIGKILL)

    for event in ("before_cursor_execute", "after_cursor_execute", "commit"):
        sa.event.listen(sa.engine.Engine, event, count)


class Folder:
    """A process that forks folders which die when they are told to."""

    def __init__(self, folded: Folded, kind: str) -> None:
        command = [sys.executable, "-c", _PROGRAM, folded.uri, folded.run_id, kind]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )

    def begin(self, when: float) -> None:
        assert self._process.stdin is not None
        print(when, file=self._process.stdin, flush=True)

    def was_killed(self) -> bool:
        """Wait for the fold; whether it was killed, else it folded all there was."""
        assert self._process.stdout is not None
        status = int(self._process.stdout.readline())
        assert status in {0, signal.SIGKILL}, status
        return status != 0

    def close(self) -> None:
        self._process.communicate(timeout=SECONDS)
        assert self._process.returncode == 0


def kill_at_every_statement(uri: str) -> Tally:
    """Kill a fold before and after each of its statements; histories stay what they were."""
    tally = Tally("the compactor is killed at every statement")
    _kill(uri, "statement", itertools.count(1), tally)
    return tally


def kill_at_random(uri: str, rounds: int) -> Tally:
    """Kill a fold after a random time; histories stay what they were."""
    tally = Tally("the compactor is killed at random")
    _kill(uri, "seconds", (random.uniform(0.0005, 0.02) for _ in range(rounds)), tally)
    return tally


def _kill(uri: str, kind: str, times: Iterable[float], tally: Tally) -> None:
    folded = Folded(uri)
    folder = Folder(folded, kind)
    before: dict[str, Any] = {}
    for when in times:
        if folded.waiting() < BATCHES:
            folded.add()
            before = folded.seen()
        folder.begin(when)
        killed = folder.was_killed()
        tally.rounds += killed
        if folded.seen() != before:
            tally.errors[f"other histories after a kill at {when}"] += 1
        if kind == "statement" and not killed:
            break  # the fold has fewer statements
    folder.close()
    folded.count(tally)


def fold_twice_at_once(uri: str, rounds: int) -> Tally:
    """Two processes fold the same run at the same time."""
    tally = Tally("two compactors fold the same run")
    folded = Folded(uri)
    folders = [Folder(folded, "seconds") for _ in range(2)]
    for _ in range(rounds):
        folded.add()
        before = folded.seen()
        for folder in folders:
            folder.begin(SECONDS)
        for folder in folders:
            assert not folder.was_killed()
        if folded.seen() != before:
            tally.errors["other histories"] += 1
        tally.rounds += 1
    for folder in folders:
        folder.close()
    folded.count(tally)
    return tally
