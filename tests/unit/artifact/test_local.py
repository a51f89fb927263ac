from __future__ import annotations

import hashlib
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cairn.artifact.base import BLOCK_BYTES
from cairn.artifact.find import find_store
from cairn.artifact.local import LocalStore, local_folder
from cairn.artifact.paths import ROOT, ArtifactPath
from cairn.errors import DoesNotExist, InvalidValue

P = ArtifactPath.parse


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "root")


def read(store: LocalStore, name: str, start: int = 0, end: int | None = None) -> bytes:
    with store.open(P(name), start, end) as reader:
        return b"".join(reader)


def names(store: LocalStore, folder: str | None = None) -> list[str]:
    return [info.path for info in store.list(ArtifactPath.folder(folder))]


def test_what_is_written_is_read_back_with_its_digest(store: LocalStore) -> None:
    blocks = [b"a" * BLOCK_BYTES, b"b" * 7, b""]

    written = store.write(P("sub/x.bin"), blocks)

    content = b"".join(blocks)
    assert written == (len(content), hashlib.sha256(content).hexdigest())
    assert read(store, "sub/x.bin") == content
    assert read(store, "sub/x.bin", BLOCK_BYTES - 1, BLOCK_BYTES + 2) == b"abb"
    assert read(store, "sub/x.bin", len(content) - 1) == b"b"
    assert read(store, "sub/x.bin", 5, 5) == read(store, "sub/x.bin", 2**40) == b""


def test_a_reader_knows_size_and_etag_which_changes_with_the_content(store: LocalStore) -> None:
    store.write(P("x"), [b"one"])
    before = store.stat(P("x"))
    store.write(P("x"), [b"two"])

    with store.open(P("x"), 1) as reader:
        assert reader.size == 3
        assert reader.etag == store.stat(P("x")).etag != before.etag


def test_listing_gives_direct_children_sorted_with_sizes(store: LocalStore) -> None:
    for name in ("b.txt", "a/deep/x", "a/y", "c"):
        store.write(P(name), [b"12"])

    assert [(i.path, i.is_dir, i.file_size) for i in store.list(ROOT)] == [
        ("a", True, None),
        ("b.txt", False, 2),
        ("c", False, 2),
    ]
    assert names(store, "a") == ["a/deep", "a/y"]


def test_listing_a_file_or_nothing_is_empty(store: LocalStore) -> None:
    assert names(store) == []
    store.write(P("x"), [b""])

    assert names(store, "x") == names(store, "nope") == names(store, "x/under") == []


def test_missing_files_and_folders_are_told_apart(store: LocalStore) -> None:
    store.write(P("a/x"), [b""])

    for name in ("nope", "a/nope", "a/x/under"):
        with pytest.raises(DoesNotExist, match="No such artifact"):
            read(store, name)
        with pytest.raises(DoesNotExist):
            store.stat(P(name))
    with pytest.raises(InvalidValue, match="is a folder"):
        read(store, "a")
    assert store.stat(P("a")).is_dir
    assert store.stat(ROOT).is_dir


def test_a_file_cannot_be_stored_over_a_folder_or_below_a_file(store: LocalStore) -> None:
    store.write(P("a/x"), [b"1"])

    with pytest.raises(InvalidValue, match="is a folder"):
        store.write(P("a"), [b"2"])
    with pytest.raises(InvalidValue, match="a file has the name of one of its folders"):
        store.write(P("a/x/y"), [b"2"])
    with pytest.raises(InvalidValue):
        store.write(ROOT, [b"2"])
    assert read(store, "a/x") == b"1"
    assert os.listdir(store.local_path(P("a"))) == ["x"]


