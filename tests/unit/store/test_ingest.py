from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cairn.contract.kinds import RunStatus
from cairn.contract.metrics import GetMetricHistory
from cairn.contract.runs import (
    CreateRun,
    DeleteTag,
    LogBatch,
    LogMetric,
    Metric,
    RunRef,
    RunTag,
    UpdateRun,
)
from cairn.errors import DoesNotExist, InvalidValue, Unavailable
from cairn.store import Store, ingest
from cairn.store.compactor import fold_run
from cairn.store.schema import metric_batch, metric_latest, metric_source, param, run
from cairn.store.upsert import insert_rows, replace_value, upsert

Point = tuple[str, int, int, float]
NAN = math.nan

points = st.tuples(
    st.sampled_from(["b", "a", "c/d"]),
    st.integers(-3, 3) | st.sampled_from([-(2**63), 2**63 - 1]),
    st.integers(0, 3),
    st.sampled_from([NAN, -math.inf, math.inf, 0.0, 0.1, -7.5, 1e300]),
)
steps = st.integers(1, 5).map(  # the same keys at each step, and none left out
    lambda count: [(key, s, s, s / 8) for s in range(count) for key in ("z", "a", "m")]
)
batches = st.lists(
    st.tuples(st.integers(0, 1), st.lists(points, min_size=1, max_size=6) | steps),
    min_size=1,
    max_size=8,
)


def metrics_of(given: Sequence[Point]) -> list[Metric]:
    return [Metric(key=k, step=s, timestamp=t, value=v) for k, s, t, v in given]


def log_all(store: Store, given: Sequence[ingest.Batch]) -> list[Any]:
    return list(store.db.write(lambda connection: ingest.append_all(connection, given)))


def order(point: Point) -> tuple[int, int, bool, float]:
    """The rank of a point: NaN is the lowest of the values."""
    _, step, time, value = point
    known = value == value
    return step, time, known, value if known else 0.0


def latest_of(store: Store, run_id: str) -> dict[str, tuple[int, int, str]]:
    found = store.get_run(RunRef(run_id=run_id)).run.data.metrics
    return {m.key: (m.step, m.timestamp, repr(float(m.value))) for m in found}


def extremes_of(store: Store, run_id: str) -> dict[str, tuple[float | None, float | None]]:
    c = metric_latest.c
    query = sa.select(c.key, c.low, c.high).join(run, run.c.id == c.run)
    query = query.where(run.c.run_id == run_id)
    with store.db.read() as connection:
        return {key: (low, high) for key, low, high in connection.execute(query)}


def check(store: Store, run_id: str, logged: Sequence[Point]) -> None:
    keys = {point[0] for point in logged}
    of = {key: [p for p in logged if p[0] == key] for key in keys}
    last = {key: max(of[key], key=order) for key in keys}
    expected = {key: (p[1], p[2], repr(float(p[3]))) for key, p in last.items()}
    assert latest_of(store, run_id) == expected
    numbers = {key: [p[3] for p in of[key] if p[3] == p[3]] for key in keys}
    assert extremes_of(store, run_id) == {
        key: (min(n), max(n)) if n else (None, None) for key, n in numbers.items()
    }
    for key in keys:
        request = GetMetricHistory(run_id=run_id, metric_key=key)
        history = store.get_metric_history(request).metrics
        found = sorted((m.step, m.timestamp, repr(float(m.value))) for m in history)
        assert found == sorted({(s, t, repr(float(v))) for _, s, t, v in of[key]})


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(batches, st.lists(st.integers(1, 8), min_size=1, max_size=8))
def test_batches_in_any_grouping_equal_the_points_one_by_one(
    store: Store,
    new_run: Callable[[], str],
    logged: list[tuple[int, list[Point]]],
    sizes: list[int],
) -> None:
    runs = [new_run(), new_run()]
    made = [ingest.prepare(runs[number], metrics_of(given)) for number, given in logged]
    while made:
        size = sizes[len(made) % len(sizes)]
        log_all(store, made[:size])
        made = made[size:]
    for number, run_id in enumerate(runs):
        check(store, run_id, [point for n, given in logged if n == number for point in given])


