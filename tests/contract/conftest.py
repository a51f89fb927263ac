from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.wire.serving import running

from cairn.client.transport import Transport
from cairn.contract.services import Tracking
from cairn.server.app import create_app
from cairn.server.config import ServerConfig
from cairn.store import open_store
from cairn.wire.remote import remote


@pytest.fixture(params=["store", "http"])
def tracking(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tracking]:
    """Every implementation of the Protocol: the store itself, and a server over HTTP."""
    uri = f"sqlite:///{tmp_path}/cairn.db"
    if request.param == "store":
        store = open_store(uri, artifact_root=str(tmp_path / "artifacts"))
        yield store
        store.close()
        return
    config = ServerConfig(backend_store_uri=uri, artifacts_destination=str(tmp_path / "artifacts"))
    with running(create_app(config)) as url:
        transport = Transport(url)
        yield remote(Tracking, transport)  # type: ignore[type-abstract]
        transport.close()
