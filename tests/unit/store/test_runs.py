from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from cairn.contract.kinds import RunStatus, ViewType
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
    RunRef,
    RunTag,
    SearchDatasets,
    SearchRuns,
    SelectRuns,
    SetTag,
    UpdateRun,
)
from cairn.errors import AlreadyExists, CairnError, DoesNotExist, InvalidValue
from cairn.store import Store

NewRun = Callable[[], str]


def get(store: Store, run_id: str):
    return store.get_run(RunRef(run_id=run_id)).run


def tags(store: Store, run_id: str) -> dict[str, str]:
    return {t.key: t.value for t in get(store, run_id).data.tags}


def test_a_run_without_a_name_is_given_one(store: Store, new_run: NewRun) -> None:
    run = get(store, new_run())
    assert run.info.run_name
    assert tags(store, run.info.run_id) == {"mlflow.runName": run.info.run_name}
    assert run.info.status is RunStatus.RUNNING
    assert run.info.artifact_uri.endswith(f"/0/{run.info.run_id}/artifacts")


def test_a_name_and_its_tag_must_agree(store: Store) -> None:
    other = [RunTag(key="mlflow.runName", value="b")]
    with pytest.raises(InvalidValue, match="different values"):
        store.create_run(CreateRun(experiment_id="0", run_name="a", tags=other))
    assert store.create_run(CreateRun(experiment_id="0", tags=other)).run.info.run_name == "b"


def test_renaming_a_run_renames_its_tag_and_the_other_way(store: Store, new_run: NewRun) -> None:
    run_id = new_run()
    store.update_run(UpdateRun(run_id=run_id, run_name="new"))
    assert tags(store, run_id)["mlflow.runName"] == "new"
    store.set_tag(SetTag(run_id=run_id, key="mlflow.runName", value="newer"))
    assert get(store, run_id).info.run_name == "newer"
    store.update_run(UpdateRun(run_id=run_id, run_name=""))
    assert get(store, run_id).info.run_name == "newer"


def test_a_param_keeps_its_first_value(store: Store, new_run: NewRun) -> None:
    run_id = new_run()
    for _ in range(2):
        store.log_param(LogParam(run_id=run_id, key="p", value="1"))
    with pytest.raises(InvalidValue, match=r"key='p'.*value='1'.*new value '2'"):
        store.log_param(LogParam(run_id=run_id, key="p", value="2"))
    assert get(store, run_id).data.params == [Param(key="p", value="1")]


def test_a_batch_with_a_changed_param_stores_nothing(store: Store, new_run: NewRun) -> None:
    run_id = new_run()
    store.log_param(LogParam(run_id=run_id, key="p", value="1"))
    batch = LogBatch(
        run_id=run_id,
        metrics=[Metric(key="m", value=1, timestamp=1)],
        params=[Param(key="new", value="x"), Param(key="p", value="2")],
        tags=[RunTag(key="t", value="v")],
    )
    with pytest.raises(InvalidValue, match="'old_value': '1', 'new_value': '2'"):
        store.log_batch(batch)
    run = get(store, run_id)
    assert (run.data.metrics, len(run.data.params), len(run.data.tags)) == ([], 1, 1)


def test_a_param_twice_in_a_batch_is_refused(store: Store, new_run: NewRun) -> None:
    twice = [Param(key="p", value="1"), Param(key="p", value="1")]
    with pytest.raises(InvalidValue, match="Duplicate param key 'p'"):
        store.log_batch(LogBatch(run_id=new_run(), params=twice))


def test_the_last_of_equal_tags_in_a_batch_wins(store: Store, new_run: NewRun) -> None:
    run_id = new_run()
    twice = [RunTag(key="t", value="1"), RunTag(key="t", value="2")]
    store.log_batch(LogBatch(run_id=run_id, tags=twice))
    assert tags(store, run_id)["t"] == "2"


