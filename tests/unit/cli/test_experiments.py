from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cli.conftest import Cairn

from cairn.client.client import Client


def test_create_prints_the_id(cairn: Cairn) -> None:
    assert cairn("experiments", "create", "-n", "one").stdout == (
        "Created experiment 'one' with id 1\n"
    )
    assert Client().get_experiment("1").name == "one"


def test_create_takes_an_artifact_location(cairn: Cairn, tmp_path: Path) -> None:
    place = str(tmp_path / "elsewhere")
    cairn("experiments", "create", "--experiment-name", "one", "-l", place)
    assert Client().get_experiment("1").artifact_location == place


def test_a_taken_name_is_refused(cairn: Cairn) -> None:
    cairn("experiments", "create", "-n", "one")
    assert "one" in cairn("experiments", "create", "-n", "one", code=1).stderr


def test_search_is_a_table(cairn: Cairn, tmp_path: Path) -> None:
    cairn("experiments", "create", "-n", "one")
    head, dashes, *rows = cairn("experiments", "search").stdout.splitlines()
    assert head.split("  ")[0] == "Experiment Id"
    assert set(dashes) == {"-", " "}
    assert {tuple(row.split()) for row in rows} == {
        ("0", "Default", f"{tmp_path}/cairn-artifacts/0"),
        ("1", "one", f"{tmp_path}/cairn-artifacts/1"),
    }


@pytest.mark.parametrize(
    ("view", "names"),
    [("active_only", {"Default"}), ("deleted_only", {"gone"}), ("all", {"Default", "gone"})],
)
def test_search_shows_a_view(cairn: Cairn, view: str, names: set[str]) -> None:
    cairn("experiments", "create", "-n", "gone")
    cairn("experiments", "delete", "-x", "1")
    rows = cairn("experiments", "search", "-v", view).stdout.splitlines()[2:]
    assert {row.split()[1] for row in rows} == names


def test_search_shows_as_many_as_asked(cairn: Cairn) -> None:
    for number in range(4):
        cairn("experiments", "create", "-n", f"e{number}")
    assert len(cairn("experiments", "search", "--max-results", "2").stdout.splitlines()) == 4


def test_get_shows_facts_or_json(cairn: Cairn, cairn_json: Callable[..., Any]) -> None:
    cairn("experiments", "create", "-n", "one")
    Client().set_experiment_tag("1", "team", "vision")
    lines = cairn("experiments", "get", "-n", "one").stdout.splitlines()
    found = dict(line.split(" : ") for line in lines)
    assert {name.strip(): value for name, value in found.items()}.items() >= {
        ("Experiment ID", "1"),
        ("Name", "one"),
        ("Lifecycle Stage", "active"),
        ("Tags", "team=vision"),
    }
    shown = cairn_json("experiments", "get", "-x", "1", "--output", "json")
    assert list(shown) == sorted(shown)
    assert shown["name"] == "one"
    assert shown["tags"] == {"team": "vision"}
    assert isinstance(shown["creation_time"], int)


def test_get_wants_an_id_or_a_name(cairn: Cairn) -> None:
    message = "one of --experiment-id and --experiment-name"
    assert message in cairn("experiments", "get", code=2).stderr
    assert message in cairn("experiments", "get", "-x", "0", "-n", "Default", code=2).stderr
    assert "'nobody'" in cairn("experiments", "get", "-n", "nobody", code=1).stderr
    assert "77" in cairn("experiments", "get", "-x", "77", code=1).stderr


def test_rename_delete_and_restore_say_what_they_did(cairn: Cairn) -> None:
    cairn("experiments", "create", "-n", "one")
    done = cairn("experiments", "rename", "-x", "1", "--new-name", "two").stdout
    assert done == "Experiment with id 1 has been renamed to 'two'.\n"
    done = cairn("experiments", "delete", "--experiment-id", "1").stdout
    assert done == "Experiment with ID 1 has been deleted.\n"
    assert Client().get_experiment("1").lifecycle_stage == "deleted"
    done = cairn("experiments", "restore", "-x", "1").stdout
    assert done == "Experiment with id 1 has been restored.\n"
    assert Client().get_experiment("1").lifecycle_stage == "active"
    assert Client().get_experiment("1").name == "two"


def fill() -> str:
    client = Client()
    first = client.create_run("0", start_time=1_700_000_000_000, run_name="first")
    client.log_metric(first.info.run_id, "loss", 0.25)
    client.log_param(first.info.run_id, "text", 'a, "b"\nc')
    client.set_terminated(first.info.run_id, end_time=1_700_000_001_500)
    client.create_run("0", start_time=1_700_000_002_000, run_name="second")
    return first.info.run_id


def test_csv_has_a_row_for_each_run(cairn: Cairn) -> None:
    run_id = fill()
    newest, oldest = csv.DictReader(io.StringIO(cairn("experiments", "csv", "-x", "0").stdout))
    assert list(newest)[:6] == [
        *("run_id", "experiment_id", "status", "artifact_uri", "start_time", "end_time")
    ]
    assert oldest["run_id"] == run_id
    assert oldest["start_time"] == "2023-11-14 22:13:20.000+00:00"
    assert oldest["end_time"] == "2023-11-14 22:13:21.500+00:00"
    assert (oldest["metrics.loss"], oldest["params.text"]) == ("0.25", 'a, "b"\nc')
    assert oldest["tags.mlflow.runName"] == "first"
    assert (newest["metrics.loss"], newest["end_time"], newest["status"]) == ("", "", "RUNNING")


def test_csv_goes_to_a_file(cairn: Cairn, tmp_path: Path) -> None:
    fill()
    said = cairn("experiments", "csv", "-x", "0", "-o", "runs.csv").stdout
    assert "runs.csv" in said
    assert (tmp_path / "runs.csv").read_text() == cairn("experiments", "csv", "-x", "0").stdout


def test_csv_of_nothing_is_refused(cairn: Cairn) -> None:
    assert "77" in cairn("experiments", "csv", "-x", "77", code=1).stderr
