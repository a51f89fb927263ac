"""A database file that is damaged while it is open: everybody is told, nobody waits for ever."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from cairn.contract.runs import CreateRun, RunRef
from cairn.errors import CairnError
from cairn.store import open_store


def test_nobody_waits_for_a_damaged_file(tmp_path: Path) -> None:
    path = tmp_path / "cairn.db"
    store = open_store(f"sqlite:///{path}")
    run_id = store.create_run(CreateRun(experiment_id="0")).run.info.run_id
    store.close()
    store = open_store(f"sqlite:///{path}")
    with path.open("r+b") as file:
        file.write(b"\xff" * path.stat().st_size)
    for log in tmp_path.glob("cairn.db-*"):
        log.write_bytes(b"\xff" * log.stat().st_size)
    with ThreadPoolExecutor(4) as pool:
        for call in (
            *(pool.submit(store.create_run, CreateRun(experiment_id="0")) for _ in range(3)),
            pool.submit(store.get_run, RunRef(run_id=run_id)),
        ):
            with pytest.raises((CairnError, sa.exc.DatabaseError)):
                call.result(30)
    store.close()
