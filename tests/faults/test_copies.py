"""Backups while clients log: each is of one moment, and never half there."""

from __future__ import annotations

from pathlib import Path

from tests.faults import copies


def test_a_backup_under_load_restores_a_prefix_of_what_was_logged(tmp_path: Path) -> None:
    copies.back_up_under_load(tmp_path, 1).check()


def test_a_killed_backup_leaves_nothing_under_its_name(tmp_path: Path) -> None:
    tally = copies.kill_backup(tmp_path, stride=4)
    tally.check()
    assert tally.rounds > 10
