"""Finds the types of values, data frames and arrays.

The rules are those of the compatible signature format: integers of up to 32 bits are
``integer``, of 64 ``long``, unsigned ones as the next larger signed type; a column with nulls is
not required; what has no type (64-bit unsigned, complex, durations, mixed columns) is an error.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import reduce
from typing import TYPE_CHECKING, Any

from cairn.data.schema import (
    AnyType,
    Array,
    ColSpec,
    DataType,
    Object,
    Property,
    Schema,
    TensorSpec,
    ValueType,
    merge,
)
from cairn.errors import InvalidValue

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import polars as pl

_PYTHON_TYPES: dict[type[Any], DataType] = {
    bool: DataType.boolean,
    int: DataType.long,
    float: DataType.double,
    str: DataType.string,
    object: DataType.string,
    bytes: DataType.binary,
    bytearray: DataType.binary,
    dt.date: DataType.datetime,
    dt.datetime: DataType.datetime,
}
_NUMPY_TYPES = {
    "bool": DataType.boolean,
    "bool_": DataType.boolean,  # NumPy 1
    "int32": DataType.integer,
    "int64": DataType.long,
    "float32": DataType.float,
    "float64": DataType.double,
    "str_": DataType.string,
    "bytes_": DataType.binary,
    "datetime64": DataType.datetime,
}
_NULLS = frozenset({"NoneType", "NAType", "NaTType"})


def dtype_of(kind: str, bits: int) -> DataType | None:
    """Type of the values of an array, by NumPy's letter of their kind and their size; or None."""
    if kind == "u":
        bits *= 2  # an unsigned integer fits into a signed one of twice its size
        kind = "i"
    if kind == "i":
        return DataType.integer if bits <= 32 else DataType.long if bits <= 64 else None
    if kind == "f":
        return DataType.float if bits <= 32 else DataType.double if bits == 64 else None
    return {
        "b": DataType.boolean,
        "M": DataType.datetime,
        "U": DataType.string,
        "S": DataType.binary,
    }.get(kind)


def value_type(value: Any) -> ValueType:
    """Type of one Python value; `AnyType` for nulls, and for empty lists and dictionaries.

    Raises:
        InvalidValue: the value has no type.
    """
    kind = type(value)
    known = _PYTHON_TYPES.get(kind)
    if known is not None:
        return AnyType() if value != value and known is DataType.double else known
    if kind is list:
        return Array(values_type(value)) if value else AnyType()
    if kind is dict:
        return _object_type(value) if value else AnyType()
    if kind.__name__ in _NULLS:
        return AnyType()
    if kind.__module__ == "numpy":
        return _numpy_type(value)
    raise InvalidValue(f"A value of type {kind.__name__} has no type in a schema.")


def values_type(values: Iterable[Any]) -> ValueType:
    """Type that all the values have; `AnyType` when there are none.

    Raises:
        InvalidValue: a value has no type, or they have different ones.
    """
    values = list(values)
    kinds = {kind for kind in set(map(type, values)) if kind.__name__ not in _NULLS}
    if len(kinds) == 1:  # scalars of one type: no need to look at each
        known = _PYTHON_TYPES.get(next(iter(kinds)))
        if known is not None and (known is not DataType.double or any(map(_is_number, values))):
            return known
    return reduce(merge, dict.fromkeys(map(value_type, values))) if values else AnyType()


def _is_number(value: Any) -> bool:
    return isinstance(value, float) and value == value


def _object_type(value: dict[Any, Any]) -> Object:
    properties = []
    for name, inner in value.items():
        if not isinstance(name, str):
            raise InvalidValue(
                f"A dictionary has the key {name!r} of type {type(name).__name__}; only text keys"
                " have a type in a schema."
            )
        kind = value_type(inner)
        properties.append(Property(name, kind, required=not isinstance(kind, AnyType)))
    return Object(tuple(properties))


def _numpy_type(value: Any) -> ValueType:
    if type(value).__name__ == "ndarray":
        return _array_type(value)
    known = _NUMPY_TYPES.get(type(value).__name__)
    if known is None:
        raise InvalidValue(
            f"A value of type numpy.{type(value).__name__} has no type in a schema. Use int32,"
            " int64, float32 or float64."
        )
    return AnyType() if value != value else known


