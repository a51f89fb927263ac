from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.cli.conftest import Cairn

from cairn.client.client import Client


def test_create_makes_a_run_that_has_ended(cairn_json: Callable[..., Any]) -> None:
    made = cairn_json(
        *("runs", "create", "--experiment-id", "0", "--run-name", "hello"),
        *("-t", "env=prod", "--tags", "formula=a=b", "--description", "what it is"),
        *("--status", "failed"),
    )
    run = Client().get_run(made["run_id"])
    assert made == {
        "run_id": run.info.run_id,
        "experiment_id": "0",
        "status": "FAILED",
        "run_name": "hello",
    }
    assert run.info.status == "FAILED"
    assert run.info.end_time is not None
    assert run.data.tags.items() >= {
        ("env", "prod"),
        ("formula", "a=b"),
        ("mlflow.note.content", "what it is"),
    }
    assert {"mlflow.user", "mlflow.source.name"} <= run.data.tags.keys()


def test_create_makes_the_experiment_that_it_names(cairn_json: Callable[..., Any]) -> None:
    first = cairn_json("runs", "create", "--experiment-name", "new")
    second = cairn_json("runs", "create", "--experiment-name", "new")
    assert first["experiment_id"] == second["experiment_id"] == "1"
    assert first["run_name"]


def test_create_nests_a_run(cairn: Cairn, cairn_json: Callable[..., Any]) -> None:
    parent = cairn_json("runs", "create", "--experiment-id", "0")["run_id"]
    child = cairn_json("runs", "create", "--experiment-id", "0", "--parent-run-id", parent)
    assert Client().get_run(child["run_id"]).data.tags["mlflow.parentRunId"] == parent
    error = cairn(
        "runs", "create", "--experiment-id", "0", "--parent-run-id", "nope", code=1
    ).stderr
    assert "nope" in error


def test_create_wants_one_experiment(cairn: Cairn, cairn_json: Callable[..., Any]) -> None:
    assert "one of" in cairn("runs", "create", code=2).stderr
    both = ("--experiment-id", "0", "--experiment-name", "new")
    assert "one of" in cairn("runs", "create", *both, code=2).stderr
    os.environ["MLFLOW_EXPERIMENT_NAME"] = "from the environment"
    assert cairn_json("runs", "create")["experiment_id"] == "1"
    assert cairn_json("runs", "create", "--experiment-id", "0")["experiment_id"] == "0"


@pytest.mark.parametrize("tags", [["nothing"], ["=value"], ["a=1", "a=2"]])
def test_a_tag_that_is_none_is_refused_before_anything_is_made(
    cairn: Cairn, tags: list[str]
) -> None:
    given = [word for tag in tags for word in ("-t", tag)]
    cairn("runs", "create", "--experiment-name", "new", *given, code=2)
    assert Client().get_experiment_by_name("new") is None


def test_list_shows_the_newest_first(cairn: Cairn) -> None:
    client = Client()
    for number in range(3):
        client.create_run("0", start_time=1_700_000_000_000 + number * 1000, run_name=f"r{number}")
    head, _, *rows = cairn("runs", "list", "--experiment-id", "0").stdout.splitlines()
    assert head.split() == ["Date", "Name", "ID"]
    assert [row.split("  ")[:2] for row in rows] == [
        ["2023-11-14 22:13:22 UTC", "r2"],
        ["2023-11-14 22:13:21 UTC", "r1"],
        ["2023-11-14 22:13:20 UTC", "r0"],
    ]


def test_list_takes_the_experiment_from_the_environment(cairn: Cairn) -> None:
    os.environ["MLFLOW_EXPERIMENT_ID"] = "0"
    Client().create_run("0", run_name="here")
    assert "here" in cairn("runs", "list").stdout


def test_delete_and_restore_say_what_they_did(cairn: Cairn) -> None:
    run_id = Client().create_run("0", run_name="mine").info.run_id
    done = cairn("runs", "delete", "--run-id", run_id).stdout
    assert done == f"Run with ID {run_id} has been deleted.\n"
    assert "mine" not in cairn("runs", "list", "--experiment-id", "0").stdout
    assert "mine" in cairn("runs", "list", "--experiment-id", "0", "-v", "deleted_only").stdout
    done = cairn("runs", "restore", "--run-id", run_id).stdout
    assert done == f"Run with id {run_id} has been restored.\n"
    assert "mine" in cairn("runs", "list", "--experiment-id", "0").stdout


def test_describe_prints_the_whole_run(cairn: Cairn, cairn_json: Callable[..., Any]) -> None:
    client = Client()
    run_id = client.create_run("0", run_name="mine").info.run_id
    client.log_metric(run_id, "loss", 0.5)
    client.log_metric(run_id, "odd", math.nan)
    client.log_param(run_id, "depth", 3)
    found = cairn_json("runs", "describe", "--run-id", run_id)
    assert list(found) == ["info", "data", "inputs", "outputs"]
    assert found["info"]["run_name"] == "mine"
    assert found["data"]["metrics"] == {"loss": 0.5, "odd": "NaN"}
    assert found["data"]["params"] == {"depth": "3"}
    assert cairn("runs", "describe", "--run-id", run_id).stdout.startswith('{\n    "info": {')
