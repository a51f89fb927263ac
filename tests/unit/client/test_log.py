from __future__ import annotations

import decimal
import os
from typing import Any

import numpy as np
import pytest

import cairn
from cairn.client.entities import (
    Dataset,
    LoggedModelInput,
    LoggedModelOutput,
    Metric,
    Param,
    RunTag,
)
from cairn.client.writer import Delivery
from cairn.errors import CairnError, DoesNotExist, InvalidValue


def data(run_id: str) -> Any:
    return cairn.get_run(run_id).data


def history(run_id: str, key: str) -> list[tuple[int, float]]:
    return [(m.step, m.value) for m in cairn.Client().get_metric_history(run_id, key)]


def test_first_log_call_starts_a_run() -> None:
    assert cairn.active_run() is None
    cairn.log_metric("m", 1)
    run = cairn.active_run()
    assert run is not None
    assert data(run.info.run_id).metrics == {"m": 1.0}
    cairn.end_run()


class Tensor:
    """What torch and tensorflow have in common with this test: one element, and how to get it."""

    def __init__(self, value: float) -> None:
        self._value = value

    def item(self) -> float:
        return self._value


class Eager:
    def numpy(self) -> Any:
        return np.float32(0.5)


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (1, 1.0),
        (True, 1.0),
        ("1.5", 1.5),
        (decimal.Decimal("0.25"), 0.25),
        (np.float32(0.5), 0.5),
        (np.int64(7), 7.0),
        (np.array(2.0), 2.0),
        (np.array([3.0]), 3.0),
        (Tensor(4.0), 4.0),
        (Eager(), 0.5),
    ],
)
def test_value_may_be_whatever_stands_for_one_number(value: Any, stored: float) -> None:
    with cairn.start_run() as run:
        cairn.log_metric("m", value)
    assert data(run.info.run_id).metrics == {"m": stored}


@pytest.mark.parametrize(
    "value", [None, "abc", [1.0], object(), 1j, np.array([1.0, 2.0]), {}, 10**400]
)
def test_value_that_is_no_number_is_refused_at_once_with_the_key(value: Any) -> None:
    with cairn.start_run() as run, pytest.raises(InvalidValue, match="'loss'"):
        cairn.log_metric("loss", value)
    assert data(run.info.run_id).metrics == {}


def test_values_that_are_not_finite_are_kept() -> None:
    with cairn.start_run() as run:
        for step, value in enumerate([float("nan"), float("inf"), float("-inf")]):
            cairn.log_metric("m", value, step=step)
    points = history(run.info.run_id, "m")
    assert points[0][1] != points[0][1]
    assert points[1:] == [(1, float("inf")), (2, float("-inf"))]


@pytest.mark.parametrize(
    ("step", "stored"), [(None, 0), (3, 3), (-2, -2), (np.int32(4), 4), (5.0, 5)]
)
def test_step_is_a_whole_number(step: Any, stored: int) -> None:
    with cairn.start_run() as run:
        cairn.log_metric("m", 1, step=step)
    assert history(run.info.run_id, "m") == [(stored, 1.0)]


@pytest.mark.parametrize("step", [1.5, "x", 2**63, float("nan")])
def test_step_that_is_none_is_refused(step: Any) -> None:
    with cairn.start_run(), pytest.raises(InvalidValue, match="step"):
        cairn.log_metric("m", 1, step=step)


def test_time_of_a_point_may_be_given_and_must_not_be_before_1970() -> None:
    with cairn.start_run() as run:
        cairn.log_metric("m", 1, timestamp=17)
        with pytest.raises(InvalidValue, match="timestamp"):
            cairn.log_metric("m", 1, timestamp=-1)
    assert cairn.Client().get_metric_history(run.info.run_id, "m")[0].timestamp == 17


def test_several_metrics_share_step_and_time_or_none_is_logged() -> None:
    with cairn.start_run() as run:
        cairn.log_metrics({"a": 1, "b": 2}, step=3)
        with pytest.raises(InvalidValue):
            cairn.log_metrics({"c": 1, "d": None})  # type: ignore[dict-item]
    found = {point.key: point for point in data(run.info.run_id).points}
    assert sorted(found) == ["a", "b"]
    assert found["a"].step == found["b"].step == 3
    assert found["a"].timestamp == found["b"].timestamp


def test_metric_may_go_to_another_run() -> None:
    with cairn.start_run() as other:
        pass
    with cairn.start_run() as run:
        cairn.log_metric("m", 1, run_id=other.info.run_id)
        cairn.log_params({"p": 1}, run_id=other.info.run_id)
    assert data(other.info.run_id).metrics == {"m": 1.0}
    assert data(other.info.run_id).params == {"p": "1"}
    assert data(run.info.run_id).metrics == {}


def test_param_is_stored_as_text_and_its_value_comes_back() -> None:
    value = [1, 2]
    with cairn.start_run() as run:
        assert cairn.log_param("p", value) is value
        assert cairn.log_params({"none": None, "empty": ""}) is None
    assert data(run.info.run_id).params == {"p": "[1, 2]", "none": "None", "empty": ""}


