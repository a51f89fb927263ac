from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from cairn.client import context
from cairn.client.context import git_tags, resolve_tags, without_credentials

Git = Callable[..., str]
IDENTITY = ("-c", "user.name=a", "-c", "user.email=a@example.org")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("CAIRN", "MLFLOW"):
        for setting in ("RUN_CONTEXT", "TRACKING_USERNAME"):
            monkeypatch.delenv(f"{name}_{setting}", raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.setattr(sys, "argv", ["train.py"])


@pytest.fixture
def repository(tmp_path: Path, need: Callable[[str, str], str]) -> tuple[Path, Git]:
    """A work tree with one commit of ``train.py``, and a function that runs git in it."""
    program = need("git", "apt-get install git")
    folder = tmp_path / "work"
    folder.mkdir()

    def git(*arguments: str) -> str:
        command = [program, *IDENTITY, *arguments]
        done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    git("init", "-q", "-b", "main")
    (folder / "train.py").write_text("print(1)\n")
    git("add", "train.py")
    git("commit", "-q", "-m", "first")
    return folder, git


def test_run_is_tagged_with_user_and_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ada")
    assert resolve_tags() == {
        "mlflow.user": "ada",
        "mlflow.source.name": "train.py",
        "mlflow.source.type": "LOCAL",
    }


def test_user_of_the_server_is_the_user_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "grace")
    assert resolve_tags()["mlflow.user"] == "grace"


def test_user_without_a_name_is_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    pwd = pytest.importorskip("pwd")
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)

    def unknown(number: int) -> None:
        raise KeyError(number)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert resolve_tags()["mlflow.user"] == str(os.getuid())


