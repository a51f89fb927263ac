"""Record the databases that a release writes, for the tests of later upgrades.

Run it once for each release whose schema is new, with that release's code, and commit the files:

    PYTHONPATH=src:. python -m tests.data.record

It writes ``databases/VERSION/``: a dump of each kind of database by its own tools, and beside it
what the release answered about what is stored.
"""

from __future__ import annotations

import json
import math
import os
import re
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from tests.databases import postgresql_programs, running_mariadb, running_postgresql

from cairn.contract.experiments import (
    CreateExperiment,
    ExperimentRef,
    ExperimentTag,
    SearchExperiments,
)
from cairn.contract.kinds import RunStatus, ViewType
from cairn.contract.metrics import GetMetricHistory
from cairn.contract.runs import (
    CreateRun,
    Dataset,
    DatasetInput,
    InputTag,
    LogBatch,
    LogInputs,
    LogOutputs,
    Metric,
    ModelOutput,
    Param,
    RunRef,
    RunTag,
    SearchDatasets,
    SearchRuns,
    UpdateRun,
)
from cairn.store import Store, open_store
from cairn.version import __version__
from cairn.wire import dialect

FOLDER = Path(__file__).parent / "databases"
KINDS = ("sqlite", "postgresql", "mariadb")
RUNS = [f"{n:032x}" for n in range(1, 7)]
ODD = [math.nan, math.inf, -math.inf, -0.0, 5e-324, 0.1]


def fill(store: Store) -> None:
    """Something of everything that a store keeps."""
    tags = [ExperimentTag(key="team", value="väx ✓ 🎈"), ExperimentTag(key="Team", value="")]
    made = store.create_experiment(CreateExperiment(name="naïve 🎈", tags=tags)).experiment_id
    gone = store.create_experiment(CreateExperiment(name="gone")).experiment_id
    for number, run_id in enumerate(RUNS):
        owner = gone if number == 5 else made
        tag = RunTag(key="mlflow.parentRunId", value=RUNS[0])
        request = CreateRun(
            experiment_id=owner,
            run_id=run_id,
            run_name=f"run {number}",
            user_id="ada",
            start_time=1_700_000_000_000 + number,
            tags=[tag] if number else [],
        )
        store.create_run(request)
        _log(store, run_id, number)
    dataset = Dataset(name="iris", digest="d1", source_type="local", source="{}", profile="{}")
    used = DatasetInput(dataset=dataset, tags=[InputTag(key="mlflow.data.context", value="train")])
    for run_id in RUNS[:2]:
        store.log_inputs(LogInputs(run_id=run_id, datasets=[used]))
    store.log_outputs(LogOutputs(run_id=RUNS[0], models=[ModelOutput(model_id="m-1", step=2)]))
    store.update_run(UpdateRun(run_id=RUNS[0], status=RunStatus.FINISHED, end_time=2**40))
    store.delete_run(RunRef(run_id=RUNS[4]))
    store.delete_experiment(ExperimentRef(experiment_id=gone))


def _log(store: Store, run_id: str, number: int) -> None:
    params = [Param(key=key, value=f"{key} {number} ü") for key in ("p", "P", "p ", "long" * 60)]
    store.log_batch(LogBatch(run_id=run_id, params=params, tags=[RunTag(key="t", value="x" * 90)]))
    odd = [
        Metric(key="odd", value=value, timestamp=-(2**53), step=step - 3)
        for step, value in enumerate(ODD)
    ]
    store.log_batch(LogBatch(run_id=run_id, metrics=odd))
    for batch in range(70 if number == 0 else 3):  # the first run has enough to be folded
        metrics = [
            Metric(key=f"loss/{n % 2}", value=1 / (n + 1), timestamp=1_700_000_000_000 + n, step=n)
            for n in range(batch * 4, batch * 4 + 4)
        ]
        store.log_batch(LogBatch(run_id=run_id, metrics=metrics, source="client", sequence=batch))


