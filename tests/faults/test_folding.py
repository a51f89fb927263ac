"""Folds that die, and folds that meet: histories stay what they were."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.faults import folding

EACH_KIND = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@EACH_KIND
def test_a_compactor_may_be_killed_at_every_statement(database: str, tmp_path: Path) -> None:
    tally = folding.kill_at_every_statement(database)
    tally.check()
    assert tally.rounds > 10


@SQLITE
def test_a_compactor_may_be_killed_at_any_time(database: str, tmp_path: Path) -> None:
    folding.kill_at_random(database, 12).check()


@EACH_KIND
def test_two_compactors_do_not_harm_each_other(database: str, tmp_path: Path) -> None:
    folding.fold_twice_at_once(database, 5).check()
