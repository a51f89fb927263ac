"""The main job: what the two steps of a tuning project log is there to be seen in the browser.

The project is our own, and the tutorial itself where its text is at hand; both say `mlflow`.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.browsing import (
    artifact,
    cell,
    exact,
    expect_line,
    names,
    pairs,
    panel,
    row,
    runs_of,
    show_columns,
)
from tests.e2e.conftest import ROOT, Installed, Tabs

TRIALS = 2
COUNTS = ["full_data_size", "features_count", "train_size", "test_size"]

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Project:
    """Two scripts, and the names that they give to what they log."""

    scripts: tuple[Path, Path]
    experiment: str
    prepare: str
    tune: str


OURS = Project(
    (
        ROOT / "tests" / "compat" / "scripts" / "prepare.py",
        ROOT / "tests" / "compat" / "scripts" / "tune.py",
    ),
    *("Tumours", "Prepare", "Tune"),
)


def tutorial() -> Project:
    """The tutorial, which is not ours to copy."""
    named = os.environ.get("CAIRN_ACCEPTANCE")
    folder = Path(named) if named else ROOT.parent / "shared" / "acceptance"
    project = folder / "cancer_classification"
    if not project.is_dir():
        pytest.skip("the tutorials are not here: name their folder in CAIRN_ACCEPTANCE")
    return Project(
        (project / "data_preprocessing.py", project / "hyperparameters_tuning.py"),
        *("Cancer_Classification", "Data_Preprocessing", "Hyperparameters_Tuning"),
    )


@pytest.fixture(scope="session")
def carry_out(
    installed: Installed, server: str, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Project], None]:
    """Runs the two steps of a project against the server, once."""
    settings = {
        "MLFLOW_TRACKING_URI": server,
        "MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL": "0.02",  # a small script is soon over
        "OMP_NUM_THREADS": "1",
    }

    @functools.cache
    def run(project: Project) -> None:
        folder = tmp_path_factory.mktemp("project")
        prepare, tune = map(str, project.scripts)
        installed.run("python", prepare, cwd=folder, **settings)
        installed.run("python", tune, "--n-trials", str(TRIALS), cwd=folder, **settings)

    return run


@pytest.fixture(params=["ours", "tutorial"])
def project(request: pytest.FixtureRequest, carry_out: Callable[[Project], None]) -> Project:
    """A project whose two steps have run against the server."""
    found = OURS if request.param == "ours" else tutorial()
    carry_out(found)
    return found


@dataclass(frozen=True)
class Logged:
    """The runs of a project as the REST API tells them, and a page that shows them."""

    page: Page
    prepare: Any
    tune: Any
    trials: list[Any]


@pytest.fixture
def logged(project: Project, tabs: Tabs, server: str) -> Logged:
    page = tabs.open("/")
    expect(cell(page, project.experiment, "Runs")).to_have_text(str(2 + TRIALS))
    page.get_by_role("link", name=project.experiment, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(project.experiment)
    runs = runs_of(server, page.url.rpartition("/")[2])
    by_name = {run["info"]["run_name"]: run for run in runs}
    prepare, tune = by_name[project.prepare], by_name[project.tune]
    parent = "mlflow.parentRunId"
    trials = [run for run in runs if pairs(run["data"]["tags"]).get(parent) == id_of(tune)]
    assert len(trials) == TRIALS
    return Logged(page, prepare, tune, trials)


def id_of(run: Any) -> str:
    return str(run["info"]["run_id"])


def metrics_of(run: Any) -> dict[str, float]:
    return {key: float(value) for key, value in pairs(run["data"]["metrics"]).items()}


def open_run(logged: Logged, name: str) -> None:
    logged.page.get_by_role("link", name=name, exact=True).click()
    expect(logged.page.get_by_role("heading", level=1)).to_have_text(name)


def test_the_runs_are_listed_with_their_numbers_and_trials_below_the_search(
    project: Project, logged: Logged
) -> None:
    page = logged.page
    expect(names(page)).to_have_text([project.tune, project.prepare])
    expect(page.get_by_text(f"{2 + TRIALS} runs · 2 at the top")).to_be_visible()
    expect(cell(page, project.prepare, "Status")).to_have_text("Finished")
    show_columns(page, *(f"metrics.{key}" for key in (*COUNTS, "accuracy", "auc")))
    for key in COUNTS:
        assert exact(cell(page, project.prepare, key)) == metrics_of(logged.prepare)[key]
    page.get_by_role("button", name=f"Show the children of {project.tune}").click()
    expect(names(page)).to_have_count(2 + TRIALS)
    for trial in logged.trials:
        for key in ("accuracy", "auc"):
            shown = exact(cell(page, trial["info"]["run_name"], key))
            assert shown == metrics_of(trial)[key]


def test_the_preparation_shows_its_numbers_and_datasets(project: Project, logged: Logged) -> None:
    open_run(logged, project.prepare)
    for key, value in metrics_of(logged.prepare).items():
        line = panel(logged.page, "Metrics").get_by_role("row").filter(has_text=key)
        assert exact(line) == value
    datasets = panel(logged.page, "Datasets")
    used = logged.prepare["inputs"]["dataset_inputs"]
    assert {each["dataset"]["name"] for each in used} == {"train", "test"}
    for each in used:
        title = f"{each['dataset']['name']}Digest {each['dataset']['digest']}"
        context = pairs(each.get("tags", [])).get("mlflow.data.context")
        title += f"Context {context}" if context else ""
        expect(datasets.get_by_role("heading", level=3).filter(has_text=title)).to_have_count(1)
    datasets.get_by_text("Schema").first.click()
    expect(datasets.get_by_text("mean radius").first).to_be_visible()


def test_the_prepared_data_can_be_looked_at_and_downloaded(
    project: Project, logged: Logged, server: str, tmp_path: Path
) -> None:
    open_run(logged, project.prepare)
    page = logged.page
    page.get_by_role("link", name="Artifacts", exact=True).click()
    page.get_by_role("button", name="datasets").click()
    page.get_by_role("button", name=re.compile("train.csv")).click()
    content = artifact(server, id_of(logged.prepare), "datasets/train.csv")
    lines = content.decode().splitlines()
    expect(page.get_by_text(f"{len(lines) - 1} rows, 32 columns")).to_be_visible()
    table = page.get_by_role("table", name="datasets/train.csv")
    expect(table.get_by_role("row").nth(1).get_by_role("cell")).to_have_text(lines[1].split(","))
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    download.value.save_as(tmp_path / "train.csv")
    assert (tmp_path / "train.csv").read_bytes() == content


def test_the_search_shows_its_best_params_and_what_the_machine_did(
    project: Project, logged: Logged
) -> None:
    open_run(logged, project.tune)
    page = logged.page
    for key, value in pairs(logged.tune["data"]["params"]).items():
        line = panel(page, "Params").get_by_role("row").filter(has_text=key)
        expect(line.get_by_role("cell").last).to_have_text(value)
    metrics = panel(page, "Metrics")
    assert exact(metrics.get_by_role("row").filter(has_text="accuracy")) == max(
        metrics_of(trial)["accuracy"] for trial in logged.trials
    )
    expect(metrics.get_by_text("system/cpu_utilization_percentage")).to_be_attached()
    expect(panel(page, "Child runs").get_by_role("link")).to_have_count(TRIALS)
    page.get_by_role("link", name="Charts", exact=True).click()
    panel(page, "system").get_by_role("button").click()
    expect_line(page, "system/cpu_utilization_percentage")


def test_a_trial_shows_its_curves_and_leads_to_the_search(project: Project, logged: Logged) -> None:
    page, trial = logged.page, logged.trials[0]
    page.get_by_role("button", name=f"Show the children of {project.tune}").click()
    open_run(logged, trial["info"]["run_name"])
    page.get_by_role("link", name="Charts", exact=True).click()
    for key in ("auc", "error"):
        expect_line(page, key)
    page.get_by_role("link", name=project.tune, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(project.tune)


def test_a_filter_that_names_a_trials_param_finds_the_trial(logged: Logged) -> None:
    page, trial = logged.page, logged.trials[0]
    depth = pairs(trial["data"]["params"])["max_depth"]
    page.get_by_label("Filter runs").fill(f"params.max_depth = '{depth}' AND metrics.auc > 0")
    expect(row(page, trial["info"]["run_name"])).to_be_visible()
    matching = [t for t in logged.trials if pairs(t["data"]["params"])["max_depth"] == depth]
    expect(names(page)).to_have_count(len(matching))
