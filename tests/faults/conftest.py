from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.faults.load import impatient


@pytest.fixture(autouse=True)
def soon_again() -> Iterator[None]:
    """Nobody waits a second for a server that was restarted in a tenth of one."""
    with impatient():
        yield