def test_a_group_of_every_database_equals_its_points(
    store: Store, new_run: Callable[[], str]
) -> None:
    runs = [new_run() for _ in range(3)]
    logged: dict[str, list[Point]] = {run_id: [] for run_id in runs}
    made = []
    for number in range(9):
        run_id = runs[number * 7 % 3]
        values = [math.inf, NAN, -math.inf, 0.1, -0.5][number % 5 :]
        given = [(f"m{n}", 5 - number % 2, n, v) for n, v in enumerate(values)] * 2
        given += [(f"k{n:03}", number, number, n / 7) for n in range(50)]
        logged[run_id] += given
        made.append(ingest.prepare(run_id, metrics_of(given)))
    assert None not in log_all(store, made)
    for run_id, given in logged.items():
        check(store, run_id, given)


def test_one_refused_batch_of_a_group_leaves_its_neighbours(
    store: Store, new_run: Callable[[], str]
) -> None:
    first, deleted, last = new_run(), new_run(), new_run()
    store.delete_run(RunRef(run_id=deleted))
    made = [
        ingest.prepare(run_id, metrics_of([("m", 1, 1, 0.5)]))
        for run_id in (first, deleted, "f" * 32, last)
    ]
    results = log_all(store, made)
    assert [type(result) for result in results] == [int, InvalidValue, DoesNotExist, int]
    assert "must be in the 'active' state" in str(results[1])
    assert latest_of(store, first) == latest_of(store, last) == {"m": (1, 1, "0.5")}


def test_a_repetition_in_the_same_group_is_stored_once(
    store: Store, new_run: Callable[[], str]
) -> None:
    run_id, other = new_run(), new_run()
    made = [
        ingest.prepare(run_id, metrics_of([("m", step, step, 0.5)]), "a", sequence)
        for step, sequence in ((1, 7), (2, 7), (3, 8))
    ]
    made.append(ingest.prepare(other, metrics_of([("m", 4, 4, 0.5)]), "a", 7))
    assert [result is None for result in log_all(store, made)] == [False, True, False, False]
    assert [result is None for result in log_all(store, made)] == [True] * 4
    request = GetMetricHistory(run_id=run_id, metric_key="m")
    assert [m.step for m in store.get_metric_history(request).metrics] == [1, 3]


def test_items_that_fail_together_are_written_each_alone(
    store: Store, new_run: Callable[[], str]
) -> None:
    """An item that breaks the statement of all of them is the only one that fails."""
    held, release = threading.Event(), threading.Event()

    def write(connection: sa.Connection, items: Sequence[str | None]) -> list[str]:
        if items[0] == "hold":
            held.set()
            release.wait(10)
            return ["held"]
        rows = [{"run": 1, "key": item, "value": "v"} for item in items]
        connection.execute(param.insert(), rows)
        return [f"{item} of {len(items)}" for item in items]

    new_run()
    waiting = store.db.join(write, "hold")
    assert held.wait(10)
    futures = [store.db.join(write, item) for item in ("a", None, "b")]
    assert store.db.queued == 3
    release.set()
    assert waiting.result(10) == "held"
    assert [futures[0].result(30), futures[2].result(30)] == ["a of 1", "b of 1"]
    assert isinstance(futures[1].exception(30), sa.exc.IntegrityError)
    futures = [store.db.join(write, item) for item in ("c", "d")]
    assert {future.result(30)[0] for future in futures} == {"c", "d"}


def test_what_cannot_be_joined_waits_for_nothing(store: Store, new_run: Callable[[], str]) -> None:
    run_id = new_run()
    metrics = metrics_of([("m", 1, 1, 0.5)])
    assert store.begin_log_batch(LogBatch(run_id=run_id)) is None
    tagged = LogBatch(run_id=run_id, metrics=metrics, tags=[RunTag(key="t", value="v")])
    assert store.begin_log_batch(tagged) is None
    begun = store.begin_log_batch(LogBatch(run_id=run_id, metrics=metrics))
    assert begun is not None
    assert not begun.cancel()
    assert isinstance(begun.result(30), int)
    missing = store.begin_log_metric(LogMetric(run_id="f" * 32, key="m", value=1.0, timestamp=1))
    assert isinstance(missing.exception(30), DoesNotExist)
    with pytest.raises(InvalidValue, match="metric key"):
        store.begin_log_metric(LogMetric(run_id=run_id, key="a//b", value=1.0, timestamp=1))


