from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl

import pandas as pd
import pytest
from tests.unit.client.peers import Reply, Seen, answering

import cairn
from cairn.client import frames
from cairn.client.transport import Transport
from cairn.errors import DoesNotExist, InvalidValue

POINTS = [
    ("loss", 0, 1_760_000_000_123, 0.1),
    ("loss", 0, 1_760_000_000_123, -0.0),
    ("loss", -5, 2**62, math.nan),
    ("loss", 2**63 - 1, 7, math.inf),
    ("ü b", 3, 9, 5e-324),
]


@contextmanager
def without_own_operations(url: str) -> Iterator[str]:
    """A server that knows the compatible protocol alone."""
    upstream = Transport(url)

    def answer(seen: Seen) -> Reply:
        path, _, query = seen.path.partition("?")
        if path.startswith("/api/cairn/"):
            return Reply(404, b"<html>not found</html>")
        pairs = parse_qsl(query, keep_blank_values=True)
        status, body = upstream.request(seen.verb, path, query=pairs, body=seen.body or None)
        return Reply(status, body)

    with answering(answer) as proxy:
        yield proxy
    upstream.close()


@pytest.fixture(params=["store", "server", "other server"])
def place(request: pytest.FixtureRequest) -> Iterator[str]:
    """Tracking URIs of every kind of place that runs are kept in."""
    if request.param == "store":
        yield "sqlite:///own.db"
        return
    url = request.getfixturevalue("server")
    if request.param == "server":
        yield url
        return
    with without_own_operations(url) as proxy:
        yield proxy


def log_runs() -> list[str]:
    client = cairn.Client()
    runs = [client.create_run("0").info.run_id for _ in range(2)]
    for number, run_id in enumerate(runs):
        for key, step, time, value in POINTS[number:]:
            client.log_metric(run_id, key, value, time, step)
    return runs


def expected(runs: list[str]) -> list[tuple[Any, ...]]:
    rows = [(run_id, *point) for number, run_id in enumerate(runs) for point in POINTS[number:]]
    return sorted(rows, key=lambda row: (runs.index(row[0]), *row[1:4], repr(row[4])))


def rows(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    assert list(frame.columns) == ["run_id", "key", "step", "timestamp", "value"]
    assert str(frame["timestamp"].dtype) == "datetime64[ms, UTC]"
    times = frame["timestamp"].astype("int64")
    columns = [frame[name].tolist() for name in ("run_id", "key", "step")]
    return list(zip(*columns, times.tolist(), frame["value"].tolist(), strict=True))


def as_sorted(found: list[tuple[Any, ...]], runs: list[str]) -> str:
    return repr(sorted(found, key=lambda row: (runs.index(row[0]), *row[1:4], repr(row[4]))))


def test_every_point_of_the_runs_comes_to_the_last_bit(place: str) -> None:
    cairn.set_tracking_uri(place)
    runs = log_runs()
    found = rows(cairn.metric_frame(runs))
    assert as_sorted(found, runs) == repr(expected(runs))
    assert [row[:4] for row in found] == [row[:4] for row in expected(runs)]
    narrow = rows(cairn.metric_frame(runs[0], "loss", start_step=-5, end_step=0))
    assert [row[2] for row in narrow] == [-5, 0, 0]
    assert [row[0] for row in rows(cairn.metric_frame(runs[::-1], ["ü b", "none"]))] == runs[::-1]
    with pytest.raises(DoesNotExist):
        cairn.metric_frame([*runs, "f" * 32])


def test_what_a_search_found_can_be_given() -> None:
    runs = log_runs()
    listed = cairn.search_runs(["0"], output_format="list")
    by_search = rows(cairn.metric_frame(cairn.search_runs(["0"])))
    assert as_sorted(by_search, runs) == as_sorted(rows(cairn.metric_frame(listed)), runs)
    assert as_sorted(by_search, runs) == repr(expected(runs))
    one = listed[0]
    assert repr(rows(cairn.metric_frame(one))) == repr(rows(cairn.metric_frame(one.info.run_id)))
    with pytest.raises(InvalidValue, match="neither a run"):
        cairn.metric_frame([7])


def test_frames_of_all_kinds_hold_the_same() -> None:
    runs = log_runs()
    first = cairn.metric_frame(runs)
    polars = cairn.metric_frame(runs, output_format="polars")
    assert str(polars["timestamp"].dtype) == "Datetime(time_unit='ms', time_zone='UTC')"
    arrow = cairn.metric_frame(runs, output_format="pyarrow")
    assert str(arrow.schema.field("timestamp").type) == "timestamp[ms, tz=UTC]"
    for name in first.columns:
        wanted = first[name]
        if name == "timestamp":
            assert polars[name].to_physical().to_list() == wanted.astype("int64").tolist()
            assert arrow[name].cast("int64").to_pylist() == wanted.astype("int64").tolist()
        else:
            assert repr(polars[name].to_list()) == repr(wanted.tolist())
            assert repr(arrow[name].to_pylist()) == repr(wanted.tolist())


def test_no_points_make_an_empty_frame() -> None:
    run_id = cairn.Client().create_run("0").info.run_id
    for runs in ([], [run_id]):
        for output_format in ("pandas", "polars", "pyarrow"):
            found: Any = cairn.metric_frame(runs, output_format=output_format)  # type: ignore[call-overload]
            assert len(found) == 0
            names = found.column_names if output_format == "pyarrow" else list(found.columns)
            assert names == ["run_id", "key", "step", "timestamp", "value"]


def test_more_runs_and_points_than_one_answer_holds_come_in_pages(
    monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    cairn.set_tracking_uri(server)
    client = cairn.Client()
    runs = [client.create_run("0").info.run_id for _ in range(5)]
    for run_id in runs:
        for step in range(7):
            client.log_metric(run_id, "m", step / 7, step, step)
    monkeypatch.setattr(frames, "MAX_RUNS_PER_HISTORY", 2)
    monkeypatch.setattr(frames, "MAX_POINTS_PER_PAGE", 3)
    found = rows(cairn.metric_frame(runs))
    assert [(row[0], row[2]) for row in found] == [(run, step) for run in runs for step in range(7)]


def test_a_frame_of_something_unknown_or_absent_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidValue, match="'pandas', 'polars', 'pyarrow'"):
        cairn.metric_frame([], output_format="csv")  # type: ignore[call-overload]
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(InvalidValue, match="pip install polars"):
        cairn.metric_frame([], output_format="polars")
