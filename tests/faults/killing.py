"""Loops that kill servers under load."""

from __future__ import annotations

import random
import time
from pathlib import Path

from tests.faults.load import Load, Steady, Tally, steady, steps
from tests.faults.serving import Relay, serving

BATCHES = 15
"""Batches that are acknowledged between two kills, at least."""


def kill_server(uri: str, folder: Path, rounds: int) -> tuple[Tally, Tally]:
    """SIGKILL the one server while clients log; counts of plain HTTP and of our own client."""
    tally, own = Tally("the server is killed"), Tally("the server is killed, our own client")
    with serving(uri, folder) as server, steady(server.url, folder) as writer:
        with Load(server.url) as load:
            for _ in range(rounds):
                load.wait_for(BATCHES)
                time.sleep(random.uniform(0, 0.05))
                server.kill()
                server.start()
                tally.rounds += 1
            load.wait_for(BATCHES)
        load.count(tally, server.url)
        _finish(writer, own, server.url, rounds)
        tally.note(server)
    return tally, own


def kill_one_of_two(uri: str, folder: Path, rounds: int) -> tuple[Tally, Tally]:
    """Two servers on one database behind one address; the one that answers is killed, in turn."""
    tally, own = Tally("one of two servers is killed"), Tally("the same, our own client")
    with (
        serving(uri, folder) as first,
        serving(uri, folder) as second,
        Relay(first.port, second.port) as balancer,
        steady(balancer.url, folder) as writer,
    ):
        with Load(balancer.url, first.url, second.url) as load:
            for number in range(rounds):
                load.wait_for(BATCHES)
                victim = (first, second)[number % 2]
                victim.kill()
                load.wait_for(BATCHES)  # the other one goes on
                victim.start()
                tally.rounds += 1
            load.wait_for(BATCHES)
        load.count(tally, second.url)
        run_id = load.clients[0].run_id
        assert steps(first.url, run_id) == steps(second.url, run_id)
        _finish(writer, own, first.url, rounds)
        tally.note(first, second)
    return tally, own


def _finish(writer: Steady, own: Tally, url: str, rounds: int) -> None:
    own.rounds = rounds
    writer.count(own, url)
