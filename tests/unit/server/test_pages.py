from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from tests.unit.server.conftest import Ask
from tests.wire.asking import Asker

from cairn.server import pages

PAGE = {"accept": "text/html,*/*"}
SCRIPT = "/assets/index-a1B2c3D4.js"


@pytest.fixture
def ui(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "ui"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text('<head><base href="/" /><script src="./assets/i.js">')
    (folder / SCRIPT[1:]).write_text("let a = 1;" * 500)
    (folder / "favicon.svg").write_text("<svg/>")
    monkeypatch.setattr(pages, "ui_folder", lambda: folder)
    return folder


@pytest.mark.parametrize("path", ["/", "/experiments/1", "/runs/a.b", "/index.html", "/a%2Fb"])
def test_every_url_of_the_ui_gets_its_page(ui: Path, start: Ask, path: str) -> None:
    reply = start(artifacts_only=True)("GET", path, headers=PAGE)

    assert reply.status == 200
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert reply.headers["cache-control"] == "no-cache"
    assert "script-src 'self';" in reply.headers["content-security-policy"]
    assert '<base href="/">' in reply.text


def test_hashed_files_are_kept_for_ever_and_sent_compressed(ui: Path, start: Ask) -> None:
    ask = start(artifacts_only=True)

    packed = ask("GET", SCRIPT, headers={"accept-encoding": "br, gzip"})
    plain = ask("GET", SCRIPT)

    assert "immutable" in packed.headers["cache-control"]
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["content-type"].startswith("text/javascript")
    assert gzip.decompress(packed.body) == plain.body == (ui / SCRIPT[1:]).read_bytes()
    assert len(packed.body) < 200
    assert "content-encoding" not in plain.headers
    again = ask("GET", SCRIPT, headers={"if-none-match": plain.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


def test_files_without_a_hash_are_asked_for_again(ui: Path, start: Ask) -> None:
    reply = start(artifacts_only=True)("GET", "/favicon.svg")

    assert reply.headers["content-type"] == "image/svg+xml"
    assert reply.headers["cache-control"] == "no-cache"


def test_a_ready_made_compressed_file_is_used(ui: Path, start: Ask) -> None:
    ready = gzip.compress(b"ready")
    (ui / (SCRIPT[1:] + ".gz")).write_bytes(ready)

    reply = start(artifacts_only=True)("GET", SCRIPT, headers={"accept-encoding": "gzip"})

    assert reply.body == ready


def test_a_new_build_is_served_without_a_restart(ui: Path, start: Ask) -> None:
    ask = start(artifacts_only=True)
    ask("GET", "/")
    (ui / "assets" / "new-a1B2c3D4.js").write_text("new")
    (ui / "index.html").write_text("<p>new")
    os.utime(ui / "index.html", ns=(1, 1))

    assert ask("GET", "/").text == "<p>new"
    assert ask("GET", "/assets/new-a1B2c3D4.js").text == "new"


@pytest.mark.parametrize(
    ("verb", "path", "accept"),
    [
        ("GET", "/assets/nope-a1B2c3D4.js", "text/html"),
        ("GET", "/api/2.0/mlflow/nope", "text/html"),
        ("GET", "/api", "text/html"),
        ("GET", "/ajax-api/nope", "text/html"),
        ("GET", "/get-artifact/x", "text/html"),
        ("GET", "/nope", "application/json"),
        ("GET", "/../../etc/passwd", "*/*"),
        ("GET", "/%2e%2e/pyproject.toml", "*/*"),
        ("POST", "/", "text/html"),
        ("DELETE", "/experiments/1", "text/html"),
    ],
)
def test_what_nobody_knows_is_a_json_error(
    ui: Path, start: Ask, verb: str, path: str, accept: str
) -> None:
    reply = start(artifacts_only=True)(verb, path, headers={"accept": accept})

    assert reply.status == 404
    assert reply.json["error_code"] == "ENDPOINT_NOT_FOUND"


def test_everything_is_below_the_prefix(ui: Path, start: Ask) -> None:
    ask = start(artifacts_only=True, static_prefix="/ml/cairn/")

    for path in ("/ml/cairn", "/ml/cairn/", "/ml/cairn/experiments/1"):
        assert '<base href="/ml/cairn/">' in ask("GET", path, headers=PAGE).text
    assert ask("GET", f"/ml/cairn{SCRIPT}").status == 200
    assert ask("GET", "/ml/cairn/api/3.0/mlflow/server-info").status == 200
    for path in ("/", "/ml", "/ml/cairnx", "/api/3.0/mlflow/server-info"):
        assert ask("GET", path, headers=PAGE).status == 404
    assert ask("GET", "/health").text == ask("GET", "/ml/cairn/health").text == "OK"


def test_without_a_build_the_page_says_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: Ask
) -> None:
    monkeypatch.setattr(pages, "ui_folder", lambda: tmp_path / "nope")

    reply = start(artifacts_only=True)("GET", "/")

    assert reply.status == 200
    assert "hatch_build.py" in reply.text


def test_a_head_request_tells_the_length_only(ui: Path, ask: Asker) -> None:
    reply = ask("HEAD", SCRIPT)

    assert reply.status == 200
    assert int(reply.headers["content-length"]) == 5000
