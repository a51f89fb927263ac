from __future__ import annotations

import hashlib
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from tests.unit.server.conftest import Ask
from tests.wire.asking import Asker
from tests.wire.serving import PlainTransport, running

from cairn.artifact.http import PROXY, SHA256_HEADER
from cairn.server import files
from cairn.server.app import THREADS, create_app
from cairn.server.config import ServerConfig
from cairn.server.files import content_type

AJAX = PROXY.replace("/api/", "/ajax-api/")


def put(ask: Asker, name: str, body: bytes = b"0123456789") -> None:
    assert ask("PUT", f"{PROXY}/{name}", body=body).status == 200


def test_a_file_goes_in_and_comes_out(ask: Asker) -> None:
    stored = ask("PUT", f"{PROXY}/0/r/a.bin", body=[b"he", b"llo"])

    assert (stored.status, stored.body) == (200, b"")
    assert stored.headers[SHA256_HEADER] == hashlib.sha256(b"hello").hexdigest()
    reply = ask("GET", f"{AJAX}/0/r/a.bin")
    assert (reply.status, reply.body) == (200, b"hello")
    assert reply.headers["content-length"] == "5"
    assert reply.headers["accept-ranges"] == "bytes"
    assert reply.headers["last-modified"].endswith("GMT")


def test_lists_carry_base_names(ask: Asker) -> None:
    put(ask, "d/sub/x")
    put(ask, "d/a.txt", b"1")

    assert ask("GET", PROXY, query=[("path", "d")]).json == {
        "files": [
            {"path": "a.txt", "is_dir": False, "file_size": 1},
            {"path": "sub", "is_dir": True},
        ]
    }
    assert [f["path"] for f in ask("GET", AJAX).json["files"]] == ["d"]
    for path in ("nope", "d/a.txt"):
        assert ask("GET", PROXY, query=[("path", path)]).json == {"files": []}


def test_deleting_answers_an_empty_object_also_for_nothing(ask: Asker) -> None:
    put(ask, "d/x")

    for _ in range(2):
        reply = ask("DELETE", f"{PROXY}/d")
        assert (reply.status, reply.json) == (200, {})
    assert ask("GET", f"{PROXY}/d/x").status == 404


