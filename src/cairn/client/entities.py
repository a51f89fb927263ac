"""What reads return: runs, models, experiments and their parts, as plain values.

The names, the order of the arguments and the attributes are those of the compatible API. Every
entity compares by value, and ``dict(entity)`` gives its attributes. Times are ms since epoch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from cairn.client.entity import Composite, Metric, Value
from cairn.client.logged_model import (
    LoggedModel,
    LoggedModelParameter,
    LoggedModelStatus,
    LoggedModelTag,
)
from cairn.client.states import RunStatus, SourceType, ViewType
from cairn.contract import experiments, runs
from cairn.contract.artifacts import FileInfo as FileInfoMessage
from cairn.contract.kinds import ACTIVE, DELETED
from cairn.errors import InvalidValue

Item = TypeVar("Item")


class Param(Value, frozen=True):
    """A param of a run; its value is text."""

    key: str
    value: str

    @classmethod
    def from_message(cls, message: runs.Param) -> Param:
        """The param that a message of the contract holds."""
        return cls(message.key, message.value)


class RunTag(Value, frozen=True):
    """A tag of a run; its value is text."""

    key: str
    value: str

    @classmethod
    def from_message(cls, message: runs.RunTag) -> RunTag:
        """The tag that a message of the contract holds."""
        return cls(message.key, message.value)


class ExperimentTag(Value, frozen=True):
    """A tag of an experiment; its value is text."""

    key: str
    value: str


class InputTag(Value, frozen=True):
    """A tag on the use of a dataset, for example ``mlflow.data.context``."""

    key: str
    value: str


class Dataset(Value, frozen=True):
    """What a run read. `source`, `schema` and `profile` are JSON texts."""

    name: str
    digest: str
    source_type: str
    source: str
    schema: str | None = None
    profile: str | None = None


class DatasetInput(Value, frozen=True):
    """A dataset and the tags of its use in a run."""

    dataset: Dataset
    tags: list[InputTag] = msgspec.field(default_factory=list)

    @classmethod
    def from_message(cls, message: runs.DatasetInput) -> DatasetInput:
        """The use of a dataset that a message of the contract holds."""
        given = message.dataset
        return cls(
            Dataset(
                given.name,
                given.digest,
                given.source_type,
                given.source,
                given.schema,
                given.profile,
            ),
            [InputTag(tag.key, tag.value) for tag in message.tags],
        )

    def to_message(self) -> runs.DatasetInput:
        """The message of the contract for this use of a dataset."""
        return runs.DatasetInput(
            dataset=runs.Dataset(**dict(self.dataset)),
            tags=[runs.InputTag(key=tag.key, value=tag.value) for tag in self.tags or ()],
        )


class LoggedModelInput(Value, frozen=True):
    """A logged model that a run read."""

    model_id: str


class LoggedModelOutput(Value, frozen=True):
    """A logged model that a run made, at a step."""

    model_id: str
    step: int


class FileInfo(Value, frozen=True):
    """A file or folder among the artifacts of a run; `file_size` is in bytes."""

    path: str
    is_dir: bool
    file_size: int | None

    @classmethod
    def from_message(cls, message: FileInfoMessage) -> FileInfo:
        """The file or folder that a message of the contract holds."""
        return cls(message.path, message.is_dir, message.file_size)


class RunInfo(Value, frozen=True):
    """Facts about a run; `status` is one of RUNNING, SCHEDULED, FINISHED, FAILED, KILLED."""

    run_id: str
    experiment_id: str
    user_id: str
    status: str
    start_time: int
    end_time: int | None
    lifecycle_stage: str
    artifact_uri: str | None = None
    run_name: str | None = None

    @classmethod
    def from_message(cls, message: runs.RunInfo) -> RunInfo:
        """The facts that a message of the contract holds."""
        return cls(
            message.run_id,
            message.experiment_id,
            message.user_id,
            message.status.value,
            message.start_time,
            message.end_time,
            message.lifecycle_stage,
            message.artifact_uri,
            message.run_name,
        )


class RunData(Composite):
    """Latest metrics, params and tags of a run, each as a dictionary by key.

    Attributes:
        points: the latest metrics with their times and steps.
    """

    _shown = ("metrics", "params", "tags")

    def __init__(
        self,
        metrics: Sequence[Metric] | None = None,
        params: Sequence[Param] | None = None,
        tags: Sequence[RunTag] | None = None,
    ) -> None:
        self.metrics: dict[str, float] = {metric.key: metric.value for metric in metrics or ()}
        self.params: dict[str, str] = {param.key: param.value for param in params or ()}
        self.tags: dict[str, str] = {tag.key: tag.value for tag in tags or ()}
        self.points = list(metrics or ())

    @classmethod
    def from_message(cls, message: runs.RunData) -> RunData:
        """The data that a message of the contract holds."""
        return cls(
            [Metric.from_message(metric) for metric in message.metrics],
            [Param.from_message(param) for param in message.params],
            [RunTag.from_message(tag) for tag in message.tags],
        )


class RunInputs(Value, frozen=True):
    """What a run read."""

    dataset_inputs: list[DatasetInput]
    model_inputs: list[LoggedModelInput] = msgspec.field(default_factory=list)


class RunOutputs(Value, frozen=True):
    """What a run made."""

    model_outputs: list[LoggedModelOutput]


class Run(Composite):
    """A run: its facts, its data, what it read and what it made."""

    _shown = ("info", "data", "inputs", "outputs")

    def __init__(
        self,
        run_info: RunInfo,
        run_data: RunData,
        run_inputs: RunInputs | None = None,
        run_outputs: RunOutputs | None = None,
    ) -> None:
        self.info = run_info
        self.data = run_data
        self.inputs = run_inputs
        self.outputs = run_outputs

    @classmethod
    def from_message(cls, message: runs.Run) -> Run:
        """The run that a message of the contract holds."""
        outputs = message.outputs.model_outputs if message.outputs else []
        return Run(
            RunInfo.from_message(message.info),
            RunData.from_message(message.data),
            RunInputs(
                [DatasetInput.from_message(used) for used in message.inputs.dataset_inputs],
                [LoggedModelInput(model.model_id) for model in message.inputs.model_inputs],
            ),
            RunOutputs([LoggedModelOutput(model.model_id, model.step) for model in outputs]),
        )


class Experiment(Composite):
    """An experiment; `tags` is a dictionary by key."""

    DEFAULT_EXPERIMENT_NAME = "Default"
    _shown = (
        "experiment_id",
        "name",
        "artifact_location",
        "lifecycle_stage",
        "tags",
        "creation_time",
        "last_update_time",
    )

    def __init__(
        self,
        experiment_id: str,
        name: str,
        artifact_location: str,
        lifecycle_stage: str,
        tags: Sequence[ExperimentTag] | None = None,
        creation_time: int | None = None,
        last_update_time: int | None = None,
    ) -> None:
        self.experiment_id = experiment_id
        self.name = name
        self.artifact_location = artifact_location
        self.lifecycle_stage = lifecycle_stage
        self.tags: dict[str, str] = {tag.key: tag.value for tag in tags or ()}
        self.creation_time = creation_time
        self.last_update_time = last_update_time

    @classmethod
    def from_message(cls, message: experiments.Experiment) -> Experiment:
        """The experiment that a message of the contract holds."""
        return cls(
            message.experiment_id,
            message.name,
            message.artifact_location,
            message.lifecycle_stage,
            [ExperimentTag(tag.key, tag.value) for tag in message.tags],
            message.creation_time,
            message.last_update_time,
        )


class PagedList(list[Item]):
    """One page of a search, and the `token` of the next one; None on the last page."""

    def __init__(self, items: Sequence[Item], token: str | None) -> None:
        super().__init__(items)
        self.token = token

    def to_list(self) -> list[Item]:
        """The items as a plain list."""
        return list(self)


class LifecycleStage:
    """Whether a run or experiment is there or deleted."""

    ACTIVE = ACTIVE
    DELETED = DELETED

    @classmethod
    def view_type_to_stages(cls, view_type: int = ViewType.ALL) -> list[str]:
        """The stages that a view shows.

        Raises:
            InvalidValue: there is no such view.
        """
        stages = {
            ViewType.ACTIVE_ONLY: [ACTIVE],
            ViewType.DELETED_ONLY: [DELETED],
            ViewType.ALL: [ACTIVE, DELETED],
        }
        if view_type not in stages:
            raise InvalidValue(f"{view_type!r} is not a view. Use one of ViewType.")
        return stages[view_type]

    @classmethod
    def is_valid(cls, lifecycle_stage: str) -> bool:
        """Whether this is the name of a stage."""
        return lifecycle_stage in {ACTIVE, DELETED}

    @classmethod
    def matches_view_type(cls, view_type: int, lifecycle_stage: str) -> bool:
        """Whether a view shows things of this stage."""
        return lifecycle_stage in cls.view_type_to_stages(view_type)


__all__ = [
    "Dataset",
    "DatasetInput",
    "Experiment",
    "ExperimentTag",
    "FileInfo",
    "InputTag",
    "LifecycleStage",
    "LoggedModel",
    "LoggedModelInput",
    "LoggedModelOutput",
    "LoggedModelParameter",
    "LoggedModelStatus",
    "LoggedModelTag",
    "Metric",
    "PagedList",
    "Param",
    "Run",
    "RunData",
    "RunInfo",
    "RunInputs",
    "RunOutputs",
    "RunStatus",
    "RunTag",
    "SourceType",
    "ViewType",
]
