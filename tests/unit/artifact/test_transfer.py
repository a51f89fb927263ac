from __future__ import annotations

import os
import threading
import tracemalloc
from collections.abc import Iterable
from pathlib import Path

import pytest

from cairn.artifact.base import BLOCK_BYTES, ArtifactStore, Written
from cairn.artifact.local import LocalStore
from cairn.artifact.paths import ROOT, ArtifactPath
from cairn.artifact.transfer import download, upload, upload_file, walk
from cairn.errors import DoesNotExist, InvalidValue

P = ArtifactPath.parse
TREE = {"a.txt": b"1", "sub/b.bin": b"2" * 70_000, "sub/deep/c": b"", "z": b"3"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    for name, content in TREE.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    files = (p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


def test_a_folder_comes_back_as_it_went(store: ArtifactStore, tree: Path, tmp_path: Path) -> None:
    upload(tree, store, P("model"))

    assert {str(p) for p in walk(store)} == {f"model/{name}" for name in TREE}
    target = download(store, P("model"), tmp_path / "out")
    assert target == tmp_path / "out" / "model"
    assert contents(target) == TREE
    assert download(store, ROOT, tmp_path / "all") == tmp_path / "all"
    assert contents(tmp_path / "all" / "model") == TREE


def test_a_single_file_keeps_its_name(store: ArtifactStore, tree: Path, tmp_path: Path) -> None:
    upload(tree / "a.txt", store, P("x"))
    upload(tree / "z", store)

    assert download(store, P("x/a.txt"), tmp_path / "out") == tmp_path / "out" / "a.txt"
    assert (tmp_path / "out" / "a.txt").read_bytes() == b"1"
    assert {str(p) for p in walk(store)} == {"x/a.txt", "z"}


def test_progress_counts_every_byte(store: ArtifactStore, tree: Path, tmp_path: Path) -> None:
    sent: dict[ArtifactPath, int] = {}
    got: dict[ArtifactPath, int] = {}

    upload(tree, store, progress=lambda p, n: sent.update({p: sent.get(p, 0) + n}))
    download(store, ROOT, tmp_path / "o", progress=lambda p, n: got.update({p: got.get(p, 0) + n}))

    assert sent == got == {P(n): len(c) for n, c in TREE.items() if c}


def test_missing_things_are_said(store: ArtifactStore, tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="no file or folder at"):
        upload(tmp_path / "nope", store)
    with pytest.raises(DoesNotExist):
        download(store, P("nope"), tmp_path / "out")


def test_a_failed_download_leaves_no_part_and_keeps_the_old_file(tmp_path: Path) -> None:
    class Broken(LocalStore):
        def open(self, path: ArtifactPath, start: int = 0, end: int | None = None):  # type: ignore[no-untyped-def]
            from contextlib import contextmanager

            @contextmanager
            def broken():  # type: ignore[no-untyped-def]
                def blocks():  # type: ignore[no-untyped-def]
                    yield b"half"
                    raise ConnectionError("gone")

                yield blocks()

            return broken()

    store = Broken(tmp_path / "kept")
    store.write(P("x"), [b"whole"])
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "x").write_bytes(b"old")

    with pytest.raises(ConnectionError):
        download(store, P("x"), tmp_path / "out")

    assert contents(tmp_path / "out") == {"x": b"old"}


def test_links_to_files_are_stored_and_links_to_folders_are_not(tmp_path: Path, tree: Path) -> None:
    (tree / "link").symlink_to(tree / "z")
    (tree / "loop").symlink_to(tree)
    os.mkfifo(tree / "pipe")
    store = LocalStore(tmp_path / "kept")

    upload(tree, store)

    assert {str(p) for p in walk(store)} == {*TREE, "link"}


def test_the_first_failure_stops_the_rest(tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for n in range(200):
        (folder / f"{n:03}").write_bytes(b"x")

    class Refusing(LocalStore):
        calls = 0

        def write(self, path: ArtifactPath, blocks: Iterable[bytes]) -> Written:
            Refusing.calls += 1
            raise InvalidValue("no")

    with pytest.raises(InvalidValue, match="no"):
        upload(folder, Refusing(tmp_path / "kept"), threads=2)

    assert Refusing.calls < 20


def test_files_go_at_the_same_time(tmp_path: Path, tree: Path) -> None:
    meeting = threading.Barrier(3, timeout=30)

    class Meeting(LocalStore):
        def write(self, path: ArtifactPath, blocks: Iterable[bytes]) -> Written:
            if path.name != "z":
                meeting.wait()
            return super().write(path, blocks)

    upload(tree, Meeting(tmp_path / "kept"), threads=3)

    assert not meeting.broken


def test_memory_does_not_grow_with_the_file(store: ArtifactStore, tmp_path: Path) -> None:
    big = tmp_path / "big"
    with big.open("wb") as file:
        file.truncate(48 * BLOCK_BYTES)
    tracemalloc.start()
    try:
        upload_file(big, store, P("big"))
        download(store, P("big"), tmp_path / "out")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert (tmp_path / "out" / "big").stat().st_size == 48 * BLOCK_BYTES
    assert peak < 12 * BLOCK_BYTES
