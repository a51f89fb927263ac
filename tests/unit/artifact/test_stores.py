"""What holds for every store: the local folder, and the proxy of a server over real HTTP."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.wire.serving import PlainTransport

from cairn.artifact.base import ArtifactStore
from cairn.artifact.find import find_store
from cairn.artifact.http import PROXY
from cairn.artifact.paths import ROOT, ArtifactPath
from cairn.errors import CairnError, DoesNotExist, InvalidValue, Unavailable

P = ArtifactPath.parse


def read(store: ArtifactStore, name: str, start: int = 0, end: int | None = None) -> bytes:
    with store.open(P(name), start, end) as reader:
        return b"".join(reader)


@pytest.mark.parametrize("name", ["x", "a/b/ü ö", "100%.txt", "a%20b", "q?x#y&z=1+2", "b%2Fa"])
def test_every_name_is_kept_as_it_is(store: ArtifactStore, name: str) -> None:
    written = store.write(P(name), [b"he", b"llo"])

    assert written == (5, hashlib.sha256(b"hello").hexdigest())
    assert read(store, name) == b"hello"
    assert [info.path for info in store.list(P(name).parent)] == [name]
    assert store.stat(P(name)).size == 5
    store.delete(P(name))
    assert store.list(P(name).parent) == []


def test_listing_is_sorted_with_sizes_and_relative_paths(store: ArtifactStore) -> None:
    for name in ("b", "a/y", "a/x/z"):
        store.write(P(name), [b"12"])

    root = [(i.path, i.is_dir, i.file_size) for i in store.list(ROOT)]
    assert root == [("a", True, None), ("b", False, 2)]
    assert [i.path for i in store.list(P("a"))] == ["a/x", "a/y"]
    assert store.list(P("b")) == store.list(P("nope")) == []


@pytest.mark.parametrize(("start", "end"), [(0, None), (0, 3), (2, None), (2, 5), (9, 10), (4, 99)])
def test_a_range_gives_just_these_bytes(store: ArtifactStore, start: int, end: int | None) -> None:
    store.write(P("x"), [b"0123456789"])

    assert read(store, "x", start, end) == b"0123456789"[start:end]
    with store.open(P("x"), start, end) as reader:
        assert reader.size == 10


def test_what_is_not_there_is_said(store: ArtifactStore) -> None:
    store.write(P("a/x"), [b""])

    with pytest.raises(DoesNotExist):
        read(store, "a/nope")
    with pytest.raises(DoesNotExist):
        store.stat(P("nope"))
    with pytest.raises(CairnError) as refused:
        read(store, "a")
    assert refused.value.status == 400
    with pytest.raises(InvalidValue):
        store.write(P("a"), [b"1"])
    assert store.stat(P("a")).is_dir
    store.delete(P("nope"))


def test_deleting_the_root_empties_it(store: ArtifactStore) -> None:
    store.write(P("a/x"), [b"1"])
    store.write(P("b"), [b"1"])

    store.delete(ROOT)

    assert store.list(ROOT) == []


def test_an_upload_that_breaks_stores_nothing(store: ArtifactStore) -> None:
    def blocks() -> Iterator[bytes]:
        yield b"a" * 100_000
        raise RuntimeError("source broke")

    with pytest.raises(RuntimeError, match="source broke"):
        store.write(P("x"), blocks())

    assert store.list(ROOT) == []


def test_proxy_uris_lead_to_the_right_place(proxy_url: str, tmp_path: Path) -> None:
    netloc = proxy_url.removeprefix("http://")
    for uri in (
        "mlflow-artifacts:/0/r",
        f"mlflow-artifacts://{netloc}/0/r",
        f"{proxy_url}{PROXY}/0/r",
    ):
        find_store(uri, tracking_url=proxy_url, connect=PlainTransport).write(
            P(netloc[-2:]), [b"1"]
        )
    assert [p.name for p in (tmp_path / "served/0/r").iterdir()] == [netloc[-2:]]


def test_a_proxy_uri_needs_a_server() -> None:
    for uri, tracking in (("mlflow-artifacts:/0", "sqlite:///x"), ("mlflow-artifacts:/0", None)):
        with pytest.raises(InvalidValue, match="CAIRN_TRACKING_URI"):
            find_store(uri, tracking_url=tracking, connect=PlainTransport)
    with pytest.raises(InvalidValue, match="no artifact URI"):
        find_store("https://example.org/files", connect=PlainTransport)
    with pytest.raises(InvalidValue, match="Invalid path"):
        find_store("mlflow-artifacts:/../x", tracking_url="http://h", connect=PlainTransport)


def test_a_lost_connection_is_no_short_file(proxy_url: str) -> None:
    class Cut(PlainTransport):
        def stream(self, *args, **kwargs):  # type: ignore[no-untyped-def]
            from contextlib import contextmanager

            @contextmanager
            def cut():  # type: ignore[no-untyped-def]
                with PlainTransport.stream(self, *args, **kwargs) as response:
                    if args[0] == "GET":
                        whole = b"".join(response)
                        response.__class__ = type(
                            "R", (), {"__iter__": lambda _: iter([whole[:3]])}
                        )
                    yield response

            return cut()

    store = find_store("mlflow-artifacts:/0", tracking_url=proxy_url, connect=Cut)
    store.write(P("x"), [b"12345"])

    with pytest.raises(Unavailable, match="2 bytes are missing"):
        read(store, "x")


def test_a_server_may_not_name_files_outside() -> None:
    class Evil:
        def request(self, *_args: object, **_kw: object) -> tuple[int, bytes]:
            return 200, b'{"files":[{"path":"..","is_dir":false,"file_size":1}]}'

    store = find_store("mlflow-artifacts:/0", tracking_url="http://h", connect=lambda _: Evil())  # type: ignore[arg-type,return-value]

    with pytest.raises(InvalidValue, match="Invalid path"):
        store.list(ROOT)
