"""Folds that die, and folds that meet: histories stay what they were."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.faults import folding

ALL = pytest.mark.parametrize("database", ["sqlite", "postgresql", "mariadb"], indirect=True)


@ALL
def test_a_compactor_may_be_killed_at_every_statement(database: str, tmp_path: Path) -> None:
    tally = folding.kill_at_every_statement(database)
    tally.check()
    assert tally.rounds > 10


@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_a_compactor_may_be_killed_at_any_time(database: str, tmp_path: Path) -> None:
    folding.kill_at_random(database, 12).check()


@ALL
def test_two_compactors_do_not_harm_each_other(database: str, tmp_path: Path) -> None:
    folding.fold_twice_at_once(database, 5).check()
