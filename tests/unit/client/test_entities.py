from __future__ import annotations

import pickle

import pytest

from cairn.client.entities import (
    Dataset,
    DatasetInput,
    Experiment,
    ExperimentTag,
    InputTag,
    LifecycleStage,
    Metric,
    PagedList,
    Param,
    Run,
    RunData,
    RunInfo,
    RunInputs,
    RunTag,
    SourceType,
)
from cairn.client.states import RunStatus, ViewType
from cairn.contract import kinds, runs
from cairn.errors import InvalidValue

INFO = RunInfo("r", "0", "ada", "RUNNING", 1, None, "active", "/a", "fast fox")


def test_positional_arguments_are_in_the_order_of_the_compatible_api() -> None:
    metric = Metric("loss", 0.5, 17, 3, "m-1", "data", "d1", "r")
    assert (metric.key, metric.value, metric.timestamp, metric.step) == ("loss", 0.5, 17, 3)
    assert (metric.model_id, metric.dataset_name) == ("m-1", "data")
    assert (metric.dataset_digest, metric.run_id) == ("d1", "r")
    assert (INFO.run_id, INFO.experiment_id, INFO.user_id, INFO.status) == (
        *("r", "0", "ada", "RUNNING"),
    )
    assert (INFO.artifact_uri, INFO.run_name) == ("/a", "fast fox")


def test_entities_compare_by_value_and_can_be_keys_of_a_dictionary() -> None:
    assert Param("a", "1") == Param("a", "1") != Param("a", "2")
    assert {Metric("a", 1.0, 2, 3): "x"}[Metric("a", 1.0, 2, 3)] == "x"
    one, other = (Run(INFO, RunData([Metric("a", 1.0, 2, 3)])) for _ in range(2))
    assert one == other
    assert one != Run(INFO, RunData())


def test_data_of_a_run_is_by_key() -> None:
    data = RunData([Metric("a", 1.0, 2, 3)], [Param("p", "x")], [RunTag("t", "y")])
    assert (data.metrics, data.params, data.tags) == ({"a": 1.0}, {"p": "x"}, {"t": "y"})
    assert data.points[0].step == 3


def test_run_becomes_a_plain_dictionary_with_all_that_it_holds() -> None:
    used = DatasetInput(Dataset("d", "1", "local", "{}"), [InputTag("k", "v")])
    plain = Run(INFO, RunData(tags=[RunTag("t", "y")]), RunInputs([used])).to_dictionary()
    assert plain["info"]["run_name"] == "fast fox"
    assert plain["data"] == {"metrics": {}, "params": {}, "tags": {"t": "y"}}
    assert plain["inputs"]["dataset_inputs"][0]["tags"] == [{"key": "k", "value": "v"}]


def test_entity_iterates_over_its_attributes() -> None:
    assert dict(Param("a", "1")) == {"key": "a", "value": "1"}
    assert dict(Experiment("0", "Default", "/a", "active"))["name"] == "Default"


def test_entity_survives_pickling() -> None:
    run = Run(INFO, RunData([Metric("a", 1.0, 2, 3)]))
    assert pickle.loads(pickle.dumps(run)) == run


def test_repr_shows_what_matters() -> None:
    assert repr(Param("a", "1")) == "Param(key='a', value='1')"
    assert "fast fox" in repr(Run(INFO, RunData()))


def test_experiment_tags_are_a_dictionary() -> None:
    experiment = Experiment("0", "Default", "/a", "active", [ExperimentTag("k", "v")], 1, 2)
    assert experiment.tags == {"k": "v"}
    assert (experiment.creation_time, experiment.last_update_time) == (1, 2)


