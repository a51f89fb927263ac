"""A logged model, as reads return it."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Any

from cairn.client.entity import Composite, Metric, Value
from cairn.contract import models
from cairn.errors import InvalidValue


class LoggedModelStatus(str, enum.Enum):
    """How far the artifacts of a logged model are."""

    UNSPECIFIED = "UNSPECIFIED"
    PENDING = "PENDING"
    READY = "READY"
    FAILED = "FAILED"

    def __str__(self) -> str:
        return self.value

    @staticmethod
    def is_finalized(status: LoggedModelStatus) -> bool:
        """Whether the artifacts of a model of this status are complete, or will never be."""
        return status in {LoggedModelStatus.READY, LoggedModelStatus.FAILED}

    def to_int(self) -> int:
        """Number of the status, as the protocol counts them."""
        return list(LoggedModelStatus).index(self)

    @classmethod
    def from_int(cls, status_int: int) -> LoggedModelStatus:
        """The status of a number.

        Raises:
            InvalidValue: no status has this number.
        """
        if status_int not in range(len(cls)):
            raise InvalidValue(
                f"{status_int!r} is not the number of a status: 0 to {len(cls) - 1}."
            )
        return list(cls)[status_int]


class LoggedModelTag(Value, frozen=True):
    """A tag of a logged model; its value is text."""

    key: str
    value: str


class LoggedModelParameter(Value, frozen=True):
    """A param of a logged model; its value is text."""

    key: str
    value: str


class LoggedModel(Composite):
    """A logged model: its facts, params, tags, and the metrics that runs logged of it.

    `params` and `tags` are dictionaries by key; times are ms since epoch.
    """

    _shown = (
        "artifact_location",
        "creation_timestamp",
        "experiment_id",
        "last_updated_timestamp",
        "metrics",
        "model_id",
        "model_type",
        "name",
        "params",
        "source_run_id",
        "status",
        "status_message",
        "tags",
    )

    def __init__(
        self,
        experiment_id: str,
        model_id: str,
        name: str,
        artifact_location: str,
        creation_timestamp: int,
        last_updated_timestamp: int,
        model_type: str | None = None,
        source_run_id: str | None = None,
        status: LoggedModelStatus | int = LoggedModelStatus.READY,
        status_message: str | None = None,
        tags: Sequence[LoggedModelTag] | Mapping[str, str] | None = None,
        params: Sequence[LoggedModelParameter] | Mapping[str, str] | None = None,
        metrics: list[Metric] | None = None,
    ) -> None:
        self.experiment_id = experiment_id
        self.model_id = model_id
        self.name = name
        self.artifact_location = artifact_location
        self.creation_timestamp = creation_timestamp
        self.last_updated_timestamp = last_updated_timestamp
        self.model_type = model_type
        self.source_run_id = source_run_id
        if isinstance(status, int):
            status = LoggedModelStatus.from_int(status)
        self.status = LoggedModelStatus(status)
        self.status_message = status_message
        self.tags = _by_key(tags)
        self.params = _by_key(params)
        self.metrics = metrics

    @property
    def model_uri(self) -> str:
        """The URI that names the model, whatever its name."""
        return f"models:/{self.model_id}"

    def to_dictionary(self) -> dict[str, Any]:
        """The attributes by name; the status as its number."""
        return super().to_dictionary() | {"status": self.status.to_int()}

    @classmethod
    def from_message(cls, message: models.LoggedModel) -> LoggedModel:
        """The model that a message of the contract holds."""
        info = message.info
        return LoggedModel(
            info.experiment_id,
            info.model_id,
            info.name,
            info.artifact_uri,
            info.creation_timestamp_ms,
            info.last_updated_timestamp_ms,
            info.model_type,
            info.source_run_id,
            LoggedModelStatus(info.status.word),
            info.status_message,
            {tag.key: tag.value for tag in info.tags},
            {param.key: param.value for param in message.data.params},
            [Metric.from_message(metric) for metric in message.data.metrics],
        )


def _by_key(
    given: Sequence[LoggedModelTag | LoggedModelParameter] | Mapping[str, str] | None,
) -> dict[str, str]:
    if isinstance(given, Mapping):
        return dict(given)
    return {each.key: each.value for each in given or ()}
