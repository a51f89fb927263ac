from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from cairn.client.packages import differences, environment, uv_lock


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return folder


def install(site: Path, name: str, origin: object = None) -> None:
    """What an installer leaves behind."""
    folder = site / f"{name}-1.5.dist-info"
    folder.mkdir()
    text = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.5\nRequires-Dist: x\n\nVersion: none\n"
    (folder / "METADATA").write_text(text)
    if origin is not None:
        (folder / "direct_url.json").write_text(json.dumps(origin))


def test_the_lock_names_each_distribution_once_with_its_version(site: Path) -> None:
    install(site, "Msgspec")  # nearer than the real one
    lines = environment().splitlines()
    assert lines[0].startswith(f"# Python {sys.version.split()[0]}")
    assert "Msgspec==1.5" in lines
    assert f"pytest=={version('pytest')}" in lines
    assert len({line.lower() for line in lines}) == len(lines)
    assert not any(line.lower().startswith(f"msgspec=={version('pip')}") for line in lines)


def test_the_lock_says_where_distributions_came_from(site: Path) -> None:
    install(site, "local", {"url": "file:///code/local", "dir_info": {"editable": True}})
    vcs = {"vcs": "git", "commit_id": "0a1b2c"}
    install(site, "repo", {"url": "https://me:secret@git.example/x", "vcs_info": vcs})
    install(site, "wrong", {"no": "url"})
    lines = environment().splitlines()
    assert "local @ file:///code/local  # 1.5, editable" in lines
    assert "repo @ git+https://***@git.example/x@0a1b2c  # 1.5" in lines
    assert "wrong==1.5" in lines


def test_pip_reads_the_lock(site: Path, tmp_path: Path) -> None:
    install(site, "local", {"url": "file:///code/local", "dir_info": {"editable": True}})
    lock = tmp_path / "environment.txt"
    lock.write_text(environment())
    code = (
        "import sys; from pip._internal.req.req_file import parse_requirements as parse;"
        "from pip._internal.network.session import PipSession;"
        "print(len(list(parse(sys.argv[1], session=PipSession()))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(lock)], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) == len(lock.read_text().splitlines()) - 1


def test_the_lock_of_uv_is_taken_from_the_project_around(tmp_path: Path) -> None:
    inner = tmp_path / "project" / "src"
    inner.mkdir(parents=True)
    assert uv_lock(inner) is None
    (tmp_path / "project" / "uv.lock").write_bytes(b"version = 1\n")
    assert uv_lock(inner) == b"version = 1\n"
    (inner / ".git").mkdir()
    assert uv_lock(inner) is None


def test_differences_name_what_is_not_the_same() -> None:
    one = "# Python 3.11.1 (CPython)\na==1\nb==2\nc @ file:///c  # 1, editable\n"
    two = "# Python 3.11.1 (CPython)\na==1\nb==3\n"
    found = differences([one, two, None])
    assert found == {"b": ["2", "3", None], "c": ["file:///c", None, None]}
