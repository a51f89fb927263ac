"""What every store of logged models promises, in process and over HTTP."""

from __future__ import annotations

import json
import math
import re

import pytest

from cairn.contract.experiments import CreateExperiment
from cairn.contract.models import (
    CreateLoggedModel,
    DeleteLoggedModelTag,
    FinalizeLoggedModel,
    GetLoggedModel,
    LoggedModel,
    LoggedModelParam,
    LoggedModelRef,
    LoggedModelStatus,
    LoggedModelTag,
    LogLoggedModelParams,
    LogModel,
    ModelDataset,
    ModelOrder,
    SearchLoggedModels,
    SetLoggedModelTags,
)
from cairn.contract.runs import CreateRun, LogBatch, LogMetric, Metric, RunRef
from cairn.contract.services import Tracking
from cairn.errors import AlreadyExists, BadRequest, DoesNotExist, InvalidValue


@pytest.fixture
def experiment(tracking: Tracking) -> str:
    return tracking.create_experiment(CreateExperiment(name="models")).experiment_id


def create(tracking: Tracking, experiment: str, name: str = "", **more: object) -> LoggedModel:
    request = CreateLoggedModel(experiment_id=experiment, name=name, **more)  # type: ignore[arg-type]
    return tracking.create_logged_model(request).model


def get(tracking: Tracking, model_id: str, *, allow_deleted: bool = False) -> LoggedModel:
    request = GetLoggedModel(model_id=model_id, allow_deleted=allow_deleted)
    return tracking.get_logged_model(request).model


def start_run(tracking: Tracking, experiment: str) -> str:
    return tracking.create_run(CreateRun(experiment_id=experiment)).run.info.run_id


def test_a_logged_model_is_answered_as_it_was_created(tracking: Tracking, experiment: str) -> None:
    made = create(
        tracking,
        experiment,
        "tree",
        model_type="agent",
        source_run_id="f" * 32,
        params=[LoggedModelParam(key="depth", value="3")],
        tags=[LoggedModelTag(key="team", value="vision")],
    )
    assert get(tracking, made.info.model_id) == made
    assert re.fullmatch("m-[0-9a-f]{32}", made.info.model_id)
    assert made.info.artifact_uri.endswith(f"/{experiment}/models/{made.info.model_id}/artifacts")
    assert (made.info.name, made.info.model_type) == ("tree", "agent")
    assert made.info.source_run_id == "f" * 32
    assert made.info.status is LoggedModelStatus.LOGGED_MODEL_PENDING
    assert made.info.creation_timestamp_ms == made.info.last_updated_timestamp_ms
    assert made.info.tags == [LoggedModelTag(key="team", value="vision")]
    assert made.data.params == [LoggedModelParam(key="depth", value="3")]


def test_a_logged_model_without_a_name_gets_one(tracking: Tracking, experiment: str) -> None:
    made = create(tracking, experiment)
    assert re.fullmatch(r"\w+-\w+-\d+", made.info.name)


def test_a_repeated_request_finds_the_model_it_made(tracking: Tracking, experiment: str) -> None:
    chosen = f"m-{'0' * 31}1"
    one, again = (create(tracking, experiment, "one", model_id=chosen) for _ in range(2))
    assert one == again
    assert found(tracking, experiment) == ["one"]
    with pytest.raises(AlreadyExists, match=f"'{chosen}' exists already, in experiment"):
        create(tracking, "0", model_id=chosen)


@pytest.mark.parametrize("name", ["a/b", "a:b", "a.b", "a%b", 'a"b', "a'b"])
def test_a_name_that_breaks_paths_is_refused(
    tracking: Tracking, experiment: str, name: str
) -> None:
    with pytest.raises(InvalidValue, match="Invalid model name"):
        create(tracking, experiment, name)


def test_status_is_changed_and_told(tracking: Tracking, experiment: str) -> None:
    model_id = create(tracking, experiment).info.model_id
    for status in reversed(LoggedModelStatus):
        request = FinalizeLoggedModel(model_id=model_id, status=status)
        assert tracking.finalize_logged_model(request).model.info.status is status
        assert get(tracking, model_id).info.status is status


def test_params_of_a_model_keep_their_first_value(tracking: Tracking, experiment: str) -> None:
    model_id = create(tracking, experiment).info.model_id

    def log(key: str, value: str) -> None:
        params = [LoggedModelParam(key=key, value=value)]
        tracking.log_logged_model_params(LogLoggedModelParams(model_id=model_id, params=params))

    log("b", "1")
    log("a", "x" * 7000)
    log("b", "1")
    with pytest.raises(InvalidValue, match="Changing param values is not allowed"):
        log("b", "2")
    params = {param.key: param.value for param in get(tracking, model_id).data.params}
    assert params == {"a": "x" * 7000, "b": "1"}


def test_tags_of_a_model_are_set_changed_and_deleted(tracking: Tracking, experiment: str) -> None:
    model_id = create(tracking, experiment).info.model_id
    for value in ("1", "2"):
        tags = [LoggedModelTag(key="a/b ü", value=value), LoggedModelTag(key="z")]
        tracking.set_logged_model_tags(SetLoggedModelTags(model_id=model_id, tags=tags))
    assert get(tracking, model_id).info.tags == tags
    gone = DeleteLoggedModelTag(model_id=model_id, tag_key="a/b ü")
    tracking.delete_logged_model_tag(gone)
    assert get(tracking, model_id).info.tags == tags[1:]
    with pytest.raises(DoesNotExist, match="No tag with key 'a/b ü' found"):
        tracking.delete_logged_model_tag(gone)


