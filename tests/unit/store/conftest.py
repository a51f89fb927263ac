from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cairn.contract.runs import CreateRun
from cairn.store import Store, open_store


@pytest.fixture
def store(database: str, tmp_path: Path) -> Iterator[Store]:
    store = open_store(database, artifact_root=str(tmp_path / "cairn-artifacts"))
    yield store
    store.close()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/cairn.db")
    yield store
    store.close()


@pytest.fixture
def new_run(store: Store) -> Callable[[], str]:
    def make(name: str = "") -> str:
        request = CreateRun(experiment_id="0", run_name=name)
        return store.create_run(request).run.info.run_id

    return make
