"""Data of many kinds, made alike in two processes: ours, and one of a compatible program."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

NAN = float("nan")
NUMBERS = ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")
NULLABLE = ("Int8", "Int32", "Int64", "UInt8", "UInt32", "UInt64", "Float32", "Float64")


def frame_cases() -> Iterator[tuple[str, pd.DataFrame]]:
    """Data frames by name: one for each kind of column, special ones, and random ones."""
    for name, column in _columns().items():
        yield name, pd.DataFrame({"c": column})
    yield "no_columns", pd.DataFrame()
    yield "no_rows", pd.DataFrame({"a": []})
    yield "long", pd.DataFrame({"a": np.arange(20_000), "b": ["x"] * 20_000})
    yield "null_after_the_first_rows", pd.DataFrame({"a": ["x"] * 10_000 + [None]})
    yield "two_of_one_name", pd.DataFrame([[1, "x"], [3, "y"]], columns=["a", "a"])
    yield "numbers_as_names", pd.DataFrame([[1, 2], [3, 4]])
    yield "levels", pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)]))
    yield "index", pd.DataFrame({"z": ["x", "y"], "a": [1, 2]}, index=["p", "q"])
    yield "unsorted_names", pd.DataFrame({"z": [1], "b": ["1"], "c": [3], "a": ["2"]})
    yield "only_numbers_unsorted", pd.DataFrame({"z": [1], "b": [2]})
    rng = random.Random(7)
    for number in range(60):
        yield f"random_{number}", _random_frame(rng)


def array_cases() -> Iterator[tuple[str, Any, Any]]:
    """Features and targets by name."""
    small = np.arange(6)
    yield "integers", small, None
    yield "with_targets", small.reshape(3, 2), np.array([1, 2, 3])
    yield "by_name", {"x": small, "a": np.ones(2, dtype="f4")}, {"y": np.array([True, False])}
    yield "text", np.array(["a", "b"]), None
    yield "bytes", np.array([b"a", b"bc"]), None
    yield "objects", np.array(["a", 1, None], dtype=object), None
    yield "not_hashable", np.array([[1], {2}], dtype=object), None
    yield "images", np.zeros((2, 8, 8, 3), dtype="u1"), np.array([0, 1], dtype="i8")
    yield "columns_first", np.asfortranarray(small.reshape(3, 2)), None
    yield "empty", np.zeros((0, 3)), None
    yield "no_dimension", np.array(3), None
    yield "nan", np.array([1, np.nan, np.inf]), None
    yield "complex", np.array([1j, 2.0]), None
    yield "records", np.zeros(2, dtype=[("a", "i4"), ("b", "f4")]), None
    yield "many", np.arange(30_000, dtype="f8").reshape(-1, 3), None
    for kind in (*NUMBERS, "?", "M8[D]", "m8[s]"):
        yield kind, np.array([1, 0, 1]).astype(kind), None


def polars_cases() -> Iterator[tuple[str, pl.DataFrame]]:
    """Polars data frames by name."""
    for kind in (*NULLABLE, "Int16", "UInt16"):
        yield kind, pl.DataFrame({"a": [1, None]}, schema={"a": getattr(pl, kind)})
    yield "mixed", pl.DataFrame({"b": ["x", None], "a": [1.5, 2.5], "c": [True, False]})
    yield "times", pl.DataFrame({"a": [dt.date(2020, 1, 1)], "b": [dt.datetime(2020, 1, 1)]})  # noqa: DTZ001
    yield "lists", pl.DataFrame({"a": [[1, 2], [3]], "b": [[["x"]], []]})
    yield "structs", pl.DataFrame({"a": [{"z": 1, "b": "y"}]})
    yield (
        "categories",
        pl.DataFrame({"a": ["x"], "b": [b"x"]}, schema_overrides={"a": pl.Categorical}),
    )
    yield "nulls", pl.DataFrame({"a": [None]}, schema={"a": pl.String})
    yield "no_rows", pl.DataFrame(schema={"a": pl.Int64})
    yield "no_type", pl.DataFrame({"a": [None]})


def _objects(*values: Any) -> pd.Series[Any]:
    return pd.Series(list(values), dtype=object)


def _columns() -> dict[str, pd.Series[Any]]:
    day, moment = dt.date(2020, 1, 1), dt.datetime(2020, 1, 1)  # noqa: DTZ001
    columns: dict[str, pd.Series[Any]] = {
        f"numpy_{kind}": pd.Series(np.array([1, 0]), dtype=kind) for kind in (*NUMBERS, "c16", "?")
    }
    for kind in (*NULLABLE, "boolean"):
        columns[f"null_{kind}"] = pd.Series([1, None], dtype=kind)
    columns |= {
        "strings": pd.Series(["x", "y"]),
        "strings_null": pd.Series(["x", None]),
        "floats_nan": pd.Series([1.0, NAN]),
        "dates": pd.Series(pd.to_datetime(["2020-01-01", None])),
        "dates_utc": pd.Series(pd.to_datetime(["2020-01-01"], utc=True)),
        "durations": pd.Series(pd.to_timedelta([1], unit="s")),
        "months": pd.Series(pd.period_range("2020", periods=1, freq="M")),
        "categories": pd.Series(["a", None], dtype="category"),
        "integer_categories": pd.Series([1, 2], dtype="category"),
        "o_text": _objects("a", "b"),
        "o_text_null": _objects("a", None, NAN),
        "o_text_numpy": _objects(np.str_("a")),
        "o_integers": _objects(1, 2),
        "o_integers_null": _objects(1, None),
        "o_small": _objects(np.int8(1)),
        "o_bools_null": _objects(True, None),
        "o_bytes": _objects(b"a", bytearray(b"b")),
        "o_mixed": _objects(1, "a"),
        "o_numbers": _objects(1, 1.5),
        "o_none": _objects(None, None),
        "o_nan": _objects(NAN, None),
        "o_empty": _objects(),
        "o_times": _objects(moment, day),
        "o_day": _objects(day, None),
        "o_set": _objects({1}),
        "o_tuple": _objects((1, 2)),
        "o_huge": _objects(2**70),
        "l_integers": _objects([1, 2], [3], None),
        "l_empty": _objects([], []),
        "l_nulls": _objects([None], [1]),
        "l_mixed": _objects([1, "a"]),
        "l_numbers": _objects([1], [1.5]),
        "l_nested": _objects([[], [1]]),
        "l_objects": _objects([{"a": 1}, {"a": 2, "b": "x"}]),
        "l_objects_null": _objects([{"b": 1}], [None]),
        "l_array": _objects(np.array([1.0, NAN]), None),
        "l_matrix": _objects(np.ones((2, 2), dtype="f4")),
        "l_small": _objects([np.int8(1)]),
        "d_plain": _objects({"z": 1, "a": "x"}, {"z": 2, "a": "y"}),
        "d_missing": _objects({"a": 1}, {"b": "x"}),
        "d_null": _objects({"a": {"b": 1}}, {"a": None}),
        "d_none": _objects({"a": {"b": 1}}, None),
        "d_empty": _objects({}, {"a": 1}),
        "d_lists": _objects({"a": [{"b": 1}]}, {"a": []}),
        "d_mixed": _objects({"a": 1}, {"a": "x"}),
        "d_number_key": _objects({1: 2}),
    }
    return columns


def _random_frame(rng: random.Random) -> pd.DataFrame:
    rows = rng.randrange(0, 5)
    makers: list[Any] = [
        lambda: [rng.randrange(-(2**62), 2**62) for _ in range(rows)],
        lambda: [rng.choice([0.0, -0.0, 1e308, 5e-324, NAN, rng.random()]) for _ in range(rows)],
        lambda: [rng.choice(["", "a", "ü", "😀", "1", None]) for _ in range(rows)],
        lambda: ["".join(rng.choices("abc", k=3)) for _ in range(rows)],
        lambda: [rng.random() < 0.5 for _ in range(rows)],
        lambda: pd.Series([rng.randrange(256) for _ in range(rows)], dtype="u1"),
        lambda: pd.Series([rng.choice([1, None]) for _ in range(rows)], dtype="Int16"),
        lambda: pd.to_datetime(["2020-01-01"] * rows),
    ]
    names = rng.sample(["a", "B", "é", "with space", "z", "10", "9"], rng.randrange(1, 6))
    return pd.DataFrame({name: rng.choice(makers)() for name in names})
