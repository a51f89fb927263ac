"""Read many runs at once: `search_runs`, and their histories: `metric_frame`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from cairn.client.client import Client
from cairn.client.entities import Run
from cairn.client.experiments import active_experiment_id, search_experiments
from cairn.client.states import ViewType
from cairn.errors import InvalidValue

if TYPE_CHECKING:
    import pandas as pd

_PAGE = 5000
_INFO = ("run_id", "experiment_id", "status", "artifact_uri", "start_time", "end_time")
_log = logging.getLogger("cairn")

Value = TypeVar("Value")


@overload
def search_runs(
    experiment_ids: list[str] | None = None,
    filter_string: str = "",
    run_view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int = 100000,
    order_by: list[str] | None = None,
    output_format: Literal["pandas"] = "pandas",
    search_all_experiments: bool = False,
    experiment_names: list[str] | None = None,
) -> pd.DataFrame: ...


@overload
def search_runs(
    experiment_ids: list[str] | None = None,
    filter_string: str = "",
    run_view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int = 100000,
    order_by: list[str] | None = None,
    *,
    output_format: Literal["list"],
    search_all_experiments: bool = False,
    experiment_names: list[str] | None = None,
) -> list[Run]: ...


def search_runs(
    experiment_ids: list[str] | None = None,
    filter_string: str = "",
    run_view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int = 100000,
    order_by: list[str] | None = None,
    output_format: str = "pandas",
    search_all_experiments: bool = False,
    experiment_names: list[str] | None = None,
) -> list[Run] | pd.DataFrame:
    """The runs that match a filter, the newest first unless ordered otherwise.

    Args:
        experiment_ids: experiments to look at; the active one by default.
        filter_string: for example ``"metrics.loss < 0.1 and params.model = 'cnn'"``.
        run_view_type: active runs, deleted ones, or all, as `cairn.ViewType` numbers them.
        max_results: most runs to return.
        order_by: for example ``["metrics.loss ASC"]``.
        output_format: ``"pandas"`` for a data frame with the columns run_id, experiment_id,
            status, artifact_uri, start_time and end_time (UTC), then ``metrics.*`` (NaN where
            missing), ``params.*`` and ``tags.*`` (None where missing); ``"list"`` for a list.
        search_all_experiments: look at all active experiments when none is given.
        experiment_names: experiments to look at, by name, instead of by id.

    Raises:
        InvalidValue: ids and names are both given, the filter or order is not valid, the format
            is not known, or pandas is wanted and not installed.
    """
    if output_format not in {"pandas", "list"}:
        raise InvalidValue(f"{output_format!r} is not an output format. Use 'pandas' or 'list'.")
    pandas = _pandas() if output_format == "pandas" else None
    client = Client()
    ids = _experiments(client, experiment_ids, experiment_names, search_all_experiments)
    found: list[Run] = []
    token = None
    while ids and len(found) < max_results:
        size = min(_PAGE, max_results - len(found))
        page = client.search_runs(ids, filter_string, run_view_type, size, order_by, token)
        found += page
        token = page.token
        if token is None:
            break
    return found if pandas is None else _frame(pandas, found)


@overload
def metric_frame(
    runs: Any,
    keys: str | Iterable[str] | None = None,
    start_step: int | None = None,
    end_step: int | None = None,
    output_format: Literal["pandas"] = "pandas",
) -> pd.DataFrame: ...


@overload
def metric_frame(
    runs: Any,
    keys: str | Iterable[str] | None = None,
    start_step: int | None = None,
    end_step: int | None = None,
    *,
    output_format: Literal["polars", "pyarrow"],
) -> Any: ...


def metric_frame(
    runs: Any,
    keys: str | Iterable[str] | None = None,
    start_step: int | None = None,
    end_step: int | None = None,
    output_format: str = "pandas",
) -> Any:
    """Every point of some metrics of some runs as one frame, exactly as it was logged.

    Args:
        runs: a run or its id, a list of them, or what `search_runs` returned.
        keys: one metric or several; all by default.
        start_step: first step.
        end_step: last step, included.
        output_format: ``"pandas"``, ``"polars"`` or ``"pyarrow"``, which must be installed.

    Returns:
        Columns run_id and key (categories), step, timestamp (UTC, milliseconds) and value, one
        row a point: run by run in the order given, keys sorted, then by step, time and value.

    Raises:
        DoesNotExist: there is no such run.
        InvalidValue: the format is not known or its module is not installed.
    """
    return Client().metric_frame(runs, keys, start_step, end_step, output_format)


def _experiments(
    client: Client, ids: list[str] | None, names: list[str] | None, everywhere: bool
) -> list[str]:
    if ids and names:
        raise InvalidValue("Give experiment_ids or experiment_names, not both.")
    if ids:
        return ids
    if names:
        found = []
        for name in names:
            experiment = client.get_experiment_by_name(name)
            if experiment is None:
                _log.warning("There is no experiment named %r.", name)
            else:
                found.append(experiment.experiment_id)
        return found
    if everywhere:
        return [each.experiment_id for each in search_experiments(ViewType.ACTIVE_ONLY)]
    return [active_experiment_id()]


def _pandas() -> Any:
    try:
        import pandas as pd
    except ImportError:
        raise InvalidValue(
            "search_runs() returns a pandas data frame, but pandas is not installed. "
            "Run `pip install pandas`, or ask for output_format='list'."
        ) from None
    return pd


def _frame(pandas: Any, found: Sequence[Run]) -> pd.DataFrame:
    columns: dict[str, Any] = {name: [getattr(run.info, name) for run in found] for name in _INFO}
    for name in ("start_time", "end_time"):
        times = [_utc(time) for time in columns[name]]
        columns[name] = pandas.Series(pandas.to_datetime(times, utc=True))
    columns |= _by_key("metrics", found, lambda run: run.data.metrics, float("nan"))
    columns |= _by_key("params", found, lambda run: run.data.params, None)
    columns |= _by_key("tags", found, lambda run: run.data.tags, None)
    frame: pd.DataFrame = pandas.DataFrame(columns)
    return frame


def _by_key(
    prefix: str, found: Sequence[Run], part: Callable[[Run], Mapping[str, Value]], missing: Any
) -> dict[str, list[Any]]:
    """A column for each key that a run has, sorted by key."""
    rows = [part(run) for run in found]
    keys = sorted({key for row in rows for key in row})
    return {f"{prefix}.{key}": [row.get(key, missing) for row in rows] for key in keys}


def _utc(millis: int | None) -> datetime | None:
    return None if millis is None else datetime.fromtimestamp(millis / 1000, timezone.utc)
