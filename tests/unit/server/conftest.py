from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.wire.asking import Asker, asking

from cairn.server.app import create_app
from cairn.server.config import ServerConfig

Ask = Callable[..., Asker]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Ask]:
    """Starts a server in this process, with a database and artifacts in tmp_path."""
    with ExitStack() as stack:

        def start(**choices: Any) -> Asker:
            choices.setdefault("backend_store_uri", f"sqlite:///{tmp_path / 'cairn.db'}")
            choices.setdefault("artifacts_destination", str(tmp_path / "served"))
            return stack.enter_context(asking(create_app(ServerConfig(**choices))))

        yield start


@pytest.fixture
def ask(start: Ask) -> Asker:
    """A server that serves only artifacts, so that a test needs no database."""
    return start(artifacts_only=True)
