"""Runs: one execution of training code, with its params, tags, inputs and latest metrics."""

from __future__ import annotations

from typing import Annotated, Protocol

from msgspec import UNSET, Meta, UnsetType

from cairn.contract.kinds import (
    MAX_DATASETS_PER_BATCH,
    MAX_METRICS_PER_BATCH,
    MAX_PARAMS_PER_BATCH,
    MAX_TAG_VALUE_LENGTH,
    MAX_TAGS_PER_BATCH,
    ExperimentId,
    Key,
    Millis,
    Number,
    PageToken,
    RunId,
    RunStatus,
    Step,
    ViewType,
)
from cairn.contract.op import Message, op

DatasetName = Annotated[str, Meta(max_length=500)]
DatasetDigest = Annotated[str, Meta(max_length=36)]


class Metric(Message, omit_defaults=False, gc=False):
    """One point of a metric: value, time in ms since epoch, step."""

    key: Key
    value: Number
    timestamp: Millis
    step: Step = 0
    model_id: str | UnsetType = UNSET
    dataset_name: str | UnsetType = UNSET
    dataset_digest: str | UnsetType = UNSET
    run_id: str | UnsetType = UNSET


class Param(Message, omit_defaults=False, gc=False):
    """A param: written once, text."""

    key: Key
    value: str = ""


class RunTag(Message, omit_defaults=False, gc=False):
    """A tag of a run: may change, text."""

    key: Key
    value: str = ""


class InputTag(Message):
    """A tag on the use of a dataset, for example ``mlflow.data.context``."""

    key: Annotated[str, Meta(min_length=1, max_length=255)]
    value: Annotated[str, Meta(max_length=500)]


class Dataset(Message):
    """What a run read. `source`, `schema` and `profile` are JSON texts."""

    name: DatasetName
    digest: DatasetDigest = ""
    source_type: str = ""
    source: Annotated[str, Meta(max_length=65535)] = ""
    schema: Annotated[str, Meta(max_length=1048575)] | None = None
    profile: Annotated[str, Meta(max_length=16777215)] | None = None


class DatasetInput(Message):
    """A dataset and the tags of its use in this run."""

    dataset: Dataset
    tags: list[InputTag] = []


class ModelInput(Message):
    """A logged model that a run read."""

    model_id: str


class ModelOutput(Message, omit_defaults=False):
    """A logged model that a run made, at a step."""

    model_id: str
    step: Step = 0


class RunInfo(Message, omit_defaults=True):
    """Facts about a run. Times are ms since epoch."""

    run_id: str
    run_uuid: str
    run_name: str
    experiment_id: str
    user_id: str
    status: RunStatus
    start_time: Millis
    artifact_uri: str
    lifecycle_stage: str
    end_time: Millis | None = None


class RunData(Message):
    """Latest metrics, params and tags of a run, each sorted by key."""

    metrics: list[Metric] = []
    params: list[Param] = []
    tags: list[RunTag] = []


class RunInputs(Message):
    """What a run read."""

    dataset_inputs: list[DatasetInput] = []
    model_inputs: list[ModelInput] = []


class RunOutputs(Message):
    """What a run made."""

    model_outputs: list[ModelOutput] = []


class Run(Message):
    """A run."""

    info: RunInfo
    data: RunData
    inputs: RunInputs
    outputs: RunOutputs | None = None


class RunReply(Message):
    """One run."""

    run: Run


class CreateRun(Message):
    """Request to start a run. Without a name (`run_name` or tag ``mlflow.runName``) one is made.

    `run_id` is our addition: 32 hexadecimal digits chosen by the client, so that a repeated
    request finds the run it made.
    """

    experiment_id: ExperimentId
    user_id: Annotated[str, Meta(max_length=256)] = ""
    run_name: Annotated[str, Meta(max_length=MAX_TAG_VALUE_LENGTH)] = ""
    start_time: Millis = 0
    tags: list[RunTag] = []
    run_id: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")] | None = None


class RunRef(Message):
    """A request that names one run."""

    run_id: RunId


class Numbered(Message):
    """A request that may be sent again: one whose pair the run knows already does nothing.

    `source` and `sequence` are our addition: who numbers its requests, and the number.
    """

    source: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    sequence: Annotated[int, Meta(ge=0, le=2**62)] | None = None


class UpdateRun(Numbered, kw_only=True):
    """Request to change status, end time or name of a run; what is absent stays."""

    run_id: RunId
    status: RunStatus | None = None
    end_time: Millis | None = None
    run_name: str | None = None


class RunUpdated(Message):
    """Facts about the run after the change."""

    run_info: RunInfo


class LogMetric(Message):
    """Request to append one point to a metric of a run."""

    run_id: RunId
    key: Key
    value: Number
    timestamp: Millis
    step: Step = 0
    model_id: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None


class LogParam(Message):
    """Request to set a param of a run. A param keeps its first value."""

    run_id: RunId
    key: Key
    value: str = ""


class SetTag(Message):
    """Request to set a tag of a run."""

    run_id: RunId
    key: Key
    value: str = ""


class DeleteTag(Numbered, kw_only=True):
    """Request to remove a tag of a run."""

    run_id: RunId
    key: Key


