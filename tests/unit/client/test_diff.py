from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cairn.client import diff
from cairn.client.diff import dirty_diff, work_tree


def git(folder: Path, *arguments: str) -> None:
    own = ("-c", "user.name=me", "-c", "user.email=me@example.org")
    subprocess.run(["git", *own, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository with one commit."""
    root = tmp_path / "project"
    (root / "sub").mkdir(parents=True)
    (root / "train.py").write_text("lr = 1\nsteps = 10\n")
    (root / "sub" / "net.py").write_text("layers = 2\n")
    (root / ".gitignore").write_text("ignored.py\n")
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "first")
    return root


def apply(tree: Path, patch: bytes) -> None:
    """Go back to the commit, then apply the patch."""
    git(tree, "stash", "--include-untracked", "--quiet")
    (tree / ".git" / "found.patch").write_bytes(patch)
    git(tree, "apply", ".git/found.patch")


def test_a_clean_work_tree_differs_in_nothing(tree: Path) -> None:
    found = dirty_diff(tree)
    assert (found.patch, found.left_out) == (b"", [])


def test_the_patch_brings_back_changes_staged_or_not_and_new_files(tree: Path) -> None:
    files = {
        "train.py": b"lr = 2\nsteps = 10\n",
        "sub/net.py": b"layers = 3\r\n# \xc3\xa4\n",
        "new one.py": b"no newline at the end",
        "sub/config.yaml": b"a: 1\n\nb: 2\n",
        "empty.py": b"",
    }
    for name, content in files.items():
        (tree / name).write_bytes(content)
    git(tree, "add", "sub/net.py")
    found = dirty_diff(tree)
    apply(tree, found.patch)
    assert {name: (tree / name).read_bytes() for name in files} == files
    assert not found.left_out


def test_ignored_binary_large_and_odd_files_are_left_out(tree: Path) -> None:
    (tree / "ignored.py").write_text("x")
    (tree / "blob.py").write_bytes(b"a\0b")
    (tree / "big.txt").write_text("x" * (diff.MOST_NEW_BYTES + 1))
    (tree / ".env").write_text("TOKEN=abc")
    (tree / "link.py").symlink_to("/etc/passwd")
    (tree / "train.py").write_bytes(b"\0\1")
    found = dirty_diff(tree)
    assert found.patch == b""
    assert sorted(found.left_out) == [".env", "big.txt", "blob.py", "link.py", "train.py"]


def test_secrets_are_masked(tree: Path) -> None:
    (tree / "train.py").write_text('api_key = "abcdef123"\nlr = 1\n')
    (tree / "new.yaml").write_text("password: hunter22\n")
    patch = dirty_diff(tree).patch
    assert b"abcdef123" not in patch
    assert b"hunter22" not in patch
    apply(tree, patch)
    assert (tree / "train.py").read_text() == 'api_key = "***"\nlr = 1\n'


def test_the_patch_is_bounded_by_whole_files(tree: Path) -> None:
    line = "x = 1234567890\n" * 8000
    for number in range(25):
        (tree / f"new_{number:02}.py").write_text(line)
    found = dirty_diff(tree)
    assert len(found.patch) <= diff.MOST_BYTES
    assert found.left_out
    assert len(found.left_out) + found.patch.count(b"diff --git") == 25


def test_programs_that_the_repository_names_do_not_run(tree: Path, tmp_path: Path) -> None:
    program = tmp_path / "evil.sh"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    program.chmod(0o755)
    git(tree, "config", "diff.external", str(program))
    git(tree, "config", "core.fsmonitor", str(program))
    git(tree, "config", "core.pager", str(program))
    (tree / "train.py").write_text("lr = 3\n")
    assert b"lr = 3" in dirty_diff(tree).patch
    assert not (tmp_path / "ran").exists()


def test_the_work_tree_is_found_from_a_folder_in_it(tree: Path, tmp_path: Path) -> None:
    assert work_tree(tree / "sub") == tree
    assert work_tree(tmp_path) is None