def test_a_batch_over_a_thousand_entities_is_refused(store: Store, new_run: NewRun) -> None:
    metrics = [Metric(key="m", value=1, timestamp=i) for i in range(1000)]
    with pytest.raises(InvalidValue, match="1001"):
        store.log_batch(LogBatch(run_id=new_run(), metrics=metrics, tags=[RunTag(key="t")]))


@pytest.mark.parametrize("key", ["a//b", "./a", "../a", "a/", "/a", "..", ".", "a\nb", "a#b", "\0"])
def test_a_key_that_is_no_plain_path_is_refused(store: Store, new_run: NewRun, key: str) -> None:
    run_id = new_run()
    for log in (
        lambda: store.log_metric(LogMetric(run_id=run_id, key=key, value=1, timestamp=1)),
        lambda: store.log_param(LogParam(run_id=run_id, key=key, value="1")),
        lambda: store.set_tag(SetTag(run_id=run_id, key=key, value="1")),
        lambda: store.log_batch(
            LogBatch(run_id=run_id, metrics=[Metric(key=key, value=1, timestamp=1)])
        ),
    ):
        with pytest.raises(InvalidValue, match="key"):
            log()


def test_long_values_are_cut_or_refused_as_set(
    store: Store, new_run: NewRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = new_run()
    store.log_param(LogParam(run_id=run_id, key="p", value="x" * 6001))
    store.set_tag(SetTag(run_id=run_id, key="t", value="x" * 8001))
    assert len(get(store, run_id).data.params[0].value) == 6000
    assert len(tags(store, run_id)["t"]) == 8000
    monkeypatch.setenv("MLFLOW_TRUNCATE_LONG_VALUES", "false")
    with pytest.raises(InvalidValue, match="6001 characters"):
        store.log_param(LogParam(run_id=run_id, key="q", value="x" * 6001))


def test_a_deleted_run_refuses_everything_but_reading(store: Store, new_run: NewRun) -> None:
    run_id = new_run()
    for _ in range(2):
        store.delete_run(RunRef(run_id=run_id))
    calls: list[Callable[[], object]] = [
        lambda: store.log_metric(LogMetric(run_id=run_id, key="m", value=1, timestamp=1)),
        lambda: store.log_param(LogParam(run_id=run_id, key="p", value="1")),
        lambda: store.set_tag(SetTag(run_id=run_id, key="t", value="1")),
        lambda: store.delete_tag(DeleteTag(run_id=run_id, key="mlflow.runName")),
        lambda: store.log_batch(LogBatch(run_id=run_id)),
        lambda: store.log_inputs(LogInputs(run_id=run_id)),
        lambda: store.update_run(UpdateRun(run_id=run_id, run_name="x")),
    ]
    for call in calls:
        with pytest.raises(InvalidValue, match="must be in the 'active' state"):
            call()
    assert get(store, run_id).info.lifecycle_stage == "deleted"
    for _ in range(2):
        store.restore_run(RunRef(run_id=run_id))
    store.log_param(LogParam(run_id=run_id, key="p", value="1"))


def test_an_ended_run_still_takes_data(store: Store, new_run: NewRun) -> None:
    run_id = new_run()
    store.update_run(UpdateRun(run_id=run_id, status=RunStatus.FINISHED, end_time=9))
    store.log_metric(LogMetric(run_id=run_id, key="m", value=1, timestamp=1))
    run = get(store, run_id)
    assert (run.info.status, run.info.end_time, run.data.metrics[0].value) == ("FINISHED", 9, 1)


def test_an_unknown_run_is_not_found(store: Store) -> None:
    with pytest.raises(DoesNotExist, match="Run with id=nope not found"):
        store.get_run(RunRef(run_id="nope"))


def test_a_missing_tag_cannot_be_deleted(store: Store, new_run: NewRun) -> None:
    run_id = new_run()
    store.set_tag(SetTag(run_id=run_id, key="t", value="1"))
    store.delete_tag(DeleteTag(run_id=run_id, key="t"))
    with pytest.raises(DoesNotExist, match="No tag with name: t"):
        store.delete_tag(DeleteTag(run_id=run_id, key="t"))


def test_a_run_id_of_another_experiment_is_taken(store: Store, new_run: NewRun) -> None:
    from cairn.contract.experiments import CreateExperiment

    run_id = new_run()
    other = store.create_experiment(CreateExperiment(name="other")).experiment_id
    with pytest.raises(AlreadyExists):
        store.create_run(CreateRun(experiment_id=other, run_id=run_id))


def test_inputs_and_outputs_come_back_once(store: Store, new_run: NewRun) -> None:
    run_id = new_run()
    used = DatasetInput(
        dataset=Dataset(name="d", digest="1", source_type="local", source="{}", schema="{}"),
        tags=[InputTag(key="mlflow.data.context", value="train")],
    )
    for _ in range(2):
        store.log_inputs(
            LogInputs(run_id=run_id, datasets=[used], models=[ModelInput(model_id="m-1")])
        )
    store.log_outputs(LogOutputs(run_id=run_id, models=[ModelOutput(model_id="m-2", step=3)]))
    run = get(store, run_id)
    assert run.inputs.dataset_inputs == [used]
    assert run.inputs.model_inputs == [ModelInput(model_id="m-1")]
    assert run.outputs is not None
    assert run.outputs.model_outputs == [ModelOutput(model_id="m-2", step=3)]
    (summary,) = store.search_datasets(SearchDatasets(experiment_ids=["0"])).dataset_summaries
    assert (summary.name, summary.digest, summary.context) == ("d", "1", "train")


def test_a_failed_request_leaves_the_store_usable(store: Store, new_run: NewRun) -> None:
    with pytest.raises(CairnError):
        store.log_param(LogParam(run_id="nope", key="p", value="1"))
    assert get(store, new_run())


@pytest.mark.parametrize("size", [1, 40])
def test_a_page_of_runs_costs_a_constant_number_of_queries(
    store: Store, new_run: NewRun, size: int
) -> None:
    for _ in range(size):
        run_id = new_run()
        store.log_batch(
            LogBatch(
                run_id=run_id,
                metrics=[Metric(key=f"m{i}", value=i, timestamp=1) for i in range(5)],
                params=[Param(key=f"p{i}", value="1") for i in range(5)],
            )
        )
    queries: list[str] = []
    engine = store.db._engine
    assert engine is not None
    sa.event.listen(engine, "before_cursor_execute", lambda *a: queries.append(a[2]), named=False)
    page = store.search_runs(SearchRuns(experiment_ids=["0"], order_by=["metrics.m1 DESC"]))
    assert len(page.runs) == size
    assert len([q for q in queries if q.startswith("SELECT")]) <= 12


def test_counts_and_columns_are_those_of_the_filter(store: Store) -> None:
    for n in range(4):
        made = store.create_run(CreateRun(experiment_id="0")).run.info.run_id
        params = [Param(key="lr", value=str(n % 2)), Param(key="same", value="x")]
        metrics = [Metric(key="loss", value=n, timestamp=1)] if n else []
        store.log_batch(LogBatch(run_id=made, params=params, metrics=metrics))
    everything = SelectRuns(experiment_ids=["0"])
    assert store.count_runs(CountRuns(experiment_ids=["0"])).total == 4
    columns = store.list_columns(everything)
    assert [(c.key, c.runs, c.distinct) for c in columns.params] == [("lr", 4, 2), ("same", 4, 1)]
    assert [(c.key, c.runs, c.distinct) for c in columns.metrics] == [("loss", 3, 3)]
    assert store.count_runs(CountRuns(experiment_ids=["0"], filter="params.lr = '1'")).total == 2
    deleted = CountRuns(experiment_ids=["0"], run_view_type=ViewType.DELETED_ONLY)
    assert store.count_runs(deleted).total == 0
