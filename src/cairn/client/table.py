"""Tables: dictionaries and data frames as JSON or parquet files, appended to row by row.

The JSON form is ``{"columns": [...], "data": [[...], ...]}``. Values keep their exact form:
integers stay integers, floats have all their digits, text that looks like a number stays text.
NaN and the infinities become null, times become ISO 8601 text. Pictures in cells are files of
their own, the cell names them.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import math
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from cairn.client.image import encode, is_image, preview, to_pil
from cairn.client.media import File, suffix
from cairn.contract.kinds import MAX_TAG_VALUE_LENGTH
from cairn.errors import InvalidValue

if TYPE_CHECKING:
    import pandas as pd

LOGGED_ARTIFACTS = "mlflow.loggedArtifacts"
"""The tag of a run that lists its tables."""

_PLAIN = frozenset({int, str, bool, type(None)})

Columns = dict[Any, list[Any]]


def table_files(data: Any, path: str) -> list[File]:
    """The files of a table: the pictures in its cells, then the table itself.

    Args:
        data: a dictionary of columns (lists of one length, or single values), or a data frame of
            pandas or polars. Lists of different lengths make one row that holds the lists.
        path: artifact path that ends in .json or .parquet.

    Raises:
        InvalidValue: another type or extension, or a column that mixes pictures with other values.
    """
    kind = _kind(path)
    columns = _columns(data)
    files = list(_pictures(columns, path))
    if kind == "parquet":
        frame = data if not files and _is_a(data, "pandas") else None
        return [*files, File(path, _parquet(frame, columns, path))]
    rows = {name: [_cell(value) for value in values] for name, values in columns.items()}
    return [*files, File(path, _document(rows))]


def joined(path: str, existing: bytes | None, rows: bytes) -> tuple[int, bytes]:
    """How many rows a table has, and its content with more rows after them.

    Columns that one of both lacks are filled with null.

    Args:
        path: artifact path that ends in .json or .parquet.
        existing: content of the table; None when there is none.
        rows: content of a table that holds the rows to append.

    Raises:
        InvalidValue: one of them is no table.
    """
    if existing is None:
        return 0, rows
    if _kind(path) == "json":
        before = _parse(path, existing)
        after = _append(before, _parse(path, rows))
        return len(next(iter(before.values()), [])), _document(after)
    pandas = _pandas()
    buffer = io.BytesIO()
    with _explained(path):
        first, second = (pandas.read_parquet(io.BytesIO(each)) for each in (existing, rows))
        pandas.concat([first, second]).to_parquet(buffer, index=False)
    return len(first), buffer.getvalue()


def _document(columns: Columns) -> bytes:
    document = {"columns": list(columns), "data": list(zip(*columns.values(), strict=True))}
    return json.dumps(document, separators=(",", ":")).encode()


def read_table(path: str, content: bytes) -> pd.DataFrame:
    """The table in a file of a run, as a pandas data frame.

    Raises:
        InvalidValue: the extension is not .json or .parquet, the content is no table, or pandas
            is not installed.
    """
    pandas = _pandas()
    if _kind(path) == "parquet":
        with _explained(path):
            frame: pd.DataFrame = pandas.read_parquet(io.BytesIO(content))
    else:
        columns = _parse(path, content)
        frame = pandas.DataFrame(columns, columns=list(columns))
    return frame


def logged_artifacts(current: str | None, path: str) -> str:
    """Value of the tag `LOGGED_ARTIFACTS` after a table was logged to `path`.

    Each table is listed once. When the value would pass the limit of a tag, the oldest tables
    leave the list.

    Args:
        current: value before, None when the run does not have the tag.
        path: artifact path of the table.
    """
    entry = {"path": path, "type": "table"}
    try:
        listed = json.loads(current or "[]")
    except ValueError:
        listed = []
    if not isinstance(listed, list):
        listed = []
    if entry not in listed:
        listed.append(entry)
    while len(listed) > 1 and len(json.dumps(listed)) > MAX_TAG_VALUE_LENGTH:
        del listed[0]
    return json.dumps(listed)


def _kind(path: str) -> str:
    kind = suffix(path)
    if kind not in {"json", "parquet"}:
        raise InvalidValue(
            f"The table path '{path}' does not end in .json or .parquet. Name it"
            f" '{PurePosixPath(path).with_suffix('.json')}'."
        )
    return kind


def _pandas() -> Any:
    try:
        import pandas as pd
    except ImportError:
        raise InvalidValue("This needs pandas. Run `pip install pandas`.") from None
    return pd


def _is_a(data: Any, library: str) -> bool:
    """Whether `data` is a data frame of a library, without loading that library."""
    return library in sys.modules and isinstance(
        data, getattr(sys.modules[library], "DataFrame", ())
    )


def _columns(data: Any) -> Columns:
    """`data` as columns of one length."""
    if isinstance(data, Mapping):
        return _from_mapping(data)
    if _is_a(data, "pandas"):
        series = (data.iloc[:, place] for place in range(data.shape[1]))
        values = [column.astype(object).where(column.notna(), None).tolist() for column in series]
        names = data.columns.tolist()
        if len(set(names)) < len(names):
            raise InvalidValue(f"The table has two columns of one name among {names}. Rename one.")
        return dict(zip(names, values, strict=True))
    if _is_a(data, "polars"):
        return dict(data.to_dict(as_series=False))
    raise InvalidValue(
        f"A table of type {type(data).__name__} cannot be logged. Pass a dictionary of columns or"
        " a data frame of pandas or polars."
    )


def _from_mapping(data: Mapping[Any, Any]) -> Columns:
    lists = {name: _listed(value) for name, value in data.items()}
    lengths = {len(value) for value in lists.values() if value is not None}
    if len(lengths) > 1:
        return {name: [value] for name, value in data.items()}
    length = lengths.pop() if lengths else 1
    return {
        name: [data[name]] * length if values is None else values for name, values in lists.items()
    }


def _listed(value: Any) -> list[Any] | None:
    """The values of a column, or None for a single value."""
    if isinstance(value, (list, tuple, range)):
        return list(value)
    if type(value).__module__.partition(".")[0] in {"numpy", "pandas", "polars"}:
        values = value.tolist() if hasattr(value, "tolist") else None
        if values is None and hasattr(value, "to_list"):
            values = value.to_list()
        return values if isinstance(values, list) else None
    return None


def _pictures(columns: Columns, path: str) -> Iterator[File]:
    """Take the pictures out of `columns`: each cell then names its files."""
    folder = f"table_images/{PurePosixPath(path).with_suffix('')}"
    for name, values in columns.items():
        shown = [is_image(value) for value in values]
        if not any(shown):
            continue
        if not all(shown):
            raise InvalidValue(
                f"Column '{name}' of the table '{path}' mixes pictures with other values."
                " Put a picture into each of its rows, or into none."
            )
        cells: list[Any] = []
        for value in values:
            picture = to_pil(value)
            file = f"{folder}/{uuid.uuid4()}"
            yield File(f"{file}.png", encode(picture, "png"))
            yield File(f"{file}.webp", preview(picture))
            cells.append(
                {
                    "type": "image",
                    "filepath": f"{file}.png",
                    "compressed_filepath": f"{file}.webp",
                }
            )
        columns[name] = cells


def _cell(value: Any) -> Any:
    """`value` as JSON has it."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _cell(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_cell(inner) for inner in value]
    if kind.__name__ in {"NaTType", "NAType"}:
        return None
    if isinstance(value, dt.datetime):
        exact = "microseconds" if value.microsecond % 1000 else "milliseconds"
        return value.isoformat(timespec=exact)
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if kind.__module__.partition(".")[0] == "numpy" and hasattr(value, "tolist"):
        plain = value.tolist()
        return _cell(plain) if type(plain) is not kind else str(plain)
    return str(value)


