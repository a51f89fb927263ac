from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from cairn.contract.kinds import ViewType
from cairn.contract.runs import CreateRun, LogBatch, Metric, Param, RunRef, SearchRuns
from cairn.errors import AlreadyExists, CairnError, DoesNotExist, InvalidState, InvalidValue
from cairn.store import Store, backup, open_store
from cairn.store.backup import back_up, restore

NewRun = Callable[[], str]
PARAMS = 50


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """Backups are made of files; database servers have tools of their own."""
    return sqlite_store


def quiet(_copied: int, _total: int) -> None:
    pass


def write_whole_run(store: Store) -> str:
    """A run whose params are written in one request, with its number of points."""
    run_id = store.create_run(CreateRun(experiment_id="0")).run.info.run_id
    params = [Param(key=f"p{i}", value="x" * 400) for i in range(PARAMS)]
    metrics = [Metric(key="m", value=i, timestamp=i, step=i) for i in range(PARAMS)]
    store.log_batch(LogBatch(run_id=run_id, params=params, metrics=metrics))
    return run_id


def params_of_runs(path: Path) -> dict[str, int]:
    """Number of params of each run in a copy, as the store reads it."""
    copy = open_store(f"sqlite:///{path}")
    try:
        query = SearchRuns(experiment_ids=["0"], max_results=50_000, run_view_type=ViewType.ALL)
        return {r.info.run_id: len(r.data.params) for r in copy.search_runs(query).runs}
    finally:
        copy.close()


