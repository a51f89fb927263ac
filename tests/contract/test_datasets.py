"""What every store of evaluation datasets promises, in process and over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cairn.contract.datasets import (
    CreateEvaluationDataset,
    DatasetExperiments,
    DeleteEvaluationDatasetTag,
    DeleteRecords,
    EvaluationDataset,
    EvaluationDatasetRef,
    GetRecords,
    RecordsUpserted,
    SearchEvaluationDatasets,
    SetEvaluationDatasetTags,
    UpsertRecords,
)
from cairn.contract.experiments import CreateExperiment
from cairn.contract.services import Tracking
from cairn.errors import DoesNotExist, InvalidValue


def create(tracking: Tracking, name: str, *experiments: str, tags: str = "{}") -> str:
    request = CreateEvaluationDataset(name=name, experiment_ids=list(experiments), tags=tags)
    return tracking.create_evaluation_dataset(request).dataset.dataset_id


def get(tracking: Tracking, dataset_id: str) -> EvaluationDataset:
    return tracking.get_evaluation_dataset(EvaluationDatasetRef(dataset_id=dataset_id)).dataset


def upsert(tracking: Tracking, dataset_id: str, *records: dict[str, Any]) -> tuple[int, int]:
    request = UpsertRecords(dataset_id=dataset_id, records=json.dumps(records), updated_by="bob")
    done: RecordsUpserted = tracking.upsert_records(request)
    return done.inserted_count, done.updated_count


def records(tracking: Tracking, dataset_id: str, size: int = 1000) -> list[list[dict[str, Any]]]:
    request, pages = GetRecords(dataset_id=dataset_id, max_results=size), []
    while True:
        page = tracking.get_records(request)
        pages.append(json.loads(page.records))
        request.page_token = page.next_page_token
        if page.next_page_token is None:
            return pages


def test_a_dataset_is_answered_as_it_was_created(tracking: Tracking) -> None:
    tags = '{"a": "b", "mlflow.user": "me"}'
    found = get(tracking, create(tracking, "one", "0", tags=tags))
    assert (found.name, found.tags, found.experiment_ids) == ("one", tags, ["0"])
    assert (found.created_by, found.last_updated_by) == ("me", "me")
    assert found.created_time == found.last_update_time
    assert found.dataset_id.startswith("d-")
    assert len(found.digest) == 8
    with pytest.raises(DoesNotExist, match="No Experiment with id=999"):
        create(tracking, "two", "999")


def test_records_with_the_same_inputs_are_merged(tracking: Tracking) -> None:
    dataset = create(tracking, "one")
    source = {"source_type": "TRACE", "source_data": {"trace_id": "tr-1"}}
    first = {"inputs": {"q": 1, "z": [1]}, "expectations": {"a": "2"}, "tags": {"t": "v"}}
    assert upsert(tracking, dataset, first, {"inputs": {"q": 2}, "source": source}) == (2, 0)
    again = {"inputs": {"z": [1], "q": 1}, "expectations": {"b": True}, "outputs": "text"}
    assert upsert(tracking, dataset, again, {"inputs": {"q": 3}}, {"inputs": {"q": 3}}) == (1, 2)
    ((one, two, three),) = records(tracking, dataset)
    assert one["inputs"] == {"q": 1, "z": [1]}
    assert one["expectations"] == {"a": "2", "b": True}
    assert (one["tags"], one["outputs"], one["last_updated_by"]) == ({"t": "v"}, "text", "bob")
    assert (two["source_type"], two["source_id"], two["source"]) == ("TRACE", "tr-1", source)
    assert (three["inputs"], three["tags"], three["outputs"]) == ({"q": 3}, {}, {})
    found = get(tracking, dataset)
    assert json.loads(found.profile or "") == {"num_records": 3}
    assert json.loads(found.schema or "")["inputs"] == {"q": "integer", "z": "array"}
    assert json.loads(found.schema or "")["expectations"] == {"a": "string", "b": "boolean"}


def test_records_come_in_pages_in_the_order_of_arrival(tracking: Tracking) -> None:
    dataset = create(tracking, "one")
    upsert(tracking, dataset, *({"inputs": {"q": number}} for number in range(5)))
    pages = records(tracking, dataset, 2)
    assert [[r["inputs"]["q"] for r in page] for page in pages] == [[0, 1], [2, 3], [4]]
    gone = DeleteRecords(
        dataset_id=dataset, dataset_record_ids=[pages[0][0]["dataset_record_id"], "dr-none"]
    )
    assert [tracking.delete_records(gone).deleted_count for _ in range(2)] == [1, 0]
    assert json.loads(get(tracking, dataset).profile or "") == {"num_records": 4}


@pytest.mark.parametrize("text", ["{", "{}", "[1]", '[{"inputs": "a"}]', '[{"tags": []}]'])
def test_records_of_another_shape_are_refused(tracking: Tracking, text: str) -> None:
    dataset = create(tracking, "one")
    with pytest.raises(InvalidValue, match="records"):
        tracking.upsert_records(UpsertRecords(dataset_id=dataset, records=text))


def test_tags_are_set_changed_and_removed(tracking: Tracking) -> None:
    dataset = create(tracking, "one", tags='{"a": "1", "b": "1", "c/d": "1"}')
    change = SetEvaluationDatasetTags(dataset_id=dataset, tags='{"a": "2", "b": null, "n": 3}')
    tracking.set_evaluation_dataset_tags(change)
    for _ in range(2):
        gone = DeleteEvaluationDatasetTag(dataset_id=dataset, key="c/d")
        tracking.delete_evaluation_dataset_tag(gone)
    assert json.loads(get(tracking, dataset).tags) == {"a": "2", "n": "3"}
    with pytest.raises(InvalidValue, match="'tags' is not a JSON object"):
        tracking.set_evaluation_dataset_tags(SetEvaluationDatasetTags(dataset_id=dataset, tags="1"))


def test_datasets_are_found_by_experiment_and_filter(tracking: Tracking) -> None:
    other = tracking.create_experiment(CreateExperiment(name="other")).experiment_id
    one, two = create(tracking, "one", "0", tags='{"t": "v"}'), create(tracking, "two", "0", other)

    def names(**wanted: Any) -> list[str]:
        page = tracking.search_evaluation_datasets(SearchEvaluationDatasets(**wanted))
        return [found.name for found in page.datasets]

    assert sorted(names()) == ["one", "two"]
    assert names(experiment_ids=[other]) == ["two"]
    assert names(filter_string="name LIKE 'o%' AND created_time > 0") == ["one"]
    assert names(filter_string="tags.t = 'v'") == ["one"]
    assert names(order_by=["name DESC"], max_results=1) == ["two"]
    move = DatasetExperiments(dataset_id=one, experiment_ids=[other])
    assert tracking.add_dataset_experiments(move).dataset.experiment_ids == ["0", other]
    assert sorted(names(experiment_ids=[other])) == ["one", "two"]
    tracking.remove_dataset_experiments(DatasetExperiments(dataset_id=two, experiment_ids=["0"]))
    ref = EvaluationDatasetRef(dataset_id=two)
    assert tracking.get_dataset_experiments(ref).experiment_ids == [other]


def test_a_deleted_dataset_is_gone_with_its_records(tracking: Tracking) -> None:
    dataset = create(tracking, "one")
    upsert(tracking, dataset, {"inputs": {"q": 1}})
    for _ in range(2):
        tracking.delete_evaluation_dataset(EvaluationDatasetRef(dataset_id=dataset))
    with pytest.raises(DoesNotExist, match=f"Evaluation dataset with id '{dataset}' not found"):
        records(tracking, dataset)
