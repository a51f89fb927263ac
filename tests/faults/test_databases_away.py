"""The database goes away and comes back: everybody waits or is told, and nothing is lost."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.databases import Server, postgresql_programs, running_mariadb, running_postgresql
from tests.faults import databases_away
from tests.faults.databases_away import batches, port_of, relayed
from tests.faults.load import until
from tests.faults.serving import COMMIT, Relay

from cairn.contract.kinds import RunStatus
from cairn.contract.runs import CreateRun, LogBatch, Metric, RunRef, UpdateRun
from cairn.errors import InvalidValue
from cairn.store import Store, open_store

ON_SERVERS = pytest.mark.parametrize("database", ["postgresql", "mariadb"], indirect=True)


def test_postgresql_may_be_restarted_under_load(
    need: Callable[[str, str], str], tmp_path: Path
) -> None:
    programs = postgresql_programs() or Path(need("initdb", "apt-get install -y postgresql"))
    fast, immediate = signal.SIGINT, signal.SIGQUIT
    with running_postgresql(programs) as server:
        check(server, tmp_path, fast, immediate)


def test_mariadb_may_be_restarted_under_load(
    need: Callable[[str, str], str], tmp_path: Path
) -> None:
    for program in ("mariadbd", "mariadb-install-db"):
        need(program, "apt-get install -y --no-install-recommends mariadb-server")
    with running_mariadb() as server:
        check(server, tmp_path, signal.SIGTERM, signal.SIGKILL)


def check(server: Server, folder: Path, *stops: signal.Signals) -> None:
    for tally in databases_away.restart_database(server, folder, stops, len(stops)):
        tally.check()


@ON_SERVERS
def test_a_batch_whose_commit_was_lost_is_stored_once_when_it_is_repeated(database: str) -> None:
    databases_away.lose_commits(database, 6).check()


@ON_SERVERS
def test_a_connection_lost_before_the_commit_is_no_matter_of_the_caller(database: str) -> None:
    with Relay(port_of(database)) as relay:
        store = open_store(relayed(database, relay))
        run_id = store.create_run(CreateRun(experiment_id="0")).run.info.run_id
        for sequence, fault in enumerate(("before", "after")):
            relay.arm(fault, b"INSERT INTO metric_batch")
            store.log_batch(points(run_id, sequence))
            assert relay.struck.is_set()
        assert sorted(batches(store)) == [0, 1]
        store.close()


def points(run_id: str, sequence: int) -> LogBatch:
    metrics = [Metric(key="m", value=s, timestamp=s, step=s) for s in range(10)]
    return LogBatch(run_id=run_id, metrics=metrics, source="s", sequence=sequence)


@pytest.fixture
def held(database: str) -> Iterator[tuple[Store, Store, Relay, str]]:
    """A store whose COMMIT can be held back, another one beside it, and a run."""
    with Relay(port_of(database)) as relay:
        slow, other = open_store(relayed(database, relay)), open_store(database)
        run_id = other.create_run(CreateRun(experiment_id="0")).run.info.run_id
        yield slow, other, relay, run_id
        relay.release.set()
        slow.close()
        other.close()


def in_turn(
    held: tuple[Store, Store, Relay, str], first: Callable[[Store], Any], then: Callable[..., Any]
) -> Any:
    """Hold the commit of `first`, see that `then` waits for it, let both go on."""
    slow, other, relay, _ = held
    relay.arm("hold", COMMIT)
    with ThreadPoolExecutor(2) as pool:
        before = pool.submit(first, slow)
        try:
            assert relay.struck.wait(60)
            after = pool.submit(then, other)
            until(lambda: waiting(other) or after.done(), "a writer that waits for a lock")
            assert not after.done()
        finally:
            relay.release.set()
        before.result(60)
        return after.result(60)


def waiting(store: Store) -> int:
    """How many transactions wait for the lock of another."""
    time.sleep(0.15)  # MariaDB makes its table anew only when nobody has read it for 0.1 seconds
    with store.db.read() as connection:
        if connection.dialect.name == "postgresql":
            query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        else:
            query = (
                "SELECT count(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"
            )
        return int(connection.execute(sa.text(query)).scalar_one())


@ON_SERVERS
def test_two_writers_of_one_run_take_turns(held: tuple[Store, Store, Relay, str]) -> None:
    _, other, _, run_id = held
    in_turn(
        held,
        lambda store: store.log_batch(points(run_id, 0)),
        lambda store: store.log_batch(points(run_id, 1)),
    )
    assert sorted(batches(other)) == [0, 1]


@ON_SERVERS
def test_a_repetition_waits_for_the_first_and_is_known(
    held: tuple[Store, Store, Relay, str],
) -> None:
    _, other, _, run_id = held
    in_turn(held, *[lambda store: store.log_batch(points(run_id, 0))] * 2)
    assert batches(other) == [0]


@ON_SERVERS
def test_a_delete_waits_for_the_batch_that_came_first(
    held: tuple[Store, Store, Relay, str],
) -> None:
    _, other, _, run_id = held
    run = RunRef(run_id=run_id)
    in_turn(
        held,
        lambda store: store.log_batch(points(run_id, 0)),
        lambda store: store.delete_run(run),
    )
    assert batches(other) == [0]
    assert other.get_run(run).run.info.lifecycle_stage == "deleted"


@ON_SERVERS
def test_a_batch_that_came_after_a_delete_is_refused(
    held: tuple[Store, Store, Relay, str],
) -> None:
    _, other, _, run_id = held
    with pytest.raises(InvalidValue, match="must be in the 'active' state"):
        in_turn(
            held,
            lambda store: store.delete_run(RunRef(run_id=run_id)),
            lambda store: store.log_batch(points(run_id, 0)),
        )
    assert batches(other) == []


@ON_SERVERS
def test_a_batch_waits_for_the_end_of_its_run(held: tuple[Store, Store, Relay, str]) -> None:
    _, other, _, run_id = held
    in_turn(
        held,
        lambda store: store.update_run(UpdateRun(run_id=run_id, status=RunStatus.FINISHED)),
        lambda store: store.log_batch(points(run_id, 0)),
    )
    until(lambda: other.get_run(RunRef(run_id=run_id)).run.data.metrics, "the batch")
