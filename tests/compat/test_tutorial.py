"""Training scripts that were written for MLflow run unchanged, on a server and without one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.compat.servers import SCRIPTS, names_of, run_script

import cairn
from cairn.client import connect, outbox
from cairn.client.entities import Run
from cairn.settings import EXPERIMENT_ID, TRACKING_URI

TRIALS = 2
TEST_SIZE = "0.33"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@dataclass(frozen=True)
class Project:
    """A project of two scripts: the first prepares data, the second searches hyperparameters."""

    prepare: Path
    tune: Path
    experiment: str
    prepare_name: str
    tune_name: str


OURS = Project(SCRIPTS / "prepare.py", SCRIPTS / "tune.py", "Tumours", "Prepare", "Tune")


@pytest.fixture(params=["ours", "tutorial"])
def project(request: pytest.FixtureRequest) -> Project:
    if request.param == "ours":
        return OURS
    folder: Path = request.getfixturevalue("acceptance") / "cancer_classification"
    return Project(
        folder / "data_preprocessing.py",
        folder / "hyperparameters_tuning.py",
        "Cancer_Classification",
        "Data_Preprocessing",
        "Hyperparameters_Tuning",
    )


@pytest.fixture(params=["server", "local"])
def uri(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str | None]:
    """Where the scripts are told to log: a server, or nowhere, which means the working folder."""
    for name in (*TRACKING_URI.env, *EXPERIMENT_ID.env):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    if request.param == "server":
        url: str = request.getfixturevalue("cairn_server")
        monkeypatch.setenv("CAIRN_TRACKING_URI", url)
        yield url
    else:
        yield None
    outbox.close()
    connect.close()


def runs_named(experiment: str, name: str) -> list[Run]:
    return cairn.search_runs(
        experiment_names=[experiment],
        filter_string=f"tags.mlflow.runName = '{name}'",
        order_by=["start_time DESC"],
        output_format="list",
    )


def test_a_project_written_for_mlflow_runs_unchanged(
    project: Project, uri: str | None, tmp_path: Path
) -> None:
    run_script(project.prepare, "--test-size", TEST_SIZE, cwd=tmp_path, uri=uri)
    run_script(project.tune, "--n-trials", str(TRIALS), cwd=tmp_path, uri=uri)

    check_prepared(runs_named(project.experiment, project.prepare_name)[0], project)
    search = runs_named(project.experiment, project.tune_name)[0]
    check_search(search, project)
    for trial in children(search):
        check_trial(trial)
    check_best(search)


def check_prepared(run: Run, project: Project) -> None:
    assert run.info.status == "FINISHED"
    assert run.data.tags["mlflow.source.name"].endswith(project.prepare.name)
    assert run.data.tags["mlflow.source.type"] == "LOCAL"
    assert run.data.metrics == {
        "full_data_size": 569,
        "features_count": 31,
        "train_size": 381,
        "test_size": 188,
    }
    used = run.inputs.dataset_inputs
    assert names_of(used) == ["test", "train"]
    for item in used:
        assert item.dataset.source_type
        assert json.loads(item.dataset.source)["uri"].endswith(f"/{item.dataset.name}.csv")
        assert len(json.loads(item.dataset.schema)["mlflow_colspec"]) == 32
        assert json.loads(item.dataset.profile)["num_rows"] > 0
    files = cairn.artifacts.list_artifacts(run_id=run.info.run_id, artifact_path="datasets")
    assert [file.path for file in files] == ["datasets/test.csv", "datasets/train.csv"]
    text = cairn.artifacts.load_text(f"runs:/{run.info.run_id}/datasets/train.csv")
    assert len(text.splitlines()) == 1 + 381
    assert text.splitlines()[0].endswith(",target")


def check_search(run: Run, project: Project) -> None:
    assert run.info.status == "FINISHED"
    assert run.data.tags["mlflow.source.name"].endswith(project.tune.name)
    assert "mlflow.parentRunId" not in run.data.tags
    assert 0.5 < run.data.metrics["accuracy"] <= 1
    system = [key for key in run.data.metrics if key.startswith("system/")]
    assert "system/cpu_utilization_percentage" in system
    assert "system/system_memory_usage_percentage" in system


def children(run: Run) -> list[Run]:
    found = cairn.search_runs(
        experiment_ids=[run.info.experiment_id],
        filter_string=f"tags.mlflow.parentRunId = '{run.info.run_id}'",
        output_format="list",
    )
    assert len(found) == TRIALS
    return found


def check_trial(run: Run) -> None:
    assert run.info.status == "FINISHED"
    rounds = int(run.data.params["num_boost_round"])
    for key in ("auc", "error"):
        points = cairn.Client().get_metric_history(run.info.run_id, key)
        assert sorted(point.step for point in points) == list(range(rounds))
        last = max(points, key=lambda point: point.step)
        assert run.data.metrics[key] == last.value
    assert 0.5 < run.data.metrics["accuracy"] <= 1


def check_best(run: Run) -> None:
    """The search carries accuracy and params of its best trial; trials may be equally good."""
    trials = children(run)
    best = max(trial.data.metrics["accuracy"] for trial in trials)
    assert run.data.metrics["accuracy"] == best
    assert any(
        run.data.params.items() <= trial.data.params.items()
        for trial in trials
        if trial.data.metrics["accuracy"] == best
    )
