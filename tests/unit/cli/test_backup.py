from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.cli.conftest import Cairn

from cairn.client import connect
from cairn.client.client import Client


def test_a_backup_of_the_working_folder_is_restored_elsewhere(cairn: Cairn, tmp_path: Path) -> None:
    run_id = Client().create_run("0", run_name="kept").info.run_id
    said = cairn("backup", "copy.db").stdout
    assert "copy.db" in said
    connect.close()
    (tmp_path / "other").mkdir()
    cairn("restore", "copy.db", "--backend-store-uri", "other")
    assert Client("other").get_run(run_id).info.run_name == "kept"


def test_a_backup_and_a_restore_replace_only_with_force(cairn: Cairn) -> None:
    Client().create_run("0")
    cairn("backup", "copy.db")
    assert "--force" in cairn("backup", "copy.db", code=1).stderr
    cairn("backup", "copy.db", "--force")
    assert "--force" in cairn("restore", "copy.db", code=1).stderr
    assert "Another process" in cairn("restore", "copy.db", "--force", code=1).stderr
    connect.close()
    cairn("restore", "copy.db", "--force")


@pytest.mark.parametrize("uri", ["http://127.0.0.1:5000", "postgresql://127.0.0.1/cairn"])
def test_only_sqlite_is_copied(cairn: Cairn, uri: str) -> None:
    assert "pg_dump" in cairn("backup", "copy.db", "--backend-store-uri", uri, code=2).stderr
    assert "no database" in cairn("backup", "copy.db", code=1).stderr
