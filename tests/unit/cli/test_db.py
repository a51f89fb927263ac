from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.cli.conftest import Cairn
from tests.upgrading import know_later, write_later

from cairn.client import connect
from cairn.client.client import Client
from cairn.store.db import HEAD


def test_an_old_database_is_upgraded_and_the_copy_is_named(
    cairn: Cairn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = Client().create_run("0", run_name="kept").info.run_id
    connect.close()
    assert cairn("db", "version").stdout == f"{HEAD}, the newest.\n"
    know_later(monkeypatch, write_later(tmp_path / "later", HEAD))
    assert "the newest is 9002" in cairn("db", "version").stdout
    said = cairn("db", "upgrade", "sqlite:///cairn.db").stdout
    (copy,) = tmp_path.glob("*.backup")
    assert f"from schema {HEAD} to 9002. What was before is kept in {copy}." in said
    assert "nothing to do" in cairn("db", "upgrade").stdout
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    assert "newer Cairn" in cairn("db", "version", code=1).stderr
    cairn("restore", str(copy), "--force")
    assert cairn("db", "version", ".").stdout == f"{HEAD}, the newest.\n"
    assert Client().get_run(run_id).info.run_name == "kept"


def test_a_database_that_is_not_there_is_not_made(cairn: Cairn, tmp_path: Path) -> None:
    assert "is empty" in cairn("db", "upgrade", "sqlite:///other.db").stdout
    assert "is empty" in cairn("db", "version", "sqlite:///other.db").stdout
    assert not (tmp_path / "other.db").exists()


def test_the_database_of_a_server_is_upgraded_by_the_server(cairn: Cairn) -> None:
    assert "upgrades its database itself" in cairn("db", "upgrade", "http://h:1", code=2).stderr
