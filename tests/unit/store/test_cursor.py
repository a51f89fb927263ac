"""Cursors: nothing is skipped, whatever the order in which transactions commit."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from cairn.contract.changes import ChangesSince, GetChangesSince
from cairn.contract.experiments import CreateExperiment, ExperimentRef
from cairn.contract.runs import CreateRun, LogBatch, Metric, RunRef, SetTag
from cairn.errors import DoesNotExist, InvalidValue
from cairn.store import Store, cursor, schema
from cairn.store.base import find_run
from cairn.store.changes import Entry, record
from cairn.store.compactor import fold_run
from cairn.store.cursor import Gap, Place, Position
from cairn.store.purge import Purge, Selection
from cairn.store.series import append

ONE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""What is the same on every database."""
NewRun = Callable[..., str]


def since(store: Store, cursor: str | None, **scope: str) -> ChangesSince:
    return store.get_changes_since(GetChangesSince(cursor=cursor, **scope))


def log(store: Store, run_id: str, step: int = 0) -> None:
    points = [Metric(key="m", value=n, timestamp=n, step=step + n) for n in range(200)]
    store.log_batch(LogBatch(run_id=run_id, metrics=points))


@ONE
def test_without_a_cursor_nothing_is_new_yet(store: Store, new_run: NewRun) -> None:
    new_run()
    start = since(store, None)
    assert (start.changes, start.points, start.more) == ([], [], False)
    assert since(store, start.cursor) == start


def test_changes_and_new_points_come_once(store: Store, new_run: NewRun) -> None:
    quiet, busy = new_run(), new_run()
    start = since(store, None).cursor
    store.set_tag(SetTag(run_id=quiet, key="k", value="v"))
    log(store, busy)
    found = since(store, start)
    assert [(c.entity_id, c.what) for c in found.changes] == [(quiet, "set tags")]
    assert [p.run_id for p in found.points] == [busy]
    again = since(store, found.cursor)
    assert (again.changes, again.points) == ([], [])


def test_points_that_were_folded_between_two_looks_are_seen(store: Store, new_run: NewRun) -> None:
    run_id = new_run()
    start = since(store, None).cursor
    log(store, run_id)
    log(store, run_id, 200)
    with store.db.read() as connection:
        row = connection.execute(sa.select(schema.run.c.id)).scalar_one()
    fold_run(store.db, row)
    with store.db.read() as connection:
        assert connection.execute(sa.select(schema.metric_batch.c.id)).all() == []
    assert [p.run_id for p in since(store, start).points] == [run_id]


@ONE
def test_a_scope_sees_only_what_is_its_own(store: Store, new_run: NewRun) -> None:
    other = store.create_experiment(CreateExperiment(name="other")).experiment_id
    mine, its = new_run(), store.create_run(CreateRun(experiment_id=other)).run.info.run_id
    start = since(store, None).cursor
    for run_id in (mine, its):
        log(store, run_id)
        store.set_tag(SetTag(run_id=run_id, key="k", value="v"))
    for scope in ({"experiment_id": other}, {"run_id": its}):
        found = since(store, start, **scope)
        assert [c.entity_id for c in found.changes] == [its]
        assert [p.run_id for p in found.points] == [its]
    store.delete_experiment(ExperimentRef(experiment_id=other))
    assert [c.what for c in since(store, start, run_id=its).changes] == ["set tags", "delete"]
    assert [c.what for c in since(store, start, run_id=mine).changes] == ["set tags"]


def test_the_purge_of_a_run_is_seen_by_who_follows_it(
    sqlite_store: Store,
) -> None:
    run_id = sqlite_store.create_run(CreateRun(experiment_id="0")).run.info.run_id
    start = since(sqlite_store, None).cursor
    sqlite_store.delete_run(RunRef(run_id=run_id))

    def nowhere(uri: str) -> object:
        raise InvalidValue(uri)

    purge = Purge(sqlite_store.db, nowhere, Selection(before=2**60), leave=lambda _found: None)  # type: ignore[arg-type]
    assert [found.purged for found in purge.runs()] == [True]
    found = since(sqlite_store, start, run_id=run_id)
    assert [c.what for c in found.changes] == ["delete", "purge"]


@pytest.mark.parametrize("database", ["postgresql", "mariadb"], indirect=True)
@pytest.mark.parametrize("started", ["before", "while"])
def test_what_becomes_visible_late_is_not_skipped(
    store: Store, new_run: NewRun, started: str
) -> None:
    """The first of two transactions takes its ids first, and commits last."""
    late_run, early_run = new_run(), new_run()
    with store.db.read() as connection:
        late_row = find_run(connection, late_run).id
    start = since(store, None).cursor
    took, go = threading.Event(), threading.Event()

    def slow(connection: sa.Connection) -> None:
        record(connection, [Entry("run", "slow", 0, "create")])
        append(connection, late_row, [Metric(key="m", value=1, timestamp=1)])
        took.set()
        assert go.wait(20)

    thread = threading.Thread(target=store.db.write, args=(slow,))
    thread.start()
    assert took.wait(20)
    store.db.write(lambda c: record(c, [Entry("run", "quick", 0, "create")]))
    log(store, early_run)
    if started == "before":
        early = since(store, start)
        assert [c.entity_id for c in early.changes] == ["quick"]
        assert [p.run_id for p in early.points] == [early_run]
    else:  # who begins now must learn of it, too
        early = since(store, None)
    between = since(store, early.cursor)
    assert (between.changes, between.points) == ([], [])
    go.set()
    thread.join()
    late = since(store, between.cursor)
    assert [c.entity_id for c in late.changes] == ["slow"]
    assert [p.run_id for p in late.points] == [late_run]
    after = since(store, late.cursor)
    assert (after.changes, after.points) == ([], [])


@pytest.mark.parametrize("database", ["postgresql", "mariadb"], indirect=True)
def test_an_id_that_never_comes_is_forgotten(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(connection: sa.Connection) -> None:
        record(connection, [Entry("run", "never", 0, "create")])
        raise InvalidValue("rolled back")

    start = since(store, None).cursor
    with pytest.raises(InvalidValue, match="rolled back"):
        store.db.write(refused)
    store.db.write(lambda c: record(c, [Entry("run", "next", 0, "create")]))
    found = since(store, start)
    assert cursor.decode(found.cursor).changes.gaps
    monkeypatch.setattr(cursor, "LATE_SECONDS", -1)
    assert cursor.decode(since(store, found.cursor).cursor).changes.gaps == ()


@ONE
def test_more_lines_than_fit_come_in_portions(store: Store) -> None:
    start = since(store, None).cursor
    lines = [Entry("run", str(n), 0, "create") for n in range(2500)]
    store.db.write(lambda c: record(c, lines))
    seen: list[str] = []
    more = True
    while more:
        found = since(store, start)
        seen += [c.entity_id for c in found.changes]
        start, more = found.cursor, found.more
    assert seen == [str(n) for n in range(2500)]


@ONE
def test_what_is_no_cursor_is_refused(store: Store) -> None:
    wild = Position(changes=Place(5, (Gap(9, 3, 0),)))
    for text in ("nonsense", "", wild.encode()):
        with pytest.raises(InvalidValue, match="Invalid cursor"):
            since(store, text)
    with pytest.raises(InvalidValue, match="another database"):
        since(store, Position(changes=Place(10**6)).encode())
    with pytest.raises(InvalidValue, match="Give one of them"):
        since(store, None, run_id="a", experiment_id="0")
    with pytest.raises(DoesNotExist):
        since(store, None, run_id="unknown")
    with pytest.raises(DoesNotExist):
        since(store, None, experiment_id="77")
