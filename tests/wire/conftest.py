from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.wire.asking import Asker, asking

from cairn.server.app import create_app
from cairn.server.config import ServerConfig


@pytest.fixture
def ask(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Asker]:
    """A server in this process, with a fresh database and a folder of artifacts.

    The database is a file, or on the server that the test names as the fixture's parameter.
    """
    uri = f"sqlite:///{tmp_path / 'cairn.db'}"
    if (kind := getattr(request, "param", "sqlite")) != "sqlite":
        uri = request.getfixturevalue(f"{kind}_emptied")()
    config = ServerConfig(backend_store_uri=uri, artifacts_destination=str(tmp_path / "served"))
    with asking(create_app(config)) as asker:
        yield asker
