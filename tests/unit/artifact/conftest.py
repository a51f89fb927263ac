from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.wire.serving import PlainTransport, running

from cairn.artifact.base import ArtifactStore
from cairn.artifact.find import find_store
from cairn.artifact.local import LocalStore
from cairn.server.app import create_app
from cairn.server.config import ServerConfig


@pytest.fixture
def proxy_url(tmp_path: Path) -> Iterator[str]:
    """A server that only serves artifacts, kept in tmp_path/served."""
    config = ServerConfig(artifacts_only=True, artifacts_destination=str(tmp_path / "served"))
    with running(create_app(config)) as url:
        yield url


@pytest.fixture(params=["local", "http"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ArtifactStore:
    if request.param == "local":
        return LocalStore(tmp_path / "kept")
    url = request.getfixturevalue("proxy_url")
    return find_store("mlflow-artifacts:/0/run", tracking_url=url, connect=PlainTransport)
