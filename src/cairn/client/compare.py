"""Runs side by side: what they share, and above all in what they differ."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from cairn.artifact.paths import HIDDEN, ArtifactPath
from cairn.client import packages, run_files
from cairn.client.client import Client
from cairn.client.connect import Place, resolve_uri, tracking
from cairn.client.entities import Run
from cairn.client.facts import CODE, ENVIRONMENT
from cairn.client.frames import run_ids_of
from cairn.client.progress import shown
from cairn.client.reading import load_pandas
from cairn.contract.metrics import GetMetricHistory, GetSeries
from cairn.errors import CairnError, DoesNotExist, InvalidValue

if TYPE_CHECKING:
    import pandas as pd

COMMIT = "mlflow.source.git.commit"

_RUNS, _KEYS = 100, 1000  # of one request for curves
_EXTREMES = {"min": min, "max": max}


@overload
def compare(runs: Any, output_format: Literal["pandas"] = "pandas") -> pd.DataFrame: ...


@overload
def compare(runs: Any, output_format: Literal["dict"]) -> dict[str, Any]: ...


def compare(runs: Any, output_format: str = "pandas") -> pd.DataFrame | dict[str, Any]:
    """Put runs side by side: params, metrics, tags, code and environment; what differs first.

    Args:
        runs: ids, runs, or what `search_runs` returned.
        output_format: ``"pandas"`` for a data frame with a column a run and rows by part and
            name, metrics as ``loss`` (last), ``loss:min`` and ``loss:max``; ``"dict"`` for a
            dictionary with the ids in ``runs``, and below ``params``, ``metrics``, ``tags``,
            ``code`` and ``environment`` a list of values by name, None where a run has none.
            The environment holds only what differs.

    Raises:
        DoesNotExist: there is no such run.
        InvalidValue: the format is not known, no run is given, or pandas is not installed.
    """
    if output_format not in {"pandas", "dict"}:
        raise InvalidValue(f"{output_format!r} is not an output format. Use 'pandas' or 'dict'.")
    pandas = load_pandas("compare", "dict") if output_format == "pandas" else None
    ids = run_ids_of(runs)
    if not ids:
        raise InvalidValue("There is no run to compare. Name at least one.")
    client, place = Client(), resolve_uri()
    with shown("Reading", "runs") as tell:
        found = []
        captured = []
        for run_id in ids:
            found.append(client.get_run(run_id))
            captured.append(_captured(place, run_id))
            tell(1)
    metrics = _side_by_side([run.data.metrics for run in found])
    texts = [each[ENVIRONMENT] for each in captured]
    whole: dict[str, Any] = {
        "params": _side_by_side([run.data.params for run in found]),
        "metrics": dict(_with_extremes(place, ids, metrics)),
        "tags": _side_by_side([run.data.tags for run in found]),
        "code": _code(found, [each[CODE] for each in captured]),
        "environment": packages.differences(
            [None if text is None else text.decode() for text in texts]
        ),
    }
    if pandas is None:
        return {"runs": ids, **whole}
    rows = [((part, name), values) for part in whole for name, values in whole[part].items()]
    index = pandas.MultiIndex.from_tuples([name for name, _ in rows], names=["part", "name"])
    frame: pd.DataFrame = pandas.DataFrame(
        [values for _, values in rows], index=index, columns=ids, dtype=object
    )
    return frame


def _side_by_side(parts: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """A list of values for each key, those that differ first, each group sorted by key."""
    keys = sorted({key for part in parts for key in part})
    rows = {key: [part.get(key) for part in parts] for key in keys}
    return dict(sorted(rows.items(), key=lambda row: all(v == row[1][0] for v in row[1])))


def _code(found: Sequence[Run], patches: Sequence[bytes | None]) -> dict[str, list[Any]]:
    digests = [None if patch is None else hashlib.sha256(patch).hexdigest() for patch in patches]
    code = {"commit": [run.data.tags.get(COMMIT) for run in found], "changes": digests}
    return {name: values for name, values in code.items() if any(values)}


def _captured(place: Place, run_id: str) -> dict[str, bytes | None]:
    """What was captured of a run when it started, as far as it can be read."""
    found: dict[str, bytes | None] = dict.fromkeys((CODE, ENVIRONMENT))
    try:
        store = run_files.of_run(place, run_id)
        for name in found:
            found[name] = run_files.content(store, ArtifactPath.of((HIDDEN, name)))
    except CairnError:
        return found  # the files of a run may be where this machine cannot reach them
    return found


def _with_extremes(
    place: Place, ids: Sequence[str], metrics: Mapping[str, list[Any]]
) -> Iterator[tuple[str, list[Any]]]:
    """The last values of each metric, then its smallest and largest ones."""
    known = _extremes(place, ids, list(metrics))
    for key, last in metrics.items():
        yield key, last
        for name, of in _EXTREMES.items():
            values = [known.get((run_id, key)) for run_id in ids]
            yield f"{key}:{name}", [None if each is None else of(each) for each in values]


def _extremes(
    place: Place, ids: Sequence[str], keys: Sequence[str]
) -> dict[tuple[str, str], list[float]]:
    """Values of each run and metric that hold the smallest and the largest, but for NaN."""
    service = tracking(place)
    found: dict[tuple[str, str], list[float]] = {}
    for first in range(0, len(ids), _RUNS):
        for at in range(0, len(keys), _KEYS):
            some, names = list(ids[first : first + _RUNS]), list(keys[at : at + _KEYS])
            try:
                reply = service.get_series(GetSeries(run_ids=some, keys=names, points=2))
            except CairnError as error:  # a server without our own operations
                if isinstance(error, DoesNotExist) or error.status not in {404, 405}:
                    raise
                for run_id in some:
                    for key in names:
                        request = GetMetricHistory(run_id=run_id, metric_key=key)
                        points = service.get_metric_history(request).metrics
                        found[run_id, key] = [point.value for point in points]
            else:
                for curve in reply.series:
                    values = [*curve.values, *(curve.low or ()), *(curve.high or ())]
                    found[curve.run_id, curve.key] = values
    numbers = {name: [each for each in values if each == each] for name, values in found.items()}
    return {name: values for name, values in numbers.items() if values}
