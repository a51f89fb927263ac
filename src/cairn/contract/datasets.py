"""Evaluation datasets: records of inputs, outputs and expectations that several runs measure on.

Tags, records, schema and profile are JSON texts inside of the messages, as the protocol has it.
"""

from __future__ import annotations

from typing import Annotated, Protocol

from msgspec import Meta

from cairn.contract.kinds import ExperimentId, Millis, PageToken
from cairn.contract.op import Message, op

MAX_DATASET_EXPERIMENTS = 1000
MAX_RECORDS_PER_PAGE = 50000

DatasetId = Annotated[str, Meta(min_length=1, max_length=64, description="Id of a dataset")]
ExperimentIds = Annotated[list[ExperimentId], Meta(max_length=MAX_DATASET_EXPERIMENTS)]
PersonName = Annotated[str, Meta(max_length=255)]


class EvaluationDataset(Message):
    """An evaluation dataset without its records. Times are ms since epoch."""

    dataset_id: str
    name: str
    tags: str
    digest: str
    created_time: Millis
    last_update_time: Millis
    schema: str | None = None
    profile: str | None = None
    created_by: str | None = None
    last_updated_by: str | None = None
    experiment_ids: list[str] = []


class EvaluationDatasetReply(Message):
    """One evaluation dataset."""

    dataset: EvaluationDataset


class CreateEvaluationDataset(Message):
    """Request to create an evaluation dataset; names need not be unique."""

    name: Annotated[str, Meta(min_length=1, max_length=255)]
    experiment_ids: ExperimentIds = []
    created_by: PersonName | None = None
    tags: str = "{}"


class EvaluationDatasetRef(Message):
    """A request that names one evaluation dataset."""

    dataset_id: DatasetId


class SearchEvaluationDatasets(Message):
    """A page of evaluation datasets, of some experiments if they are named; the newest first."""

    experiment_ids: ExperimentIds = []
    filter_string: str = ""
    max_results: int = 1000
    order_by: list[str] = []
    page_token: PageToken | None = None


class EvaluationDatasetsPage(Message):
    """Evaluation datasets and the cursor of the next page, absent on the last one."""

    datasets: list[EvaluationDataset] = []
    next_page_token: str | None = None


class SetEvaluationDatasetTags(Message):
    """Request to set tags: a JSON object; a null removes the tag."""

    dataset_id: DatasetId
    tags: str


class DeleteEvaluationDatasetTag(Message):
    """Request to remove a tag."""

    dataset_id: DatasetId
    key: Annotated[str, Meta(min_length=1, max_length=255)]


class UpsertRecords(Message):
    """Request to add records: a JSON list of objects with ``inputs``.

    A record with the inputs of one that is there changes that one: expectations and tags are
    merged key by key, outputs and source replaced.
    """

    dataset_id: DatasetId
    records: str
    updated_by: PersonName | None = None


class RecordsUpserted(Message, omit_defaults=False):
    """How many records are new, and how many were changed."""

    inserted_count: int
    updated_count: int


class GetRecords(Message):
    """A page of the records of an evaluation dataset, in the order in which they were added."""

    dataset_id: DatasetId
    max_results: Annotated[int, Meta(ge=1, le=MAX_RECORDS_PER_PAGE)] = 1000
    page_token: PageToken | None = None


class RecordsPage(Message, omit_defaults=False):
    """Records as a JSON list, and the cursor of the next page, absent on the last one."""

    records: str
    next_page_token: str | None = None


class DeleteRecords(Message):
    """Request to delete records."""

    dataset_id: DatasetId
    dataset_record_ids: list[str] = []


class RecordsDeleted(Message, omit_defaults=False):
    """How many records were deleted."""

    deleted_count: int


class DatasetExperiments(Message):
    """Request to change which experiments use an evaluation dataset."""

    dataset_id: DatasetId
    experiment_ids: ExperimentIds = []


class ExperimentIdsReply(Message):
    """The experiments that use an evaluation dataset."""

    experiment_ids: list[str] = []


class EvaluationDatasets(Protocol):
    """Create, find, fill and delete evaluation datasets."""

    @op("POST 3.0 datasets/create", needs="edit dataset")
    def create_evaluation_dataset(self, request: CreateEvaluationDataset) -> EvaluationDatasetReply:
        """Create an evaluation dataset."""
        ...

    @op("POST 3.0 datasets/search", "GET 3.0 datasets/search", needs="read dataset")
    def search_evaluation_datasets(
        self, request: SearchEvaluationDatasets
    ) -> EvaluationDatasetsPage:
        """Return a page of evaluation datasets that match a filter."""
        ...

    @op("GET 3.0 datasets/{dataset_id}", needs="read dataset")
    def get_evaluation_dataset(self, request: EvaluationDatasetRef) -> EvaluationDatasetReply:
        """Return an evaluation dataset, without its records."""
        ...

    @op("DELETE 3.0 datasets/{dataset_id}", needs="delete dataset")
    def delete_evaluation_dataset(self, request: EvaluationDatasetRef) -> None:
        """Delete an evaluation dataset with its records, for good; one that is gone is no error."""
        ...

    @op("PATCH 3.0 datasets/{dataset_id}/tags", needs="edit dataset")
    def set_evaluation_dataset_tags(self, request: SetEvaluationDatasetTags) -> None:
        """Set tags of an evaluation dataset."""
        ...

    @op("DELETE 3.0 datasets/{dataset_id}/tags/{key:path}", needs="edit dataset")
    def delete_evaluation_dataset_tag(self, request: DeleteEvaluationDatasetTag) -> None:
        """Remove a tag of an evaluation dataset; one that is gone is no error."""
        ...

    @op("POST 3.0 datasets/{dataset_id}/records", needs="edit dataset")
    def upsert_records(self, request: UpsertRecords) -> RecordsUpserted:
        """Add records to an evaluation dataset, or change those with the same inputs."""
        ...

    @op("GET 3.0 datasets/{dataset_id}/records", needs="read dataset")
    def get_records(self, request: GetRecords) -> RecordsPage:
        """Return a page of the records of an evaluation dataset."""
        ...

    @op("DELETE 3.0 datasets/{dataset_id}/records", needs="edit dataset")
    def delete_records(self, request: DeleteRecords) -> RecordsDeleted:
        """Delete records of an evaluation dataset; those that are gone are no error."""
        ...

    @op("GET 3.0 datasets/{dataset_id}/experiment-ids", needs="read dataset")
    def get_dataset_experiments(self, request: EvaluationDatasetRef) -> ExperimentIdsReply:
        """Return which experiments use an evaluation dataset."""
        ...

    @op("POST 3.0 datasets/{dataset_id}/add-experiments", needs="edit dataset")
    def add_dataset_experiments(self, request: DatasetExperiments) -> EvaluationDatasetReply:
        """Say that more experiments use an evaluation dataset."""
        ...

    @op("POST 3.0 datasets/{dataset_id}/remove-experiments", needs="edit dataset")
    def remove_dataset_experiments(self, request: DatasetExperiments) -> EvaluationDatasetReply:
        """Say that experiments do not use an evaluation dataset any more."""
        ...
