"""Backups that are taken while clients log, put back, and killed on the way."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

from tests.faults.load import Load, Tally, batch, compare
from tests.faults.serving import serving

from cairn.contract.metrics import GetMetricHistory
from cairn.contract.runs import CreateRun, LogBatch
from cairn.errors import DoesNotExist
from cairn.store import backup, open_store
from cairn.store.backup import back_up, restore
from cairn.wire import dialect

ROOT = Path(__file__).resolve().parents[2]
BATCHES = 10
COMMAND = "from cairn.cli.main import main; main()"


def back_up_under_load(folder: Path, rounds: int) -> Tally:
    """Copy the database while clients log, restore each copy, and count what is in it."""
    tally = Tally("backup under load, then restore")
    database = folder / "cairn.db"
    with serving(f"sqlite:///{database}", folder) as server:
        with Load(server.url) as load:
            for number in range(rounds):
                load.wait_for(BATCHES)
                before = {c.run_id: list(c.acknowledged) for c in load.clients}
                copy, restored = folder / f"copy{number}.db", folder / f"restored{number}.db"
                cairn("backup", copy, database)
                load.wait_for(BATCHES)  # writers do not wait for the copy
                cairn("restore", copy, restored)
                _count(tally, restored, before)
                tally.rounds += 1
        load.count(tally, server.url)
        tally.note(server)
    return tally


def cairn(command: str, file: Path, database: Path) -> None:
    """Run `cairn backup` or `cairn restore`."""
    arguments = [command, str(file), "--backend-store-uri", f"sqlite:///{database}"]
    subprocess.run([sys.executable, "-c", COMMAND, *arguments], check=True, capture_output=True)


def _count(tally: Tally, database: Path, acknowledged: dict[str, list[int]]) -> None:
    """A copy has what was acknowledged before it began, and of each run a prefix."""
    store = open_store(f"sqlite:///{database}")
    for run_id, numbers in acknowledged.items():
        try:
            request = GetMetricHistory(run_id=run_id, metric_key="m")
            steps = [point.step for point in store.get_metric_history(request).metrics]
        except DoesNotExist:
            assert not numbers
            continue
        compare(tally, Counter(steps), numbers)
        if sorted(steps) != list(range(len(steps))):
            tally.errors["a copy is no prefix of what was sent"] += 1
    store.close()


def kill_backup(folder: Path, stride: int) -> Tally:
    """Kill a backup at every `stride`-th of its steps: no half copy has the name of a whole one."""
    tally = Tally("a backup is killed at its steps")
    database, copy = folder / "cairn.db", folder / "copy.db"
    store = open_store(f"sqlite:///{database}")
    run_id = store.create_run(CreateRun(experiment_id="0")).run.info.run_id
    for number in range(50):
        store.log_batch(dialect.decode(LogBatch, dialect.encode(batch(run_id, number))))
    store.close()
    command = [sys.executable, "-c", _PROGRAM, str(database), str(copy), str(stride)]
    done = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True)
    tally.rounds, half = map(int, done.stdout.split())
    if half:
        tally.errors["half a backup has the name of a whole one"] = half
    restore(copy, folder / "restored.db", progress=lambda *_: None)
    _count(tally, folder / "restored.db", {run_id: list(range(50))})
    return tally


_PROGRAM = """
import sys
from pathlib import Path
from tests.faults.copies import die_at_steps
print(*die_at_steps(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
"""


def die_at_steps(database: Path, copy: Path, stride: int) -> tuple[int, int]:
    """How many children died while they made a copy, and how often its name was there then."""
    half = 0
    for kills in itertools.count():
        child = os.fork()
        if child == 0:
            _die_at(1 + kills * stride)
            back_up(database, copy, progress=lambda *_: None)
            os._exit(0)
        if os.waitpid(child, 0)[1] == 0:
            return kills, half
        if copy.exists():  # named already, and killed before it could say so
            half += not _is_whole(copy)
            copy.unlink()
    raise AssertionError


def _is_whole(copy: Path) -> bool:
    with contextlib.closing(sqlite3.connect(copy)) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)])


def _die_at(number: int) -> None:
    """Die at the call of this number that the backup makes, or is called with."""
    left = itertools.count(number, -1)
    backup.STEP_PAGES = 5

    def step(frame: FrameType, event: str, _argument: object) -> None:
        if frame.f_code.co_filename == backup.__file__ and event != "return" and next(left) == 1:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(step)
