"""Loops that take the database away: restarts under load, connections lost at the commit."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.databases import Server
from tests.faults.load import POINTS, Load, Tally, batch, steady
from tests.faults.serving import COMMIT, Relay, serving

from cairn.contract.runs import CreateRun, LogBatch
from cairn.errors import Unavailable
from cairn.store import Store, open_store
from cairn.store.schema import metric_batch
from cairn.wire import dialect

BATCHES = 15


def restart_database(
    database: Server, folder: Path, stops: Sequence[signal.Signals], rounds: int
) -> tuple[Tally, Tally]:
    """Restart the database under load, in every way in turn; plain HTTP and our own client."""
    tally, own = Tally("the database is restarted"), Tally("the same, our own client")
    with (
        database.database() as uri,
        serving(uri, folder) as server,
        steady(server.url, folder) as writer,
    ):
        with Load(server.url) as load:
            for number in range(rounds):
                load.wait_for(BATCHES)
                database.restart(stops[number % len(stops)])
                tally.rounds += 1
            load.wait_for(BATCHES)
        load.count(tally, server.url)
        own.rounds = rounds
        writer.count(own, server.url)
        tally.note(server)
        assert server.stop() == 0
    return tally, own


def lose_commits(uri: str, rounds: int) -> Tally:
    """Cut the connection at COMMIT, before and after the database has it; repeat each batch."""
    tally = Tally("the connection is lost at COMMIT")
    with Relay(port_of(uri)) as relay:
        store = open_store(relayed(uri, relay))
        run_id = store.create_run(CreateRun(experiment_id="0")).run.info.run_id
        for number in range(rounds):
            relay.arm(("before", "after")[number % 2], COMMIT)
            request = dialect.decode(LogBatch, dialect.encode(batch(run_id, number)))
            with pytest.raises(Unavailable, match="not known whether this was stored"):
                store.log_batch(request)
            assert relay.struck.is_set()
            tally.told += 1
            store.log_batch(request)
            tally.rounds += 1
            tally.acknowledged += 1
        stored = batches(store)
        store.close()
    tally.lost = sum(sequence not in stored for sequence in range(rounds))
    tally.twice = len(stored) - len(set(stored))
    return tally


def batches(store: Store) -> list[int]:
    """The sequences of all batches that are stored whole and not folded yet."""
    query = sa.select(metric_batch.c.sequence).where(metric_batch.c.points == POINTS)
    with store.db.read() as connection:
        return list(connection.execute(query).scalars())


def port_of(uri: str) -> int:
    port = sa.make_url(uri).port
    assert port is not None
    return port


def relayed(uri: str, relay: Relay) -> str:
    """The same database, through a relay."""
    return sa.make_url(uri).set(port=relay.port).render_as_string(hide_password=False)
