"""Types of columns and tensors, in the JSON form that datasets and model signatures share.

A column schema is a list of `ColSpec`, a tensor schema a list of `TensorSpec`; they are never
mixed. Types of values are found in `cairn.data.inference`.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from cairn.errors import InvalidValue


class DataType(str, enum.Enum):
    """Type of a single value."""

    boolean = "boolean"
    integer = "integer"
    """32 bits, signed."""
    long = "long"
    """64 bits, signed."""
    float = "float"
    """32 bits."""
    double = "double"
    """64 bits."""
    string = "string"
    binary = "binary"
    datetime = "datetime"

    def to_dict(self) -> dict[str, Any]:
        """The type as JSON has it."""
        return {"type": self.value}


@dataclass(frozen=True)
class AnyType:
    """Any value: nothing but nulls and empty lists was seen."""

    def to_dict(self) -> dict[str, Any]:
        """The type as JSON has it."""
        return {"type": "any"}


@dataclass(frozen=True)
class Array:
    """A list of values of one type."""

    items: ValueType

    def to_dict(self) -> dict[str, Any]:
        """The type as JSON has it."""
        return {"type": "array", "items": self.items.to_dict()}


@dataclass(frozen=True)
class Property:
    """A key of an `Object`, the type of its value, and whether each object has it."""

    name: str
    dtype: ValueType
    required: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Its type and whether it is required."""
        return {**self.dtype.to_dict(), "required": self.required}


@dataclass(frozen=True)
class Object:
    """A dictionary with known keys; `properties` are kept sorted by name."""

    properties: tuple[Property, ...]

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.properties, key=lambda each: each.name))
        object.__setattr__(self, "properties", ordered)

    def to_dict(self) -> dict[str, Any]:
        """The type as JSON has it."""
        return {
            "type": "object",
            "properties": {each.name: each.to_dict() for each in self.properties},
        }


ValueType = DataType | AnyType | Array | Object


@dataclass(frozen=True)
class ColSpec:
    """A column: type, name (None for the only column of a list), whether it has no nulls."""

    type: ValueType
    name: Any = None
    required: bool = True

    def to_dict(self) -> dict[str, Any]:
        """The column as JSON has it, keys in protocol order."""
        named = {} if self.name is None else {"name": _label(self.name)}
        return {**self.type.to_dict(), **named, "required": self.required}


@dataclass(frozen=True)
class TensorSpec:
    """A tensor: NumPy name of its type, shape with -1 for a free dimension, name."""

    dtype: str
    shape: tuple[int, ...]
    name: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The tensor as JSON has it, keys in protocol order."""
        named = {} if self.name is None else {"name": self.name}
        spec = {"dtype": self.dtype, "shape": list(self.shape)}
        return {**named, "type": "tensor", "tensor-spec": spec}


@dataclass(frozen=True)
class Schema:
    """Columns or tensors, in order.

    Raises:
        InvalidValue: it is empty, or holds both columns and tensors.
    """

    inputs: Sequence[ColSpec] | Sequence[TensorSpec]

    def __post_init__(self) -> None:
        kinds = {type(each) for each in self.inputs}
        if len(kinds) != 1:
            raise InvalidValue(
                "A schema needs at least one column or tensor."
                if not kinds
                else "A schema holds either columns or tensors, and this one has both."
            )

    def is_tensor_spec(self) -> bool:
        """Whether it describes tensors."""
        return isinstance(self.inputs[0], TensorSpec)

    def to_dict(self) -> list[dict[str, Any]]:
        """The schema as JSON has it."""
        return [each.to_dict() for each in self.inputs]

    def to_json(self) -> str:
        """The schema as JSON text."""
        return json.dumps(self.to_dict())


@dataclass(frozen=True)
class TensorDatasetSchema:
    """Tensors of the features, and of the targets when there are any."""

    features: Schema
    targets: Schema | None = None

    def to_dict(self) -> dict[str, Any]:
        """The schema as a dataset carries it: JSON texts in JSON."""
        targets = self.targets.to_json() if self.targets else None
        return {"mlflow_tensorspec": {"features": self.features.to_json(), "targets": targets}}


def merge(first: ValueType, second: ValueType) -> ValueType:
    """The type that holds the values of both.

    `AnyType` gives way to any other type, and makes all keys of an object optional. Keys that
    only one of two objects has are optional.

    Raises:
        InvalidValue: no such type exists.
    """
    if isinstance(first, AnyType) or isinstance(second, AnyType):
        known = second if isinstance(first, AnyType) else first
        both = isinstance(first, AnyType) and isinstance(second, AnyType)
        return known if both else _optional(known)
    if isinstance(first, Array) and isinstance(second, Array):
        return first if first == second else Array(merge(first.items, second.items))
    if isinstance(first, Object) and isinstance(second, Object):
        return first if first == second else _merge_objects(first, second)
    if first != second:
        raise InvalidValue(
            f"Values of the types {_said(first)} and {_said(second)} stand in one column or list."
            " Convert them to one type."
        )
    return first


def _optional(kind: ValueType) -> ValueType:
    if isinstance(kind, Object):
        return Object(tuple(replace(each, required=False) for each in kind.properties))
    return kind


def _merge_objects(first: Object, second: Object) -> Object:
    known = {each.name: each for each in first.properties}
    others = {each.name: each for each in second.properties}
    merged = []
    for name, either in {**known, **others}.items():
        if name in known and name in others:
            one, other = known[name], others[name]
            required = one.required and other.required
            merged.append(Property(name, merge(one.dtype, other.dtype), required))
        else:
            merged.append(replace(either, required=False))
    return Object(tuple(merged))


def _said(kind: ValueType) -> str:
    return str(kind.to_dict()["type"])


def _label(name: Any) -> Any:
    """A column label as JSON has it: labels of several levels become lists."""
    if isinstance(name, tuple):
        return [_label(part) for part in name]
    if name is None or isinstance(name, (str, bool, int, float)):
        return name
    return name.item() if hasattr(name, "item") else str(name)