def test_param_keeps_its_first_value_also_when_another_process_set_it() -> None:
    with cairn.start_run() as run:
        cairn.log_param("p", 1)
        cairn.log_param("p", 1)
        with pytest.raises(InvalidValue, match="Changing param values is not allowed"):
            cairn.log_param("p", 2)
    cairn.start_run(run_id=run.info.run_id)  # what was logged before is not known here
    with pytest.raises(InvalidValue, match="Changing param values is not allowed"):
        cairn.log_param("p", 3, synchronous=True)
    cairn.end_run()
    assert data(run.info.run_id).params == {"p": "1"}


def test_long_texts_are_cut_with_a_warning_or_refused(caplog: pytest.LogCaptureFixture) -> None:
    with cairn.start_run() as run:
        cairn.log_param("p", "x" * 7000)
        cairn.set_tag("t", "x" * 9000)
        os.environ["MLFLOW_TRUNCATE_LONG_VALUES"] = "false"
        with pytest.raises(InvalidValue, match="6000"):
            cairn.log_param("q", "x" * 7000)
    assert (len(data(run.info.run_id).params["p"]), len(data(run.info.run_id).tags["t"])) == (
        *(6000, 8000),
    )
    assert "param 'p' has 7000 characters" in caplog.text


def test_tags_change_and_go() -> None:
    with cairn.start_run() as run:
        cairn.set_tags({"a": 1, "b": 2})
        cairn.set_tag("a", 3)
        cairn.delete_tag("b")
        with pytest.raises(DoesNotExist):
            cairn.delete_tag("b")
    tags = data(run.info.run_id).tags
    assert tags["a"] == "3"
    assert "b" not in tags


@pytest.mark.parametrize("key", ["", "a#", "a//b", "../a", "k" * 251, 5])
def test_key_that_is_not_allowed_is_refused_at_once(key: Any) -> None:
    with cairn.start_run(), pytest.raises(CairnError) as raised:
        cairn.log_metric(key, 1)
    assert raised.value.error_code == "INVALID_PARAMETER_VALUE"


def test_synchronous_waits_and_asynchronous_gives_what_to_wait_for() -> None:
    with cairn.start_run() as run:
        assert cairn.log_metric("m", 1) is None
        assert cairn.log_metric("m", 2, step=1, synchronous=True) is None
        delivery = cairn.log_metrics({"n": 1}, synchronous=False)
        assert isinstance(delivery, Delivery)
        delivery.wait()
        waiting = cairn.log_param("p", 1, synchronous=False)
        waiting.wait()
        service = cairn.Client()._service  # reads what is stored, without a flush
        from cairn.contract.runs import RunRef

        now = service.get_run(RunRef(run_id=run.info.run_id)).run.data
        assert [m.key for m in now.metrics] == ["m", "n"]
        assert [p.key for p in now.params] == ["p"]


def test_inputs_and_outputs_are_recorded() -> None:
    dataset = Dataset("iris", "d1", "local", '{"uri": "x"}', "[]", "{}")
    with cairn.start_run() as run:
        cairn.log_input(dataset, context="training", tags={"k": "v"})
        cairn.log_inputs([dataset, None], ["test", None], [None, None])
        cairn.log_input(model=LoggedModelInput("m-1"))
        cairn.log_outputs([LoggedModelOutput("m-2", 3)])
        cairn.log_metric("acc", 1, dataset=dataset)
    found = cairn.get_run(run.info.run_id)
    assert found.inputs is not None
    assert found.outputs is not None
    (used,) = found.inputs.dataset_inputs
    assert (used.dataset.name, used.dataset.digest, used.dataset.schema) == ("iris", "d1", "[]")
    assert {tag.key for tag in used.tags} == {"mlflow.data.context", "k"}
    assert found.inputs.model_inputs == [LoggedModelInput("m-1")]
    assert found.outputs.model_outputs == [LoggedModelOutput("m-2", 3)]


def test_lists_of_inputs_must_fit() -> None:
    with cairn.start_run(), pytest.raises(InvalidValue, match="1 datasets"):
        cairn.log_inputs([Dataset("d", "1", "", "")], ["a", "b"])


def test_client_logs_a_batch_of_entities() -> None:
    client = cairn.Client()
    run_id = client.create_run("0", tags={"x": 1}, run_name="n").info.run_id
    client.log_batch(run_id, [Metric("m", 1.0, 2, 3)], [Param("p", "1")], [RunTag("t", "v")])
    client.set_terminated(run_id, "KILLED", end_time=99)
    run = client.get_run(run_id)
    assert (run.data.metrics, run.data.params) == ({"m": 1.0}, {"p": "1"})
    assert (run.data.tags["t"], run.data.tags["x"]) == ("v", "1")
    assert (run.info.status, run.info.end_time, run.info.run_name) == ("KILLED", 99, "n")
    client.update_run(run_id, status="RUNNING", name="renamed")
    assert client.get_run(run_id).info.run_name == "renamed"
    assert client.get_run(run_id).info.status == "RUNNING"


def test_history_of_many_points_comes_whole() -> None:
    with cairn.start_run() as run:
        for step in range(30_000):
            cairn.log_metric("m", step, step=step)
    assert history(run.info.run_id, "m") == [(step, float(step)) for step in range(30_000)]
    assert history(run.info.run_id, "unknown") == []
