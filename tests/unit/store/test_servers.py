"""What is special about databases behind a server."""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.databases import Server

from cairn.contract.kinds import ViewType
from cairn.contract.runs import (
    CreateRun,
    LogBatch,
    LogMetric,
    LogParam,
    Metric,
    Param,
    RunRef,
    SearchRuns,
    SetTag,
)
from cairn.errors import InvalidState, InvalidValue, Unavailable
from cairn.store import Store, open_store
from cairn.store.db import VERSION_TABLE, open_database
from cairn.store.schema import experiment

NewRun = Callable[[], str]


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> Server:
    return request.getfixturevalue(request.param)


@pytest.fixture
def uri(server: Server) -> Iterator[str]:
    with server.database() as uri:
        yield uri


@pytest.fixture
def served(uri: str, tmp_path: Path) -> Iterator[Store]:
    store = open_store(uri, artifact_root=str(tmp_path))
    yield store
    store.close()


@pytest.mark.parametrize(
    ("scheme", "module", "extra"),
    [
        ("postgres", "psycopg", "postgresql"),
        ("postgresql+psycopg", "psycopg", "postgresql"),
        ("mysql", "pymysql", "mysql"),
        ("mariadb+pymysql", "pymysql", "mysql"),
    ],
)
def test_a_missing_driver_is_named_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, scheme: str, module: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InvalidValue, match=rf"pip install 'cairn-ml\[{extra}\]'") as caught:
        open_database(f"{scheme}://me:hunter2@127.0.0.1/runs")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "uri",
    [
        "postgresql//me:hunter2@h/d",
        "oracle://me:hunter2@h/d",
        "postgresql://me:hunter2@h",
        "postgresql+other://me:hunter2@h/d",
        "mysql://me:hunter2@h:port/d",
    ],
)
def test_a_uri_that_is_refused_does_not_show_its_password(uri: str) -> None:
    with pytest.raises(InvalidValue, match="postgresql://user@host/name") as caught:
        open_database(uri)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_a_server_that_is_not_there_is_unavailable(scheme: str) -> None:
    with pytest.raises(Unavailable, match=f"{scheme}://127.0.0.1:1/runs cannot be read") as caught:
        open_store(f"{scheme}://me:hunter2@127.0.0.1:1/runs")
    assert "hunter2" not in str(caught.value)


def test_what_belongs_to_something_else_is_left_alone(uri: str) -> None:
    db = open_database(uri)
    db.write(lambda c: c.exec_driver_sql("CREATE TABLE customers (x INTEGER)"))
    with pytest.raises(InvalidState, match="something else"):
        open_store(uri)
    with db.read() as connection:
        assert sa.inspect(connection).get_table_names() == ["customers"]
    db.close()


def test_a_start_that_was_cut_off_is_done_again(mariadb: Server, tmp_path: Path) -> None:
    with mariadb.database() as uri:
        open_store(uri, artifact_root=str(tmp_path)).close()
        db = open_database(uri)
        db.write(lambda c: c.exec_driver_sql("DROP TABLE input_tag"))
        db.write(lambda c: c.exec_driver_sql(f"DELETE FROM {VERSION_TABLE}"))
        db.close()
        store = open_store(uri, artifact_root=str(tmp_path))
        assert store.create_run(CreateRun(experiment_id="0")).run.data.tags
        store.close()


HUGE = sys.float_info.max


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 1e308, 5e-324, 0.1])
def test_the_latest_value_comes_back_exact(store: Store, new_run: NewRun, value: float) -> None:
    run_id = new_run()
    store.log_metric(LogMetric(run_id=run_id, key="m", value=value, timestamp=1))
    (latest,) = store.get_run(RunRef(run_id=run_id)).run.data.metrics
    assert latest.value == value or math.isnan(value) is math.isnan(latest.value) is True


def test_the_largest_float_is_no_infinity(store: Store, new_run: NewRun) -> None:
    run_id = new_run()
    store.log_metric(LogMetric(run_id=run_id, key="m", value=HUGE, timestamp=1))
    (latest,) = store.get_run(RunRef(run_id=run_id)).run.data.metrics
    assert latest.value in (HUGE, math.nextafter(HUGE, 0))


@pytest.mark.parametrize(
    ("points", "last"),
    [
        ([(1, 5, 9.0), (2, 1, 1.0)], (2, 1, 1.0)),
        ([(2, 1, 1.0), (1, 5, 9.0)], (2, 1, 1.0)),
        ([(1, 1, 9.0), (1, 2, 1.0)], (1, 2, 1.0)),
        ([(1, 2, 1.0), (1, 1, 9.0)], (1, 2, 1.0)),
        ([(1, 1, 1.0), (1, 1, 9.0)], (1, 1, 9.0)),
        ([(1, 1, 9.0), (1, 1, 1.0)], (1, 1, 9.0)),
        ([(1, 1, math.nan), (1, 1, -1.0)], (1, 1, -1.0)),
        ([(1, 1, -math.inf), (1, 1, math.nan)], (1, 1, -math.inf)),
    ],
)
def test_the_latest_point_is_that_of_the_highest_step_then_time_then_value(
    store: Store, new_run: NewRun, points: list[tuple[int, int, float]], last: object
) -> None:
    run_id = new_run()
    for step, time, value in points:
        request = LogMetric(run_id=run_id, key="m", value=value, timestamp=time, step=step)
        store.log_metric(request)
    (latest,) = store.get_run(RunRef(run_id=run_id)).run.data.metrics
    assert (latest.step, latest.timestamp, latest.value) == last


