from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.wire.serving import running

from cairn.cli.main import main
from cairn.client import connect, outbox
from cairn.server.app import create_app
from cairn.server.config import ServerConfig

Cairn = Callable[..., Result]


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working folder, and an environment without settings."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(("CAIRN_", "MLFLOW_")):
            del os.environ[name]
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    outbox.close()
    connect.close()
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def cairn() -> Cairn:
    """Runs the command ``cairn`` in this process; it must end with the status `code`."""

    def run(*arguments: str, code: int = 0) -> Result:
        result = CliRunner().invoke(main, arguments, prog_name="cairn")
        assert result.exit_code == code, f"{result.output}{result.exception!r}"
        return result

    return run


@pytest.fixture
def cairn_json(cairn: Cairn) -> Callable[..., Any]:
    """Runs the command and reads the JSON that it prints."""

    def run(*arguments: str) -> Any:
        return json.loads(cairn(*arguments).stdout)

    return run


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