def _parse(path: str, content: bytes) -> Columns:
    """The columns in the JSON of a table."""
    with _explained(path):
        document = json.loads(content)
        names = [_label(name) for name in document["columns"]]
        columns: Columns = {name: [] for name in names}
        for row in document["data"]:
            for name, value in zip(names, row, strict=True):
                columns[name].append(value)
        return columns


def _label(name: Any) -> Any:
    return tuple(_label(part) for part in name) if isinstance(name, list) else name


def _append(before: Columns, after: Columns) -> Columns:
    """The rows of `before`, then those of `after`; null where a column is missing."""
    first, second = (len(next(iter(part.values()), [])) for part in (before, after))
    return {
        name: before.get(name, [None] * first) + after.get(name, [None] * second)
        for name in {**before, **after}
    }


def _parquet(data: Any, columns: Columns, path: str) -> bytes:
    """The table as parquet: the frame `data` with its types, or when it is None, `columns`."""
    pandas = _pandas()
    frame = data if data is not None else pandas.DataFrame(columns, columns=list(columns))
    buffer = io.BytesIO()
    with _explained(path):
        frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


@contextmanager
def _explained(path: str) -> Iterator[None]:
    """Turn what JSON, pandas and pyarrow raise for a wrong file into `InvalidValue`."""
    try:
        yield
    except ImportError as error:
        raise InvalidValue(
            "Tables in parquet files need pyarrow. Run `pip install pyarrow`."
        ) from error
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise InvalidValue(
            f"'{path}' is no table that can be read or written: {error}. Log to another path, or"
            " remove the file."
        ) from error
