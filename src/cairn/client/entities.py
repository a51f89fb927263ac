"""What reads return: runs, experiments and their parts, as plain values.

The names, the order of the arguments and the attributes are those of the compatible API. Every
entity compares by value, and ``dict(entity)`` gives its attributes. Times are ms since epoch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, TypeVar

import msgspec

from cairn.client.states import RunStatus, SourceType, ViewType
from cairn.contract import experiments, runs
from cairn.contract.artifacts import FileInfo as FileInfoMessage
from cairn.contract.kinds import ACTIVE, DELETED
from cairn.errors import InvalidValue

Item = TypeVar("Item")


class _Value(msgspec.Struct, frozen=True, repr_omit_defaults=True):
    """Base of the entities that are one flat record."""

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        for name in self.__struct_fields__:
            yield name, getattr(self, name)

    def to_dictionary(self) -> dict[str, Any]:
        """The attributes by name, nested entities as dictionaries too."""
        return {name: _plain(value) for name, value in self}


class _Composite:
    """Base of the entities whose arguments and attributes differ; `_shown` are its attributes."""

    _shown: ClassVar[tuple[str, ...]] = ()

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        for name in self._shown:
            yield name, getattr(self, name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Composite) and dict(self) == dict(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self)})"

    def to_dictionary(self) -> dict[str, Any]:
        """The attributes by name, nested entities as dictionaries too."""
        return {name: _plain(value) for name, value in self}


def _plain(value: Any) -> Any:
    if isinstance(value, (_Value, _Composite)):
        return value.to_dictionary()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _given(value: Any) -> Any:
    """A field of a message that may be absent."""
    return None if value is msgspec.UNSET else value


class Metric(_Value, frozen=True):
    """One point of a metric; `timestamp` is ms since epoch."""

    key: str
    value: float
    timestamp: int
    step: int
    model_id: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None
    run_id: str | None = None

    @classmethod
    def from_message(cls, message: runs.Metric) -> Metric:
        """The point that a message of the contract holds."""
        return cls(
            message.key,
            float(message.value),
            message.timestamp,
            message.step,
            _given(message.model_id),
            _given(message.dataset_name),
            _given(message.dataset_digest),
            _given(message.run_id),
        )

    @classmethod
    def from_dictionary(cls, metric_dict: dict[str, Any]) -> Metric:
        """The point whose attributes are the values of a dictionary.

        Raises:
            InvalidValue: key, value, timestamp or step is missing.
        """
        missing = {"key", "value", "timestamp", "step"} - metric_dict.keys()
        if missing:
            raise InvalidValue(f"A metric needs {', '.join(sorted(missing))}, not given.")
        return cls(**{k: v for k, v in metric_dict.items() if k in cls.__struct_fields__})


class Param(_Value, frozen=True):
    """A param of a run; its value is text."""

    key: str
    value: str

    @classmethod
    def from_message(cls, message: runs.Param) -> Param:
        """The param that a message of the contract holds."""
        return cls(message.key, message.value)


class RunTag(_Value, frozen=True):
    """A tag of a run; its value is text."""

    key: str
    value: str

    @classmethod
    def from_message(cls, message: runs.RunTag) -> RunTag:
        """The tag that a message of the contract holds."""
        return cls(message.key, message.value)


class ExperimentTag(_Value, frozen=True):
    """A tag of an experiment; its value is text."""

    key: str
    value: str


class InputTag(_Value, frozen=True):
    """A tag on the use of a dataset, for example ``mlflow.data.context``."""

    key: str
    value: str


class Dataset(_Value, frozen=True):
    """What a run read. `source`, `schema` and `profile` are JSON texts."""

    name: str
    digest: str
    source_type: str
    source: str
    schema: str | None = None
    profile: str | None = None


class DatasetInput(_Value, frozen=True):
    """A dataset and the tags of its use in a run."""

    dataset: Dataset
    tags: list[InputTag] = []

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


class LoggedModelInput(_Value, frozen=True):
    """A logged model that a run read."""

    model_id: str


class LoggedModelOutput(_Value, frozen=True):
    """A logged model that a run made, at a step."""

    model_id: str
    step: int


class FileInfo(_Value, frozen=True):
    """A file or folder among the artifacts of a run; `file_size` is in bytes."""

    path: str
    is_dir: bool
    file_size: int | None

    @classmethod
    def from_message(cls, message: FileInfoMessage) -> FileInfo:
        """The file or folder that a message of the contract holds."""
        return cls(message.path, message.is_dir, message.file_size)


class RunInfo(_Value, frozen=True):
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


class RunData(_Composite):
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


class RunInputs(_Value, frozen=True):
    """What a run read."""

    dataset_inputs: list[DatasetInput]
    model_inputs: list[LoggedModelInput] = []


class RunOutputs(_Value, frozen=True):
    """What a run made."""

    model_outputs: list[LoggedModelOutput]


class Run(_Composite):
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


class Experiment(_Composite):
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
    "LoggedModelInput",
    "LoggedModelOutput",
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
