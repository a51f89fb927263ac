from __future__ import annotations

import contextlib
import json
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.contract.experiments import CreateExperiment, SearchExperiments
from cairn.contract.kinds import RunStatus, ViewType
from cairn.contract.metrics import GetHistoryBulk, Series
from cairn.contract.models import FinalizeLoggedModel, LoggedModelRef, LoggedModelStatus
from cairn.contract.runs import LogBatch, LogMetric, Metric, RunRef, SearchRuns, UpdateRun
from cairn.contract.services import all_operations
from cairn.errors import InvalidValue
from cairn.wire import dialect


def log_metric(**fields: Any) -> LogMetric:
    body = {"run_id": "r", "key": "k", "value": 1, "timestamp": 1} | fields
    return dialect.decode(LogMetric, json.dumps(body).encode())


@given(st.floats())
def test_every_number_comes_back_to_the_same_bits(value: float) -> None:
    sent = dialect.encode(Metric(key="k", value=value, timestamp=1))
    back = dialect.decode(Metric, sent).value
    assert math.isnan(back) if math.isnan(value) else back == value
    assert math.copysign(1, back) == math.copysign(1, value) or math.isnan(value)


@pytest.mark.parametrize(
    ("value", "text"), [(math.nan, "NaN"), (math.inf, "Infinity"), (-math.inf, "-Infinity")]
)
def test_what_json_has_no_number_for_is_text(value: float, text: str) -> None:
    assert json.loads(dialect.encode(Metric(key="k", value=value, timestamp=1)))["value"] == text
    curve = Series(
        run_id="r",
        key="k",
        total=1,
        exact=False,
        steps=[0],
        timestamps=[0],
        values=[value],
        low=[value],
        high=[value],
    )
    reply = json.loads(dialect.encode(curve))
    assert (reply["values"], reply["low"], reply["high"]) == ([text], [text], [text])


@pytest.mark.parametrize("value", ["NaN", "nan", "Infinity", "inf", "-Infinity", "1.5", 1])
def test_a_metric_value_may_be_text(value: object) -> None:
    assert repr(float(log_metric(value=value).value)) == repr(float(str(value)))


@pytest.mark.parametrize("timestamp", ["17", 17, 17.0])
def test_an_integer_may_be_text_or_an_integral_float(timestamp: object) -> None:
    assert log_metric(timestamp=timestamp).timestamp == 17


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"value": "abc"}, ["value", '"abc"', "a number"]),
        ({"value": True}, ["value", "true", "a number"]),
        ({"timestamp": 1.5}, ["timestamp", "1.5", "an integer"]),
        ({"timestamp": -1}, ["timestamp", "-1", ">= 0"]),
        ({"timestamp": 2**63}, ["timestamp", str(2**63), "<= 9223372036854775807"]),
        ({"step": 2**63}, ["step", str(2**63), "<= 9223372036854775807"]),
        ({"key": 5}, ["key", "5", "a string"]),
        ({"key": "x" * 251}, ["key", "xxx", "250"]),
        ({"key": ""}, ["Missing value", "'key'"]),
        ({"key": None}, ["Missing value", "'key'"]),
    ],
)
def test_an_error_names_the_field_what_came_and_what_is_allowed(
    fields: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(InvalidValue) as caught:
        log_metric(**fields)
    assert all(word in caught.value.message for word in words), caught.value.message


def test_an_error_deep_in_a_batch_names_its_place() -> None:
    body = {"run_id": "r", "metrics": [{"key": "a", "value": 1, "timestamp": 1}, {"key": "b"}]}
    with pytest.raises(InvalidValue, match=r"'metrics\[1\]\.value'"):
        dialect.decode(LogBatch, json.dumps(body).encode())


@pytest.mark.parametrize("body", [b"{", b"[1]", b"5", b"null", b'"x"', b"\xff", b'{"a":"\xff"}'])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidValue, match="JSON"):
        dialect.decode(RunRef, body)


def test_a_body_may_be_json_in_a_json_string() -> None:
    assert dialect.decode(RunRef, json.dumps('{"run_id": "r"}').encode()).run_id == "r"


