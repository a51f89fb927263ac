"""Every point of many runs as one frame, of pandas, polars or pyarrow."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cairn.client.entities import Run
from cairn.contract.columns import Floats, Ints, Texts
from cairn.contract.kinds import (
    INT64_MAX,
    INT64_MIN,
    MAX_POINTS_PER_HISTORY,
    MAX_POINTS_PER_PAGE,
    MAX_RUNS_PER_HISTORY,
)
from cairn.contract.metrics import GetMetricHistory, ListPoints, PointsPage
from cairn.contract.runs import Metric, RunRef
from cairn.contract.services import Tracking
from cairn.errors import CairnError, DoesNotExist, InvalidValue

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

FORMATS = ("pandas", "polars", "pyarrow")


@dataclass(frozen=True)
class Asked:
    """Which points are wanted; all keys when `keys` is empty."""

    run_ids: list[str]
    keys: list[str]
    first: int
    last: int


def run_ids_of(runs: Any) -> list[str]:
    """The ids of a run, of runs or ids, or of a frame with a column ``run_id``; each once.

    Raises:
        InvalidValue: some of it is neither a run nor its id.
    """
    if isinstance(runs, (str, Run)):
        runs = [runs]
    elif "run_id" in getattr(runs, "columns", ()):
        runs = runs["run_id"]
    ids = [run.info.run_id if isinstance(run, Run) else run for run in runs]
    for each in ids:
        if not isinstance(each, str):
            raise InvalidValue(f"{each!r} is neither a run nor its id.")
    return list(dict.fromkeys(ids))


def asked_for(
    run_ids: list[str], keys: str | Iterable[str] | None, first: int | None, last: int | None
) -> Asked:
    """What is asked for, from the arguments of `cairn.metric_frame`."""
    wanted = [keys] if isinstance(keys, str) else sorted(set(keys or ()))
    return Asked(
        run_ids, wanted, INT64_MIN if first is None else first, INT64_MAX if last is None else last
    )


def load(output_format: str) -> Any:
    """The module that makes such frames.

    Raises:
        InvalidValue: there is no such format, or its module is not installed.
    """
    if output_format not in FORMATS:
        raise InvalidValue(
            f"{output_format!r} is not an output format. Use {', '.join(map(repr, FORMATS))}."
        )
    try:
        return importlib.import_module(output_format)
    except ImportError:
        raise InvalidValue(
            f"metric_frame() returns a frame of {output_format}, but that is not installed. "
            f"Run `pip install {output_format}`, or ask for another output_format."
        ) from None


def read(service: Tracking, asked: Asked) -> Iterator[PointsPage]:
    """Pages of the points that are asked for, of at most half a million each.

    A server without our own operations is asked for one history after the other.
    """
    for at in range(0, len(asked.run_ids), MAX_RUNS_PER_HISTORY):
        request = ListPoints(
            run_ids=asked.run_ids[at : at + MAX_RUNS_PER_HISTORY],
            keys=asked.keys,
            start_step=asked.first,
            end_step=asked.last,
            max_results=MAX_POINTS_PER_PAGE,
        )
        try:
            page = service.list_points(request)
        except CairnError as error:
            if isinstance(error, DoesNotExist) or error.status not in {404, 405}:
                raise
            yield from _histories(service, asked)
            return
        yield page
        while page.next_page_token:
            request.page_token = page.next_page_token
            page = service.list_points(request)
            yield page


def _histories(service: Tracking, asked: Asked) -> Iterator[PointsPage]:
    for run_id in asked.run_ids:
        latest = service.get_run(RunRef(run_id=run_id)).run.data.metrics
        has = {metric.key for metric in latest}
        for key in asked.keys or sorted(has):
            if key not in has:
                continue
            points = [
                point
                for point in _history(service, run_id, key)
                if asked.first <= point.step <= asked.last
            ]
            points.sort(key=lambda p: (p.step, p.timestamp, p.value != p.value, p.value))
            yield PointsPage(
                run_ids=Texts([run_id]),
                keys=Texts([key]),
                lengths=Ints.of([len(points)]),
                steps=Ints.of(point.step for point in points),
                timestamps=Ints.of(point.timestamp for point in points),
                values=Floats.of(point.value for point in points),
            )


def _history(service: Tracking, run_id: str, key: str) -> Iterator[Metric]:
    request = GetMetricHistory(run_id=run_id, metric_key=key, max_results=MAX_POINTS_PER_HISTORY)
    while True:
        page = service.get_metric_history(request)
        yield from page.metrics
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


def frame(module: Any, pages: Sequence[PointsPage]) -> Any:
    """Columns run_id, key, step, timestamp (UTC) and value, one row a point."""
    import numpy as np

    lengths = np.array([n for page in pages for n in page.lengths], np.int64)
    runs = _codes([run_id for page in pages for run_id in page.run_ids], lengths)
    keys = _codes([key for page in pages for key in page.keys], lengths)
    steps, times, values = (
        np.concatenate([np.empty(0, kind), *(np.asarray(column.view) for column in columns)])
        for kind, columns in (
            (np.int64, [page.steps for page in pages]),
            (np.int64, [page.timestamps for page in pages]),
            (np.float64, [page.values for page in pages]),
        )
    )
    make = {"pandas": _pandas, "polars": _polars, "pyarrow": _pyarrow}[module.__name__]
    return make(module, runs, keys, {"step": steps, "timestamp": times, "value": values})


Coded = tuple[list[str], "npt.NDArray[np.int32]"]


def _codes(texts: list[str], lengths: npt.NDArray[np.int64]) -> Coded:
    """The different texts, and which of them each row has."""
    import numpy as np

    number = {text: at for at, text in enumerate(dict.fromkeys(texts))}
    codes = np.array([number[text] for text in texts], np.int32)
    return list(number), np.repeat(codes, lengths)


def _pandas(pandas: Any, runs: Coded, keys: Coded, columns: dict[str, Any]) -> Any:
    times = pandas.Series(columns["timestamp"].view("M8[ms]")).dt.tz_localize("UTC")
    return pandas.DataFrame(
        {
            "run_id": pandas.Categorical.from_codes(runs[1], runs[0]),
            "key": pandas.Categorical.from_codes(keys[1], keys[0]),
            **columns,
            "timestamp": times,
        }
    )


def _polars(polars: Any, runs: Coded, keys: Coded, columns: dict[str, Any]) -> Any:
    def texts(name: str, coded: Coded) -> Any:
        found = polars.Series(name, coded[0], dtype=polars.String)
        return found.cast(polars.Categorical).gather(coded[1])

    numbers = polars.DataFrame(columns).with_columns(
        polars.col("timestamp").cast(polars.Datetime("ms", "UTC"))
    )
    return polars.DataFrame([texts("run_id", runs), texts("key", keys), *numbers])


def _pyarrow(pyarrow: Any, runs: Coded, keys: Coded, columns: dict[str, Any]) -> Any:
    def texts(coded: Coded) -> Any:
        words = pyarrow.array(coded[0], pyarrow.string())
        return pyarrow.DictionaryArray.from_arrays(pyarrow.array(coded[1]), words)

    times = pyarrow.array(columns["timestamp"]).cast(pyarrow.timestamp("ms", "UTC"))
    return pyarrow.table({"run_id": texts(runs), "key": texts(keys), **columns, "timestamp": times})