def test_metrics_logged_with_a_model_are_its_own(tracking: Tracking, experiment: str) -> None:
    model_id, run_id = create(tracking, experiment).info.model_id, start_run(tracking, experiment)
    tracking.log_metric(
        LogMetric(
            run_id=run_id,
            key="acc",
            value=0.5,
            timestamp=7,
            step=2,
            model_id=model_id,
            dataset_name="d",
            dataset_digest="x",
        )
    )
    odd = Metric(key="odd", value=math.inf, timestamp=1, model_id=model_id)
    other = Metric(key="other", value=1.0, timestamp=1)
    tracking.log_batch(LogBatch(run_id=run_id, metrics=[odd, other]))
    acc, odd = get(tracking, model_id).data.metrics
    assert acc == Metric(
        key="acc",
        value=0.5,
        timestamp=7,
        step=2,
        model_id=model_id,
        dataset_name="d",
        dataset_digest="x",
        run_id=run_id,
    )
    assert (odd.key, odd.value) == ("odd", math.inf)


def test_metric_of_a_model_that_does_not_exist_is_refused_whole(
    tracking: Tracking, experiment: str
) -> None:
    run_id = start_run(tracking, experiment)
    point = LogMetric(run_id=run_id, key="m", value=1, timestamp=1, model_id="m-none")
    with pytest.raises(BadRequest, match="Logged model with ID 'm-none' not found"):
        tracking.log_metric(point)


def test_deleted_model_is_hidden_and_refuses_changes(tracking: Tracking, experiment: str) -> None:
    model_id = create(tracking, experiment).info.model_id
    for _ in range(2):
        tracking.delete_logged_model(LoggedModelRef(model_id=model_id))
    with pytest.raises(DoesNotExist, match="not found"):
        get(tracking, model_id)
    with pytest.raises(DoesNotExist, match="not found"):
        tracking.set_logged_model_tags(SetLoggedModelTags(model_id=model_id))
    assert get(tracking, model_id, allow_deleted=True).info.model_id == model_id
    assert found(tracking, experiment) == []


def test_unknown_model_is_not_found(tracking: Tracking) -> None:
    with pytest.raises(DoesNotExist, match="Logged model with ID 'm-none' not found"):
        get(tracking, "m-none")


def found(tracking: Tracking, experiment: str, wanted: str = "", **more: object) -> list[str]:
    request = SearchLoggedModels(experiment_ids=[experiment], filter=wanted, **more)  # type: ignore[arg-type]
    page = tracking.search_logged_models(request)
    return [model.info.name for model in page.models]


def test_models_are_searched_by_metrics_on_datasets(tracking: Tracking, experiment: str) -> None:
    run_id = start_run(tracking, experiment)
    for name, points in {"a": {"d": 0.2, "e": 0.9}, "b": {"": 0.15}, "c": {"d": 0.3}}.items():
        model_id = create(tracking, experiment, name).info.model_id
        for time, (dataset, value) in enumerate(points.items()):
            point = LogMetric(
                run_id=run_id, key="acc", value=value, timestamp=time, model_id=model_id
            )
            if dataset:
                point.dataset_name, point.dataset_digest = dataset, "x"
            tracking.log_metric(point)
    assert found(tracking, experiment) == ["c", "b", "a"]
    assert found(tracking, experiment, "metrics.acc > 0.5") == ["a"]
    on = [ModelDataset(dataset_name="d", dataset_digest="x")]
    assert found(tracking, experiment, "metrics.acc > 0.5", datasets=on) == []
    assert found(tracking, experiment, "metrics.acc > 0.1", datasets=on) == ["c", "a"]
    assert found(tracking, experiment, datasets=[ModelDataset(dataset_name="d")]) == ["c", "a"]
    best = ModelOrder(field_name="metrics.acc", ascending=False)
    assert found(tracking, experiment, order_by=[best]) == ["a", "c", "b"]
    best.dataset_name = "d"
    assert found(tracking, experiment, order_by=[best]) == ["c", "a", "b"]


def test_pages_of_models_are_complete_and_disjoint(tracking: Tracking, experiment: str) -> None:
    for number in range(5):
        create(tracking, experiment, f"model {number}")
    order = [ModelOrder(field_name="name")]
    request = SearchLoggedModels(experiment_ids=[experiment], max_results=2, order_by=order)
    names = []
    while True:
        page = tracking.search_logged_models(request)
        names.append([model.info.name[-1] for model in page.models])
        request.page_token = page.next_page_token
        if request.page_token is None:
            break
    assert names == [["0", "1"], ["2", "3"], ["4"]]


def test_models_of_old_clients_are_listed_in_a_tag(tracking: Tracking, experiment: str) -> None:
    run_id = start_run(tracking, experiment)
    facts = {"run_id": run_id, "utc_time_created": "now", "flavors": {}}
    for path in ("one", "two"):
        text = json.dumps({**facts, "artifact_path": path})
        tracking.log_model(LogModel(run_id=run_id, model_json=text))
    for wrong in ("{", "[]", "{}"):
        with pytest.raises(InvalidValue, match="'model_json'"):
            tracking.log_model(LogModel(run_id=run_id, model_json=wrong))
    tags = {t.key: t.value for t in tracking.get_run(RunRef(run_id=run_id)).run.data.tags}
    history = json.loads(tags["mlflow.log-model.history"])
    assert [each["artifact_path"] for each in history] == ["one", "two"]