def _array_type(array: np.ndarray[Any, Any]) -> ValueType:
    """Type of an array inside a cell: the list of its elements."""
    if array.ndim == 0:
        raise InvalidValue("An array without dimensions has no type in a schema.")
    if array.size == 0:
        return AnyType()
    kind: ValueType = (
        values_type(array.ravel().tolist())
        if array.dtype.kind == "O"
        else _numpy_type(array.reshape(-1)[0])
    )
    if isinstance(kind, AnyType):  # the first is NaN or NaT
        kind = reduce(merge, dict.fromkeys(map(value_type, array.ravel())))
    for _ in range(array.ndim):
        kind = Array(kind)
    return kind


def infer_pandas(frame: pd.DataFrame) -> Schema:
    """Columns of a pandas data frame.

    Raises:
        InvalidValue: it has no column, two of one name, or one whose values have no type.
    """
    names = frame.columns.tolist()
    if len(set(names)) < len(names):
        raise InvalidValue(f"The data frame has two columns of one name among {names}.")
    return Schema([_pandas_column(frame.iloc[:, at], name) for at, name in enumerate(names)])


def _pandas_column(column: pd.Series[Any], name: Any) -> ColSpec:
    required = not bool(column.isna().any())
    try:
        return ColSpec(_series_type(column), name, required)
    except InvalidValue as error:
        raise InvalidValue(f"Column {name!r} of the data frame: {error.message}") from None


def _series_type(column: pd.Series[Any]) -> ValueType:
    import pandas as pd

    kind = column.dtype
    if isinstance(kind, pd.StringDtype):
        return DataType.string
    if kind.kind != "O" and not isinstance(kind, pd.CategoricalDtype):
        known = dtype_of(kind.kind, getattr(kind, "itemsize", 8) * 8)
        if known is None:
            raise InvalidValue(f"values of type {kind} have no type in a schema.")
        return known
    if len(column) == 0:
        return DataType.string
    if pd.api.types.is_object_dtype(kind):
        better = column.infer_objects()
        if not pd.api.types.is_object_dtype(better.dtype):
            return _series_type(better)
    if column.isna().all():
        return AnyType()
    return values_type(column.tolist())


def infer_polars(frame: pl.DataFrame) -> Schema:
    """Columns of a polars data frame; a column of nothing but nulls is not required.

    Raises:
        InvalidValue: it has no column, or one whose values have no type.
    """
    return Schema(
        [
            ColSpec(_polars_type(column.dtype), column.name, column.null_count() < len(column))
            for column in frame.get_columns()
        ]
    )


def _polars_type(kind: Any) -> ValueType:
    import polars as pl

    if isinstance(kind, (pl.List, pl.Array)):
        return Array(_polars_type(kind.inner))
    if isinstance(kind, pl.Struct):
        return Object(tuple(Property(each.name, _polars_type(each.dtype)) for each in kind.fields))
    letter, bits = {
        pl.Boolean: ("b", 8),
        pl.Int8: ("i", 8),
        pl.Int16: ("i", 16),
        pl.Int32: ("i", 32),
        pl.Int64: ("i", 64),
        pl.UInt8: ("u", 8),
        pl.UInt16: ("u", 16),
        pl.UInt32: ("u", 32),
        pl.Float32: ("f", 32),
        pl.Float64: ("f", 64),
        pl.String: ("U", 0),
        pl.Categorical: ("U", 0),
        pl.Enum: ("U", 0),
        pl.Binary: ("S", 0),
        pl.Date: ("M", 0),
        pl.Datetime: ("M", 0),
    }.get(kind.base_type(), ("", 0))
    known = dtype_of(letter, bits)
    if known is None:
        raise InvalidValue(f"Values of the polars type {kind} have no type in a schema.")
    return known


def infer_numpy(data: np.ndarray[Any, Any] | dict[str, np.ndarray[Any, Any]]) -> Schema:
    """Tensors of an array, or of each array of a dictionary; the first dimension is free.

    Raises:
        InvalidValue: an array has no dimension.
    """
    if isinstance(data, dict):
        return Schema([_tensor(array, name) for name, array in data.items()])
    return Schema([_tensor(data, None)])


def _tensor(array: np.ndarray[Any, Any], name: str | None) -> TensorSpec:
    if array.ndim == 0:
        raise InvalidValue("An array without dimensions is no tensor. Reshape it to (1,).")
    kind = {"U": "str", "S": "bytes"}.get(array.dtype.kind, array.dtype.name)
    return TensorSpec(kind, (-1, *array.shape[1:]), name)
