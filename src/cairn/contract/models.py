"""Logged models: what training made, with params, tags, metrics and artifacts of its own."""

from __future__ import annotations

import enum
from typing import Annotated, Protocol

from msgspec import Meta

from cairn.contract.artifacts import ArtifactsPage
from cairn.contract.kinds import ExperimentId, Millis, PageToken, RunId
from cairn.contract.op import Message, op
from cairn.contract.runs import Metric

MAX_MODEL_KEY_LENGTH = 255
MAX_MODEL_NAME_LENGTH = 500
MAX_MODELS_PER_PAGE = 1000

ModelId = Annotated[str, Meta(min_length=1, max_length=64, description="Id of a logged model")]
ModelKey = Annotated[str, Meta(min_length=1, max_length=MAX_MODEL_KEY_LENGTH)]


class LoggedModelStatus(str, enum.Enum):
    """How far the artifacts of a logged model are; also known by the last word, as ``READY``."""

    LOGGED_MODEL_PENDING = "LOGGED_MODEL_PENDING"
    LOGGED_MODEL_READY = "LOGGED_MODEL_READY"
    LOGGED_MODEL_UPLOAD_FAILED = "LOGGED_MODEL_UPLOAD_FAILED"

    @property
    def word(self) -> str:
        """The last word of the name: PENDING, READY or FAILED."""
        return self.value.rpartition("_")[2]

    @classmethod
    def _missing_(cls, value: object) -> LoggedModelStatus | None:
        return next((status for status in cls if status.word == value), None)


class LoggedModelParam(Message, omit_defaults=False):
    """A param of a logged model: written once, text."""

    key: ModelKey
    value: str = ""


class LoggedModelTag(Message, omit_defaults=False):
    """A tag of a logged model: may change, text."""

    key: ModelKey
    value: str = ""


class LoggedModelInfo(Message):
    """Facts about a logged model. Times are ms since epoch; `source_run_id` may be empty."""

    model_id: str
    experiment_id: str
    name: str
    creation_timestamp_ms: Millis
    last_updated_timestamp_ms: Millis
    artifact_uri: str
    status: LoggedModelStatus
    model_type: str
    source_run_id: str
    status_message: str | None = None
    tags: list[LoggedModelTag] = []


class LoggedModelData(Message):
    """Params of a logged model, and every point that runs logged with its id."""

    params: list[LoggedModelParam] = []
    metrics: list[Metric] = []


class LoggedModel(Message):
    """A logged model."""

    info: LoggedModelInfo
    data: LoggedModelData


class LoggedModelReply(Message):
    """One logged model."""

    model: LoggedModel


class CreateLoggedModel(Message):
    """Request to create a logged model; without a name one is made. Names need not be unique.

    `model_id` is our addition: ``m-`` and 32 hexadecimal digits chosen by the client, so that a
    repeated request finds the model it made.
    """

    experiment_id: ExperimentId
    name: Annotated[str, Meta(max_length=MAX_MODEL_NAME_LENGTH)] = ""
    model_type: Annotated[str, Meta(max_length=500)] = ""
    source_run_id: Annotated[str, Meta(max_length=256)] = ""
    params: list[LoggedModelParam] = []
    tags: list[LoggedModelTag] = []
    model_id: Annotated[str, Meta(pattern="^m-[0-9a-f]{32}$")] | None = None


class LoggedModelRef(Message):
    """A request that names one logged model."""

    model_id: ModelId


class GetLoggedModel(Message):
    """A request for one logged model; with `allow_deleted` for a deleted one, too."""

    model_id: ModelId
    allow_deleted: bool = False


class FinalizeLoggedModel(Message):
    """Request to change the status of a logged model."""

    model_id: ModelId
    status: LoggedModelStatus


class LogLoggedModelParams(Message):
    """Request to set params of a logged model. A param keeps its first value."""

    model_id: ModelId
    params: list[LoggedModelParam] = []


class SetLoggedModelTags(Message):
    """Request to set tags of a logged model."""

    model_id: ModelId
    tags: list[LoggedModelTag] = []


