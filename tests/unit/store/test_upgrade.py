"""From every released schema to the newest: nothing is lost, whenever it is cut off."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from tests.data.record import FOLDER, KINDS, answers, load
from tests.upgrading import DRIVER, HEAD_OF_LATER, asked, rows, schema, write_later

from cairn.contract.runs import CreateRun
from cairn.errors import InvalidState
from cairn.store import open_store
from cairn.store.backup import restore
from cairn.store.db import HEAD, VERSION_TABLE, open_database
from cairn.store.migrate import STEPS_TABLE, config
from cairn.store.upgrade import upgrade

ROOT = Path(__file__).resolve().parents[3]
RELEASES = sorted(path.name for path in FOLDER.iterdir())
every_release = pytest.mark.parametrize("release", RELEASES)


def kind_of(uri: str) -> str:
    return {"sqlite": "sqlite", "postgresql": "postgresql", "mysql": "mariadb"}[
        sa.make_url(uri).get_backend_name()
    ]


@pytest.fixture
def old(database: str, release: str) -> str:
    """The URI of a database that a release wrote."""
    load(kind_of(database), release, database)
    return database


@pytest.fixture
def newest(request: pytest.FixtureRequest, old: str, tmp_path: Path) -> Any:
    """The schema of a new database of the same kind."""
    kind = kind_of(old)
    if kind == "sqlite":
        uri = f"sqlite:///{tmp_path}/new.db"
        open_store(uri).close()
        return schema(uri)
    with request.getfixturevalue(kind).database() as uri:
        open_store(uri, artifact_root=str(tmp_path)).close()
        return schema(uri)


def copies(uri: str) -> list[Path]:
    return sorted(Path(sa.make_url(uri).database or "").parent.glob("*.backup"))


def test_every_release_has_its_databases_recorded() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    released = {"0.1.0", *re.findall(r"(?m)^## \[(\d[^\]]*)\]", changelog)}
    assert released <= set(RELEASES), "python -m tests.data.record"
    for release in RELEASES:
        files = {f"{kind}.{end}" for kind in KINDS for end in ("sql", "json")}
        assert {path.name for path in (FOLDER / release).iterdir()} == files


@every_release
def test_what_a_release_wrote_is_found_after_the_upgrade(
    old: str, release: str, tmp_path: Path
) -> None:
    store = open_store(old, artifact_root=str(tmp_path))
    found = answers(store)
    store.create_run(CreateRun(experiment_id="0"))
    store.close()
    told = json.loads((FOLDER / release / f"{kind_of(old)}.json").read_text("utf-8"))
    missing = [title for title in told if not holds(found.get(title), told[title])]
    assert missing == []


def holds(new: Any, old: Any) -> bool:
    """Whether everything in `old` is in `new`, which may say more about each thing."""
    if isinstance(old, dict):
        return isinstance(new, dict) and all(holds(new.get(k), v) for k, v in old.items())
    if isinstance(old, list):
        same = isinstance(new, list) and len(new) == len(old)
        return same and all(map(holds, new, old))
    return bool(new == old)


@every_release
def test_an_upgraded_schema_is_that_of_a_new_database(old: str, newest: Any) -> None:
    db = open_database(old)
    upgrade(db)
    db.close()
    assert schema(old) == newest


def test_the_migrations_from_empty_make_the_schema_of_a_new_database(
    database: str, tmp_path: Path
) -> None:
    new = open_store(database, artifact_root=str(tmp_path))
    made, default = schema(database), rows(database)
    with new.db.alone() as connection:
        tables = sa.MetaData()
        tables.reflect(connection)
        tables.drop_all(connection)
        connection.commit()
        command.upgrade(config(connection), "head")
        connection.commit()
    new.close()
    assert schema(database) == made
    # A migration that stores rows of its own must do so in a new database too.
    empty = {name: found for name, found in rows(database).items() if found}
    assert empty == {VERSION_TABLE: default[VERSION_TABLE]}
    assert set(default) >= set(empty)


def migrate_later(uri: str, folder: Path, when: str = "") -> int:
    """Upgrade to two migrations that follow ours, and be killed meanwhile; how often."""
    done = subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", "-c", DRIVER, str(folder), uri, when],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.fixture
def later(tmp_path: Path) -> Path:
    return write_later(tmp_path / "later", HEAD)


@pytest.mark.parametrize("when", ["each", "random"])
@pytest.mark.parametrize("release", RELEASES[:1])
def test_an_upgrade_that_is_killed_is_finished_by_the_next_start(
    request: pytest.FixtureRequest, old: str, later: Path, when: str, release: str, tmp_path: Path
) -> None:
    """Before each statement in turn, each time going on after the last; and at random moments."""
    kills = migrate_later(old, later, when)
    assert kills >= (15 if when == "each" else 1)
    killed, left = schema(old), rows(old)
    kind = kind_of(old)
    if kind == "sqlite":
        undisturbed = f"sqlite:///{tmp_path}/undisturbed.db"
        load(kind, release, undisturbed)
        migrate_later(undisturbed, later)
        assert (killed, left) == (schema(undisturbed), rows(undisturbed))
        return
    with request.getfixturevalue(kind).database() as undisturbed:
        load(kind, release, undisturbed)
        migrate_later(undisturbed, later)
        assert (killed, left) == (schema(undisturbed), rows(undisturbed))
    assert STEPS_TABLE not in killed
    assert len([row for row in left["run"] if "ada?." in row]) == 6


@pytest.mark.parametrize("release", RELEASES[:1])
def test_servers_that_start_at_once_upgrade_once(old: str, later: Path) -> None:
    command_line = [sys.executable, "-c", DRIVER, str(later), old, ""]
    starts = [
        subprocess.Popen(command_line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = [start.communicate(timeout=100)[1] for start in starts]
    assert [start.returncode for start in starts] == [0, 0, 0], said
    assert sum("Upgraded" in text for text in said) == 1
    number = sa.text(f"SELECT version_num FROM {VERSION_TABLE}")
    assert asked(old, lambda c: c.execute(number).scalars().all()) == [HEAD_OF_LATER]
    if kind_of(old) == "sqlite":
        assert len(copies(old)) == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("release", RELEASES[:1])
def test_what_was_before_an_upgrade_is_kept_and_can_be_restored(old: str, later: Path) -> None:
    path = Path(sa.make_url(old).database or "")
    before = rows(old)
    migrate_later(old, later)
    after = rows(old)
    assert {name: len(after[name]) for name in before} == {
        name: len(found) for name, found in before.items()
    }
    (copy,) = copies(old)
    assert re.fullmatch(rf"{path.name}\.schema-0001\.\d{{8}}T[\d.]+Z\.backup", copy.name)
    assert copy.stat().st_mode & 0o777 == 0o600
    restore(copy, path, force=True, progress=lambda _copied, _total: None)
    assert rows(old) == before


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("release", RELEASES[:1])
def test_an_upgrade_that_loses_the_owner_of_a_row_is_taken_back(
    old: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(connection: sa.Connection) -> None:
        connection.exec_driver_sql("DELETE FROM run")

    before = rows(old)
    db = open_database(old)
    db.write(lambda c: c.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '0000'"))
    monkeypatch.setattr("cairn.store.migrate.upgrade", lose)
    with pytest.raises(InvalidState, match="is as it was"):
        upgrade(db)
    db.write(lambda c: c.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '0001'"))
    db.close()
    assert rows(old) == before


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_database_that_is_new_or_up_to_date_is_not_copied(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "cairn.store"):
        for _ in range(2):
            open_store(database).close()
    assert copies(database) == []
    assert caplog.messages == []
