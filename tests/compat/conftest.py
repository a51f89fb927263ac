from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.compat.servers import serving

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def cairn_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a `cairn server`, with an empty store."""
    with serving(sys.executable, "cairn", tmp_path_factory.mktemp("cairn")) as url:
        yield url


@pytest.fixture(scope="session")
def peer_server(peer: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a real MLflow server, with an empty store."""
    with serving(peer, "mlflow", tmp_path_factory.mktemp("peer")) as url:
        yield url


@pytest.fixture(scope="session")
def acceptance() -> Path:
    """The texts of the tutorials, which are not ours to copy.

    The folder that ``CAIRN_ACCEPTANCE`` names, else ``shared/acceptance`` beside the checkout.
    """
    named = os.environ.get("CAIRN_ACCEPTANCE")
    folder = Path(named) if named else ROOT.parent / "shared" / "acceptance"
    if not folder.is_dir():
        pytest.skip("the tutorials are not here: name their folder in CAIRN_ACCEPTANCE")
    return folder
