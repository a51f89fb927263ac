from __future__ import annotations

import sqlite3
import stat
import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from cairn.errors import InvalidState, InvalidValue
from cairn.store import Store, open_store, registry_schema, trace_schema  # noqa: F401 - their tables count, too
from cairn.store.db import HEAD, VERSION_TABLE, open_database
from cairn.store.migrate import config
from cairn.store.schema import experiment, metadata

INDEXES_OF_TEXTS = {"ix_param_key_value", "ix_tag_key_value"}


def test_head_is_the_newest_migration(store: Store) -> None:
    with store.db.read() as connection:
        assert ScriptDirectory.from_config(config(connection)).get_current_head() == HEAD


@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_migrations_make_exactly_the_schema(store: Store) -> None:
    with store.db.read() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        changes = compare_metadata(context, metadata)
    # Indexes that each database has in its own form; Alembic looks for every form in each.
    assert [change for change in changes if not _is_of_texts(change)] == []


def _is_of_texts(change: tuple[Any, ...]) -> bool:
    return change[0].endswith("_index") and change[1].name in INDEXES_OF_TEXTS


def test_texts_are_indexed(store: Store) -> None:
    catalog = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index'",
        "postgresql": "SELECT indexname FROM pg_indexes",
        "mysql": "SELECT index_name FROM information_schema.statistics"
        " WHERE table_schema = database()",
    }
    with store.db.read() as connection:
        found = connection.exec_driver_sql(catalog[connection.dialect.name]).scalars().all()
    assert set(found) >= INDEXES_OF_TEXTS


def test_a_new_store_has_the_default_experiment(store: Store) -> None:
    with store.db.read() as connection:
        rows = connection.execute(sa.select(experiment.c.id, experiment.c.name)).all()
    assert rows == [(0, "Default")]


def test_the_database_is_readable_by_its_owner_only(sqlite_store: Store) -> None:
    folder = sqlite_store.db.path.parent
    files = [file for file in folder.iterdir() if file.name.startswith("cairn.db")]
    assert files
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)


def test_an_acknowledged_write_is_synced_to_disk(sqlite_store: Store) -> None:
    with sqlite_store.db.read() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_a_failing_write_leaves_the_others_of_its_group(sqlite_store: Store) -> None:
    table = sa.table("scratch", sa.column("n"))
    sqlite_store.db.write(lambda c: c.exec_driver_sql("CREATE TABLE scratch (n INTEGER)"))
    begun = threading.Event()
    go = threading.Event()

    def hold(_connection: sa.Connection) -> None:
        begun.set()
        go.wait(10)

    def write(n: int) -> None:
        def work(connection: sa.Connection) -> None:
            connection.execute(sa.insert(table).values(n=n))
            if n == 3:
                raise InvalidValue("three is refused")

        if n == 3:
            with pytest.raises(InvalidValue, match="three"):
                sqlite_store.db.write(work)
        else:
            sqlite_store.db.write(work)

    threads = [threading.Thread(target=sqlite_store.db.write, args=(hold,))]
    threads[0].start()
    begun.wait(10)
    threads += [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for thread in threads[1:]:
        thread.start()
    go.set()
    for thread in threads:
        thread.join()
    with sqlite_store.db.read() as connection:
        kept = connection.execute(sa.select(table).order_by("n")).scalars().all()
    assert kept == [0, 1, 2, 4, 5]


def test_reading_sees_one_snapshot(store: Store, database: str) -> None:
    with store.db.read() as reader:
        query = sa.select(sa.func.count()).select_from(experiment)
        before = reader.execute(query).scalar()
        other = open_store(database)
        other.db.write(
            lambda c: c.execute(
                experiment.insert().values(
                    name="x",
                    artifact_location="",
                    lifecycle_stage="active",
                    creation_time=0,
                    last_update_time=0,
                )
            )
        )
        other.close()
        assert reader.execute(query).scalar() == before


@pytest.mark.parametrize("uri", ["sqlite://", "sqlite:///:memory:", "oracle://h/d", "nonsense"])
def test_a_uri_that_keeps_nothing_is_refused(uri: str) -> None:
    with pytest.raises(InvalidValue, match=r"sqlite:///file\.db"):
        open_database(uri)


def test_a_database_of_mlflow_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    with sqlite3.connect(path) as other:
        for table in ("alembic_version", "experiments", "runs"):
            other.execute(f"CREATE TABLE {table} (x)")
    other.close()
    with pytest.raises(InvalidState, match="MLflow"):
        open_store(f"sqlite:///{path}")


def test_a_database_of_a_newer_cairn_is_left_alone(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/cairn.db"
    store = open_store(uri)
    store.db.write(lambda c: c.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    store.close()
    with pytest.raises(InvalidState, match=r"newer Cairn.*Upgrade"):
        open_store(uri)


def test_a_foreign_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE customers (x)")
    other.close()
    with pytest.raises(InvalidState, match="something else"):
        open_store(f"sqlite:///{path}")


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("These are notes, and they stay as they are. " * 100)
    before = path.read_bytes()
    with pytest.raises(InvalidState, match="not a database"):
        open_store(f"sqlite:///{path}")
    assert path.read_bytes() == before
