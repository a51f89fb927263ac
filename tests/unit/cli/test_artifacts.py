from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cli.conftest import Cairn

from cairn.client.client import Client


@pytest.fixture(params=["local", "server"])
def run_id(request: pytest.FixtureRequest) -> str:
    """A run in a local store, or on a server."""
    if request.param == "server":
        os.environ["CAIRN_TRACKING_URI"] = request.getfixturevalue("server")
    return Client().create_run("0").info.run_id


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "tree" / "deep").mkdir(parents=True)
    (tmp_path / "tree" / "a.txt").write_text("hello")
    (tmp_path / "tree" / "deep" / "b.txt").write_text("you")
    return tmp_path / "tree"


def test_files_go_up_and_come_down(
    cairn: Cairn, cairn_json: Callable[..., Any], run_id: str, tree: Path, tmp_path: Path
) -> None:
    file = str(tree / "a.txt")
    said = cairn("artifacts", "log-artifact", "-l", file, "-r", run_id)
    assert (said.stdout, file in said.stderr) == ("", True)
    cairn("artifacts", "log-artifacts", "--local-dir", str(tree), "-r", run_id, "-a", "all")
    assert cairn_json("artifacts", "list", "-r", run_id) == [
        {"path": "a.txt", "is_dir": False, "file_size": 5},
        {"path": "all", "is_dir": True},
    ]
    assert cairn_json("artifacts", "list", "-r", run_id, "-a", "all/deep") == [
        {"path": "all/deep/b.txt", "is_dir": False, "file_size": 3}
    ]

    place = cairn("artifacts", "download", "-r", run_id, "-a", "all/deep/b.txt", "-d", "out").stdout
    assert place == f"{tmp_path}/out/b.txt\n"
    assert Path(place.strip()).read_text() == "you"

    place = cairn("artifacts", "download", "-u", f"runs:/{run_id}/all").stdout.strip()
    assert Path(place, "deep", "b.txt").read_text() == "you"
    shutil.rmtree(Path(place).parent)  # a new temporary folder

    place = cairn("artifacts", "download", "-r", run_id, "-d", "everything").stdout.strip()
    assert Path(place, "all", "a.txt").read_text() == "hello"


def test_what_is_not_there_is_named(cairn: Cairn, run_id: str) -> None:
    assert "ghost" in cairn("artifacts", "download", "-r", run_id, "-a", "ghost", code=1).stderr
    assert "nobody" in cairn("artifacts", "list", "-r", "nobody", code=1).stderr
    missing = cairn("artifacts", "log-artifact", "-l", "ghost", "-r", run_id, code=2).stderr
    assert "'ghost' does not exist" in missing


def test_download_wants_one_place(cairn: Cairn) -> None:
    assert "--artifact-uri" in cairn("artifacts", "download", code=2).stderr
    cairn("artifacts", "download", "-r", "a", "-u", "runs:/a", code=2)
    cairn("artifacts", "download", "-u", "runs:/a", "-a", "b", code=2)
