from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

import pytest
from tests.unit.cli.conftest import Cairn

from cairn.cli.doctor import without_user
from cairn.client.client import Client
from cairn.errors import CairnError
from cairn.version import COMPATIBLE_VERSION, __version__


def facts(output: str) -> dict[str, str]:
    return dict(line.strip().partition(": ")[::2] for line in output.splitlines())


def test_it_shows_versions_places_and_dependencies(cairn: Cairn, tmp_path: Path) -> None:
    found = facts(cairn("doctor").stdout)
    assert found["Cairn version"] == __version__
    assert found["Compatible with MLflow"] == COMPATIBLE_VERSION
    assert found["Tracking URI"] == f"sqlite:///{tmp_path}/cairn.db"
    assert found["Cairn module location"].endswith("/cairn/__init__.py")
    assert "sqlalchemy" in {name.lower() for name in found}


def test_a_new_folder_is_well_and_stays_empty(cairn: Cairn, tmp_path: Path) -> None:
    found = facts(cairn("doctor").stdout)
    assert found["Store"].startswith("none yet")
    assert list(tmp_path.iterdir()) == []


def test_a_local_store_is_opened(cairn: Cairn) -> None:
    Client().create_run("0")
    found = facts(cairn("doctor").stdout)
    assert found["Store"] == "opens"
    assert "is writable" in found["Artifact folder"]


def test_a_server_is_asked(cairn: Cairn, server: str) -> None:
    os.environ["MLFLOW_TRACKING_URI"] = server
    found = facts(cairn("doctor").stdout)
    assert found["Server"] == f"{server} answers, and speaks the protocol of MLflow 3.17.2"
    assert found["MLFLOW_TRACKING_URI"] == server


@pytest.mark.parametrize("uri", ["http://127.0.0.1:1", "gopher://x", "databricks"])
def test_what_cannot_be_reached_fails_with_status_1(cairn: Cairn, uri: str) -> None:
    os.environ["CAIRN_TRACKING_URI"] = uri
    assert "FAILED: " in cairn("doctor", code=1).stdout


def test_a_store_that_is_something_else_fails(cairn: Cairn, tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "cairn.db")) as other:
        other.execute("CREATE TABLE of_something_else (id INTEGER)")
    assert "Store: FAILED" in cairn("doctor", code=1).stdout


def test_a_folder_that_cannot_be_written_fails(cairn: Cairn, tmp_path: Path) -> None:
    (tmp_path / "a_file").write_text("")
    os.environ["CAIRN_TRACKING_URI"] = f"sqlite:///{tmp_path}/a_file/cairn.db"
    assert "cannot be written" in cairn("doctor", code=1).stdout


def test_secrets_are_never_shown(cairn: Cairn) -> None:
    os.environ["MLFLOW_TRACKING_TOKEN"] = "t0ken"
    os.environ["CAIRN_TRACKING_PASSWORD"] = "passw0rd"
    os.environ["CAIRN_TRACKING_URI"] = "http://me:s3cret@127.0.0.1:1"
    shown = cairn("doctor", code=1).output
    assert "MLFLOW_TRACKING_TOKEN: ***" in shown
    assert "http://***@127.0.0.1:1" in shown
    for secret in ("t0ken", "passw0rd", "s3cret"):
        assert secret not in shown


def test_values_can_be_masked(cairn: Cairn) -> None:
    os.environ["CAIRN_EXPERIMENT_NAME"] = "hush"
    assert "CAIRN_EXPERIMENT_NAME: hush" in cairn("doctor").stdout
    shown = cairn("doctor", "--mask-envs").stdout
    assert "CAIRN_EXPERIMENT_NAME: ***" in shown
    assert "hush" not in shown


def test_a_misspelt_variable_is_pointed_out(cairn: Cairn) -> None:
    os.environ["CAIRN_TRACKING_URL"] = "http://x"
    assert "CAIRN_TRACKING_URL: is not a setting" in cairn("doctor").stdout


def test_users_in_urls_are_masked() -> None:
    assert without_user("postgresql://u:p@db/x and http://h/a@b") == (
        "postgresql://***@db/x and http://h/a@b"
    )


def test_it_is_a_function_too(capsys: pytest.CaptureFixture[str]) -> None:
    import mlflow

    assert mlflow.doctor(mask_envs=True)
    assert "Cairn version" in capsys.readouterr().out
    assert issubclass(mlflow.MlflowException, CairnError)
