"""Several servers on one database: they behave as one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.wire.events import following
from tests.wire.serving import running

from cairn.contract.metrics import GetMetricHistory
from cairn.contract.runs import CreateRun, LogBatch, Metric, RunRef
from cairn.server.app import create_app
from cairn.server.config import ServerConfig
from cairn.store import open_store

PROCESSES = 4
BATCHES = 15

# Every process sends every batch of every source, from another one on, to the same run: what the
# others have stored already must be known. Params and tags are the same for all.
WRITER = """
import sys
from collections.abc import Iterator
from cairn.contract.kinds import RunStatus
from cairn.contract.runs import *
from cairn.store import open_store

uri, run, me, processes, batches = *sys.argv[1:3], *map(int, sys.argv[3:])
store = open_store(uri)
for n in range(batches):
    for turn in range(processes):
        source = (me + turn) % processes
        first = (source * batches + n) * 10
        metrics = [Metric(key=f"m{i % 3}", value=i, timestamp=i, step=i)
                   for i in range(first, first + 10)]
        params = [Param(key=k, value=str(n)) for k in (f"a{n}", f"b{n}")]
        tags = [RunTag(key="mlflow.runName", value=f"{me} {n}"), RunTag(key=f"t{n}", value="x")]
        if me % 2:
            params, tags, metrics = params[::-1], tags[::-1], metrics[::-1]
        store.log_batch(LogBatch(run_id=run, metrics=metrics, params=params, tags=tags,
                                 source=f"s{source}", sequence=n))
    data = Dataset(name=f"d{n}", digest="1", source_type="x", source="y")
    store.log_inputs(LogInputs(run_id=run, datasets=[DatasetInput(dataset=data)]))
    status = RunStatus.RUNNING if n % 5 else RunStatus.FINISHED
    store.update_run(UpdateRun(run_id=run, status=status))
    store.create_run(CreateRun(experiment_id="0", run_id=f"{n:032}"))
store.close()
"""


@pytest.fixture(params=["postgresql", "mariadb"])
def shared(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URI of a new database that replicas share."""
    server = request.getfixturevalue(request.param)
    with server.database() as uri:
        yield uri


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_replicas_that_write_one_run_lose_nothing_and_double_nothing(shared: str) -> None:
    store = open_store(shared)
    run_id = store.create_run(CreateRun(experiment_id="0")).run.info.run_id
    writers = [start(WRITER, shared, run_id, me, PROCESSES, BATCHES) for me in range(PROCESSES)]
    for writer in writers:
        _, errors = writer.communicate(timeout=100)
        assert writer.returncode == 0, errors
    points = []
    for key in ("m0", "m1", "m2"):
        request = GetMetricHistory(run_id=run_id, metric_key=key)
        found = store.get_metric_history(request).metrics
        points += [(point.step, point.value, point.timestamp) for point in found]
    assert sorted(points) == [(n, n, n) for n in range(PROCESSES * BATCHES * 10)]
    run = store.get_run(RunRef(run_id=run_id)).run
    assert {p.key: p.value for p in run.data.params} == {
        f"{letter}{n}": str(n) for letter in "ab" for n in range(BATCHES)
    }
    last = PROCESSES * BATCHES * 10 - 1
    assert {m.step for m in run.data.metrics} == {last, last - 1, last - 2}
    assert len(run.inputs.dataset_inputs) == BATCHES
    store.close()


OPENER = """
import sys
from collections.abc import Iterator
from cairn.store import open_store
store = open_store(sys.argv[1])
store.close()
"""


def test_servers_that_start_at_once_make_one_database(shared: str) -> None:
    starts = [start(OPENER, shared) for _ in range(PROCESSES)]
    for opener in starts:
        _, errors = opener.communicate(timeout=100)
        assert opener.returncode == 0, errors
    store = open_store(shared)
    assert store.create_run(CreateRun(experiment_id="0")).run.info.experiment_id == "0"
    store.close()


def test_what_one_server_stores_arrives_in_the_streams_of_another(
    shared: str, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        urls, stores = [], []
        for name in "ab":
            stores.append(open_store(shared))
            config = ServerConfig(artifacts_destination=str(tmp_path / name))
            app = create_app(config, stores[-1])
            urls.append(stack.enter_context(running(app)))
            stack.callback(app.stop)
        run_id = stores[0].create_run(CreateRun(experiment_id="0")).run.info.run_id
        with (
            following(urls[1], run_id=run_id) as of_run,
            following(urls[1], experiment_id="0") as of_experiment,
        ):
            metric = Metric(key="far", value=1, timestamp=1)
            stores[0].log_batch(LogBatch(run_id=run_id, metrics=[metric]))
            event = of_run.next()
            assert event is not None
            assert list(event.data["points"]) == ["far"]
            event = of_experiment.next()
            assert event is not None
            assert [run["info"]["run_id"] for run in event.data["runs"]] == [run_id]
            # What the first server sent last is where the second one goes on.
            with following(urls[0], resume=event.id, run_id=run_id) as after:
                stores[1].delete_run(RunRef(run_id=run_id))
                event = after.next()
                assert event is not None
                assert event.data["run"]["info"]["lifecycle_stage"] == "deleted"