def test_run_made_from_a_message_holds_everything() -> None:
    info = runs.RunInfo(
        run_id="r",
        run_uuid="r",
        run_name="n",
        experiment_id="7",
        user_id="u",
        status=kinds.RunStatus.FINISHED,
        start_time=1,
        artifact_uri="/a",
        lifecycle_stage="active",
        end_time=9,
    )
    metrics = [runs.Metric(key="m", value=float("nan"), timestamp=4, step=2, model_id="m-1")]
    used = runs.DatasetInput(dataset=runs.Dataset(name="d", digest="1"))
    message = runs.Run(
        info=info,
        data=runs.RunData(metrics=metrics, params=[runs.Param(key="p", value="1")]),
        inputs=runs.RunInputs(dataset_inputs=[used], model_inputs=[runs.ModelInput(model_id="i")]),
        outputs=runs.RunOutputs(model_outputs=[runs.ModelOutput(model_id="o", step=5)]),
    )
    run = Run.from_message(message)
    assert (run.info.status, run.info.end_time) == ("FINISHED", 9)
    assert run.data.metrics["m"] != run.data.metrics["m"]
    assert type(run.data.metrics["m"]) is float
    assert run.data.points[0].model_id == "m-1"
    assert run.inputs is not None
    assert run.inputs.dataset_inputs[0].dataset.name == "d"
    assert run.inputs.model_inputs[0].model_id == "i"
    assert run.outputs is not None
    assert run.outputs.model_outputs[0].step == 5


def test_dataset_input_goes_to_a_message_and_back() -> None:
    used = DatasetInput(Dataset("d", "1", "local", "{}", "[]", None), [InputTag("k", "v")])
    assert DatasetInput.from_message(used.to_message()) == used


def test_metric_from_a_dictionary_needs_its_four_parts() -> None:
    whole = {"key": "a", "value": 1.0, "timestamp": 2, "step": 3}
    assert Metric.from_dictionary(whole) == Metric("a", 1.0, 2, 3)
    with pytest.raises(InvalidValue, match="step"):
        Metric.from_dictionary({"key": "a", "value": 1.0, "timestamp": 2})


def test_page_is_a_list_with_the_token_of_the_next() -> None:
    page = PagedList([1, 2], "next")
    assert page == [1, 2]
    assert (page.token, page.to_list()) == ("next", [1, 2])


@pytest.mark.parametrize(
    ("number", "name"),
    [(1, "RUNNING"), (2, "SCHEDULED"), (3, "FINISHED"), (4, "FAILED"), (5, "KILLED")],
)
def test_run_statuses_have_the_numbers_of_the_protocol(number: int, name: str) -> None:
    assert RunStatus.to_string(number) == name
    assert RunStatus.from_string(name) == number == getattr(RunStatus, name)
    assert RunStatus.is_terminated(number) is (number > 2)
    assert number in RunStatus.all_status()


def test_unknown_status_names_those_that_exist() -> None:
    with pytest.raises(InvalidValue, match="DONE.*FINISHED"):
        RunStatus.from_string("DONE")
    with pytest.raises(InvalidValue, match="9"):
        RunStatus.to_string(9)


def test_view_types_have_the_numbers_of_the_protocol() -> None:
    assert (ViewType.ACTIVE_ONLY, ViewType.DELETED_ONLY, ViewType.ALL) == (1, 2, 3)
    assert ViewType.to_string(2) == "deleted_only"
    assert ViewType.from_string("ALL") == 3
    assert ViewType.to_message(1) is kinds.ViewType.ACTIVE_ONLY


def test_lifecycle_stage_knows_which_view_shows_it() -> None:
    assert LifecycleStage.view_type_to_stages(ViewType.ALL) == ["active", "deleted"]
    assert LifecycleStage.matches_view_type(ViewType.DELETED_ONLY, "deleted")
    assert not LifecycleStage.matches_view_type(ViewType.ACTIVE_ONLY, "deleted")
    assert LifecycleStage.is_valid("active")
    assert not LifecycleStage.is_valid("gone")
    with pytest.raises(InvalidValue, match="7"):
        LifecycleStage.view_type_to_stages(7)


def test_source_types_have_the_numbers_of_the_protocol() -> None:
    assert SourceType.to_string(SourceType.LOCAL) == "LOCAL"
    assert SourceType.from_string("PROJECT") == 3
