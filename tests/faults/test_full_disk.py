"""The disk is full: everybody is told, reads go on, and so do writes when there is room again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.faults import full_disk


def test_a_full_disk_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    if shutil.which("mount") is None:
        pytest.skip("only where a small file system can be mounted")
    try:
        tally = full_disk.fill_disk(tmp_path, 2)
    except PermissionError as error:
        pytest.skip(f"only who may mount a small file system can fill it: {error}")
    tally.check()
