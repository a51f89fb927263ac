from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.wire.asking import Asker, asking

from cairn.server.app import create_app
from cairn.server.config import ServerConfig


@pytest.fixture
def ask(tmp_path: Path) -> Iterator[Asker]:
    """A server in this process, with a fresh database and a folder of artifacts."""
    config = ServerConfig(
        backend_store_uri=f"sqlite:///{tmp_path / 'cairn.db'}",
        artifacts_destination=str(tmp_path / "served"),
    )
    with asking(create_app(config)) as asker:
        yield asker