def test_names_may_be_camel_case_but_not_both_spellings() -> None:
    body = b'{"name": "n", "artifactLocation": "s3://b"}'
    assert dialect.decode(CreateExperiment, body).artifact_location == "s3://b"
    both = b'{"name": "n", "artifactLocation": "s3://b", "artifact_location": "s3://c"}'
    with pytest.raises(InvalidValue, match="both 'artifact_location' and 'artifactLocation'"):
        dialect.decode(CreateExperiment, both)


@pytest.mark.parametrize("name", ["run_id", "runId", "run_uuid", "runUuid"])
def test_run_uuid_means_run_id(name: str) -> None:
    assert dialect.decode(RunRef, json.dumps({name: "r"}).encode()).run_id == "r"


def test_a_null_is_an_absent_field_and_unknown_fields_are_ignored() -> None:
    body = b'{"run_id": "r", "run_name": null, "status": null, "colour": {"a": [1]}}'
    assert dialect.decode(UpdateRun, body) == UpdateRun(run_id="r")


@pytest.mark.parametrize("status", ["FINISHED", 3])
def test_an_enum_is_a_name_or_a_number(status: object) -> None:
    body = json.dumps({"run_id": "r", "status": status}).encode()
    assert dialect.decode(UpdateRun, body).status is RunStatus.FINISHED


@pytest.mark.parametrize("status", ["DONE", 0, 9, "", [], {}, 1.5])
def test_an_unknown_enum_is_refused_with_the_names(status: object) -> None:
    with pytest.raises(InvalidValue, match="RUNNING, SCHEDULED, FINISHED"):
        dialect.decode(UpdateRun, json.dumps({"run_id": "r", "status": status}).encode())


def test_a_query_repeats_its_key_for_a_list() -> None:
    query = [("run_id", "a"), ("run_id", "b"), ("metric_key", "m"), ("max_results", "5")]
    bulk = dialect.decode_query(GetHistoryBulk, query)
    assert (bulk.run_id, bulk.max_results) == (["a", "b"], 5)
    found = dialect.decode_query(SearchExperiments, [("maxResults", "7"), ("view_type", "ALL")])
    assert (found.max_results, found.view_type) == (7, ViewType.ALL)


def test_a_list_where_a_text_is_expected_and_the_other_way_is_refused() -> None:
    with pytest.raises(InvalidValue, match="experiment_ids"):
        dialect.decode(SearchRuns, b'{"experiment_ids": "26"}')
    with pytest.raises(InvalidValue, match="filter"):
        dialect.decode(SearchRuns, b'{"filter": ["a"]}')


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(st.sampled_from(all_operations()), st.data())
def test_any_body_is_decoded_or_refused(op: Any, data: st.DataObject) -> None:
    names = [field.name for field in msgspec.structs.fields(op.request)]
    body = data.draw(st.dictionaries(st.sampled_from(names), junk, max_size=4))
    with contextlib.suppress(InvalidValue):
        assert isinstance(dialect.decode(op.request, json.dumps(body).encode()), op.request)


@given(st.sampled_from(all_operations()), st.binary(max_size=40))
def test_any_bytes_are_decoded_or_refused(op: Any, body: bytes) -> None:
    with contextlib.suppress(InvalidValue):
        assert isinstance(dialect.decode(op.request, body), op.request)


@pytest.mark.parametrize("status", ['"LOGGED_MODEL_READY"', '"READY"', "2"])
def test_a_status_of_a_model_is_known_by_each_of_its_names(status: str) -> None:
    body = f'{{"status": {status}}}'.encode()
    found = dialect.decode(FinalizeLoggedModel, body, {"model_id": "m-1"})
    assert found.status is LoggedModelStatus.LOGGED_MODEL_READY


@pytest.mark.parametrize("body", [b"", b'{"model_id": "m-2"}', b'{"modelId": "m-2"}'])
def test_what_the_path_says_counts_more_than_the_body(body: bytes) -> None:
    assert dialect.decode(LoggedModelRef, body, {"model_id": "m-1"}).model_id == "m-1"
