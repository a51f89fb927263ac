"""Many processes on one file; processes that are killed: what was acknowledged is found, once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.faults import crowds

from cairn.contract.metrics import GetMetricHistory
from cairn.contract.runs import CreateRun, SearchRuns
from cairn.store import Store, open_store
from cairn.store.compactor import MANY_BATCHES

WRITER = """
import sys
from cairn.contract.runs import *
from cairn.store import open_store

uri, name, batches = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = open_store(uri)
run = store.create_run(CreateRun(experiment_id="0", run_name=name)).run.info.run_id
print(run, flush=True)
for n in range(batches):
    steps = range(n * 20, n * 20 + 20)
    metrics = [Metric(key="m", value=float(i), timestamp=i, step=i) for i in steps]
    params = [Param(key=f"p{n}", value=str(n))]
    store.log_batch(LogBatch(run_id=run, metrics=metrics, params=params, source="s", sequence=n))
    print(n, flush=True)
store.close()
"""


def start(uri: str, name: str, batches: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-c", WRITER, uri, name, str(batches)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def points(store: Store, run_id: str) -> list[int]:
    request = GetMetricHistory(run_id=run_id, metric_key="m")
    return [metric.step for metric in store.get_metric_history(request).metrics]


def test_eight_processes_do_everything_to_one_new_file_without_error_loss_or_double(
    tmp_path: Path,
) -> None:
    crowds.crowd(f"sqlite:///{tmp_path}/cairn.db", 8).check()


def test_what_was_acknowledged_before_a_kill_is_found_once(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/cairn.db"
    writer = start(uri, "killed", 100_000)
    assert writer.stdout is not None
    run_id = writer.stdout.readline().strip()
    acknowledged = -1
    while acknowledged < MANY_BATCHES + 20:  # past the first fold
        acknowledged = int(writer.stdout.readline())
    os.kill(writer.pid, signal.SIGKILL)
    rest = writer.communicate()[0].split()
    acknowledged = max([acknowledged, *map(int, rest)])
    store = open_store(uri)
    found = points(store, run_id)
    assert found[: (acknowledged + 1) * 20] == [*range((acknowledged + 1) * 20)]
    assert len(found) == len(set(found))
    assert len(found) % 20 == 0  # a batch is stored whole or not at all
    store.close()


def test_a_forked_child_writes_on_its_own(tmp_path: Path) -> None:
    code = f"""
import os
from cairn.contract.runs import *
from cairn.store import open_store
store = open_store("sqlite:///{tmp_path}/cairn.db")
store.create_run(CreateRun(experiment_id="0", run_name="parent"))
if (child := os.fork()) == 0:
    store.create_run(CreateRun(experiment_id="0", run_name="child"))
    store.close()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
store.create_run(CreateRun(experiment_id="0", run_name="after"))
store.close()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    store = open_store(f"sqlite:///{tmp_path}/cairn.db")
    names = {r.info.run_name for r in store.search_runs(SearchRuns(experiment_ids=["0"])).runs}
    assert names == {"parent", "child", "after"}
    store.close()


def test_a_repeated_request_finds_the_run_it_made(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/cairn.db")
    request = CreateRun(experiment_id="0", run_id="a" * 32)
    first, again = store.create_run(request).run, store.create_run(request).run
    assert first.info == again.info
    assert len(store.search_runs(SearchRuns(experiment_ids=["0"])).runs) == 1
    store.close()
