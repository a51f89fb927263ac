from __future__ import annotations

import os
from pathlib import Path

import pytest

import cairn
from cairn.errors import DoesNotExist, InvalidValue


@pytest.fixture
def runs(server: str) -> list[str]:
    cairn.set_tracking_uri(server)
    made = []
    for number in range(2):
        with cairn.start_run(tags={"team": "a"}) as run:
            cairn.log_params({"alpha": 1, "lr": 0.1 * (number + 1)})
            if number:
                cairn.log_param("only", "here")
            for step in range(100):
                value = float("nan") if step == 50 else abs(step - 30) + number
                cairn.log_metric("loss", value, step=step)
            cairn.log_text(f"# Python 3.11\na==1\nb=={number}\n", ".cairn/environment.txt")
        made.append(run.info.run_id)
    return made


def test_what_differs_comes_first(runs: list[str]) -> None:
    found = cairn.compare(runs, output_format="dict")
    assert found["runs"] == runs
    assert list(found["params"].items()) == [
        ("lr", ["0.1", "0.2"]),
        ("only", [None, "here"]),
        ("alpha", ["1", "1"]),
    ]
    assert found["tags"]["team"] == ["a", "a"]
    assert list(found["tags"]).index("mlflow.runName") < list(found["tags"]).index("team")


def test_metrics_come_with_last_smallest_and_largest_value(runs: list[str]) -> None:
    metrics = cairn.compare(runs, output_format="dict")["metrics"]
    assert metrics == {
        "loss": [69.0, 70.0],
        "loss:min": [0.0, 1.0],
        "loss:max": [69.0, 70.0],
    }


def test_environments_are_compared_where_they_were_captured(runs: list[str]) -> None:
    assert cairn.compare(runs, "dict")["environment"] == {"b": ["0", "1"]}
    with cairn.start_run() as run:
        pass
    whole = cairn.compare([*runs, run.info.run_id], "dict")
    assert whole["environment"] == {"b": ["0", "1", None]}
    assert whole["code"] == {}


def test_changes_of_the_code_are_told_apart(runs: list[str]) -> None:
    for run_id in runs:
        cairn.Client().log_text(run_id, "+x\n", ".cairn/code.patch")
    (first, second) = cairn.compare(runs, "dict")["code"]["changes"]
    assert first == second
    assert len(first) == 64


@pytest.mark.parametrize("kind", ["ids", "runs", "frame"])
def test_a_frame_has_a_column_for_each_run(kind: str, runs: list[str]) -> None:
    given = {
        "ids": lambda: runs,
        "runs": lambda: [cairn.get_run(each) for each in runs],
        "frame": lambda: cairn.search_runs(["0"], order_by=["start_time ASC"]),
    }[kind]()
    frame = cairn.compare(given)
    assert sorted(frame.columns) == sorted(runs)
    assert frame.loc[("params", "lr"), runs[1]] == "0.2"
    assert frame.loc[("metrics", "loss:max"), runs[0]] == 69.0
    assert frame.loc[("environment", "b"), runs].tolist() == ["0", "1"]


def test_wrong_questions_are_refused(server: str) -> None:
    cairn.set_tracking_uri(server)
    with pytest.raises(InvalidValue, match="no run to compare"):
        cairn.compare([])
    with pytest.raises(InvalidValue, match="'json' is not an output format"):
        cairn.compare(["a"], output_format="json")  # type: ignore[call-overload]
    with pytest.raises(DoesNotExist):
        cairn.compare(["0" * 32])


def test_runs_are_iterated_over_page_by_page(server: str, tmp_path: Path) -> None:
    client = cairn.Client(server)
    made = [client.create_run("0", start_time=1000 + number).info.run_id for number in range(7)]
    order = ["attributes.start_time ASC"]
    found = client.iter_runs(["0"], order_by=order, page_size=2)
    assert next(found).info.run_id == made[0]
    client.delete_run(made[6])  # not read yet
    assert [run.info.run_id for run in found] == made[1:6]
    assert list(client.iter_runs(["0"], "params.x = 'y'")) == []
    assert os.listdir(tmp_path)
