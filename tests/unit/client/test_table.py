from __future__ import annotations

import datetime as dt
import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.client.image import Image
from cairn.client.media import File
from cairn.client.table import joined, logged_artifacts, read_table, table_files
from cairn.errors import InvalidValue

MOMENT = dt.datetime(2020, 1, 2, 3, 4, 5, 678000)  # noqa: DTZ001


def logged(data: Any, existing: bytes | None = None) -> dict[str, Any]:
    (file,) = table_files(data, "t.json")
    found: dict[str, Any] = json.loads(joined("t.json", existing, file.content)[1])
    return found


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        ({"a": [1, 2], "b": ["x", None]}, [[1, "x"], [2, None]]),
        ({"a": 1, "b": "x"}, [[1, "x"]]),
        ({"a": [1, 2], "b": "x"}, [[1, "x"], [2, "x"]]),
        ({"a": [1, 2], "b": [1]}, [[[1, 2], [1]]]),
        ({"a": [], "b": []}, []),
        ({"a": (1, 2), "b": range(2)}, [[1, 0], [2, 1]]),
        ({"a": np.arange(2), "b": pd.Series([1, 2], index=[3, 4])}, [[0, 1], [1, 2]]),
        ({"a": {"k": 1}, "b": np.float32(0.5)}, [[{"k": 1}, 0.5]]),
        ({"a": [[1], [2, 3]], "b": [{"x": 1}, {}]}, [[[1], {"x": 1}], [[2, 3], {}]]),
        (pd.DataFrame({"a": [1, 2], "b": ["u", None]}, index=[5, 6]), [[1, "u"], [2, None]]),
        (pl.DataFrame({"a": [1, 2], "b": ["u", None]}), [[1, "u"], [2, None]]),
    ],
)
def test_data_becomes_rows(data: Any, rows: list[Any]) -> None:
    assert logged(data) == {"columns": ["a", "b"], "data": rows}


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (2**70, 2**70),
        (0.1234567890123456, 0.1234567890123456),
        (float("nan"), None),
        (float("-inf"), None),
        ("007", "007"),
        (True, True),
        (MOMENT, "2020-01-02T03:04:05.678"),
        (MOMENT.replace(microsecond=1), "2020-01-02T03:04:05.000001"),
        (MOMENT.replace(tzinfo=dt.timezone.utc), "2020-01-02T03:04:05.678+00:00"),
        (dt.date(2020, 1, 2), "2020-01-02"),
        (pd.Timestamp(MOMENT), "2020-01-02T03:04:05.678"),
        (pd.NaT, None),
        (pd.NA, None),
        (np.int8(3), 3),
        (np.array([[1.5, np.nan]]), [[1.5, None]]),
        (b"ab\xff", "ab\\xff"),
        (Path("a"), "a"),
        ({"k": {1: np.float32(0.5)}}, {"k": {"1": 0.5}}),
    ],
)
def test_cell_keeps_its_value(value: Any, cell: Any) -> None:
    assert logged({"a": [value]})["data"] == [[cell]]


def test_column_types_of_pandas_are_written_as_values() -> None:
    frame = pd.DataFrame(
        {
            "time": pd.to_datetime(["2020-01-01", None]),
            "kind": pd.Categorical(["u", None]),
            "count": pd.array([1, None], dtype="Int64"),
            "share": [0.5, np.nan],
        }
    )
    assert logged(frame)["data"] == [["2020-01-01T00:00:00.000", "u", 1, 0.5], [None] * 4]


def test_rows_are_appended_and_values_stay_as_they_were() -> None:
    first = table_files({"a": ["1"], "big": [2**62]}, "t.json")[0].content
    more = table_files({"big": [1], "new": [0.5]}, "t.json")[0].content
    count, second = joined("t.json", first, more)
    assert count == 1
    assert logged({"a": "x"}, second) == {
        "columns": ["a", "big", "new"],
        "data": [["1", 2**62, None], [None, 1, 0.5], ["x", None, None]],
    }


CELLS = st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False)
ROWS = st.lists(st.fixed_dictionaries({"a": CELLS}, optional={"b": CELLS, "c": CELLS}), max_size=5)


@given(
    ROWS.map(lambda rows: [r for r in rows if all(v not in {np.inf, -np.inf} for v in r.values())])
)
def test_rows_logged_one_by_one_read_back_exactly(rows: list[dict[str, Any]]) -> None:
    content = None
    for row in rows:
        content = joined("t.json", content, table_files(row, "t.json")[0].content)[1]
    if content is not None:
        document = json.loads(content)
        found = [dict(zip(document["columns"], cells, strict=True)) for cells in document["data"]]
        assert found == [{name: row.get(name) for name in document["columns"]} for row in rows]


