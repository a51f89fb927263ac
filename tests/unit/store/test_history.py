"""Reading histories piece by piece: the same as reading them whole, whatever was folded when."""

from __future__ import annotations

import math
import random
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.store.test_series import log, row_of

from cairn.contract.kinds import INT64_MAX, INT64_MIN
from cairn.contract.metrics import GetSeries, ListPoints
from cairn.errors import InvalidValue
from cairn.store import Store, codec, series
from cairn.store import metrics as metrics_module
from cairn.store.compactor import fold_run
from cairn.store.history import Histories, curve
from cairn.store.schema import metric_chunk

Point = tuple[int, int, float]

ODD: list[Point] = [
    (INT64_MIN, 0, math.nan),
    (INT64_MIN, 0, -math.inf),
    (INT64_MAX, INT64_MAX, math.inf),
    (-1, 9, -0.0),
    (-1, 9, 0.0),
    (-1, 3, 5e-324),
    (0, 3, 1.7976931348623157e308),
]


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of a few points, so that a small test has many of them."""
    monkeypatch.setattr(series, "CHUNK_POINTS", 8)
    monkeypatch.setattr(series, "FEW_POINTS", 4)


def in_order(points: list[Point]) -> list[Point]:
    bits = {(s, t, repr(v)): (s, t, v) for s, t, v in points}
    return sorted(bits.values(), key=lambda p: (p[0], p[1], p[2] != p[2], p[2], repr(p[2])))


def read(store: Store, run_id: str, size: int, first: int, last: int) -> list[Point]:
    """Points of `m`, page by page."""
    request = ListPoints(
        run_ids=[run_id], keys=["m"], start_step=first, end_step=last, max_results=size
    )
    found: list[Point] = []
    while True:
        page = store.list_points(request)
        found += zip(page.steps, page.timestamps, page.values, strict=True)
        if page.next_page_token is None:
            return found
        request.page_token = page.next_page_token


def rows(points: list[Point]) -> str:
    """To compare with; equal floats stand in either order."""
    return repr(sorted(points, key=lambda p: (p[0], p[1], p[2] != p[2], p[2], repr(p[2]))))


@pytest.mark.usefixtures("small_chunks")
def test_what_is_appended_in_any_order_and_folded_at_any_time_is_read_exactly(
    store: Store, new_run: Callable[[], str]
) -> None:
    dice = random.Random(7)
    run_id = new_run()
    logged: list[Point] = []
    for number in range(12):
        batch = [
            (dice.randrange(-40, 40), dice.randrange(50), dice.choice([dice.random(), -0.0, 1.0]))
            for _ in range(dice.randrange(1, 30))
        ] + dice.sample(ODD, 2)
        logged += batch
        log(store, run_id, [("m", s, t, v) for s, t, v in batch] + [("other", 0, 0, 1.0)])
        if number in {3, 4, 8}:
            fold_run(store.db, row_of(store, run_id))
    for first, last in ((INT64_MIN, INT64_MAX), (-7, 11), (0, 0), (100, 200), (5, -5)):
        wanted = [p for p in in_order(logged) if first <= p[0] <= last]
        for size in (9, 100_000):
            found = read(store, run_id, size, first, last)
            assert rows(found) == rows(wanted)
            assert [p[:2] for p in found] == [p[:2] for p in wanted]
    request = GetSeries(run_ids=[run_id], keys=["m"], points=100_000)
    (exact,) = store.get_series(request).series
    assert exact.exact
    found = list(zip(exact.steps, exact.timestamps, exact.values, strict=True))
    assert rows(found) == rows(in_order(logged))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize(
    "step", [lambda _: 0, lambda n: n // 5, lambda n: -n], ids=["same", "shared", "falling"]
)
def test_pages_cut_inside_a_step(
    store: Store, new_run: Callable[[], str], step: Callable[[int], int]
) -> None:
    run_id = new_run()
    points = [(step(n), n // 3, float(n % 2)) for n in range(60)]
    for at in range(0, 60, 20):
        log(store, run_id, [("m", *point) for point in points[at : at + 20]])
        fold_run(store.db, row_of(store, run_id))
    for size in (1, 7):
        assert rows(read(store, run_id, size, INT64_MIN, INT64_MAX)) == rows(in_order(points))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_reading_a_long_history_holds_little_of_it(
    store: Store, new_run: Callable[[], str]
) -> None:
    run_id = new_run()
    row = row_of(store, run_id)
    count = 1_000_000
    steps = np.arange(count)
    noise = np.random.default_rng(1).normal(size=count)
    noise[654_321] = 99.0
    long = codec.Columns(steps, steps * 250, noise)
    cuts = [long.take(slice(at, at + 8192)) for at in range(0, count, 8192)]
    chunks = [series._chunk_row(row, "m", part) for part in cuts]
    store.db.write(lambda connection: connection.execute(metric_chunk.insert(), chunks))
    request = GetSeries(run_ids=[run_id], keys=["m"])
    tracemalloc.start()
    (found,) = store.get_series(request).series
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (found.total, found.exact, len(found.steps)) == (count, False, 1000)
    assert max(found.high or []) == 99.0
    assert peak < 12e6  # all points at once would be 24 MB
    (zoomed,) = store.get_series(
        GetSeries(run_ids=[run_id], keys=["m"], start_step=654_000, end_step=654_999)
    ).series
    assert (zoomed.exact, [*zoomed.values]) == (True, noise[654_000:655_000].tolist())


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("small_chunks")
def test_a_chart_of_many_runs_costs_a_few_queries(store: Store, new_run: Callable[[], str]) -> None:
    runs = [new_run() for _ in range(40)]
    for run_id in runs:
        log(store, run_id, [("m", n, n, float(n)) for n in range(20)])
        fold_run(store.db, row_of(store, run_id))
    asked: list[str] = []
    with store.db.read() as connection:
        engine = connection.engine

    @sa.event.listens_for(engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    found = store.get_series(GetSeries(run_ids=runs, keys=["m"], points=10)).series
    sa.event.remove(engine, "before_cursor_execute", note)
    assert [len(s.steps) for s in found] == [10] * 40
    # Runs, chunks, batches; and the payloads of 120 chunks, 64 at a time.
    assert len([text for text in asked if text.startswith("SELECT")]) == 5


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_chart_of_too_many_points_is_refused(
    store: Store, new_run: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = new_run()
    log(store, run_id, [("m", n, n, 0.0) for n in range(100)])
    monkeypatch.setattr(metrics_module, "MAX_POINTS_PER_CHART", 99)
    with pytest.raises(InvalidValue, match="fewer points"):
        store.get_series(GetSeries(run_ids=[run_id], keys=["m"]))
    store.get_series(GetSeries(run_ids=[run_id], keys=["m"], points=99))


@given(st.lists(st.integers(0, 500), min_size=3, max_size=80), st.integers(2, 12), st.data())
def test_a_curve_is_the_same_however_its_pieces_are_cut(
    steps: list[int], buckets: int, data: st.DataObject
) -> None:
    steps.sort()
    points = codec.columns(steps, [*range(len(steps))], [float((7 * n) % 11) for n in steps])
    cuts = sorted(data.draw(st.sets(st.integers(1, len(steps) - 1))))
    pieces = [
        points.take(slice(a, b)) for a, b in zip([0, *cuts], [*cuts, len(steps)], strict=True)
    ]
    extent = (steps[0], steps[-1])
    once = curve([points], extent, len(steps), buckets)
    assert repr(curve(pieces, extent, len(steps), buckets)) == repr(once)


def test_no_histories_are_no_histories(store: Store, new_run: Callable[[], str]) -> None:
    run_id = new_run()
    with store.db.read() as connection:
        assert Histories(connection, [row_of(store, run_id)], ["m"]).names == []
        assert Histories(connection, []).names == []
