"""Many processes on one SQLite file that do everything at once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from tests.faults.load import POINTS, Tally, batch, compare

from cairn.contract.metrics import GetMetricHistory
from cairn.store import open_store

ROOT = Path(__file__).resolve().parents[2]
PROCESSES = 8

# Whoever is told of a locked file fails, and so does the whole loop.
_PROGRAM = """
import json, sys
from tests.faults.crowds import take_part
print(json.dumps(take_part(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
"""


def crowd(uri: str, rounds: int) -> Tally:
    """Let processes create, log, read, search, delete, restore, rename and fold at once."""
    tally = Tally(f"{PROCESSES} processes on one SQLite file")
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", _PROGRAM, uri, str(number), str(rounds)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for number in range(PROCESSES)
    ]
    done = []
    for process in processes:
        out, err = process.communicate(timeout=600)
        if process.returncode or err:
            tally.errors[err] += 1
        else:
            done.append(json.loads(out))
    store = open_store(uri)
    for each in done:
        request = GetMetricHistory(run_id=each["run_id"], metric_key="m")
        found = Counter(point.step for point in store.get_metric_history(request).metrics)
        compare(tally, found, each["acknowledged"])
        tally.rounds += each["calls"]
    store.close()
    return tally


def take_part(uri: str, me: int, rounds: int) -> dict[str, Any]:
    """What one process does; returns its run and the batches of it that were acknowledged."""
    from cairn.contract.kinds import RunStatus, ViewType
    from cairn.contract.runs import (
        CreateRun,
        LogBatch,
        RunRef,
        SearchRuns,
        SetTag,
        UpdateRun,
    )
    from cairn.store.compactor import fold_run
    from cairn.wire import dialect

    store = open_store(uri)
    mine = store.create_run(CreateRun(experiment_id="0")).run.info.run_id
    other = store.create_run(CreateRun(experiment_id="0")).run.info.run_id
    calls = 2
    everyone = SearchRuns(
        experiment_ids=["0"],
        filter="metrics.m >= 0",
        order_by=["metrics.m DESC"],
        run_view_type=ViewType.ALL,
    )
    for number in range(rounds):
        store.log_batch(dialect.decode(LogBatch, dialect.encode(batch(mine, number))))
        store.set_tag(SetTag(run_id=mine, key=f"t{number % 3}", value=str(number)))
        found = store.search_runs(everyone).runs
        assert mine in {run.info.run_id for run in found}
        for run in found[: (me + number) % 3]:
            store.get_metric_history(GetMetricHistory(run_id=run.info.run_id, metric_key="m"))
        store.delete_run(RunRef(run_id=other))
        store.restore_run(RunRef(run_id=other))
        status = RunStatus.RUNNING if number % 4 else RunStatus.FINISHED
        store.update_run(UpdateRun(run_id=mine, status=status))
        if number % 5 == me % 5:
            fold_run(store.db, number % (2 * PROCESSES) + 1)
        calls += 7
    known = store.get_metric_history(GetMetricHistory(run_id=mine, metric_key="m")).metrics
    assert len(known) == rounds * POINTS
    store.close()
    return {"run_id": mine, "acknowledged": list(range(rounds)), "calls": calls}
