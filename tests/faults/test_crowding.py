"""A server that is stopped under load, and one that is asked for more than it can do."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.faults import crowding

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@SQLITE
def test_a_stopped_server_finishes_what_it_took_whoever_holds_on(
    database: str, tmp_path: Path
) -> None:
    crowding.stop_under_load(database, tmp_path, 1).check()


@SQLITE
def test_a_crowd_is_served_or_told_and_every_limit_is_kept(database: str, tmp_path: Path) -> None:
    tally, answers = crowding.crowd(database, tmp_path, 500)
    tally.check()
    assert tally.acknowledged == answers[200] == 400
    assert answers[413] == answers[408] == 50
    assert answers[503] == tally.told > 0