def test_a_closed_store_has_written_what_was_queued(
    store: Store, new_run: Callable[[], str]
) -> None:
    run_id = new_run()
    begun = [
        store.begin_log_metric(LogMetric(run_id=run_id, key="m", value=1.0, timestamp=n, step=n))
        for n in range(40)
    ]
    store.close()
    assert all(future.done() for future in begun)
    assert len({future.result() for future in begun}) == 1
    with store.db.read() as connection:
        total = connection.execute(sa.select(sa.func.sum(metric_batch.c.points))).scalar()
    assert total == 40


@pytest.mark.parametrize("count", [1, 3, 64, 65, 150])
def test_rows_in_blocks_are_all_there_and_changed(
    store: Store, new_run: Callable[[], str], count: int
) -> None:
    new_run()
    rows = [{"run": 1, "key": f"k{n}", "value": str(n)} for n in range(count)]
    store.db.write(lambda c: insert_rows(c, param, rows))
    with pytest.raises((sa.exc.IntegrityError, Unavailable)):
        store.db.write(lambda c: insert_rows(c, param, rows))
    changed = [{**row, "value": "new"} for row in rows[: count // 2]]
    store.db.write(lambda c: upsert(c, param, changed, replace_value))
    store.db.write(lambda c: upsert(c, param, rows))
    with store.db.read() as connection:
        found = dict(connection.execute(sa.select(param.c.key, param.c.value)).all())
    assert found == {r["key"]: r["value"] for r in [*rows, *changed]}


def test_no_operation_that_is_sent_again_undoes_what_came_after(store: Store) -> None:
    run_id = store.create_run(CreateRun(experiment_id="0")).run.info.run_id

    def number(sequence: int) -> dict[str, Any]:
        return {"run_id": run_id, "source": "client", "sequence": sequence}

    requests: list[Callable[[], object]] = [
        lambda: store.log_batch(LogBatch(tags=[RunTag(key="t", value="old")], **number(0))),
        lambda: store.update_run(UpdateRun(status=RunStatus.FINISHED, **number(1))),
        lambda: store.delete_tag(DeleteTag(key="t", **number(2))),
        lambda: store.log_batch(
            LogBatch(
                tags=[RunTag(key="u", value="old")],
                metrics=[Metric(key="m", value=1, timestamp=1)],
                **number(3),
            )
        ),
    ]
    for request in requests:
        request()
    store.log_batch(
        LogBatch(run_id=run_id, tags=[RunTag(key=key, value="new") for key in ("t", "u")])
    )
    store.update_run(UpdateRun(run_id=run_id, status=RunStatus.RUNNING))
    for request in requests:
        request()
    run = store.get_run(RunRef(run_id=run_id)).run
    assert run.info.status is RunStatus.RUNNING
    assert {tag.key: tag.value for tag in run.data.tags if len(tag.key) == 1} == {
        "t": "new",
        "u": "new",
    }


def test_numbers_that_follow_each_other_are_kept_as_one_range(store: Store) -> None:
    run_id = store.create_run(CreateRun(experiment_id="0")).run.info.run_id
    for sequence in range(600):
        batch = LogBatch(run_id=run_id, source="client", sequence=sequence)
        if sequence % 3:
            batch.metrics = [Metric(key="m", value=1, timestamp=sequence, step=sequence)]
        else:
            batch.tags = [RunTag(key="t", value=str(sequence))]
        store.log_batch(batch)
    store.update_run(
        UpdateRun(run_id=run_id, status=RunStatus.FINISHED, source="client", sequence=600)
    )
    with store.db.read() as connection:
        row_id = connection.execute(sa.select(run.c.id)).scalar_one()
    fold_run(store.db, row_id)
    with store.db.read() as connection:
        assert connection.execute(sa.select(metric_source.c.folded)).scalars().all() == [
            "[[0, 600]]"
        ]
