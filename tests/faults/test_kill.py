"""Servers are killed under load: what was acknowledged is found, once."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.faults import killing

ROUNDS = 2


@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_what_a_killed_server_acknowledged_is_found_once(database: str, tmp_path: Path) -> None:
    for tally in killing.kill_server(database, tmp_path, ROUNDS):
        tally.check()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_clients_of_a_killed_server_go_over_to_the_other(database: str, tmp_path: Path) -> None:
    for tally in killing.kill_one_of_two(database, tmp_path, ROUNDS):
        tally.check()
