from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.wire.serving import running

from cairn.client import active, connect, experiments, outbox
from cairn.server.app import create_app
from cairn.server.config import ServerConfig


@pytest.fixture(autouse=True)
def fresh_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A client that knows nothing yet, in an empty working folder and home."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(("CAIRN_", "MLFLOW_")):
            del os.environ[name]
    monkeypatch.chdir(tmp_path)
    os.environ["CAIRN_CAPTURE"] = "none"  # tests that count records, files and requests ask for it
    os.environ["HOME"] = str(tmp_path)
    os.environ["CAIRN_HTTP_REQUEST_BACKOFF_FACTOR"] = "0.01"
    yield
    active.end_all()
    active._stack.set(())
    outbox.close()
    connect.close()
    experiments._active_id = None
    connect._chosen = None
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """URL of a server with an empty store."""
    config = ServerConfig(
        backend_store_uri=f"sqlite:///{tmp_path}/served.db",
        artifacts_destination=str(tmp_path / "served"),
    )
    with running(create_app(config)) as url:
        yield url
        outbox.close()
        connect.close()
