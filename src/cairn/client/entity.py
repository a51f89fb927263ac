"""What all entities are made of, and a metric's point, which runs and models have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import msgspec

from cairn.contract import runs
from cairn.errors import InvalidValue


class Value(msgspec.Struct, frozen=True, repr_omit_defaults=True):
    """Base of the entities that are one flat record."""

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        for name in self.__struct_fields__:
            yield name, getattr(self, name)

    def to_dictionary(self) -> dict[str, Any]:
        """The attributes by name, nested entities as dictionaries too."""
        return {name: _plain(value) for name, value in self}


class Composite:
    """Base of the entities whose arguments and attributes differ; `_shown` are its attributes."""

    _shown: ClassVar[tuple[str, ...]] = ()

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        for name in self._shown:
            yield name, getattr(self, name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Composite) and dict(self) == dict(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self)})"

    def to_dictionary(self) -> dict[str, Any]:
        """The attributes by name, nested entities as dictionaries too."""
        return {name: _plain(value) for name, value in self}


def _plain(value: Any) -> Any:
    if isinstance(value, (Value, Composite)):
        return value.to_dictionary()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _given(value: Any) -> Any:
    """A field of a message that may be absent."""
    return None if value is msgspec.UNSET else value


class Metric(Value, frozen=True):
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
