"""Digests; those written here were computed by the compatible program."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pandas.util import hash_array
from tests.unit.data.frames import NUMBERS

from cairn.data.digest import numpy_digest, pandas_digest, short_digest
from cairn.errors import InvalidValue


@pytest.mark.parametrize(
    ("frame", "digest"),
    [
        (
            pd.DataFrame(
                {
                    "a": [1, 2, 3],
                    "b": ["x", "y", "z"],
                    "c": [1.5, None, 2],
                    "d": pd.to_datetime(["2020-01-01"] * 3),
                    "e": [True, False, True],
                }
            ),
            "9f44bdc3",
        ),
        (pd.DataFrame(), "7dea362b"),
        (pd.DataFrame({"a": np.arange(20_000)}), "bdc9189a"),
        (pd.DataFrame({"a": ["x", None]}), "defee322"),
        (pd.DataFrame({"a": ["x"] * 10_000 + [None]}), "72b047fd"),
        (pd.DataFrame({"a": [1, 2]}, index=["5", "6"]), "f7a3833c"),
        (pd.DataFrame([[1, 2], [3, 4]]), "c9931463"),
    ],
)
def test_digest_of_a_data_frame_never_changes(frame: pd.DataFrame, digest: str) -> None:
    assert pandas_digest(frame) == digest


@pytest.mark.parametrize(
    ("features", "targets", "digest"),
    [
        (np.arange(6), None, "976a84d4"),
        (np.arange(6).reshape(3, 2), None, "92a7ac9c"),
        (np.arange(6), np.arange(6), "325d9569"),
        ({"x": np.arange(3), "a": np.ones(2)}, None, "ad8dec55"),
        (np.array([True, False]), None, "c3712814"),
        (np.array(["a", "b"]), None, "88d43939"),
        (np.array([[1], {2}], dtype=object), None, "9d310509"),
    ],
)
def test_digest_of_arrays_never_changes(features: Any, targets: Any, digest: str) -> None:
    assert numpy_digest(features, targets) == digest


@given(
    arrays.arrays(
        st.sampled_from((*NUMBERS, "?", "M8[s]", "m8[s]")).map(np.dtype),
        st.integers(0, 5),
    )
)
def test_numbers_are_hashed_without_pandas_as_pandas_hashes_them(array: np.ndarray) -> None:
    with_pandas = short_digest([hash_array(array), np.int64(len(array))])
    assert numpy_digest(array) == with_pandas


def test_text_without_pandas_is_an_error_that_names_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pandas.util", None)
    with pytest.raises(InvalidValue, match="pip install pandas"):
        numpy_digest(np.array(["a"]))


def test_another_row_changes_the_digest() -> None:
    assert pandas_digest(pd.DataFrame({"a": [1]})) != pandas_digest(pd.DataFrame({"a": [2]}))


def test_rows_after_ten_thousand_count_only_by_their_number() -> None:
    def digest(last: int, rows: int = 10_001) -> str:
        values = np.zeros(rows, dtype="i8")
        values[-1] = last
        return pandas_digest(pd.DataFrame({"a": values}))

    assert digest(1) == digest(2)
    assert digest(0) != digest(0, rows=10_002)
