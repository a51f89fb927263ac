from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from cairn.contract.kinds import RunStatus
from cairn.contract.metrics import GetHistoryInterval, GetMetricHistory, GetSeries
from cairn.contract.runs import LogBatch, Metric, RunRef, UpdateRun
from cairn.errors import DoesNotExist, InvalidValue
from cairn.store import Store, codec, series
from cairn.store.compactor import fold_run
from cairn.store.history import curve
from cairn.store.schema import metric_batch, metric_chunk, metric_source, run

NAN = math.nan


def history(store: Store, run_id: str, key: str) -> list[tuple[int, int, float]]:
    found = store.get_metric_history(GetMetricHistory(run_id=run_id, metric_key=key)).metrics
    return [(m.timestamp, m.step, m.value) for m in found]


def row_of(store: Store, run_id: str) -> int:
    with store.db.read() as connection:
        return int(
            connection.execute(sa.select(run.c.id).where(run.c.run_id == run_id)).scalar_one()
        )


def count(store: Store, table: sa.Table) -> int:
    with store.db.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def log(store: Store, run_id: str, points: list[tuple[str, int, int, float]], **more: Any) -> None:
    metrics = [Metric(key=k, step=s, timestamp=t, value=v) for k, s, t, v in points]
    store.log_batch(LogBatch(run_id=run_id, metrics=metrics, **more))


def test_history_is_ordered_by_time_then_step_then_value(
    store: Store, new_run: Callable[[], str]
) -> None:
    run_id = new_run()
    points = [(5, 1, 0.5), (3, 9, 0.1), (5, 0, 2.0), (5, 0, 1.0), (4, -7, math.inf)]
    log(store, run_id, [("m", s, t, v) for t, s, v in points])
    assert history(store, run_id, "m") == sorted(points)


def test_an_exact_repetition_of_a_point_is_one_point(
    store: Store, new_run: Callable[[], str]
) -> None:
    run_id = new_run()
    log(store, run_id, [("m", 1, 1, 0.5), ("m", 1, 1, 0.5), ("m", 1, 1, 0.6)])
    log(store, run_id, [("m", 1, 1, 0.5)])
    assert history(store, run_id, "m") == [(1, 1, 0.5), (1, 1, 0.6)]


def test_latest_is_the_highest_step_then_time_then_value(
    store: Store, new_run: Callable[[], str]
) -> None:
    run_id = new_run()
    for points in (
        [("m", 5, 10, 1.0)],
        [("m", 4, 99, 9.0)],
        [("m", 5, 10, 2.0)],
        [("m", 5, 9, 7.0)],
    ):
        log(store, run_id, points)
    (latest,) = store.get_run(RunRef(run_id=run_id)).run.data.metrics
    assert (latest.value, latest.step, latest.timestamp) == (2.0, 5, 10)


def test_nan_and_infinities_are_kept(store: Store, new_run: Callable[[], str]) -> None:
    run_id = new_run()
    log(store, run_id, [("m", 0, 0, NAN), ("m", 1, 1, math.inf), ("m", 2, 2, -math.inf)])
    log(store, run_id, [("m", 3, 3, -0.0), ("m", 4, 4, NAN)])
    values = [v for *_, v in history(store, run_id, "m")]
    assert [repr(float(v)) for v in values] == ["nan", "inf", "-inf", "-0.0", "nan"]
    (latest,) = store.get_run(RunRef(run_id=run_id)).run.data.metrics
    assert math.isnan(latest.value)


def test_a_batch_that_is_sent_again_is_not_stored_again(
    store: Store, new_run: Callable[[], str]
) -> None:
    run_id = new_run()
    for _ in range(2):
        log(store, run_id, [("m", 1, 1, 0.5)], source="a", sequence=7)
    fold_run(store.db, row_of(store, run_id))
    log(store, run_id, [("m", 2, 2, 0.7)], source="a", sequence=7)
    log(store, run_id, [("m", 3, 3, 0.8)], source="b", sequence=7)
    assert history(store, run_id, "m") == [(1, 1, 0.5), (3, 3, 0.8)]