class LogBatch(Numbered, kw_only=True):
    """Request to log metrics, params and tags of a run in one transaction.

    At most 1,000 metrics, 100 params, 100 tags, and 1,000 of them together.
    """

    run_id: RunId
    metrics: Annotated[list[Metric], Meta(max_length=MAX_METRICS_PER_BATCH)] = []
    params: Annotated[list[Param], Meta(max_length=MAX_PARAMS_PER_BATCH)] = []
    tags: Annotated[list[RunTag], Meta(max_length=MAX_TAGS_PER_BATCH)] = []


class LogInputs(Numbered, kw_only=True):
    """Request to record which datasets and models a run read."""

    run_id: RunId
    datasets: Annotated[list[DatasetInput], Meta(max_length=MAX_DATASETS_PER_BATCH)] = []
    models: Annotated[list[ModelInput], Meta(max_length=MAX_DATASETS_PER_BATCH)] = []


class LogOutputs(Numbered, kw_only=True):
    """Request to record which models a run made."""

    run_id: RunId
    models: Annotated[list[ModelOutput], Meta(min_length=1, max_length=MAX_DATASETS_PER_BATCH)]


class SearchRuns(Message):
    """A page of runs of some experiments. `max_results` is 1 to 50,000, 1,000 by default."""

    experiment_ids: list[str] = []
    filter: str = ""
    run_view_type: ViewType = ViewType.ACTIVE_ONLY
    max_results: int = 1000
    order_by: list[str] = []
    page_token: PageToken | None = None


class RunsPage(Message):
    """Runs and the cursor of the next page, absent on the last one."""

    runs: list[Run] = []
    next_page_token: str | None = None


class SelectRuns(Message):
    """The runs of some experiments that match a filter."""

    experiment_ids: list[str] = []
    filter: str = ""
    run_view_type: ViewType = ViewType.ACTIVE_ONLY


class CountRuns(SelectRuns):
    """How many runs match; at most `limit`, where counting ends."""

    limit: Annotated[int, Meta(ge=1)] | None = None


class RunCount(Message):
    """How many runs match."""

    total: int


class Column(Message):
    """A key that runs have: on how many of them, and with how many different values."""

    key: str
    runs: int
    distinct: int


class RunColumns(Message):
    """The keys that the selected runs have, sorted by key."""

    metrics: list[Column] = []
    params: list[Column] = []
    tags: list[Column] = []


class SearchDatasets(Message):
    """Request for the datasets that runs of some experiments read; 1 to 20 experiments."""

    experiment_ids: Annotated[list[ExperimentId], Meta(min_length=1, max_length=20)]


class DatasetSummary(Message):
    """A dataset and the context it was used in."""

    experiment_id: str
    name: str
    digest: str
    context: str | None = None


class DatasetSummaries(Message):
    """The datasets of some experiments."""

    dataset_summaries: list[DatasetSummary] = []


class Runs(Protocol):
    """Create, find, change and delete runs, and log to them."""

    @op("POST runs/create", needs="edit experiment")
    def create_run(self, request: CreateRun) -> RunReply:
        """Start a run in an active experiment."""
        ...

    @op("GET runs/get", needs="read run")
    def get_run(self, request: RunRef) -> RunReply:
        """Return a run with the latest value of each metric, deleted runs too."""
        ...

    @op("POST runs/update", needs="edit run")
    def update_run(self, request: UpdateRun) -> RunUpdated:
        """Change status, end time or name of an active run."""
        ...

    @op("POST runs/delete", needs="delete run")
    def delete_run(self, request: RunRef) -> None:
        """Hide a run. `restore_run` brings it back."""
        ...

    @op("POST runs/restore", needs="delete run")
    def restore_run(self, request: RunRef) -> None:
        """Bring back a deleted run."""
        ...

    @op("POST runs/log-metric", needs="edit run")
    def log_metric(self, request: LogMetric) -> None:
        """Append one point to a metric of an active run."""
        ...

    @op("POST runs/log-parameter", needs="edit run")
    def log_param(self, request: LogParam) -> None:
        """Set a param of an active run; the same value again is no error, another value is."""
        ...

    @op("POST runs/set-tag", needs="edit run")
    def set_tag(self, request: SetTag) -> None:
        """Set a tag of an active run."""
        ...

    @op("POST runs/delete-tag", needs="edit run")
    def delete_tag(self, request: DeleteTag) -> None:
        """Remove a tag of an active run."""
        ...

    @op("POST runs/log-batch", needs="edit run")
    def log_batch(self, request: LogBatch) -> None:
        """Log metrics, params and tags of an active run: all of them or none."""
        ...

    @op("POST runs/log-inputs", needs="edit run")
    def log_inputs(self, request: LogInputs) -> None:
        """Record datasets and models that an active run read."""
        ...

    @op("POST runs/outputs", needs="edit run")
    def log_outputs(self, request: LogOutputs) -> None:
        """Record models that an active run made."""
        ...

    @op("POST runs/search", needs="read experiment")
    def search_runs(self, request: SearchRuns) -> RunsPage:
        """Return a page of runs that match a filter; experiments that do not exist have none."""
        ...

    @op("POST v1 runs/count", needs="read experiment")
    def count_runs(self, request: CountRuns) -> RunCount:
        """Return how many runs match a filter, or the limit when there are more."""
        ...

    @op("POST v1 runs/columns", needs="read experiment")
    def list_columns(self, request: SelectRuns) -> RunColumns:
        """Return the metrics, params and tags that the matching runs have, and which vary."""
        ...

    @op("POST experiments/search-datasets", needs="read experiment")
    def search_datasets(self, request: SearchDatasets) -> DatasetSummaries:
        """Return the datasets that runs of some experiments read."""
        ...
