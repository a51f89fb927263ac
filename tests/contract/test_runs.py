"""What every implementation of `Tracking` promises about runs and what is logged to them."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import pytest

from cairn.contract.kinds import RunStatus, ViewType
from cairn.contract.metrics import (
    GetHistoryBulk,
    GetHistoryInterval,
    GetMetricHistory,
    GetSeries,
)
from cairn.contract.runs import (
    CountRuns,
    CreateRun,
    Dataset,
    DatasetInput,
    DeleteTag,
    InputTag,
    LogBatch,
    LogInputs,
    LogMetric,
    LogOutputs,
    LogParam,
    Metric,
    ModelInput,
    ModelOutput,
    Param,
    Run,
    RunRef,
    RunTag,
    SearchDatasets,
    SearchRuns,
    SelectRuns,
    SetTag,
    UpdateRun,
)
from cairn.contract.services import Tracking
from cairn.errors import CairnError


def new_run(tracking: Tracking, name: str = "") -> str:
    return tracking.create_run(CreateRun(experiment_id="0", run_name=name)).run.info.run_id


def get(tracking: Tracking, run_id: str) -> Run:
    return tracking.get_run(RunRef(run_id=run_id)).run


def point(step: int, value: float | None = None, key: str = "m") -> Metric:
    return Metric(key=key, value=float(step) if value is None else value, timestamp=step, step=step)


def refused(error_code: str) -> pytest.RaisesExc[CairnError]:
    return pytest.RaisesExc(CairnError, check=lambda error: error.error_code == error_code)


def test_run_has_the_id_that_the_client_chose_and_a_repeated_request_finds_it(
    tracking: Tracking,
) -> None:
    request = CreateRun(
        experiment_id="0",
        run_id="a1" * 16,
        run_name="first",
        start_time=17,
        user_id="ada",
        tags=[RunTag(key="k", value="v")],
    )
    made = tracking.create_run(request).run
    again = tracking.create_run(request).run
    assert made == again
    assert (made.info.run_id, made.info.run_name) == ("a1" * 16, "first")
    assert (made.info.start_time, made.info.user_id) == (17, "ada")
    assert made.info.status is RunStatus.RUNNING
    assert {tag.key: tag.value for tag in made.data.tags} == {"k": "v", "mlflow.runName": "first"}
    assert len(tracking.search_runs(SearchRuns(experiment_ids=["0"])).runs) == 1


def test_run_without_a_name_gets_one(tracking: Tracking) -> None:
    assert get(tracking, new_run(tracking)).info.run_name


def test_run_needs_an_experiment_that_exists(tracking: Tracking) -> None:
    with refused("RESOURCE_DOES_NOT_EXIST"):
        tracking.create_run(CreateRun(experiment_id="99"))


def test_update_changes_what_it_names(tracking: Tracking) -> None:
    run = new_run(tracking, "old")
    tracking.update_run(UpdateRun(run_id=run, status=RunStatus.FINISHED, end_time=99))
    info = tracking.update_run(UpdateRun(run_id=run, run_name="new")).run_info
    assert (info.status, info.end_time, info.run_name) == (RunStatus.FINISHED, 99, "new")
    tags = {tag.key: tag.value for tag in get(tracking, run).data.tags}
    assert tags["mlflow.runName"] == "new"


def test_deleted_run_is_readable_and_refuses_everything_else(tracking: Tracking) -> None:
    run = new_run(tracking)
    tracking.delete_run(RunRef(run_id=run))
    assert get(tracking, run).info.lifecycle_stage == "deleted"
    for call in (
        lambda: tracking.log_metric(LogMetric(run_id=run, key="m", value=1.0, timestamp=1)),
        lambda: tracking.log_param(LogParam(run_id=run, key="p", value="1")),
        lambda: tracking.set_tag(SetTag(run_id=run, key="t", value="1")),
        lambda: tracking.log_batch(LogBatch(run_id=run, metrics=[point(1)])),
        lambda: tracking.update_run(UpdateRun(run_id=run, status=RunStatus.FAILED)),
    ):
        with refused("INVALID_PARAMETER_VALUE"):
            call()
    tracking.restore_run(RunRef(run_id=run))
    assert get(tracking, run).info.lifecycle_stage == "active"


def test_unknown_run_does_not_exist(tracking: Tracking) -> None:
    unknown = "f" * 32
    for call in (
        lambda: tracking.get_run(RunRef(run_id=unknown)),
        lambda: tracking.delete_run(RunRef(run_id=unknown)),
        lambda: tracking.log_batch(LogBatch(run_id=unknown, metrics=[point(1)])),
    ):
        with refused("RESOURCE_DOES_NOT_EXIST"):
            call()


def test_latest_metric_is_that_of_the_highest_step(tracking: Tracking) -> None:
    run = new_run(tracking)
    for step in (1, 3, 2):
        tracking.log_metric(
            LogMetric(run_id=run, key="m", value=float(step), timestamp=10, step=step)
        )
    (latest,) = get(tracking, run).data.metrics
    assert (latest.value, latest.step) == (3.0, 3)


def test_history_comes_in_order_page_by_page(tracking: Tracking) -> None:
    run = new_run(tracking)
    tracking.log_batch(LogBatch(run_id=run, metrics=[point(step) for step in (3, 1, 2, 5, 4)]))
    request = GetMetricHistory(run_id=run, metric_key="m", max_results=3)
    first = tracking.get_metric_history(request)
    request.page_token = first.next_page_token
    second = tracking.get_metric_history(request)
    assert [m.step for m in first.metrics + second.metrics] == [1, 2, 3, 4, 5]
    assert second.next_page_token is None
    unknown = GetMetricHistory(run_id=run, metric_key="unknown")
    assert tracking.get_metric_history(unknown).metrics == []


@pytest.mark.parametrize(
    "value", [0.1, -0.0, 5e-324, 1.7976931348623157e308, math.inf, -math.inf, math.nan]
)
def test_metric_value_comes_back_as_it_was(tracking: Tracking, value: float) -> None:
    run = new_run(tracking)
    tracking.log_batch(LogBatch(run_id=run, metrics=[point(0, value)]))
    (stored,) = tracking.get_metric_history(GetMetricHistory(run_id=run, metric_key="m")).metrics
    assert repr(float(stored.value)) == repr(value)


def test_batch_sent_again_is_stored_once(tracking: Tracking) -> None:
    run = new_run(tracking)
    batch = LogBatch(
        run_id=run,
        metrics=[point(step) for step in range(5)],
        params=[Param(key="p", value="1")],
        tags=[RunTag(key="t", value="1")],
        source="client",
        sequence=7,
    )
    for _ in range(3):
        tracking.log_batch(batch)
    history = tracking.get_metric_history(GetMetricHistory(run_id=run, metric_key="m"))
    assert [m.step for m in history.metrics] == [0, 1, 2, 3, 4]


def test_refused_batch_leaves_nothing_behind(tracking: Tracking) -> None:
    run = new_run(tracking)
    tracking.log_param(LogParam(run_id=run, key="p", value="1"))
    batch = LogBatch(
        run_id=run,
        metrics=[point(1)],
        params=[Param(key="new", value="1"), Param(key="p", value="2")],
        tags=[RunTag(key="t", value="1")],
    )
    with refused("INVALID_PARAMETER_VALUE"):
        tracking.log_batch(batch)
    data = get(tracking, run).data
    assert data.metrics == []
    assert data.params == [Param(key="p", value="1")]
    assert "t" not in {tag.key for tag in data.tags}


def test_too_large_batch_is_refused(tracking: Tracking) -> None:
    run = new_run(tracking)
    params = [Param(key=f"p{n}", value="1") for n in range(100)]
    batch = LogBatch(run_id=run, metrics=[point(step) for step in range(901)], params=params)
    with refused("INVALID_PARAMETER_VALUE"):
        tracking.log_batch(batch)


def test_param_keeps_its_value(tracking: Tracking) -> None:
    run = new_run(tracking)
    for _ in range(2):
        tracking.log_param(LogParam(run_id=run, key="p", value="1"))
    with refused("INVALID_PARAMETER_VALUE"):
        tracking.log_param(LogParam(run_id=run, key="p", value="2"))
    assert get(tracking, run).data.params == [Param(key="p", value="1")]


@pytest.mark.parametrize("key", ["a//b", "../a", "/a", "a#b"])
def test_key_that_could_not_be_a_file_name_is_refused(tracking: Tracking, key: str) -> None:
    run = new_run(tracking)
    with refused("INVALID_PARAMETER_VALUE"):
        tracking.log_batch(LogBatch(run_id=run, metrics=[point(1, key=key)]))


def test_tag_changes_and_goes(tracking: Tracking) -> None:
    run = new_run(tracking)
    for value in ("1", "ü"):
        tracking.set_tag(SetTag(run_id=run, key="t", value=value))
    assert RunTag(key="t", value="ü") in get(tracking, run).data.tags
    tracking.delete_tag(DeleteTag(run_id=run, key="t"))
    with refused("RESOURCE_DOES_NOT_EXIST"):
        tracking.delete_tag(DeleteTag(run_id=run, key="t"))


def test_inputs_and_outputs_are_kept_with_their_tags(tracking: Tracking) -> None:
    run = new_run(tracking)
    dataset = Dataset(name="iris", digest="d1", source_type="local", source="{}", schema="[]")
    tags = [InputTag(key="mlflow.data.context", value="training")]
    request = LogInputs(
        run_id=run,
        datasets=[DatasetInput(dataset=dataset, tags=tags)],
        models=[ModelInput(model_id="m-1")],
    )
    for _ in range(2):
        tracking.log_inputs(request)
    tracking.log_outputs(LogOutputs(run_id=run, models=[ModelOutput(model_id="m-2", step=3)]))
    found = get(tracking, run)
    assert found.inputs.dataset_inputs == [DatasetInput(dataset=dataset, tags=tags)]
    assert found.inputs.model_inputs == [ModelInput(model_id="m-1")]
    assert found.outputs is not None
    assert found.outputs.model_outputs == [ModelOutput(model_id="m-2", step=3)]
    (summary,) = tracking.search_datasets(SearchDatasets(experiment_ids=["0"])).dataset_summaries
    assert (summary.name, summary.digest, summary.context) == ("iris", "d1", "training")


def test_search_filters_orders_and_pages(tracking: Tracking) -> None:
    for n in range(5):
        run = new_run(tracking, f"r{n}")
        tracking.log_batch(
            LogBatch(run_id=run, metrics=[point(0, n)], params=[Param(key="odd", value=str(n % 2))])
        )
    request = SearchRuns(
        experiment_ids=["0"],
        filter="metrics.m > 0 and params.odd = '0'",
        order_by=["metrics.m DESC"],
        max_results=1,
    )
    first = tracking.search_runs(request)
    request.page_token = first.next_page_token
    second = tracking.search_runs(request)
    assert [run.info.run_name for run in first.runs + second.runs] == ["r4", "r2"]
    with refused("INVALID_PARAMETER_VALUE"):
        tracking.search_runs(SearchRuns(experiment_ids=["0"], filter="metrics.m >"))


def test_runs_are_counted_and_their_columns_listed(tracking: Tracking) -> None:
    for n in range(5):
        run = new_run(tracking)
        tracking.log_param(LogParam(run_id=run, key="odd", value=str(n % 2)))
    select = CountRuns(experiment_ids=["0"], filter="params.odd = '0'")
    assert tracking.count_runs(select).total == 3
    select.limit = 2
    assert tracking.count_runs(select).total == 2
    columns = tracking.list_columns(SelectRuns(experiment_ids=["0"]))
    assert [(c.key, c.runs, c.distinct) for c in columns.params] == [("odd", 5, 2)]


def test_search_looks_at_deleted_runs_when_asked(tracking: Tracking) -> None:
    kept, gone = new_run(tracking), new_run(tracking)
    tracking.delete_run(RunRef(run_id=gone))

    def found(view: ViewType) -> set[str]:
        request = SearchRuns(experiment_ids=["0"], run_view_type=view)
        return {run.info.run_id for run in tracking.search_runs(request).runs}

    assert found(ViewType.ACTIVE_ONLY) == {kept}
    assert found(ViewType.DELETED_ONLY) == {gone}
    assert found(ViewType.ALL) == {kept, gone}


def test_histories_of_several_runs_come_together(tracking: Tracking) -> None:
    runs = [new_run(tracking) for _ in range(2)]
    for run in runs:
        tracking.log_batch(LogBatch(run_id=run, metrics=[point(step) for step in range(50)]))
    bulk = tracking.get_history_bulk(GetHistoryBulk(run_id=runs, metric_key="m"))
    assert {(m.run_id, m.step) for m in bulk.metrics} == {(r, s) for r in runs for s in range(50)}
    sample = tracking.get_history_interval(
        GetHistoryInterval(run_ids=runs, metric_key="m", max_results=10)
    )
    for run in runs:
        steps = [m.step for m in sample.metrics if m.run_id == run]
        assert {0, 49} <= set(steps)
        assert len(steps) < 50


def test_series_is_exact_when_short_and_keeps_its_extremes_when_long(tracking: Tracking) -> None:
    run = new_run(tracking)
    values = [1e9 if step == 500 else float(step % 7) for step in range(1000)]
    metrics = [point(step, value) for step, value in enumerate(values)]
    tracking.log_batch(LogBatch(run_id=run, metrics=metrics))
    (short,) = tracking.get_series(
        GetSeries(run_ids=[run], keys=["m"], start_step=490, end_step=509, points=100)
    ).series
    assert (short.exact, [*short.steps]) == (True, [*range(490, 510)])
    (whole,) = tracking.get_series(GetSeries(run_ids=[run], keys=["m", "x"], points=50)).series
    assert (whole.exact, whole.total) == (False, 1000)
    assert whole.high is not None
    assert max(whole.high) == 1e9


def test_keys_that_differ_in_case_accents_or_spaces_are_different(tracking: Tracking) -> None:
    run = new_run(tracking)
    keys = sorted(["a", "A", "a ", "b á", "b a", "ss"])
    tracking.log_batch(LogBatch(run_id=run, params=[Param(key=key, value=key) for key in keys]))
    found = get(tracking, run).data.params
    assert sorted((p.key, p.value) for p in found) == [(key, key) for key in keys]


@pytest.mark.parametrize("text", ["🎈", "ßçà ✓ 漢字", "a'b\"c\\d%_", " spaces ", "line\nline\ttab"])
def test_text_comes_back_as_it_was_and_is_found(tracking: Tracking, text: str) -> None:
    run = new_run(tracking, text)
    tracking.set_tag(SetTag(run_id=run, key="t", value=text))
    tracking.log_param(LogParam(run_id=run, key="p", value=text))
    found = get(tracking, run)
    assert found.info.run_name == text
    assert RunTag(key="t", value=text) in found.data.tags
    assert found.data.params == [Param(key="p", value=text)]
    if "'" not in text:
        request = SearchRuns(experiment_ids=["0"], filter=f"tags.t = '{text}'")
        assert [r.info.run_id for r in tracking.search_runs(request).runs] == [run]


def test_longest_key_and_longest_value_are_kept(tracking: Tracking) -> None:
    run = new_run(tracking)
    key, value = "k" * 250, "🎈" * 6000
    tracking.log_batch(LogBatch(run_id=run, params=[Param(key=key, value=value)]))
    tracking.log_batch(LogBatch(run_id=run, metrics=[point(1, key=key)]))
    tracking.set_tag(SetTag(run_id=run, key=key, value="🎈" * 8000))
    data = get(tracking, run).data
    assert data.params == [Param(key=key, value=value)]
    assert [metric.key for metric in data.metrics] == [key]
    assert RunTag(key=key, value="🎈" * 8000) in data.tags


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63)])
def test_steps_and_times_have_the_whole_range_of_64_bits(tracking: Tracking, number: int) -> None:
    run = new_run(tracking)
    given = Metric(key="m", value=1.5, timestamp=max(number, 0), step=number)
    tracking.log_batch(LogBatch(run_id=run, metrics=[given]))
    (latest,) = get(tracking, run).data.metrics
    (stored,) = tracking.get_metric_history(GetMetricHistory(run_id=run, metric_key="m")).metrics
    for found in (latest, stored):
        assert (found.step, found.timestamp) == (number, max(number, 0))


def test_text_with_nul_is_kept_or_refused_as_a_value(tracking: Tracking) -> None:
    run = new_run(tracking)
    try:
        tracking.set_tag(SetTag(run_id=run, key="t", value="a\0b"))
    except CairnError as error:
        told = (error.error_code, "NUL" in error.message)
        if told != ("INVALID_PARAMETER_VALUE", True):
            raise
    else:
        assert RunTag(key="t", value="a\0b") in get(tracking, run).data.tags
    tracking.set_tag(SetTag(run_id=run, key="t", value="after"))
    assert RunTag(key="t", value="after") in get(tracking, run).data.tags


def test_same_param_logged_by_many_at_once_is_one_param(tracking: Tracking) -> None:
    run = new_run(tracking)
    with ThreadPoolExecutor(6) as pool:
        requests = [LogParam(run_id=run, key=f"p{n % 3}", value="1") for n in range(12)]
        assert [*pool.map(tracking.log_param, requests)] == [None] * 12
    assert sorted(p.key for p in get(tracking, run).data.params) == ["p0", "p1", "p2"]
