"""What every implementation of `Tracking` promises about many runs in one call."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from cairn.contract.experiments import (
    CreateExperiment,
    ExperimentRef,
    GetExperimentByName,
    SetExperimentTag,
)
from cairn.contract.kinds import MAX_RUNS_PER_CHANGE, RunStatus
from cairn.contract.lifecycle import (
    CopyRuns,
    ListTrash,
    MoveRuns,
    PurgeExperiments,
    PurgeRuns,
    SomeRuns,
    TagRuns,
)
from cairn.contract.metrics import GetMetricHistory
from cairn.contract.runs import (
    CreateRun,
    Dataset,
    DatasetInput,
    InputTag,
    LogBatch,
    LogInputs,
    LogOutputs,
    Metric,
    ModelInput,
    ModelOutput,
    Param,
    Run,
    RunRef,
    RunTag,
    SearchDatasets,
    UpdateRun,
)
from cairn.contract.services import Tracking
from cairn.errors import CairnError, DoesNotExist

UNKNOWN = "f" * 32


def new_experiment(tracking: Tracking, name: str) -> str:
    return tracking.create_experiment(CreateExperiment(name=name)).experiment_id


def new_run(tracking: Tracking, experiment: str = "0", parent: str | None = None) -> str:
    tags = [] if parent is None else [RunTag(key="mlflow.parentRunId", value=parent)]
    request = CreateRun(experiment_id=experiment, tags=tags)
    return tracking.create_run(request).run.info.run_id


def family(tracking: Tracking, experiment: str = "0") -> tuple[str, str, str]:
    """A run, one nested in it, and one nested in that."""
    parent = new_run(tracking, experiment)
    child = new_run(tracking, experiment, parent)
    return parent, child, new_run(tracking, experiment, child)


def get(tracking: Tracking, run_id: str) -> Run:
    return tracking.get_run(RunRef(run_id=run_id)).run


def tags_of(run: Run) -> dict[str, str]:
    return {tag.key: tag.value for tag in run.data.tags}


def stages(tracking: Tracking, *run_ids: str) -> str:
    """First letters of the stages of runs; - for one that does not exist."""
    found = ""
    for run_id in run_ids:
        try:
            found += get(tracking, run_id).info.lifecycle_stage[0]
        except DoesNotExist:
            found += "-"
    return found


def refused(error_code: str) -> pytest.RaisesExc[CairnError]:
    return pytest.RaisesExc(CairnError, check=lambda error: error.error_code == error_code)


def log_everything(tracking: Tracking, run_id: str) -> None:
    metrics = [Metric(key="m", value=step / 7, timestamp=step, step=step) for step in range(300)]
    for part in range(3):
        batch = LogBatch(
            run_id=run_id,
            metrics=metrics[part * 100 : part * 100 + 100],
            params=[Param(key=f"p{part}", value="1")],
            tags=[RunTag(key="t", value="ü")],
            source="client",
            sequence=part,
        )
        tracking.log_batch(batch)
    inputs = [
        DatasetInput(
            dataset=Dataset(name=name, digest="1", source_type="local", source="{}", schema="[]"),
            tags=[InputTag(key="mlflow.data.context", value=name)],
        )
        for name in ("train", "test")
    ]
    models = [ModelInput(model_id="m-1")]
    tracking.log_inputs(LogInputs(run_id=run_id, datasets=inputs, models=models))
    tracking.log_outputs(LogOutputs(run_id=run_id, models=[ModelOutput(model_id="m-2", step=3)]))


def test_tags_of_many_runs_change_in_one_call(tracking: Tracking) -> None:
    runs = [new_run(tracking) for _ in range(3)]
    first = TagRuns(run_ids=runs, tags=[RunTag(key="a", value="1"), RunTag(key="b", value="ü")])
    assert tracking.tag_runs(first).changed == 3
    second = TagRuns(
        run_ids=[*runs[:2], UNKNOWN, runs[0]],
        tags=[RunTag(key="a", value="2"), RunTag(key="mlflow.runName", value="new")],
        remove=["b", "none"],
    )
    reply = tracking.tag_runs(second)
    assert (reply.changed, reply.not_found) == (2, [UNKNOWN])
    found = [get(tracking, run) for run in runs]
    assert [tags_of(run).get("a") for run in found] == ["2", "2", "1"]
    assert [tags_of(run).get("b") for run in found] == [None, None, "ü"]
    assert [run.info.run_name for run in found][:2] == ["new", "new"]


def test_one_deleted_run_refuses_the_tags_of_all(tracking: Tracking) -> None:
    kept, gone = new_run(tracking), new_run(tracking)
    tracking.delete_runs(SomeRuns(run_ids=[gone]))
    with refused("INVALID_PARAMETER_VALUE"):
        tracking.tag_runs(TagRuns(run_ids=[kept, gone], tags=[RunTag(key="a", value="1")]))
    assert "a" not in tags_of(get(tracking, kept))
    with refused("INVALID_PARAMETER_VALUE"):
        tracking.tag_runs(TagRuns(run_ids=[kept], tags=[RunTag(key="a", value="")], remove=["a"]))
    with refused("INVALID_PARAMETER_VALUE"):
        tracking.tag_runs(TagRuns(run_ids=[kept], tags=[RunTag(key="../a", value="")]))


def test_deleting_and_restoring_take_nested_runs_along_when_asked(tracking: Tracking) -> None:
    runs = family(tracking)
    assert tracking.delete_runs(SomeRuns(run_ids=[runs[0]])).changed == 1
    assert stages(tracking, *runs) == "daa"
    assert tracking.delete_runs(SomeRuns(run_ids=[runs[0], UNKNOWN], nested=True)).changed == 2
    assert stages(tracking, *runs) == "ddd"
    assert tracking.restore_runs(SomeRuns(run_ids=[runs[1]])).changed == 1
    assert stages(tracking, *runs) == "dad"
    reply = tracking.restore_runs(SomeRuns(run_ids=[runs[0], UNKNOWN], nested=True))
    assert (reply.changed, reply.not_found) == (2, [UNKNOWN])
    assert stages(tracking, *runs) == "aaa"


def test_runs_that_are_nested_in_each_other_are_no_endless_loop(tracking: Tracking) -> None:
    one = new_run(tracking)
    two = new_run(tracking, parent=one)
    tracking.tag_runs(TagRuns(run_ids=[one], tags=[RunTag(key="mlflow.parentRunId", value=two)]))
    assert tracking.delete_runs(SomeRuns(run_ids=[two], nested=True)).changed == 2


def test_moved_runs_keep_what_was_logged_to_them(tracking: Tracking) -> None:
    other = new_experiment(tracking, "other")
    run, child, _ = family(tracking)
    stays = new_run(tracking)
    for each in (run, stays):
        log_everything(tracking, each)
    before = get(tracking, run)
    tracking.delete_runs(SomeRuns(run_ids=[child]))
    move = MoveRuns(run_ids=[run, UNKNOWN], experiment_id=other, nested=True)
    reply = tracking.move_runs(move)
    assert (reply.changed, reply.not_found) == (3, [UNKNOWN])
    assert tracking.move_runs(move).changed == 0
    after = get(tracking, run)
    assert after.info.experiment_id == other
    assert get(tracking, child).info.experiment_id == other
    after.info.experiment_id = before.info.experiment_id
    assert after == before
    for experiment in ("0", other):
        found = tracking.search_datasets(SearchDatasets(experiment_ids=[experiment]))
        assert [s.name for s in found.dataset_summaries] == ["test", "train"]
    tracking.move_runs(MoveRuns(run_ids=[stays], experiment_id=other))
    found = tracking.search_datasets(SearchDatasets(experiment_ids=["0", other]))
    assert [s.experiment_id for s in found.dataset_summaries] == [other, other]
    tracking.log_inputs(
        LogInputs(run_id=run, datasets=[DatasetInput(dataset=Dataset(name="train", digest="1"))])
    )
    assert len(get(tracking, run).inputs.dataset_inputs) == 2


def test_runs_are_moved_and_copied_only_when_active_and_to_active_experiments(
    tracking: Tracking,
) -> None:
    other = new_experiment(tracking, "other")
    kept, gone = new_run(tracking), new_run(tracking)
    tracking.delete_runs(SomeRuns(run_ids=[gone]))
    for call in (tracking.move_runs, tracking.copy_runs):
        kind = MoveRuns if call == tracking.move_runs else CopyRuns
        with refused("INVALID_PARAMETER_VALUE"):
            call(kind(run_ids=[kept, gone], experiment_id=other))
        with refused("RESOURCE_DOES_NOT_EXIST"):
            call(kind(run_ids=[kept], experiment_id="99"))
    tracking.delete_experiment(ExperimentRef(experiment_id=other))
    for call in (tracking.move_runs, tracking.copy_runs):
        kind = MoveRuns if call == tracking.move_runs else CopyRuns
        with refused("INVALID_PARAMETER_VALUE"):
            call(kind(run_ids=[kept], experiment_id=other))
    assert get(tracking, kept).info.experiment_id == "0"


@pytest.mark.parametrize("target", ["own", "other"])
def test_a_copy_has_everything_of_its_origin(tracking: Tracking, target: str) -> None:
    own = new_experiment(tracking, "own")
    experiment = own if target == "own" else new_experiment(tracking, target)
    run, child, grandchild = family(tracking, own)
    log_everything(tracking, run)
    tracking.update_run(UpdateRun(run_id=run, status=RunStatus.FINISHED, end_time=99))
    tracking.delete_runs(SomeRuns(run_ids=[grandchild]))
    request = CopyRuns(run_ids=[run, UNKNOWN], experiment_id=experiment, nested=True)
    reply = tracking.copy_runs(request)
    assert reply.not_found == [UNKNOWN]
    new = {copy.copied_from: copy.run_id for copy in reply.copies}
    assert new.keys() == {run, child}
    origin, copy = get(tracking, run), get(tracking, new[run])
    assert tags_of(copy) == {**tags_of(origin), "cairn.copiedFrom": run}
    assert (copy.data.metrics, copy.data.params) == (origin.data.metrics, origin.data.params)
    assert (copy.inputs, copy.outputs) == (origin.inputs, origin.outputs)
    assert copy.info.status is RunStatus.FINISHED
    assert (copy.info.end_time, copy.info.experiment_id) == (99, experiment)
    assert copy.info.artifact_uri.endswith(f"/{experiment}/{new[run]}/artifacts")
    one, two = (
        tracking.get_metric_history(GetMetricHistory(run_id=id_, metric_key="m")).metrics
        for id_ in (run, new[run])
    )
    assert one == two
    nested = get(tracking, new[child])
    assert tags_of(nested)["mlflow.parentRunId"] == new[run]
    assert nested.info.status is RunStatus.KILLED  # its origin runs on, it does not
    # What a client of the origin sent is news to the copy.
    batch = LogBatch(
        run_id=new[run],
        metrics=[Metric(key="m", value=1.0, timestamp=0, step=999)],
        source="client",
        sequence=0,
    )
    tracking.log_batch(batch)
    assert get(tracking, new[run]).data.metrics[0].step == 999
    again = tracking.copy_runs(CopyRuns(run_ids=[new[run]], experiment_id=own)).copies[0]
    assert tags_of(get(tracking, again.run_id))["cairn.copiedFrom"] == new[run]


def test_a_copy_owns_its_artifacts(tracking: Tracking, tmp_path: Path) -> None:
    own = new_experiment(tracking, "own")
    run = new_run(tracking, own)

    def folder(run_id: str) -> Path:
        uri = get(tracking, run_id).info.artifact_uri
        return Path(uri.replace("mlflow-artifacts:", str(tmp_path / "artifacts")))

    (folder(run) / "deep").mkdir(parents=True)
    (folder(run) / "deep" / "a.txt").write_text("a")
    (copy,) = tracking.copy_runs(CopyRuns(run_ids=[run], experiment_id=own)).copies
    bare = CopyRuns(run_ids=[run], experiment_id=own, artifacts=False)
    (without,) = tracking.copy_runs(bare).copies
    assert not folder(without.run_id).exists()
    where = {run_id: folder(run_id) for run_id in (run, copy.run_id)}
    for gone, left in ((run, copy.run_id), (copy.run_id, None)):
        reply = tracking.purge_runs(PurgeRuns(run_ids=[gone], force=True))
        assert (reply.runs, reply.files, reply.bytes) == (1, 1, 1)
        assert stages(tracking, gone) == "-"
        assert not where[gone].parent.exists()
        if left is not None:
            assert (where[left] / "deep" / "a.txt").read_text() == "a"


def test_only_deleted_runs_are_purged_unless_forced(tracking: Tracking) -> None:
    own = new_experiment(tracking, "own")
    runs = family(tracking, own)
    other = new_run(tracking, own)
    tracking.delete_runs(SomeRuns(run_ids=[runs[0]]))
    with refused("INVALID_PARAMETER_VALUE"):
        tracking.purge_runs(PurgeRuns(run_ids=[runs[0], other]))
    with refused("INVALID_PARAMETER_VALUE"):
        tracking.purge_runs(PurgeRuns(run_ids=[runs[0]], nested=True))
    assert stages(tracking, *runs, other) == "daaa"
    for dry_run in (True, False):
        request = PurgeRuns(run_ids=[runs[0], UNKNOWN], nested=True, force=True, dry_run=dry_run)
        reply = tracking.purge_runs(request)
        assert (reply.runs, reply.not_found, reply.kept) == (3, [UNKNOWN], [])
        assert stages(tracking, *runs, other) == ("daaa" if dry_run else "---a")


def test_the_name_of_a_purged_experiment_is_free_at_once(tracking: Tracking) -> None:
    own = new_experiment(tracking, "own")
    run = new_run(tracking, own)
    with refused("INVALID_PARAMETER_VALUE"):
        tracking.purge_experiments(PurgeExperiments(experiment_ids=[own]))
    with refused("INVALID_PARAMETER_VALUE"):
        tracking.purge_experiments(PurgeExperiments(experiment_ids=["0"], force=True))
    for dry_run in (True, False):
        request = PurgeExperiments(experiment_ids=[own, "99"], force=True, dry_run=dry_run)
        reply = tracking.purge_experiments(request)
        assert (reply.experiments, reply.runs, reply.not_found) == (1, 1, ["99"])
        assert stages(tracking, run) == ("a" if dry_run else "-")
    with refused("RESOURCE_DOES_NOT_EXIST"):
        tracking.get_experiment_by_name(GetExperimentByName(experiment_name="own"))
    assert new_experiment(tracking, "own") != own


def test_an_experiment_with_a_restored_run_is_kept_and_told(tracking: Tracking) -> None:
    own = new_experiment(tracking, "own")
    lives, goes = new_run(tracking, own), new_run(tracking, own)
    tracking.delete_experiment(ExperimentRef(experiment_id=own))
    tracking.restore_runs(SomeRuns(run_ids=[lives]))
    reply = tracking.purge_experiments(PurgeExperiments(experiment_ids=[own]))
    assert (reply.runs, reply.experiments, [k.id for k in reply.kept]) == (1, 0, [own])
    assert stages(tracking, lives, goes) == "a-"


def test_the_trash_lists_what_is_deleted_page_by_page(
    tracking: Tracking, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tracking.list_trash(ListTrash()).runs == []
    own, kept = new_experiment(tracking, "own"), new_experiment(tracking, "kept")
    never = SetExperimentTag(experiment_id=kept, key="cairn.retention.deletedAfter", value="never")
    tracking.set_experiment_tag(never)
    runs = [new_run(tracking, own), new_run(tracking, kept), new_run(tracking)]
    log_everything(tracking, runs[0])
    tracking.delete_runs(SomeRuns(run_ids=runs[1:]))
    tracking.delete_experiment(ExperimentRef(experiment_id=own))
    monkeypatch.setenv("CAIRN_RETENTION_DELETED_AFTER", "1d")
    first = tracking.list_trash(ListTrash(max_results=2, artifacts=True))
    second = tracking.list_trash(ListTrash(max_results=2, page_token=first.next_page_token))
    assert [r.run_id for r in first.runs + second.runs] == runs
    assert second.next_page_token is None
    assert first.runs[0].size > first.runs[1].size > 0
    assert first.runs[0].artifact_size == 0
    assert second.runs[0].artifact_size is None
    assert first.runs[1].purge_time is None
    for item in (first.runs[0], second.runs[0], *first.experiments):
        assert item.deleted_time is not None
        assert item.purge_time == item.deleted_time + 86_400_000
    assert [(e.name, e.run_count) for e in first.experiments] == [("own", 1)]
    with refused("INVALID_PARAMETER_VALUE"):
        tracking.list_trash(ListTrash(page_token="x"))


def test_one_call_names_at_most_ten_thousand_runs(tracking: Tracking) -> None:
    ids = [f"{n:032x}" for n in range(MAX_RUNS_PER_CHANGE)]
    assert tracking.delete_runs(SomeRuns(run_ids=ids)).not_found == ids
    with pytest.raises(msgspec.ValidationError, match="10000"):  # what a server answers with 400
        msgspec.convert({"run_ids": [*ids, UNKNOWN]}, SomeRuns)