@pytest.mark.parametrize("arguments", [[""], []])
def test_console_has_a_name(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    monkeypatch.setattr(sys, "argv", arguments)
    assert resolve_tags()["mlflow.source.name"] == "<console>"


@pytest.mark.parametrize("name", ["study.ipynb", None])
def test_notebook_is_known_by_its_kernel(monkeypatch: pytest.MonkeyPatch, name: str | None) -> None:
    class ZMQInteractiveShell:
        """What IPython calls the shell of a notebook."""

    ipython = ModuleType("IPython")
    ipython.get_ipython = ZMQInteractiveShell  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.delenv("IPYNB_FILE", raising=False)
    if name:
        monkeypatch.setenv("JPY_SESSION_NAME", name)
    else:
        monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    tags = resolve_tags()
    assert tags["mlflow.source.type"] == "NOTEBOOK"
    assert tags.get("mlflow.source.name") == name


def test_environment_wins_over_the_process_and_the_caller_over_both(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = {"mlflow.user": "batch", "team": "vision", "retry": 2}
    monkeypatch.setenv("MLFLOW_RUN_CONTEXT", json.dumps(given))
    tags = resolve_tags({"team": "speech", "fold": 1})
    assert tags["mlflow.user"] == "batch"
    assert (tags["team"], tags["fold"], tags["retry"]) == ("speech", "1", "2")


@pytest.mark.parametrize("text", ["{no json", "[1]"])
def test_wrong_environment_is_said_and_no_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    monkeypatch.setenv("CAIRN_RUN_CONTEXT", text)
    assert resolve_tags()["mlflow.source.name"] == "train.py"
    assert "CAIRN_RUN_CONTEXT" in caplog.text


def test_commit_and_branch_of_the_program_are_tagged(
    repository: tuple[Path, Git], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, git = repository
    monkeypatch.setattr(sys, "argv", [str(folder / "train.py")])
    tags = resolve_tags()
    assert tags["mlflow.source.git.commit"] == git("rev-parse", "HEAD")
    assert tags["mlflow.source.git.branch"] == "main"
    assert "mlflow.source.git.repoURL" not in tags


def test_program_in_a_folder_below_is_in_the_repository(repository: tuple[Path, Git]) -> None:
    folder, git = repository
    program = folder / "deep" / "er" / "new.py"
    program.parent.mkdir(parents=True)
    program.touch()
    assert git_tags(str(program))["mlflow.source.git.commit"] == git("rev-parse", "HEAD")


def test_packed_references_are_read(repository: tuple[Path, Git]) -> None:
    folder, git = repository
    git("checkout", "-q", "-b", "feature/a")
    git("pack-refs", "--all")
    assert not (folder / ".git/refs/heads/feature/a").exists()
    tags = git_tags(str(folder / "train.py"))
    assert tags["mlflow.source.git.branch"] == "feature/a"
    assert tags["mlflow.source.git.commit"] == git("rev-parse", "HEAD")


def test_detached_head_has_a_commit_and_no_branch(repository: tuple[Path, Git]) -> None:
    folder, git = repository
    git("checkout", "-q", "--detach")
    assert git_tags(str(folder / "train.py")) == {
        "mlflow.source.git.commit": git("rev-parse", "HEAD")
    }


def test_linked_work_tree_has_its_own_branch(repository: tuple[Path, Git], tmp_path: Path) -> None:
    _, git = repository
    git("remote", "add", "origin", "https://example.org/r.git")
    git("worktree", "add", "-q", str(tmp_path / "linked"), "-b", "side")
    assert git_tags(str(tmp_path / "linked" / "train.py")) == {
        "mlflow.source.git.commit": git("rev-parse", "HEAD"),
        "mlflow.source.git.branch": "side",
        "mlflow.source.git.repoURL": "https://example.org/r.git",
    }


def test_remote_origin_comes_first_and_its_secrets_stay_here(repository: tuple[Path, Git]) -> None:
    folder, git = repository
    program = str(folder / "train.py")
    git("remote", "add", "fork", "git@example.org:me/r.git")
    assert git_tags(program)["mlflow.source.git.repoURL"] == "git@example.org:me/r.git"
    git("remote", "add", "origin", "https://me:s3cret@example.org/r.git?private_token=s3cret")
    assert git_tags(program)["mlflow.source.git.repoURL"] == "https://example.org/r.git"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:password@host:8443/o/r.git", "https://host:8443/o/r.git"),
        ("https://token@host/r#fragment", "https://host/r"),
        ("ssh://git:password@host/r", "ssh://host/r"),
        ("git@host:o/r.git", "git@host:o/r.git"),
        ("/srv/git/r.git", "/srv/git/r.git"),
        ("file:///srv/git/r.git", "file:///srv/git/r.git"),
        ("https://[broken/r", ""),
    ],
)
def test_url_is_shown_without_credentials(url: str, shown: str) -> None:
    assert without_credentials(url) == shown


def test_ignored_program_has_no_commit(repository: tuple[Path, Git]) -> None:
    folder, _ = repository
    (folder / ".gitignore").write_text("scratch/\n")
    program = folder / "scratch" / "try.py"
    program.parent.mkdir()
    program.touch()
    assert git_tags(str(program)) == {}


def test_program_of_a_repository_without_commits_has_no_commit(
    tmp_path: Path, need: Callable[[str, str], str]
) -> None:
    subprocess.run([need("git", "apt-get install git"), "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "train.py").touch()
    assert git_tags(str(tmp_path / "train.py")) == {}


def test_without_git_the_commit_is_still_known(
    repository: tuple[Path, Git], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, git = repository
    commit = git("rev-parse", "HEAD")
    monkeypatch.setenv("PATH", "")
    assert git_tags(str(folder / "train.py"))["mlflow.source.git.commit"] == commit


def test_configuration_of_the_repository_runs_no_code(
    repository: tuple[Path, Git], tmp_path: Path
) -> None:
    folder, git = repository
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch '{tmp_path}/sprung'\n")
    trap.chmod(0o755)
    git("config", "core.fsmonitor", str(trap))
    git("config", "core.pager", str(trap))
    git("config", "alias.check-ignore", f"!{trap}")
    assert git_tags(str(folder / "train.py"))
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    "head", ["ref: ../../secret", "ref: refs/heads/../../../secret", "no commit", "ref:", ""]
)
def test_broken_head_has_no_commit(tmp_path: Path, head: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text(head)
    (tmp_path / "secret").write_text("a" * 40)
    (tmp_path / "train.py").touch()
    assert git_tags(str(tmp_path / "train.py")) == {}


@pytest.mark.parametrize("path", ["", "-c", "/nowhere/train.py", "\0"])
def test_program_that_is_no_file_has_no_commit(path: str) -> None:
    assert git_tags(path) == {}


PLUGIN = """
class Cluster:
    def in_context(self): return True
    def tags(self): return {"cluster": 7}
class Broken:
    def in_context(self): raise RuntimeError("out of order")
    def tags(self): return {"broken": "yes"}
class Elsewhere:
    def in_context(self): return False
    def tags(self): return {"elsewhere": "yes"}
"""


def test_plugins_add_tags_and_broken_ones_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cairn_test_plugin.py").write_text(PLUGIN)
    info = tmp_path / "cairn_test_plugin-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: cairn-test-plugin\nVersion: 1\n")
    names = ("Cluster", "Broken", "Elsewhere", "Missing")
    entries = [f"{name} = cairn_test_plugin:{name}\n" for name in names]
    (info / "entry_points.txt").write_text("[mlflow.run_context_provider]\n" + "".join(entries))
    monkeypatch.syspath_prepend(str(tmp_path))
    context._plugins.cache_clear()
    try:
        tags = resolve_tags()
    finally:
        context._plugins.cache_clear()
    assert tags["cluster"] == "7"
    assert not {"broken", "elsewhere"} & tags.keys()
    assert "Broken failed: out of order" in caplog.text
    assert "Missing failed" in caplog.text