def answers(store: Store) -> dict[str, Any]:
    """What a store answers about what `fill` stored."""
    ids = [
        e.experiment_id
        for e in store.search_experiments(
            SearchExperiments(max_results=9, view_type=ViewType.ALL, order_by=["name"])
        ).experiments
    ]
    searches = ["params.p != ''", "metrics.odd < 1", "tags.t LIKE 'x%'", 'metrics."loss/0" > 0.1']
    requests: dict[str, Any] = {
        **{
            f"experiment {id_}": store.get_experiment(ExperimentRef(experiment_id=id_))
            for id_ in ids
        },
        **{f"run {id_}": store.get_run(RunRef(run_id=id_)) for id_ in RUNS},
        **{
            f"history {key} of {id_}": store.get_metric_history(
                GetMetricHistory(run_id=id_, metric_key=key)
            )
            for id_ in RUNS
            for key in ("odd", "loss/0", "loss/1")
        },
        **{
            f"search {text}": store.search_runs(
                SearchRuns(experiment_ids=ids, filter=text, run_view_type=ViewType.ALL)
            )
            for text in searches
        },
        "datasets": store.search_datasets(SearchDatasets(experiment_ids=ids)),
    }
    return {title: json.loads(dialect.encode(reply)) for title, reply in requests.items()}


def load(kind: str, version: str, uri: str) -> None:
    """Put the recorded database of a release into an empty one."""
    dump = FOLDER / version / f"{kind}.sql"
    if kind == "sqlite":
        path = sa.make_url(uri).database or ""
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        with sqlite3.connect(path) as connection:
            connection.executescript(dump.read_text("utf-8"))
        connection.close()
        return
    with dump.open("rb") as text:
        command = _psql(uri) if kind == "postgresql" else _mysql("mariadb", uri)
        subprocess.run(command, stdin=text, check=True, stdout=subprocess.DEVNULL)


def _psql(uri: str) -> list[str]:
    return ["psql", "--no-psqlrc", "--quiet", "-v", "ON_ERROR_STOP=1", uri]


def _mysql(program: str, uri: str) -> list[str]:
    url = sa.make_url(uri)
    where = [f"--host={url.host}", f"--port={url.port}", f"--user={url.username}"]
    return [program, "--no-defaults", *where, "--default-character-set=utf8mb4", str(url.database)]


def dumped(kind: str, uri: str) -> str:
    """A database as SQL, by its own tools."""
    if kind == "sqlite":
        with sqlite3.connect(sa.make_url(uri).database or "") as connection:
            text = "\n".join(connection.iterdump())
        connection.close()
        # SQLite writes an infinity in a way that it does not read.
        return re.sub(r"(?<=[,(])(-?)Inf(?=[,)])", r"\g<1>9e999", text) + "\n"
    if kind == "postgresql":
        command = ["pg_dump", "--inserts", "--no-owner", "--no-privileges", uri]
    else:
        command = [*_mysql("mariadb-dump", uri), "--hex-blob", "--skip-dump-date"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    # Newer versions of the tools guard a dump by lines that older clients do not know.
    return re.sub(r"(?m)^(\\(un)?restrict .*|/\*M?!999999.*)\n", "", text)


def record(kind: str, uri: str, folder: Path) -> None:
    """Fill an empty database, and write its dump and its answers into a folder."""
    store = open_store(uri, artifact_root="mlflow-artifacts:/")
    fill(store)
    store.close()
    store = open_store(uri, artifact_root="mlflow-artifacts:/")
    told = answers(store)
    store.close()
    (folder / f"{kind}.sql").write_text(dumped(kind, uri), "utf-8")
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, indent=0)
    (folder / f"{kind}.json").write_text(text + "\n", "utf-8")


def main() -> None:
    """Record every kind of database of this version."""
    folder = FOLDER / __version__
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        record("sqlite", f"sqlite:///{scratch}/cairn.db", folder)
    programs = postgresql_programs()
    if programs is None:
        raise SystemExit("PostgreSQL is needed: apt-get install -y postgresql")
    servers: dict[str, Callable[[], Any]] = {
        "postgresql": lambda: running_postgresql(programs),
        "mariadb": running_mariadb,
    }
    for kind, running in servers.items():
        with running() as server, server.database() as uri:
            record(kind, uri, folder)


if __name__ == "__main__":
    main()
