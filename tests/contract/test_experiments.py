"""What every implementation of `Tracking` promises about experiments."""

from __future__ import annotations

import pytest

from cairn.contract.experiments import (
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
from cairn.contract.kinds import ViewType
from cairn.contract.runs import CreateRun, RunRef
from cairn.contract.services import Tracking
from cairn.errors import CairnError


def create(tracking: Tracking, name: str) -> ExperimentRef:
    made = tracking.create_experiment(CreateExperiment(name=name))
    return ExperimentRef(experiment_id=made.experiment_id)


def refused(error_code: str) -> pytest.RaisesExc[CairnError]:
    return pytest.RaisesExc(CairnError, check=lambda error: error.error_code == error_code)


def test_new_store_has_the_default_experiment(tracking: Tracking) -> None:
    found = tracking.get_experiment(ExperimentRef(experiment_id="0")).experiment
    assert (found.name, found.lifecycle_stage) == ("Default", "active")


def test_experiment_is_found_by_id_and_by_name(tracking: Tracking) -> None:
    request = CreateExperiment(name="näme", tags=[ExperimentTag(key="k", value="v")])
    made = tracking.create_experiment(request)
    by_id = tracking.get_experiment(ExperimentRef(experiment_id=made.experiment_id)).experiment
    by_name = tracking.get_experiment_by_name(GetExperimentByName(experiment_name="näme"))
    assert by_id == by_name.experiment
    assert by_id.tags == [ExperimentTag(key="k", value="v")]
    assert 0 < by_id.creation_time <= by_id.last_update_time


def test_taken_name_is_refused(tracking: Tracking) -> None:
    own = create(tracking, "own")
    with refused("RESOURCE_ALREADY_EXISTS"):
        create(tracking, "own")
    tracking.delete_experiment(own)
    with refused("RESOURCE_ALREADY_EXISTS"):
        create(tracking, "own")


def test_unknown_experiment_does_not_exist(tracking: Tracking) -> None:
    with refused("RESOURCE_DOES_NOT_EXIST"):
        tracking.get_experiment(ExperimentRef(experiment_id="99"))
    with refused("RESOURCE_DOES_NOT_EXIST"):
        tracking.get_experiment_by_name(GetExperimentByName(experiment_name="nobody"))


def test_deleting_hides_the_experiment_and_its_runs_and_restoring_brings_them_back(
    tracking: Tracking,
) -> None:
    own = create(tracking, "own")
    run = tracking.create_run(CreateRun(experiment_id=own.experiment_id)).run.info.run_id
    tracking.delete_experiment(own)
    assert tracking.get_experiment(own).experiment.lifecycle_stage == "deleted"
    assert tracking.get_run(RunRef(run_id=run)).run.info.lifecycle_stage == "deleted"
    with refused("RESOURCE_DOES_NOT_EXIST"):
        tracking.delete_experiment(own)
    tracking.restore_experiment(own)
    assert tracking.get_run(RunRef(run_id=run)).run.info.lifecycle_stage == "active"
    with refused("RESOURCE_DOES_NOT_EXIST"):
        tracking.restore_experiment(own)


def test_renaming_an_experiment(tracking: Tracking) -> None:
    own = create(tracking, "own")
    create(tracking, "other")
    tracking.update_experiment(UpdateExperiment(experiment_id=own.experiment_id, new_name="new"))
    assert tracking.get_experiment(own).experiment.name == "new"
    with refused("BAD_REQUEST"):
        tracking.update_experiment(
            UpdateExperiment(experiment_id=own.experiment_id, new_name="other")
        )


def test_tags_of_an_experiment_are_set_and_removed(tracking: Tracking) -> None:
    for value in ("1", "2"):
        tracking.set_experiment_tag(SetExperimentTag(experiment_id="0", key="k", value=value))
    default = ExperimentRef(experiment_id="0")
    assert tracking.get_experiment(default).experiment.tags == [ExperimentTag(key="k", value="2")]
    tracking.delete_experiment_tag(DeleteExperimentTag(experiment_id="0", key="k"))
    assert tracking.get_experiment(default).experiment.tags == []
    with refused("RESOURCE_DOES_NOT_EXIST"):
        tracking.delete_experiment_tag(DeleteExperimentTag(experiment_id="0", key="k"))


def test_experiments_are_found_by_filter_page_by_page(tracking: Tracking) -> None:
    refs = [create(tracking, f"e{n}") for n in range(4)]
    tracking.delete_experiment(refs[3])
    request = SearchExperiments(max_results=2, filter="name LIKE 'e%'", order_by=["name ASC"])
    first = tracking.search_experiments(request)
    request.page_token = first.next_page_token
    second = tracking.search_experiments(request)
    assert [e.name for e in first.experiments + second.experiments] == ["e0", "e1", "e2"]
    assert second.next_page_token is None
    gone = SearchExperiments(max_results=9, view_type=ViewType.DELETED_ONLY)
    assert [e.name for e in tracking.search_experiments(gone).experiments] == ["e3"]


def test_page_size_of_a_search_must_be_given(tracking: Tracking) -> None:
    with refused("INVALID_PARAMETER_VALUE"):
        tracking.search_experiments(SearchExperiments())


def test_activity_counts_the_runs_of_each_experiment(tracking: Tracking) -> None:
    own = create(tracking, "own")
    for start in (5, 7):
        tracking.create_run(CreateRun(experiment_id=own.experiment_id, start_time=start))
    request = GetActivity(experiment_id=["0", own.experiment_id, "99"])
    default, busy = tracking.get_activity(request).activities
    assert (default.run_count, default.last_start_time) == (0, None)
    assert (busy.run_count, busy.running_count, busy.last_start_time) == (2, 2, 7)


def test_names_that_differ_in_case_or_spaces_or_at_their_500th_letter_are_different(
    tracking: Tracking,
) -> None:
    names = ["own", "Own", "own ", "öwn", "🎈" * 499 + "a", "🎈" * 499 + "b"]
    made = [create(tracking, name) for name in names]
    assert [tracking.get_experiment(ref).experiment.name for ref in made] == names
    for name, ref in zip(names, made, strict=True):
        by_name = tracking.get_experiment_by_name(GetExperimentByName(experiment_name=name))
        assert by_name.experiment.experiment_id == ref.experiment_id
