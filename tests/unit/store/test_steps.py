"""Metrics at a step, counts of points and lineage, as a store answers that was logged to."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

from cairn.contract.runs import (
    CountRuns,
    LogBatch,
    LogInputs,
    LogOutputs,
    Metric,
    ModelInput,
    ModelOutput,
    SearchRuns,
    SelectRuns,
    SetTag,
)
from cairn.errors import InvalidValue
from cairn.store import Store, steps
from cairn.store.compactor import fold_run
from cairn.store.migrate import config
from cairn.store.schema import run

NAN = math.nan
Log = Callable[..., str]


@pytest.fixture
def log(store: Store, new_run: Callable[[str], str]) -> Log:
    """Makes a run with the points (step, value) of metric `a`, one batch each."""

    def make(name: str, *points: tuple[int, float], time: int = 0) -> str:
        run_id = new_run(name)
        for number, (step, value) in enumerate(points):
            metric = Metric(key="a", value=value, timestamp=time + number, step=step)
            store.log_batch(
                LogBatch(run_id=run_id, metrics=[metric], source=run_id, sequence=number)
            )
        return run_id

    return make


def find(store: Store, text: str, *order_by: str, size: int = 100) -> list[str]:
    found: list[str] = []
    token = None
    while token is not None or not found:
        request = SearchRuns(
            experiment_ids=["0"],
            filter=text,
            order_by=[*order_by, "run_name"],
            max_results=size,
            page_token=token,
        )
        page = store.search_runs(request)
        found += [one.info.run_name for one in page.runs]
        token = page.next_page_token
        if token is None:
            break
    return found


@pytest.fixture
def logged(store: Store, log: Log) -> Store:
    log("x", (0, 5.0), (10, 1.0), (20, 9.0))
    log("y", (0, 4.0), (10, 2.0), (10, 3.0))
    log("nan", (10, NAN), (30, 0.0))
    log("both", (10, 7.0), (10, NAN), (40, 0.0))
    log("early", (5, 1.0))
    log("none")
    return store


@pytest.mark.parametrize("folded", [False, True])
def test_metric_at_a_step_is_found_in_the_history(logged: Store, folded: bool) -> None:
    if folded:
        with logged.db.read() as connection:
            rows = connection.scalars(sa.select(run.c.id)).all()
        for row in rows:
            fold_run(logged.db, row)
    assert find(logged, "metrics.a@10 < 5") == ["x", "y"]
    assert find(logged, "metrics.a@10 = 3") == ["y"]
    assert find(logged, "metrics.a@0 BETWEEN 4 AND 4.5 OR metrics.a@20 = 9") == ["x", "y"]
    assert find(logged, "NOT metrics.a@10 < 5") == ["both", "early", "nan", "none"]
    assert find(logged, "metrics.a@10 NOT IN (1, 3)") == ["both", "nan"]
    assert find(logged, "metrics.a@10 IS NULL") == ["early", "none"]
    assert find(logged, "metrics.a@10 IS NOT NULL AND metrics.a > 2") == ["x", "y"]
    assert find(logged, "metrics.a@7 > 0") == []
    assert find(logged, "metrics.b@7 IS NULL AND run_name = 'x'") == ["x"]


@pytest.mark.parametrize("size", [1, 2, 100])
def test_runs_are_sorted_by_a_metric_at_a_step(logged: Store, size: int) -> None:
    ordered = ["x", "y", "both", "nan", "early", "none"]
    assert find(logged, "", "metrics.a@10", size=size) == ordered[:2] + ordered[2:]
    down = ["y", "x", "both", "nan", "early", "none"]
    assert find(logged, "", "metrics.a@10 DESC", size=size) == down
    assert find(logged, "metrics.a@0 > 0", "metrics.a@0", size=size) == ["y", "x"]


def test_of_points_at_one_step_the_last_in_time_counts_then_the_largest(
    store: Store, log: Log
) -> None:
    run_id = log("r", (1, 9.0), (1, 3.0), (2, 0.0), time=100)
    late = [Metric(key="a", value=v, timestamp=101, step=1) for v in (2.0, 4.0, NAN)]
    store.log_batch(LogBatch(run_id=run_id, metrics=late))
    assert find(store, "metrics.a@1 = 4") == ["r"]


def test_at_a_step_has_a_limit_and_says_what_to_do(
    logged: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "MAX_LOOKUPS", 3)
    with pytest.raises(InvalidValue, match="Too many runs for metrics.`a`@10: .* at most 3"):
        find(logged, "metrics.a@10 > 0")
    assert find(logged, "metrics.a@10 > 0 AND run_name IN ('x', 'y')") == ["x", "y"]


def test_points_are_counted_and_a_repetition_is_not(store: Store, log: Log) -> None:
    first = log("three", (0, 1.0), (1, NAN), (1, 2.0))
    log("one", (0, 1.0))
    again = Metric(key="a", value=1.0, timestamp=0)
    store.log_batch(LogBatch(run_id=first, metrics=[again], source=first, sequence=0))
    assert find(store, "metrics.a:count = 3") == ["three"]
    assert find(store, "metrics.a:count < 2.5") == ["one"]
    assert find(store, "", "metrics.a:count") == ["one", "three"]
    assert find(store, "metrics.b:count IS NULL") == ["one", "three"]


def test_migration_counts_what_was_logged_before(store: Store, log: Log) -> None:
    folded = log("folded", *((step, 1.0) for step in range(200)))
    store.log_batch(LogBatch(run_id=folded, metrics=[Metric(key="b", value=1.0, timestamp=0)]))
    with store.db.read() as connection:
        row = connection.scalars(sa.select(run.c.id)).one()
    fold_run(store.db, row)
    log("batches", (0, 1.0), (1, NAN), (1, 2.0))
    store.log_batch(LogBatch(run_id=folded, metrics=[Metric(key="a", value=1.0, timestamp=0)]))
    with store.db.read() as connection:
        script = ScriptDirectory.from_config(config(connection)).get_revision("0004")

    def migrate_again(connection: sa.Connection) -> None:
        indexes = {f"ix_{table}_key_value": table for table in ("metric_latest", "param", "tag")}
        for index, table in (indexes | {"ix_run_model_model_id": "run_model"}).items():
            of = f" ON {table}" if connection.dialect.name == "mysql" else ""
            connection.exec_driver_sql(f"DROP INDEX {index}{of}")
        connection.exec_driver_sql("ALTER TABLE metric_latest DROP COLUMN points")
        with Operations.context(MigrationContext.configure(connection)):
            script.module.upgrade()

    store.db.write(migrate_again)
    assert find(store, "metrics.a:count = 201 AND metrics.b:count = 1") == ["folded"]
    assert find(store, "metrics.a:count = 3") == ["batches"]


def test_runs_are_found_by_their_lineage(store: Store, new_run: Callable[[str], str]) -> None:
    parent, child, reader = new_run("parent"), new_run("child"), new_run("reader")
    store.set_tag(SetTag(run_id=child, key="mlflow.parentRunId", value=parent))
    store.log_outputs(LogOutputs(run_id=child, models=[ModelOutput(model_id="m-1")]))
    store.log_inputs(LogInputs(run_id=reader, models=[ModelInput(model_id="m-1")]))
    assert find(store, f"parent_run_id = '{parent}'") == ["child"]
    assert find(store, "parent_run_id IS NULL") == ["parent", "reader"]
    assert find(store, "outputs.model_id = 'm-1'") == ["child"]
    assert find(store, "inputs.model_id LIKE 'm-%'") == ["reader"]
    assert find(store, f"inputs.run_id = '{child}'") == ["reader"]
    assert find(store, "inputs.model_id IS NULL AND outputs.model_id IS NULL") == ["parent"]


def test_count_and_columns_know_metrics_at_a_step(logged: Store) -> None:
    request = SelectRuns(experiment_ids=["0"], filter="metrics.a@10 < 5")
    assert logged.list_columns(request).metrics[0].runs == 2
    count = CountRuns(experiment_ids=["0"], filter="metrics.a@10 < 5")
    assert logged.count_runs(count).total == 2


def test_count_ends_at_its_limit(logged: Store) -> None:
    for limit, total in ((3, 3), (6, 6), (7, 6), (None, 6)):
        assert logged.count_runs(CountRuns(experiment_ids=["0"], limit=limit)).total == total