def test_a_copy_taken_while_others_write_is_of_one_moment(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "STEP_PAGES", 40)
    before = [write_whole_run(store) for _ in range(20)]
    during: list[str] = []
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            during.append(write_whole_run(store))

    def interleave(_copied: int, _total: int) -> None:
        during.append(write_whole_run(store))  # acknowledged between two steps of the copy

    writer = threading.Thread(target=write)
    writer.start()
    try:
        back_up(store.db.path, tmp_path / "copy.db", progress=interleave)
    finally:
        stop.set()
        writer.join()
    found = params_of_runs(tmp_path / "copy.db")
    assert set(before) <= found.keys()
    assert set(during) - found.keys(), "nothing was written while the copy was made"
    # The one run whose params come in a second request may have been between the two.
    assert sorted(found.values())[1:] == [PARAMS] * (len(found) - 1)
    assert list(found.values()).count(0) <= 1
    with contextlib.closing(sqlite3.connect(tmp_path / "copy.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_copy_is_one_private_file(store: Store, new_run: NewRun, tmp_path: Path) -> None:
    new_run()
    folder = tmp_path / "copies"
    folder.mkdir()
    size = back_up(store.db.path, folder / "copy.db", progress=quiet)
    assert [p.name for p in folder.iterdir()] == ["copy.db"]
    assert (folder / "copy.db").stat().st_size == size
    assert (folder / "copy.db").stat().st_mode & 0o777 == 0o600


def test_a_backup_replaces_nothing_unless_told(
    store: Store, new_run: NewRun, tmp_path: Path
) -> None:
    target = tmp_path / "copy.db"
    back_up(store.db.path, target, progress=quiet)
    run_id = new_run()
    with pytest.raises(AlreadyExists, match="--force"):
        back_up(store.db.path, target, progress=quiet)
    assert run_id not in params_of_runs(target)
    back_up(store.db.path, target, force=True, progress=quiet)
    assert run_id in params_of_runs(target)


def test_a_backup_that_fails_leaves_nothing(store: Store, tmp_path: Path) -> None:
    def interrupt(_copied: int, _total: int) -> None:
        raise KeyboardInterrupt

    before = {p.name for p in tmp_path.iterdir()}
    with pytest.raises(KeyboardInterrupt):
        back_up(store.db.path, tmp_path / "copy.db", progress=interrupt)
    assert {p.name for p in tmp_path.iterdir()} == before


def test_only_a_database_of_cairn_is_copied(store: Store, tmp_path: Path) -> None:
    with pytest.raises(DoesNotExist):
        back_up(tmp_path / "none.db", tmp_path / "copy.db", progress=quiet)
    (tmp_path / "text.db").write_text("no database" * 1000)
    with contextlib.closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE t (a)")
    for name in ("text.db", "other.db"):
        with pytest.raises(InvalidState):
            back_up(tmp_path / name, tmp_path / "copy.db", progress=quiet)
        with pytest.raises(InvalidState):
            restore(tmp_path / name, tmp_path / "new.db", progress=quiet)
    assert not (tmp_path / "copy.db").exists()
    assert not (tmp_path / "new.db").exists()
    for target in (store.db.path, tmp_path, tmp_path / "no" / "copy.db"):
        with pytest.raises(InvalidValue):
            back_up(store.db.path, target, force=True, progress=quiet)


def test_a_damaged_copy_is_not_restored(store: Store, tmp_path: Path) -> None:
    for _ in range(20):
        write_whole_run(store)
    copy = tmp_path / "copy.db"
    back_up(store.db.path, copy, progress=quiet)
    data = bytearray(copy.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 8192] = b"\xff" * 8192
    copy.write_bytes(data)
    with pytest.raises(InvalidState):
        restore(copy, tmp_path / "new.db", progress=quiet)
    assert not (tmp_path / "new.db").exists()


def test_a_newer_copy_is_not_restored(store: Store, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    back_up(store.db.path, copy, progress=quiet)
    with contextlib.closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("UPDATE cairn_version SET version_num = '9999'")
    with pytest.raises(InvalidState, match="newer Cairn"):
        restore(copy, tmp_path / "new.db", progress=quiet)


def test_a_restored_database_is_as_it_was(tmp_path: Path) -> None:
    database = tmp_path / "cairn.db"
    store = open_store(f"sqlite:///{database}")
    early = write_whole_run(store)
    back_up(database, tmp_path / "copy.db", progress=quiet)
    late = write_whole_run(store)
    store.close()
    with pytest.raises(AlreadyExists, match="--force"):
        restore(tmp_path / "copy.db", database, progress=quiet)
    restore(tmp_path / "copy.db", database, force=True, progress=quiet)
    restore(tmp_path / "copy.db", tmp_path / "new.db", progress=quiet)
    assert (tmp_path / "new.db").stat().st_mode & 0o777 == 0o600
    for path in (database, tmp_path / "new.db"):
        store = open_store(f"sqlite:///{path}")
        assert store.get_run(RunRef(run_id=early)).run.data.params
        with pytest.raises(DoesNotExist):
            store.get_run(RunRef(run_id=late))
        write_whole_run(store)
        store.close()


def test_a_restore_that_is_interrupted_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "STEP_PAGES", 3)
    database = tmp_path / "cairn.db"
    store = open_store(f"sqlite:///{database}")
    back_up(database, tmp_path / "copy.db", progress=quiet)
    run_id = write_whole_run(store)
    store.close()

    def interrupt(_copied: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(tmp_path / "copy.db", database, force=True, progress=interrupt)
    with pytest.raises(KeyboardInterrupt):
        restore(tmp_path / "copy.db", tmp_path / "new.db", progress=interrupt)
    assert not (tmp_path / "new.db").exists()
    assert run_id in params_of_runs(database)


HOLD = """
import sys
from cairn.store import open_store
store = open_store(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
store.close()
"""


def test_a_database_that_another_process_has_open_is_not_replaced(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/cairn.db"
    store = open_store(uri)
    run_id = write_whole_run(store)
    back_up(store.db.path, tmp_path / "copy.db", progress=quiet)
    store.close()
    command = [sys.executable, "-c", HOLD, uri]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(CairnError, match="Another process"):
            restore(tmp_path / "copy.db", tmp_path / "cairn.db", force=True, progress=quiet)
        holder.communicate()
    restore(tmp_path / "copy.db", tmp_path / "cairn.db", force=True, progress=quiet)
    assert run_id in params_of_runs(tmp_path / "cairn.db")
