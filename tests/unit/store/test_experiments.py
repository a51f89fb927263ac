from __future__ import annotations

import pytest

from cairn.contract.experiments import (
    Activity,
    CreateExperiment,
    DeleteExperimentTag,
    ExperimentRef,
    ExperimentTag,
    GetActivity,
    GetExperimentByName,
    SearchExperiments,
    SetExperimentTag,
    UpdateExperiment,
)
from cairn.contract.kinds import RunStatus, ViewType
from cairn.contract.runs import CreateRun, RunRef, UpdateRun
from cairn.errors import AlreadyExists, BadRequest, DoesNotExist, InvalidState, InvalidValue
from cairn.store import Store


def create(store: Store, name: str) -> str:
    return store.create_experiment(CreateExperiment(name=name)).experiment_id


def stage(store: Store, id_: str) -> str:
    return store.get_experiment(ExperimentRef(experiment_id=id_)).experiment.lifecycle_stage


def test_an_experiment_comes_back_as_it_was_made(store: Store) -> None:
    tags = [ExperimentTag(key="b", value="2"), ExperimentTag(key="a", value="1")]
    made = store.create_experiment(CreateExperiment(name="x", tags=tags)).experiment_id
    found = store.get_experiment_by_name(GetExperimentByName(experiment_name="x")).experiment
    assert found.experiment_id == made
    assert [(t.key, t.value) for t in found.tags] == [("a", "1"), ("b", "2")]
    assert found.artifact_location.endswith(f"cairn-artifacts/{made}")


def test_a_name_is_taken_even_by_a_deleted_experiment(store: Store) -> None:
    made = create(store, "x")
    with pytest.raises(AlreadyExists, match="'x' already exists in active state"):
        create(store, "x")
    store.delete_experiment(ExperimentRef(experiment_id=made))
    with pytest.raises(AlreadyExists, match=r"deleted state\. Restore it"):
        create(store, "x")


def test_ids_are_never_used_again(store: Store) -> None:
    first, second = create(store, "a"), create(store, "b")
    assert 0 < int(first) < int(second)


@pytest.mark.parametrize("location", ["runs:/abc", "models:/m/1", "http://h/x", "ftp://h/x"])
def test_a_location_that_cannot_hold_artifacts_is_refused(store: Store, location: str) -> None:
    with pytest.raises(InvalidValue, match="location"):
        store.create_experiment(CreateExperiment(name="x", artifact_location=location))


def test_renaming_to_a_taken_name_is_refused_and_to_its_own_is_not(store: Store) -> None:
    made = create(store, "x")
    store.update_experiment(UpdateExperiment(experiment_id=made, new_name="x"))
    with pytest.raises(BadRequest, match="'Default' exists already"):
        store.update_experiment(UpdateExperiment(experiment_id=made, new_name="Default"))


def test_a_deleted_experiment_refuses_changes_and_new_runs(store: Store) -> None:
    made = create(store, "x")
    store.delete_experiment(ExperimentRef(experiment_id=made))
    with pytest.raises(InvalidState, match="Cannot rename"):
        store.update_experiment(UpdateExperiment(experiment_id=made, new_name="y"))
    with pytest.raises(InvalidValue, match="must be in the 'active' state"):
        store.set_experiment_tag(SetExperimentTag(experiment_id=made, key="k", value="v"))
    with pytest.raises(InvalidValue, match="must be in the 'active' state"):
        store.create_run(CreateRun(experiment_id=made))
    with pytest.raises(DoesNotExist):
        store.delete_experiment(ExperimentRef(experiment_id=made))


def test_restoring_brings_back_the_runs_that_were_deleted_with_it_and_no_others(
    store: Store,
) -> None:
    made = create(store, "x")
    kept, gone = (store.create_run(CreateRun(experiment_id=made)).run.info.run_id for _ in range(2))
    store.delete_run(RunRef(run_id=gone))
    store.delete_experiment(ExperimentRef(experiment_id=made))
    stages = [store.get_run(RunRef(run_id=r)).run.info.lifecycle_stage for r in (kept, gone)]
    assert stages == ["deleted", "deleted"]
    store.restore_experiment(ExperimentRef(experiment_id=made))
    stages = [store.get_run(RunRef(run_id=r)).run.info.lifecycle_stage for r in (kept, gone)]
    assert stages == ["active", "deleted"]
    with pytest.raises(DoesNotExist):
        store.restore_experiment(ExperimentRef(experiment_id=made))


def test_the_default_experiment_can_be_deleted_and_restored(store: Store) -> None:
    store.delete_experiment(ExperimentRef(experiment_id="0"))
    assert stage(store, "0") == "deleted"
    store.restore_experiment(ExperimentRef(experiment_id="0"))
    assert stage(store, "0") == "active"


def test_tags_are_set_changed_and_removed(store: Store) -> None:
    made = create(store, "x")
    for value in ("1", "2"):
        store.set_experiment_tag(SetExperimentTag(experiment_id=made, key="k", value=value))
    found = store.get_experiment(ExperimentRef(experiment_id=made)).experiment
    assert [(t.key, t.value) for t in found.tags] == [("k", "2")]
    store.delete_experiment_tag(DeleteExperimentTag(experiment_id=made, key="k"))
    with pytest.raises(DoesNotExist, match="No tag with name: k"):
        store.delete_experiment_tag(DeleteExperimentTag(experiment_id=made, key="k"))


@pytest.mark.parametrize(
    ("id_", "error"), [("abc", InvalidValue), ("-1", InvalidValue), ("99", DoesNotExist)]
)
def test_an_id_that_names_nothing_is_refused(
    store: Store, id_: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        store.get_experiment(ExperimentRef(experiment_id=id_))


@pytest.mark.parametrize("max_results", [0, -1, 50001])
def test_a_page_size_outside_its_limits_is_refused(store: Store, max_results: int) -> None:
    with pytest.raises(InvalidValue, match="max_results"):
        store.search_experiments(SearchExperiments(max_results=max_results))


def test_experiments_come_newest_first_in_pages(store: Store) -> None:
    names = [f"e{n}" for n in range(5)]
    for name in names:
        create(store, name)
    found, token = [], None
    while True:
        page = store.search_experiments(SearchExperiments(max_results=2, page_token=token))
        found += [e.name for e in page.experiments]
        token = page.next_page_token
        if token is None:
            break
    assert sorted(found) == sorted(["Default", *names])
    gone = store.search_experiments(
        SearchExperiments(max_results=9, view_type=ViewType.DELETED_ONLY)
    )
    assert gone.experiments == []


def test_activity_counts_active_runs(store: Store) -> None:
    made = create(store, "x")
    runs = [
        store.create_run(CreateRun(experiment_id=made, start_time=n)).run.info.run_id
        for n in (5, 9, 7)
    ]
    store.update_run(UpdateRun(run_id=runs[0], status=RunStatus.FAILED))
    store.delete_run(RunRef(run_id=runs[1]))
    reply = store.get_activity(GetActivity(experiment_id=[made, "0", "99"]))
    assert reply.activities == [
        Activity(experiment_id=made, run_count=2, running_count=1, last_start_time=7),
        Activity(experiment_id="0", run_count=0, running_count=0),
    ]