@pytest.mark.parametrize("path", ["t.json", "sub/t.parquet"])
def test_table_reads_back_as_a_data_frame(path: str) -> None:
    if path.endswith("parquet"):
        pytest.importorskip("pyarrow")
    first = table_files({"a": [1, 2], "b": ["x", "y"]}, path)[-1].content
    more = table_files(pd.DataFrame({"a": [3], "c": [0.5]}), path)[-1].content
    count, both = joined(path, first, more)
    assert count == 2
    frame = read_table(path, both)
    assert frame["a"].tolist() == [1, 2, 3]
    assert frame["b"].tolist()[:2] == ["x", "y"]
    assert frame["c"].isna().tolist() == [True, True, False]
    assert list(frame.columns) == ["a", "b", "c"]


def test_parquet_keeps_the_types_of_a_data_frame() -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    frame = pd.DataFrame({"a": pd.to_datetime(["2020-01-01"], utc=True), "b": np.float32([1])})
    (file,) = table_files(frame, "t.parquet")
    types = [str(kind) for kind in parquet.read_schema(io.BytesIO(file.content)).types]
    assert types[0].startswith("timestamp")
    assert types[1] == "float"


def test_pictures_in_cells_are_files_that_the_cells_name() -> None:
    pytest.importorskip("PIL.Image")
    files = table_files({"i": [Image([[1]]), Image([[2]])], "n": [1, 2]}, "sub/t.json")
    table = json.loads(files[-1].content)
    assert files[-1].path == "sub/t.json"
    assert len(files) == 5
    for row, (full, small) in zip(table["data"], (files[0:2], files[2:4]), strict=True):
        assert row[0] == {
            "type": "image",
            "filepath": full.path,
            "compressed_filepath": small.path,
        }
        assert full.path.startswith("table_images/sub/t/")
        assert full.content.startswith(b"\x89PNG")


def test_column_of_pictures_and_other_values_is_refused() -> None:
    pytest.importorskip("PIL.Image")
    with pytest.raises(InvalidValue, match="Column 'i'"):
        table_files({"i": [Image([[1]]), None]}, "t.json")


@pytest.mark.parametrize("data", [[1, 2], "x", None, pd.Series([1])])
def test_what_is_no_table_is_refused(data: Any) -> None:
    with pytest.raises(InvalidValue, match="cannot be logged"):
        table_files(data, "t.json")


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidValue, match="one name"):
        table_files(pd.DataFrame([[1, 2]], columns=["a", "a"]), "t.json")


@pytest.mark.parametrize("path", ["t", "t.csv", "json"])
def test_other_extensions_are_refused(path: str) -> None:
    with pytest.raises(InvalidValue, match=r"\.json or \.parquet"):
        table_files({"a": [1]}, path)
    with pytest.raises(InvalidValue, match=r"\.json or \.parquet"):
        read_table(path, b"")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"{}", b'{"columns": ["a"], "data": [[1, 2]]}', b"\xff"]
)
def test_file_that_is_no_table_is_not_appended_to(content: bytes) -> None:
    with pytest.raises(InvalidValue, match="is no table"):
        joined("t.json", content, b'{"columns":["a"],"data":[[1]]}')


def test_parquet_file_that_is_no_table_is_an_error() -> None:
    pytest.importorskip("pyarrow")
    with pytest.raises(InvalidValue, match="is no table"):
        read_table("t.parquet", b"no parquet")


def test_without_pandas_json_tables_are_written_and_reading_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert table_files({"a": [1]}, "t.json") == [File("t.json", b'{"columns":["a"],"data":[[1]]}')]
    with pytest.raises(InvalidValue, match="pip install pandas"):
        read_table("t.json", b"{}")


def test_tables_are_listed_once_in_order() -> None:
    tag = logged_artifacts(None, "a.json")
    tag = logged_artifacts(tag, "b.json")
    assert logged_artifacts(tag, "a.json") == tag
    assert tag == '[{"path": "a.json", "type": "table"}, {"path": "b.json", "type": "table"}]'


def test_list_of_tables_never_outgrows_a_tag() -> None:
    tag: str | None = None
    for number in range(400):
        tag = logged_artifacts(tag, f"tables/{number}.json")
        assert len(tag) <= 8000
    assert json.loads(tag or "")[-1]["path"] == "tables/399.json"


@pytest.mark.parametrize("broken", ["[{", "7", "null"])
def test_broken_list_of_tables_begins_anew(broken: str) -> None:
    assert json.loads(logged_artifacts(broken, "a.json")) == [{"path": "a.json", "type": "table"}]
