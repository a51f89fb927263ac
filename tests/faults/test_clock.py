"""The clock is set back and forth: what is stored, listed and counted does not depend on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.faults import clocks


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_clock_that_is_set_back_does_no_harm(database: str, tmp_path: Path) -> None:
    clocks.set_back(database, tmp_path, len(clocks.OFFSETS)).check()
