"""The change log: who, when, what."""

from __future__ import annotations

import contextvars
import getpass
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from cairn.contract.actor import ACTOR
from cairn.contract.experiments import UpdateExperiment
from cairn.contract.kinds import RunStatus
from cairn.contract.runs import (
    CreateRun,
    LogBatch,
    LogParam,
    Metric,
    Param,
    RunRef,
    RunTag,
    SetTag,
    UpdateRun,
)
from cairn.errors import InvalidValue
from cairn.store import Store, codec, open_store
from cairn.store.base import now
from cairn.store.migrate import config
from cairn.store.schema import change

ONE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""What is the same on every database."""
NewRun = Callable[..., str]


def lines(store: Store, entity: str) -> list[tuple[Any, ...]]:
    query = sa.select(change.c.what, change.c.detail).where(change.c.entity == entity)
    with store.db.read() as connection:
        return [(what, json.loads(text)) for what, text in connection.execute(query)]


def test_a_line_says_who_when_and_what(store: Store) -> None:
    began = now()
    context = contextvars.copy_context()
    context.run(ACTOR.set, "ada")
    made = context.run(store.create_run, CreateRun(experiment_id="0", run_name="first"))
    with store.db.read() as connection:
        line = connection.execute(sa.select(change).order_by(change.c.id.desc()).limit(1)).one()
    assert (line.actor, line.kind, line.entity, line.experiment, line.what) == (
        "ada",
        "run",
        made.run.info.run_id,
        0,
        "create",
    )
    assert began <= line.time <= now()
    assert json.loads(line.detail) == {"name": "first"}


@ONE
def test_a_local_store_logs_the_user_of_the_system(store: Store, new_run: NewRun) -> None:
    run_id = contextvars.Context().run(new_run)  # nobody has said who calls
    query = sa.select(change.c.actor).where(change.c.entity == run_id)
    with store.db.read() as connection:
        assert connection.execute(query).scalars().all() == [getpass.getuser()]


def test_an_update_says_what_was_and_what_is(store: Store, new_run: NewRun) -> None:
    run_id = new_run("old")
    store.update_run(UpdateRun(run_id=run_id, run_name="new"))
    finished = UpdateRun(run_id=run_id, status=RunStatus.FINISHED, end_time=7)
    store.update_run(finished)
    store.update_run(finished)  # nothing changes
    assert lines(store, run_id)[1:] == [
        ("rename", {"name": ["old", "new"]}),
        ("update", {"status": ["RUNNING", "FINISHED"], "end_time": [None, 7]}),
    ]


def test_a_batch_leaves_one_line_for_params_and_one_for_tags(store: Store, new_run: NewRun) -> None:
    run_id = new_run()
    batch = LogBatch(
        run_id=run_id,
        metrics=[Metric(key="m", value=1, timestamp=1)],
        params=[Param(key=f"p{n:02}", value="1") for n in range(25)],
        tags=[RunTag(key="t"), RunTag(key="s")],
        source="here",
        sequence=1,
    )
    store.log_batch(batch)
    store.log_batch(batch)  # sent again
    assert lines(store, run_id)[1:] == [
        ("log params", {"keys": [f"p{n:02}" for n in range(20)], "more": 5}),
        ("set tags", {"keys": ["s", "t"]}),
    ]


@ONE
def test_metric_points_leave_no_line_and_cost_no_statement(store: Store, new_run: NewRun) -> None:
    run_id = new_run()
    before = lines(store, run_id)
    statements: list[str] = []
    with store.db.read() as connection:
        engine = connection.engine
    sa.event.listen(
        engine, "before_cursor_execute", lambda *a: statements.append(a[2]), named=False
    )
    store.log_batch(LogBatch(run_id=run_id, metrics=[Metric(key="m", value=1, timestamp=1)]))
    assert lines(store, run_id) == before
    assert statements
    assert not [s for s in statements[:-1] if "change" in s.replace("exchange", "")]


@ONE
def test_what_is_refused_leaves_no_line(store: Store, new_run: NewRun) -> None:
    run_id = new_run()
    store.log_param(LogParam(run_id=run_id, key="a", value="1"))
    before = lines(store, run_id)
    with pytest.raises(InvalidValue, match="not allowed"):
        store.log_param(LogParam(run_id=run_id, key="a", value="2"))
    store.log_param(LogParam(run_id=run_id, key="a", value="1"))
    assert lines(store, run_id) == before


@ONE
def test_deleting_again_leaves_no_line(store: Store, new_run: NewRun) -> None:
    run_id = new_run()
    for _ in range(2):
        store.delete_run(RunRef(run_id=run_id))
    assert [what for what, _ in lines(store, run_id)] == ["create", "delete"]


def test_callers_that_share_a_transaction_keep_their_names(sqlite_store: Store) -> None:
    run_id = sqlite_store.create_run(CreateRun(experiment_id="0")).run.info.run_id
    begun, go = threading.Event(), threading.Event()

    def hold(_connection: sa.Connection) -> None:
        begun.set()
        assert go.wait(20)

    def tag(actor: str) -> None:
        ACTOR.set(actor)
        sqlite_store.set_tag(SetTag(run_id=run_id, key=actor or "nobody", value=""))

    actors = ["ada", "bob", ""]
    threads = [threading.Thread(target=sqlite_store.db.write, args=(hold,))]
    threads[0].start()
    assert begun.wait(20)
    threads += [threading.Thread(target=tag, args=(actor,)) for actor in actors]
    for thread in threads[1:]:
        thread.start()
    while sqlite_store.queued() < len(actors):
        time.sleep(0.01)
    go.set()
    for thread in threads:
        thread.join()
    query = sa.select(change.c.actor, change.c.detail).where(change.c.what == "set tags")
    with sqlite_store.db.read() as connection:
        found = {actor: json.loads(text)["keys"] for actor, text in connection.execute(query)}
    assert found == {"ada": ["ada"], "bob": ["bob"], "": ["nobody"]}


@ONE
def test_the_rename_of_an_experiment_says_both_names(store: Store) -> None:
    store.update_experiment(UpdateExperiment(experiment_id="0", new_name="mine"))
    assert lines(store, "0")[-1] == ("rename", {"name": ["Default", "mine"]})


def test_migration_keeps_rows_and_uses_no_id_of_a_batch_again(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/cairn.db"
    batches, chunks = _first_schema_with_rows(uri)
    store = open_store(uri)
    with store.db.read() as connection:
        assert connection.exec_driver_sql("SELECT * FROM metric_batch").all() == batches
        assert connection.exec_driver_sql("SELECT * FROM metric_chunk").all() == chunks
    run_id = store.create_run(CreateRun(experiment_id="0")).run.info.run_id
    store.db.write(lambda c: c.exec_driver_sql("DELETE FROM metric_batch"))
    store.log_batch(LogBatch(run_id=run_id, metrics=[Metric(key="m", value=1, timestamp=1)]))
    with store.db.read() as connection:
        assert connection.exec_driver_sql("SELECT id FROM metric_batch").scalars().all() == [9]
    store.close()


def _first_schema_with_rows(uri: str) -> tuple[list[Any], list[Any]]:
    """A database of revision 0001 with some rows of metric histories, which are returned."""
    engine = sa.create_engine(uri)
    one = codec.columns([1], [2], [3.0])
    batch, chunk = codec.encode_keyed({"m": one}).hex(), codec.encode(one).hex()
    rows = (
        "INSERT INTO experiment VALUES (0, 'Default', '', 'active', 0, 0, NULL)",
        "INSERT INTO run VALUES (1, 'r', 0, '', '', 'RUNNING', 0, NULL, '', 'active', NULL)",
        f"INSERT INTO metric_batch VALUES (7, 1, 's', 3, 1, x'{batch}')",
        f"INSERT INTO metric_batch VALUES (8, 1, NULL, NULL, 1, x'{batch}')",
        f"INSERT INTO metric_chunk VALUES (4, 1, 'm', 1, 5, 6, x'{chunk}')",
    )
    with engine.begin() as connection:
        command.upgrade(config(connection), "0001")
        for row in rows:
            connection.exec_driver_sql(row)
        batches = list(connection.exec_driver_sql("SELECT * FROM metric_batch").all())
        chunks = list(connection.exec_driver_sql("SELECT * FROM metric_chunk").all())
    engine.dispose()
    assert (len(batches), len(chunks)) == (2, 1)
    return batches, chunks