def test_links_are_neither_listed_nor_followed(store: LocalStore, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("s")
    store.write(P("a/x"), [b"1"])
    root = store.local_path(ROOT)
    (root / "folder").symlink_to(outside)
    (root / "file").symlink_to(outside / "secret")
    (root / "a" / "up").symlink_to("..")

    assert names(store) == ["a"]
    assert names(store, "a") == ["a/x"]
    assert names(store, "folder") == []
    for name in ("file", "folder/secret", "a/up/a/x"):
        with pytest.raises(DoesNotExist):
            read(store, name)
        with pytest.raises(DoesNotExist):
            store.stat(P(name))
    with pytest.raises(InvalidValue):
        store.write(P("folder/new"), [b"2"])
    store.write(P("file"), [b"mine"])
    store.delete(P("folder/secret"))
    store.delete(P("folder"))
    assert (outside / "secret").read_text() == "s"
    assert read(store, "file") == b"mine"
    assert names(store) == ["a", "file"]


def test_deleting_a_folder_does_not_reach_through_links(store: LocalStore, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "keep").write_text("k")
    store.write(P("a/b/c"), [b"1"])
    (store.local_path(P("a")) / "link").symlink_to(outside)

    store.delete(P("a"))

    assert names(store) == []
    assert (outside / "keep").exists()


def test_pipes_are_no_artifacts_and_do_not_block(store: LocalStore) -> None:
    store.write(P("x"), [b""])
    os.mkfifo(store.local_path(P("pipe")))

    assert names(store) == ["x"]
    with pytest.raises(DoesNotExist):
        read(store, "pipe")


def test_files_and_folders_are_private(store: LocalStore) -> None:
    old = os.umask(0)
    try:
        store.write(P("a/x"), [b""])
    finally:
        os.umask(old)

    root = store.local_path(ROOT)
    modes = [stat.S_IMODE(p.stat().st_mode) for p in (root, root / "a", root / "a" / "x")]
    assert modes == [0o700, 0o700, 0o600]


def test_a_file_is_not_seen_until_it_is_complete(store: LocalStore) -> None:
    store.write(P("x"), [b"old"])
    seen: list[tuple[list[str], bytes]] = []

    def blocks() -> Iterator[bytes]:
        yield b"ne"
        seen.append((names(store), read(store, "x")))
        yield b"w"

    store.write(P("x"), blocks())

    assert seen == [(["x"], b"old")]
    assert read(store, "x") == b"new"


def test_a_broken_upload_leaves_nothing_and_keeps_what_was_there(store: LocalStore) -> None:
    store.write(P("x"), [b"old"])

    def blocks() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError, match="gone"):
        store.write(P("x"), blocks())

    assert read(store, "x") == b"old"
    assert os.listdir(store.local_path(ROOT)) == ["x"]


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    import resource
    import signal

    store = LocalStore(tmp_path)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, limits[1]))
    try:
        with pytest.raises(Exception, match="there is no room") as failed:
            store.write(P("x"), [b"a" * 4096])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)

    assert getattr(failed.value, "status", None) == 503
    assert os.listdir(tmp_path) == []


def test_deleting_takes_folders_files_and_missing_things(store: LocalStore) -> None:
    for name in ("a/b/c", "a/d", "e", "f/g"):
        store.write(P(name), [b"1"])

    store.delete(P("a"))
    store.delete(P("e"))
    store.delete(P("nope"))
    store.delete(P("f/g/under"))
    assert names(store) == ["f"]
    store.delete(ROOT)
    assert names(store) == []
    assert store.local_path(ROOT).is_dir()


def test_writers_of_one_file_at_once_leave_one_whole_version(store: LocalStore) -> None:
    versions = [bytes([n]) * 300_000 for n in range(6)]
    threads = [
        threading.Thread(target=store.write, args=(P("d/x"), [v[:100_000], v[100_000:]]))
        for v in versions
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert read(store, "d/x") in versions
    assert names(store, "d") == ["d/x"]


def test_no_descriptor_is_left_open(store: LocalStore) -> None:
    store.write(P("a/b/x"), [b"1"])
    before = len(os.listdir("/proc/self/fd"))

    for name in ("a/b/x", "a/nope", "a/b/x/y", "a"):
        with pytest.raises(Exception) if name != "a/b/x" else open(os.devnull):  # noqa: PT011
            read(store, name)
        store.list(P(name))
        store.delete(P("nope/nope"))

    assert len(os.listdir("/proc/self/fd")) == before


def test_uris_name_their_store(tmp_path: Path) -> None:
    assert local_folder(f"file://{tmp_path}") == local_folder(str(tmp_path)) == tmp_path
    assert local_folder("file:///a%20b") == Path("/a b")
    assert local_folder("/a%20b") == Path("/a%20b")
    with pytest.raises(InvalidValue, match="machine 'elsewhere'"):
        local_folder("file://elsewhere/a")

    store = find_store(tmp_path.as_uri())
    store.write(P("x"), [b"1"])
    assert (tmp_path / "x").read_bytes() == b"1"

    with pytest.raises(InvalidValue, match=r"no store for 's3:'.*later release"):
        find_store("s3://bucket/x")
    with pytest.raises(InvalidValue, match="not available here"):
        find_store("mlflow-artifacts:/0")
