from __future__ import annotations

import logging

import pytest
import sqlalchemy as sa

from cairn.contract.experiments import CreateExperiment, ExperimentTag
from cairn.contract.lifecycle import ListTrash, SomeRuns
from cairn.contract.runs import CreateRun
from cairn.store import Store
from cairn.store.base import now
from cairn.store.purge import Purge
from cairn.store.retention import PERIOD, claim, read_policy
from cairn.store.schema import experiment, run, upkeep

DAY = 86_400_000


def never() -> bool:
    return False


def old_run(store: Store, days: float, tag: str | None = None) -> str:
    """A run that was deleted some days ago, in an experiment of its own with such a tag."""
    tags = [] if tag is None else [ExperimentTag(key="cairn.retention.deletedAfter", value=tag)]
    name = f"{days}-{tag}-{now()}"
    made = store.create_experiment(CreateExperiment(name=name, tags=tags)).experiment_id
    run_id = store.create_run(CreateRun(experiment_id=made)).run.info.run_id
    store.delete_runs(SomeRuns(run_ids=[run_id]))
    time = now() - int(days * DAY)
    store.db.write(
        lambda c: c.execute(sa.update(run).where(run.c.run_id == run_id).values(deleted_time=time))
    )
    return run_id


def left(store: Store) -> set[str]:
    with store.db.read() as connection:
        return set(connection.execute(sa.select(run.c.run_id)).scalars())


def make_due(store: Store) -> None:
    store.db.write(lambda c: c.execute(sa.update(upkeep).values(due=0)))


def test_what_is_deleted_for_long_enough_goes_and_a_dry_run_lists_the_same(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAIRN_RETENTION_DELETED_AFTER", "30d")
    gone = {old_run(store, 31), old_run(store, 2, "1d")}
    kept = {old_run(store, 29), old_run(store, 99, "never"), old_run(store, 31, "60d")}
    kept.add(old_run(store, 99, "soon"))  # no age: rather too much is kept than too little
    told = {
        r.run_id for r in store.list_trash(ListTrash()).runs if (r.purge_time or DAY**2) < now()
    }
    with store.db.read() as connection:
        selection = read_policy(connection).selection(now())
    listed = {found.run_id for found in Purge(store.db, store.find, selection, dry_run=True).runs()}
    purged = store.apply_retention(never)
    assert purged is not None
    assert told == listed == gone
    assert left(store) == kept
    assert purged.runs == 2


def test_without_a_policy_everything_is_kept(store: Store) -> None:
    kept = {old_run(store, 9999)}
    purged = store.apply_retention(never)
    assert purged is not None
    assert purged.runs == 0
    assert left(store) == kept


def test_experiments_go_with_their_runs(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAIRN_RETENTION_DELETED_AFTER", "1d")
    run_id = old_run(store, 2)
    time = now() - 2 * DAY
    columns = {"lifecycle_stage": "deleted", "deleted_time": time}
    mine = experiment.c.id != 0
    store.db.write(lambda c: c.execute(sa.update(experiment).where(mine).values(columns)))
    purged = store.apply_retention(never)
    assert purged is not None
    assert (purged.runs, purged.experiments) == (1, 1)
    assert run_id not in left(store)


def test_one_server_purges_an_hour(store: Store) -> None:
    assert store.apply_retention(never) is not None
    assert store.apply_retention(never) is None
    time = now()
    make_due(store)
    assert [claim(store.db, time) for _ in range(3)] == [True, False, False]
    assert not claim(store.db, time + PERIOD - 1)
    assert claim(store.db, time + PERIOD)


def test_retention_that_is_broken_off_goes_on_later(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAIRN_RETENTION_DELETED_AFTER", "1d")
    monkeypatch.setattr("cairn.store.purge.GROUP", 1)
    for _ in range(3):
        old_run(store, 2)
    store.apply_retention(lambda: True)
    assert len(left(store)) == 2
    make_due(store)
    store.apply_retention(never)
    assert left(store) == set()


def test_a_tag_that_is_no_age_is_told(
    sqlite_store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    old_run(sqlite_store, 1, "tomorrow")
    with caplog.at_level(logging.WARNING), sqlite_store.db.read() as connection:
        read_policy(connection)
    assert "'tomorrow'" in caplog.text