class DeleteLoggedModelTag(Message):
    """Request to remove a tag of a logged model."""

    model_id: ModelId
    tag_key: ModelKey


class ModelDataset(Message):
    """A dataset that metrics of models were measured on; without a digest, any of that name."""

    dataset_name: str
    dataset_digest: str = ""


class ModelOrder(Message):
    """One key to sort logged models by: an attribute, or a metric, on one dataset if given."""

    field_name: str = ""
    ascending: bool = True
    dataset_name: str = ""
    dataset_digest: str = ""


class SearchLoggedModels(Message):
    """A page of the logged models of some experiments; 50 by default, at most 1,000.

    With `datasets`, metrics of the filter are those on one of them; a filter without metrics then
    finds the models that have some on one of them.
    """

    experiment_ids: Annotated[list[ExperimentId], Meta(min_length=1)]
    filter: str = ""
    datasets: Annotated[list[ModelDataset], Meta(max_length=100)] = []
    max_results: int = 50
    order_by: list[ModelOrder] = []
    page_token: PageToken | None = None


class LoggedModelsPage(Message):
    """Logged models and the cursor of the next page, absent on the last one."""

    models: list[LoggedModel] = []
    next_page_token: str | None = None


class ListModelArtifacts(Message):
    """Request for the direct children of a folder of a logged model."""

    model_id: ModelId
    artifact_directory_path: str | None = None
    page_token: PageToken | None = None


class LogModel(Message):
    """Request to note, as clients of version 2 do, that a run made a model.

    `model_json` is a JSON object with ``run_id``, ``artifact_path``, ``utc_time_created`` and
    ``flavors``.
    """

    run_id: RunId
    model_json: Annotated[str, Meta(min_length=1)]


class LoggedModels(Protocol):
    """Create, find, change and delete logged models."""

    @op("POST logged-models", needs="edit experiment")
    def create_logged_model(self, request: CreateLoggedModel) -> LoggedModelReply:
        """Create a logged model in an active experiment; it is pending until it is finalized."""
        ...

    @op("POST logged-models/search", needs="read experiment")
    def search_logged_models(self, request: SearchLoggedModels) -> LoggedModelsPage:
        """Return a page of logged models that match a filter."""
        ...

    @op("GET logged-models/{model_id}", needs="read model")
    def get_logged_model(self, request: GetLoggedModel) -> LoggedModelReply:
        """Return a logged model."""
        ...

    @op("PATCH logged-models/{model_id}", needs="edit model")
    def finalize_logged_model(self, request: FinalizeLoggedModel) -> LoggedModelReply:
        """Say whether the artifacts of a logged model are complete."""
        ...

    @op("DELETE logged-models/{model_id}", needs="delete model")
    def delete_logged_model(self, request: LoggedModelRef) -> None:
        """Hide a logged model."""
        ...

    @op("POST logged-models/{model_id}/params", needs="edit model")
    def log_logged_model_params(self, request: LogLoggedModelParams) -> None:
        """Set params of a logged model; the same value again is no error, another value is."""
        ...

    @op("PATCH logged-models/{model_id}/tags", needs="edit model")
    def set_logged_model_tags(self, request: SetLoggedModelTags) -> None:
        """Set tags of a logged model."""
        ...

    @op("DELETE logged-models/{model_id}/tags/{tag_key:path}", needs="edit model")
    def delete_logged_model_tag(self, request: DeleteLoggedModelTag) -> None:
        """Remove a tag of a logged model."""
        ...

    @op("POST runs/log-model", needs="edit run")
    def log_model(self, request: LogModel) -> None:
        """Add to the tag ``mlflow.log-model.history`` of an active run."""
        ...


class LoggedModelArtifacts(Protocol):
    """List the artifacts of logged models. Bytes move through the server's raw routes."""

    @op("GET logged-models/{model_id}/artifacts/directories", needs="read model")
    def list_logged_model_artifacts(self, request: ListModelArtifacts) -> ArtifactsPage:
        """Return what a folder of a logged model holds; nothing for a missing folder."""
        ...
