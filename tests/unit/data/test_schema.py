from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pandas as pd
import polars as pl
import pytest

from cairn.data.inference import infer_numpy, infer_pandas, infer_polars, value_type
from cairn.data.schema import (
    AnyType,
    Array,
    ColSpec,
    DataType,
    Object,
    Property,
    Schema,
    TensorSpec,
    merge,
)
from cairn.errors import InvalidValue


def column(*values: object, dtype: object = object) -> dict[str, object]:
    frame = pd.DataFrame({"c": pd.Series(list(values), dtype=dtype)})
    (found,) = infer_pandas(frame).to_dict()
    return found


@pytest.mark.parametrize(
    ("dtype", "kind"),
    [
        ("int8", "integer"),
        ("int32", "integer"),
        ("int64", "long"),
        ("uint16", "integer"),
        ("uint32", "long"),
        ("float16", "float"),
        ("float32", "float"),
        ("float64", "double"),
        ("bool", "boolean"),
        ("Int64", "long"),
        ("string", "string"),
        ("category", "long"),
    ],
)
def test_column_type_follows_the_dtype(dtype: str, kind: str) -> None:
    values = ["x"] if dtype == "string" else [1]
    assert column(*values, dtype=dtype) == {"type": kind, "name": "c", "required": True}


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (("a", None), "string"),
        ((1, None), "double"),
        ((True, None), "boolean"),
        ((b"a", None), "binary"),
        ((dt.date(2020, 1, 1), None), "datetime"),
        ((None, None), "any"),
    ],
)
def test_column_with_nulls_is_not_required(values: tuple[object, ...], kind: str) -> None:
    assert column(*values) == {"type": kind, "name": "c", "required": False}


def test_keys_that_some_rows_lack_are_optional() -> None:
    assert column({"z": 1, "a": [1.5]}, {"z": 2})["properties"] == {
        "a": {"type": "array", "items": {"type": "double"}, "required": False},
        "z": {"type": "long", "required": True},
    }


def test_list_of_floats_with_nan_is_of_doubles_and_of_nan_alone_of_any() -> None:
    nan = float("nan")
    assert value_type([nan, 1.5]) == Array(DataType.double)
    assert value_type([nan]) == Array(AnyType())


@pytest.mark.parametrize(
    "values", [(1, "a"), ({1},), ((1, 2),), ([1, 1.5],), ({1: 2},), (dt.timedelta(1),)]
)
def test_values_without_a_common_type_are_refused_with_the_column(values: tuple[object]) -> None:
    with pytest.raises(InvalidValue, match="Column 'c'"):
        column(*values)


def test_unsigned_64_bit_integers_have_no_type() -> None:
    with pytest.raises(InvalidValue, match="uint64"):
        column(1, dtype="uint64")


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidValue, match="two columns of one name"):
        infer_pandas(pd.DataFrame([[1, 2]], columns=["a", "a"]))


def test_names_of_columns_are_written_as_json_has_them() -> None:
    frame = pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)]))
    assert [c["name"] for c in json.loads(infer_pandas(frame).to_json())] == [["a", 1], ["b", 2]]


def test_polars_columns_have_the_same_types() -> None:
    frame = pl.DataFrame({"a": [1, None], "b": [[1.5], []], "c": [{"x": "y"}, None]})
    assert infer_polars(frame) == Schema(
        [
            ColSpec(DataType.long, "a"),
            ColSpec(Array(DataType.double), "b"),
            ColSpec(Object((Property("x", DataType.string),)), "c"),
        ]
    )


def test_tensor_keeps_its_shape_but_the_first_dimension() -> None:
    assert infer_numpy({"x": np.zeros((2, 3), dtype="f4"), "t": np.array(["ab"])}) == Schema(
        [TensorSpec("float32", (-1, 3), "x"), TensorSpec("str", (-1,), "t")]
    )


def test_schema_is_never_empty_nor_mixed() -> None:
    with pytest.raises(InvalidValue, match="at least one"):
        Schema([])
    with pytest.raises(InvalidValue, match="has both"):
        Schema([ColSpec(DataType.long), TensorSpec("int64", (-1,))])  # type: ignore[list-item]


def test_any_gives_way_to_other_types() -> None:
    assert merge(AnyType(), DataType.long) == merge(DataType.long, AnyType()) == DataType.long
    optional = Object((Property("a", DataType.long, required=False),))
    assert merge(Object((Property("a", DataType.long),)), AnyType()) == optional