def test_keys_that_differ_in_case_accents_or_spaces_are_different(
    store: Store, new_run: NewRun
) -> None:
    run_id = new_run()
    keys = sorted(["a", "A", "a ", "á", "ss", "ß"])
    params = [Param(key=key, value=key) for key in keys]
    store.log_batch(LogBatch(run_id=run_id, params=params))
    found = store.get_run(RunRef(run_id=run_id)).run.data.params
    assert [(p.key, p.value) for p in found] == [(key, key) for key in keys]


@pytest.mark.parametrize(
    ("value", "filters"),
    [
        ("1e999", ["> 5", "> 1e300"]),
        ("-1e999", ["< 5"]),
        ("1e-999", ["= 0"]),
        ("9" * 400, ["> 5"]),
        ("0.1", ["= 0.1", "BETWEEN 0.1 AND 0.1"]),
    ],
)
def test_params_beyond_the_range_of_a_float_are_compared(
    store: Store, new_run: NewRun, value: str, filters: list[str]
) -> None:
    run_id = new_run()
    store.log_param(LogParam(run_id=run_id, key="p", value=value))
    for text in filters:
        request = SearchRuns(
            experiment_ids=["0"], filter=f"params.p {text}", run_view_type=ViewType.ALL
        )
        assert [run.info.run_id for run in store.search_runs(request).runs] == [run_id], text


def test_times_are_compared_with_fractions_and_with_what_no_column_holds(
    store: Store, new_run: NewRun
) -> None:
    store.create_run(CreateRun(experiment_id="0", start_time=1))
    for text, count in (("> 0.5", 1), ("< 0.5", 0), ("< 1e30", 1), ("< 1e999", 1), ("> 1.5", 0)):
        request = SearchRuns(experiment_ids=["0"], filter=f"start_time {text}")
        assert len(store.search_runs(request).runs) == count, text


def test_what_postgresql_cannot_store_is_refused_as_a_value(
    postgresql: Server, tmp_path: Path
) -> None:
    with postgresql.database() as uri:
        store = open_store(uri, artifact_root=str(tmp_path))
        run_id = store.create_run(CreateRun(experiment_id="0")).run.info.run_id
        with pytest.raises(InvalidValue, match="cannot store a value"):
            store.set_tag(SetTag(run_id=run_id, key="t", value="a\0b"))
        store.close()


def test_writers_that_cross_are_tried_again(served: Store) -> None:
    """Two writers that lock two rows in opposite orders: one is broken off, both succeed."""
    store = served
    runs = [store.create_run(CreateRun(experiment_id="0")).run.info.run_id for _ in range(2)]
    meet = threading.Barrier(2, timeout=20)
    tries: list[int] = []

    def writer(order: list[str]) -> None:
        met = False

        def work(connection: sa.Connection) -> None:
            nonlocal met
            tries.append(1)
            for run_id in order:
                statement = f"UPDATE run SET user_id = 'x' WHERE run_id = '{run_id}'"
                connection.exec_driver_sql(statement)
                if not met:
                    met = True
                    meet.wait()

        store.db.write(work)

    threads = [threading.Thread(target=writer, args=(order,)) for order in (runs, runs[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tries) > 2
    assert [store.get_run(RunRef(run_id=r)).run.info.user_id for r in runs] == ["x", "x"]


def test_a_connection_that_was_lost_is_made_again(served: Store) -> None:
    def close_own(connection: sa.Connection) -> int:
        if not lost:
            lost.append(1)
            connection.connection.dbapi_connection.close()  # type: ignore[union-attr]
        return int(connection.execute(sa.select(sa.func.count(experiment.c.id))).scalar_one())

    lost: list[int] = []
    assert served.db.write(close_own) == 1
    assert lost == [1]


def test_more_threads_than_connections_wait_for_their_turn(served: Store) -> None:
    run_id = served.create_run(CreateRun(experiment_id="0")).run.info.run_id

    def work(number: int) -> None:
        metrics = [Metric(key=f"m{number}", value=1, timestamp=1)]
        served.log_batch(LogBatch(run_id=run_id, metrics=metrics))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(served.get_run(RunRef(run_id=run_id)).run.data.metrics) == 200


def test_a_server_that_was_restarted_is_found_again(server: Server, served: Store) -> None:
    run_id = served.create_run(CreateRun(experiment_id="0")).run.info.run_id
    server.restart()
    server.wait()
    metrics = [Metric(key="m", value=1, timestamp=1)]
    served.log_batch(LogBatch(run_id=run_id, metrics=metrics))
    server.restart()
    server.wait()
    assert len(served.get_run(RunRef(run_id=run_id)).run.data.metrics) == 1


def test_a_statement_that_takes_too_long_is_broken_off(
    uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cairn.store.db.server.STATEMENT_SECONDS", 1)
    db = open_database(uri)
    wait = "SELECT pg_sleep(30)" if uri.startswith("postgresql") else BUSY_FOR_LONG
    with pytest.raises(Unavailable, match="cannot be read now: .*time"), db.read() as connection:
        connection.exec_driver_sql(wait).all()
    with db.alone() as connection:  # who migrates has the time that it takes
        seconds = "SELECT pg_sleep(1.2)" if uri.startswith("postgresql") else "SELECT sleep(1.2)"
        connection.exec_driver_sql(seconds).all()
    db.close()


BUSY_FOR_LONG = (
    "SELECT count(*) FROM information_schema.columns a, information_schema.columns b, "
    "information_schema.columns c"
)