def test_a_folded_batch_is_still_known_when_it_is_sent_again(
    store: Store, new_run: Callable[[], str]
) -> None:
    run_id = new_run()
    for sequence in (0, 1, 2, 5):
        log(store, run_id, [("m", sequence, sequence, 1.0)], source="a", sequence=sequence)
    fold_run(store.db, row_of(store, run_id))
    assert count(store, metric_source) == 1
    for sequence in (0, 2, 3, 5):
        log(store, run_id, [("m", sequence, sequence, 9.0)], source="a", sequence=sequence)
    assert [(s, v) for _, s, v in history(store, run_id, "m")] == [
        (0, 1.0),
        (1, 1.0),
        (2, 1.0),
        (3, 9.0),
        (5, 1.0),
    ]


def test_a_fold_changes_nothing_that_is_read(store: Store, new_run: Callable[[], str]) -> None:
    run_id = new_run()
    dice = random.Random(1)
    for _ in range(40):
        log(
            store,
            run_id,
            [
                (
                    dice.choice("abc") + "/x",
                    dice.randrange(-50, 500),
                    dice.randrange(1000),
                    dice.random(),
                )
                for _ in range(60)
            ]
            + [("rare", dice.randrange(9), dice.randrange(9), NAN)],
        )
    keys = ["a/x", "b/x", "c/x", "rare"]
    before = [history(store, run_id, key) for key in keys]
    for _ in range(3):
        fold_run(store.db, row_of(store, run_id))
        assert repr([history(store, run_id, key) for key in keys]) == repr(before)
    assert count(store, metric_batch) == 1
    assert count(store, metric_chunk) == 3


def test_folds_fill_chunks_and_leave_full_ones_alone(
    store: Store, new_run: Callable[[], str]
) -> None:
    run_id = new_run()
    row = row_of(store, run_id)
    for part in range(20):
        log(store, run_id, [("m", s, s, float(s)) for s in range(part * 1000, part * 1000 + 1000)])
        fold_run(store.db, row)
    with store.db.read() as connection:
        sizes = connection.execute(sa.select(metric_chunk.c.points).order_by("id")).scalars().all()
    assert sizes == [8192, 8192, 20000 - 2 * 8192]
    assert len(history(store, run_id, "m")) == 20000


def test_the_slower_of_two_folds_changes_nothing(store: Store, new_run: Callable[[], str]) -> None:
    run_id = new_run()
    for step in range(3):
        log(store, run_id, [("m", step, step, 1.0)])
    row = row_of(store, run_id)
    with store.db.read() as connection:
        slow = series.plan_fold(connection, row)
    assert slow is not None
    log(store, run_id, [("m", 9, 9, 1.0)])
    fold_run(store.db, row)
    with pytest.raises(series.FoldConflict):
        store.db.write(lambda connection: series.apply_fold(connection, slow))
    assert len(history(store, run_id, "m")) == 4


def test_an_ended_run_is_folded(store: Store, new_run: Callable[[], str]) -> None:
    run_id = new_run()
    for step in range(5):
        log(store, run_id, [("m", step, step, 1.0)])
    store.update_run(UpdateRun(run_id=run_id, status=RunStatus.FINISHED))
    store.compactor.close()
    assert count(store, metric_batch) == 1