def test_missing_files_and_folders_answer_as_the_protocol_says(ask: Asker) -> None:
    put(ask, "d/x")

    missing, folder = ask("GET", f"{PROXY}/nope"), ask("GET", f"{PROXY}/d")
    assert (missing.status, missing.json["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert (folder.status, folder.json["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    over = ask("PUT", f"{PROXY}/d", body=b"1")
    assert (over.status, over.json["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert ask("PUT", f"{PROXY}/d/x/y", body=b"1").status == 400


@pytest.mark.parametrize("verb", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "tail",
    [
        *("", "/", "..", "../x", "a/../../x", "%2e%2e/x", "%252e%252e%252fx", "..%2fx", "a//b"),
        *("/etc/passwd", "%2Fetc/passwd", "a/./b", "a%5C..%5Cb", "c:/x", "a%00", "a%0Ab", "a/"),
        *("%ff", "%c0%ae%c0%ae/x", ".cairn-part-0"),
    ],
)
def test_no_path_leaves_the_folder(ask: Asker, tmp_path: Path, verb: str, tail: str) -> None:
    put(ask, "a/b")
    before = sorted(tmp_path.rglob("*"))

    reply = ask(verb, f"{PROXY}/{tail}", body=b"1" if verb == "PUT" else b"")

    assert (reply.status, reply.json["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("asked", "status", "body", "told"),
    [
        ("bytes=0-0", 206, b"0", "bytes 0-0/10"),
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=7-99", 206, b"789", "bytes 7-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=-99", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=-0", 416, b"", "bytes */10"),
        ("bytes=" + "9" * 60 + "-", 416, b"", "bytes */10"),
        ("bytes=4-2", 200, b"0123456789", None),
        ("bytes=0-1,3-4", 200, b"0123456789", None),
        ("bytes=-", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
    ],
)
def test_ranges(ask: Asker, asked: str, status: int, body: bytes, told: str | None) -> None:
    put(ask, "x")

    reply = ask("GET", f"{PROXY}/x", headers={"range": asked})

    assert (reply.status, reply.body) == (status, body)
    assert reply.headers.get("content-range") == told
    assert int(reply.headers["content-length"]) == len(body)


def test_an_unchanged_file_is_not_sent_again_and_a_changed_one_not_in_parts(ask: Asker) -> None:
    put(ask, "x")
    etag = ask("GET", f"{PROXY}/x").headers["etag"]

    assert ask("GET", f"{PROXY}/x", headers={"if-none-match": etag}).status == 304
    part = {"range": "bytes=1-2", "if-range": etag}
    assert ask("GET", f"{PROXY}/x", headers=part).status == 206
    put(ask, "x", b"new")
    assert ask("GET", f"{PROXY}/x", headers={"if-none-match": etag}).body == b"new"
    assert ask("GET", f"{PROXY}/x", headers=part).body == b"new"


def test_head_tells_the_size_without_reading(ask: Asker) -> None:
    put(ask, "x")

    reply = ask("HEAD", f"{PROXY}/x")

    assert (reply.status, reply.headers["content-length"], reply.body) == (200, "10", b"")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("page.html", "text/plain; charset=utf-8"),
        ("PAGE.HTM", "text/plain; charset=utf-8"),
        ("a.xhtml", "text/plain; charset=utf-8"),
        ("a.js", "text/plain; charset=utf-8"),
        ("a.xml", "text/plain; charset=utf-8"),
        ("a.svg", "image/svg+xml"),
        ("a.png", "image/png"),
        ("MLmodel", "text/plain; charset=utf-8"),
        ("a.json", "application/json"),
        ("a.pkl", "application/octet-stream"),
        ("swf", "application/octet-stream"),
        ("none", "application/octet-stream"),
    ],
)
def test_content_runs_nowhere(ask: Asker, name: str, kind: str) -> None:
    put(ask, f"d/{name}", b"<script>alert(1)</script>")

    headers = ask("GET", f"{PROXY}/d/{name}").headers

    assert headers["content-type"] == kind == content_type(name)
    assert headers["content-disposition"].startswith("attachment")
    assert "sandbox" in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


def test_any_name_is_told_for_saving(ask: Asker) -> None:
    put(ask, "%C3%A4%20%22x%22%3Bb.txt")

    reply = ask("GET", f"{PROXY}/%C3%A4%20%22x%22%3Bb.txt")

    assert reply.headers["content-disposition"] == (
        "attachment; filename*=UTF-8''%C3%A4%20%22x%22%3Bb.txt"
    )


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("POST", "/api/2.0/mlflow-artifacts/mpu/create/a/b"),
        ("POST", "/ajax-api/2.0/mlflow-artifacts/mpu/complete/a"),
        ("POST", "/api/2.0/mlflow-artifacts/mpu/abort/a"),
        ("GET", "/api/2.0/mlflow-artifacts/presigned/a/b"),
        ("POST", "/api/2.0/mlflow/artifacts/presigned-upload-url"),
        ("POST", "/api/2.0/mlflow/artifacts/presigned-download-url"),
    ],
)
def test_folders_take_no_parts_and_sign_nothing(ask: Asker, verb: str, path: str) -> None:
    reply = ask(verb, path, json={"path": "b", "num_parts": 2} if verb == "POST" else None)

    assert (reply.status, reply.json["error_code"]) == (501, "NOT_IMPLEMENTED")


@pytest.mark.parametrize("verb", ["GET", "PUT", "DELETE"])
def test_a_server_without_proxy_says_so(start: Ask, tmp_path: Path, verb: str) -> None:
    ask = start(serve_artifacts=False, default_artifact_root=str(tmp_path / "art"))

    reply = ask(verb, f"{PROXY}/x", body=b"1")

    assert reply.status == 503
    assert "--no-serve-artifacts" in reply.json["message"]
    assert ask("GET", PROXY).status == 503


def test_wrong_methods_are_405_and_name_the_right_ones(ask: Asker) -> None:
    reply = ask("POST", f"{PROXY}/x", body=b"1")

    assert (reply.status, reply.json["error_code"]) == (405, "ENDPOINT_NOT_FOUND")
    assert "DELETE or GET or PUT" in reply.json["message"]


@contextmanager
def upload_begun(url: str, name: str, body: bytes) -> Iterator[socket.socket]:
    """A connection that has announced a large file and sent only its beginning."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as sock:
        head = f"PUT {PROXY}/{name} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 9999999\r\n\r\n"
        sock.sendall(head.encode() + body)
        yield sock


@pytest.fixture
def served(tmp_path: Path) -> Path:
    return tmp_path / "served"


@pytest.fixture
def url(served: Path) -> Iterator[str]:
    """A server over real HTTP."""
    config = ServerConfig(artifacts_only=True, artifacts_destination=str(served))
    with running(create_app(config)) as url:
        yield url


def test_an_upload_whose_client_goes_away_stores_nothing(url: str, served: Path) -> None:
    with upload_begun(url, "d/x", b"a" * 2_000_000):
        while not (served / "d").exists() or not os.listdir(served / "d"):
            time.sleep(0.01)
    while os.listdir(served / "d"):
        time.sleep(0.01)

    answer = PlainTransport(url).request("GET", f"{PROXY}/d/x", query=[], body=None)
    assert answer[0] == 404


def test_an_upload_that_falls_silent_is_given_up(
    url: str, served: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "IDLE_SECONDS", 0.05)

    with upload_begun(url, "x", b"ab") as sock:
        answer = sock.recv(4096)

    assert b" 408 " in answer.split(b"\r\n")[0]
    assert os.listdir(served) == []


def test_slow_uploads_leave_the_operations_free(url: str) -> None:
    with ExitStack() as stack:
        for _ in range(THREADS + 4):
            stack.enter_context(upload_begun(url, "slow", b"a"))
        answer = PlainTransport(url).request("GET", PROXY, query=[], body=None)

    assert answer[0] == 200


def test_a_download_whose_client_goes_away_is_closed(url: str, served: Path) -> None:
    big = served / "big"
    served.mkdir()
    with big.open("wb") as file:
        file.truncate(256 * 1024 * 1024)
    host, port = url.removeprefix("http://").split(":")

    with socket.create_connection((host, int(port))) as sock:
        sock.sendall(f"GET {PROXY}/big HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert b" 200 " in sock.recv(1000)
        assert is_open(big)

    while is_open(big):
        time.sleep(0.01)


def is_open(path: Path) -> bool:
    """Whether this process, in which the server runs, has a file open."""
    for fd in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            if os.readlink(f"/proc/self/fd/{fd}") == str(path):
                return True
    return False
