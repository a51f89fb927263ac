from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cairn.client import connect
from cairn.contract.experiments import ExperimentRef
from cairn.contract.runs import CreateRun
from cairn.errors import InvalidValue


def test_without_any_choice_runs_are_kept_in_the_working_folder(tmp_path: Path) -> None:
    assert connect.get_tracking_uri() == f"sqlite:///{tmp_path}/cairn.db"
    assert not connect.is_tracking_uri_set()


def test_own_variable_wins_over_the_compatible_one() -> None:
    os.environ["MLFLOW_TRACKING_URI"] = "http://theirs:1"
    assert connect.resolve_uri().uri == "http://theirs:1"
    os.environ["CAIRN_TRACKING_URI"] = "http://ours:1"
    assert connect.resolve_uri().uri == "http://ours:1"
    assert connect.is_tracking_uri_set()


def test_chosen_uri_wins_over_the_environment() -> None:
    os.environ["CAIRN_TRACKING_URI"] = "http://environment:1"
    connect.set_tracking_uri("http://chosen:1")
    assert connect.get_tracking_uri() == "http://chosen:1"


def test_empty_choice_goes_back_to_the_default(tmp_path: Path) -> None:
    connect.set_tracking_uri("http://chosen:1")
    connect.set_tracking_uri("")
    assert connect.get_tracking_uri() == f"sqlite:///{tmp_path}/cairn.db"


def test_child_process_inherits_the_choice_wherever_it_works(tmp_path: Path) -> None:
    connect.set_tracking_uri("sqlite:///runs.db")
    code = "import cairn; print(cairn.get_tracking_uri())"
    (tmp_path / "elsewhere").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path / "elsewhere",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == f"sqlite:///{tmp_path}/runs.db"
    assert os.environ["MLFLOW_TRACKING_URI"] == f"sqlite:///{tmp_path}/runs.db"


def test_choice_means_the_same_after_the_working_folder_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect.set_tracking_uri("sqlite:///runs.db")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert connect.resolve_uri().uri == f"sqlite:///{tmp_path}/runs.db"


@pytest.mark.parametrize("spelling", ["runs", "./runs", "file:{tmp_path}/runs", "{tmp_path}/runs"])
def test_folder_holds_database_and_artifacts(tmp_path: Path, spelling: str) -> None:
    connect.set_tracking_uri(spelling.format(tmp_path=tmp_path))
    store = connect.tracking()
    run = store.create_run(CreateRun(experiment_id="0")).run
    assert (tmp_path / "runs" / "cairn.db").is_file()
    assert run.info.artifact_uri.startswith(f"{tmp_path}/runs/artifacts/0/")


def test_path_object_with_a_space_is_a_folder(tmp_path: Path) -> None:
    connect.set_tracking_uri(tmp_path / "my runs")
    assert connect.resolve_uri().uri == f"sqlite:///{tmp_path}/my runs/cairn.db"


@pytest.mark.parametrize("uri", ["databricks", "databricks://profile", "uc:http://x"])
def test_vendor_uri_says_in_one_sentence_that_it_is_not_spoken(uri: str) -> None:
    with pytest.raises(InvalidValue, match="vendor's own service"):
        connect.set_tracking_uri(uri)
    assert not connect.is_tracking_uri_set()


@pytest.mark.parametrize("uri", ["ftp://host/x", "sqlite://", "http://", "file://host/x"])
def test_uri_that_names_nothing_says_what_to_write(uri: str) -> None:
    with pytest.raises(InvalidValue, match="Write|Use"):
        connect.resolve_uri(uri)


def test_store_is_opened_once_for_all_threads() -> None:
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(connect.tracking())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(store) for store in found}) == 1


def test_store_opens_again_after_it_was_closed() -> None:
    run = connect.tracking().create_run(CreateRun(experiment_id="0")).run
    connect.close()
    assert connect.tracking().get_experiment(ExperimentRef(experiment_id="0"))
    assert run.info.experiment_id == "0"


def test_server_that_a_run_names_is_not_told_who_we_are() -> None:
    os.environ["CAIRN_TRACKING_TOKEN"] = "secret"
    place = connect.resolve_uri("http://tracking:5000/cairn")
    assert connect.artifact_transport(place, "http://tracking:5000/cairn")._credentials
    assert not connect.artifact_transport(place, "http://elsewhere:5000")._credentials
    assert not connect.artifact_transport(place, "http://tracking:5001")._credentials