def test_the_history_comes_in_pages(store: Store, new_run: Callable[[], str]) -> None:
    run_id = new_run()
    log(store, run_id, [("m", s, s // 3, NAN if s % 5 == 0 else float(-s)) for s in range(100)])
    whole = history(store, run_id, "m")
    token, paged = None, []
    while True:
        page = store.get_metric_history(
            GetMetricHistory(run_id=run_id, metric_key="m", max_results=7, page_token=token)
        )
        assert len(page.metrics) <= 7
        paged += [(m.timestamp, m.step, m.value) for m in page.metrics]
        token = page.next_page_token
        if token is None:
            break
    assert repr(paged) == repr(whole)


@pytest.mark.parametrize("token", ["zzz", "", "AAAA", "é"])
def test_a_foreign_history_token_is_refused(
    store: Store, new_run: Callable[[], str], token: str
) -> None:
    run_id = new_run()
    log(store, run_id, [("m", 1, 1, 1.0)])
    request = GetMetricHistory(run_id=run_id, metric_key="m", page_token=token or "====")
    with pytest.raises(InvalidValue, match="page token"):
        store.get_metric_history(request)


def test_a_curve_never_hides_a_spike(store: Store, new_run: Callable[[], str]) -> None:
    run_id = new_run()
    log(store, run_id, [("m", s, s, 0.0) for s in range(1000)])
    log(store, run_id, [("m", 5000, 5000, 77.0), ("m", 5001, 5001, -77.0)])
    for part in range(1, 5):
        log(store, run_id, [("m", s, s, 0.0) for s in range(part * 1000, part * 1000 + 1000)])
    (found,) = store.get_series(GetSeries(run_ids=[run_id], keys=["m"], points=50)).series
    assert not found.exact
    assert len(found.steps) <= 50
    assert found.total == 5002
    assert (min(found.low or []), max(found.high or [])) == (-77.0, 77.0)
    (narrow,) = store.get_series(
        GetSeries(run_ids=[run_id], keys=["m"], start_step=4990, end_step=5000, points=50)
    ).series
    assert narrow.exact
    assert [*narrow.steps] == [*range(4990, 5001)]


def test_curves_come_in_the_order_asked_and_empty_ones_are_absent(
    store: Store, new_run: Callable[[], str]
) -> None:
    first, second = new_run(), new_run()
    log(store, first, [("a", 0, 0, 1.0), ("b", 0, 0, 2.0)])
    log(store, second, [("b", 0, 0, 3.0)])
    reply = store.get_series(GetSeries(run_ids=[second, first], keys=["b", "a", "none"]))
    assert [(s.run_id, s.key) for s in reply.series] == [(second, "b"), (first, "b"), (first, "a")]
    with pytest.raises(DoesNotExist):
        store.get_series(GetSeries(run_ids=["f" * 32], keys=["a"]))


def test_a_sample_keeps_first_last_smallest_and_largest(
    store: Store, new_run: Callable[[], str]
) -> None:
    run_id = new_run()
    wave = [("m", s, s, math.sin(s)) for s in range(900)] + [
        ("m", 901, 901, -5.0),
        ("m", 902, 902, 5.0),
    ]
    log(store, run_id, [*wave, ("m", 903, 903, 0.0)])
    request = GetHistoryInterval(run_ids=[run_id], metric_key="m", max_results=10)
    found = store.get_history_interval(request).metrics
    assert len(found) == 10
    assert {0, 901, 902, 903} <= {m.step for m in found}
    assert all(m.run_id == run_id for m in found)


@given(st.lists(st.integers(-5, 40)), st.lists(st.integers(-5, 40)))
def test_joined_ranges_hold_exactly_what_was_put_in(first: list[int], second: list[int]) -> None:
    ranges = series.join_ranges(series.join_ranges([], first), second)
    held = {n for a, b in ranges for n in range(a, b + 1)}
    assert held == set(first) | set(second)
    assert all(ranges[i][1] + 1 < ranges[i + 1][0] for i in range(len(ranges) - 1))


@given(
    st.lists(
        st.tuples(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 9), st.floats()), min_size=1
    ),
    st.integers(2, 20),
)
def test_an_envelope_covers_every_point(rows: list[tuple[int, float]], buckets: int) -> None:
    points = series.tidy(codec.columns([s for s, _ in rows], [0] * len(rows), [v for _, v in rows]))
    pieces = [points.take(slice(at, at + 7)) for at in range(0, len(points), 7)]
    extent = (int(points.steps[0]), int(points.steps[-1]))
    reduced = curve(pieces, extent, len(rows), buckets)
    assert reduced.total == len(points)
    if reduced.low is None or reduced.high is None:
        assert len(points) <= buckets
        assert repr(reduced.shown) == repr(points)
        return
    assert len(points) > buckets >= len(reduced.shown)
    assert reduced.shown.steps[-1] == points.steps[-1]
    assert (reduced.shown.steps[1:] >= reduced.shown.steps[:-1]).all()
    numbers = points.values[~np.isnan(points.values)]
    if len(numbers):
        assert np.nanmin(reduced.low) == numbers.min()
        assert np.nanmax(reduced.high) == numbers.max()
