from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cairn import data
from cairn.data.sources import (
    CodeDatasetSource,
    HTTPDatasetSource,
    LocalArtifactDatasetSource,
    S3ArtifactDatasetSource,
)
from cairn.errors import DoesNotExist, InvalidValue, Unavailable


@pytest.mark.parametrize(
    ("uri", "kind"),
    [
        ("train.csv", "local"),
        (r"C:\data\train.csv", "local"),
        ("file:/tmp/x.csv", "local"),
        ("s3://bucket/key", "s3"),
        ("viewfs://host/x", "viewfs"),
        ("HTTPS://host/x", "http"),
        ("mlflow-artifacts:/0/abc/artifacts/datasets/train.csv", "mlflow-artifacts"),
    ],
)
def test_source_is_known_by_its_scheme_and_survives_storage(uri: str, kind: str) -> None:
    source = data.resolve_dataset_source(uri)
    assert source.source_type() == kind
    again = data.get_dataset_source_from_json(source.to_json(), kind)
    assert type(again) is type(source)
    assert again.to_dict() == source.to_dict()
    assert uri in source.to_dict().values()


@pytest.mark.parametrize("raw", ["weird://x", 12, {"a": 1}])
def test_source_that_nobody_understands_is_an_error(raw: object) -> None:
    with pytest.raises(DoesNotExist, match="No kind of dataset source understands"):
        data.resolve_dataset_source(raw)


def test_only_candidates_are_asked() -> None:
    with pytest.raises(DoesNotExist):
        data.resolve_dataset_source("x.csv", [S3ArtifactDatasetSource])


def test_path_objects_are_local() -> None:
    assert data.resolve_dataset_source(Path("a") / "b.csv").to_dict() == {"uri": "a/b.csv"}


def test_stored_source_without_its_key_is_an_error_that_names_it() -> None:
    with pytest.raises(InvalidValue, match="'uri'"):
        data.get_dataset_source_from_json('{"x": 1}', "local")
    with pytest.raises(InvalidValue, match="is no JSON"):
        data.get_dataset_source_from_json("{", "local")
    with pytest.raises(DoesNotExist, match="'nope' is not known"):
        data.get_dataset_source_from_json("{}", "nope")


def test_local_source_loads_as_its_path_or_a_copy(tmp_path: Path) -> None:
    file = tmp_path / "a b.csv"
    file.write_text("a\n1\n")
    copies = tmp_path / "copies"
    copies.mkdir()
    assert LocalArtifactDatasetSource(file.as_uri()).load() == str(file)
    copy = LocalArtifactDatasetSource(str(file)).load(copies)
    assert copy == str(copies / "a b.csv")
    assert Path(copy).read_text() == "a\n1\n"
    with pytest.raises(DoesNotExist, match=r"nothing\.csv"):
        LocalArtifactDatasetSource(str(tmp_path / "nothing.csv")).load()


def test_code_cannot_be_loaded() -> None:
    with pytest.raises(InvalidValue, match="made by code"):
        CodeDatasetSource({"mlflow.source.name": "train.py"}).load()


class _Files(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if "missing" in self.path:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"a\n1\n")

    def log_message(self, *args: object) -> None:
        return


@pytest.fixture
def web() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Files)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/train.csv?version=2", "train.csv"),
        ("/", "dataset_source"),
        ("/%2e%2e%2f%2e%2e%2fevil", "evil"),
        ("/..%5Cevil", ".._evil"),
        ("/%2e%2e", "dataset_source"),
    ],
)
def test_web_source_is_copied_into_the_folder_and_never_beside_it(
    web: str, tmp_path: Path, path: str, name: str
) -> None:
    copy = HTTPDatasetSource(web + path).load(tmp_path)
    assert copy == str(tmp_path / name)
    assert Path(copy).read_text() == "a\n1\n"


def test_web_source_that_is_not_there_is_an_error(web: str, tmp_path: Path) -> None:
    with pytest.raises(DoesNotExist, match="404"):
        HTTPDatasetSource(f"{web}/missing.csv").load(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_web_source_out_of_reach_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAIRN_HTTP_REQUEST_TIMEOUT", "0.2")
    with pytest.raises(Unavailable, match="cannot be loaded"):
        HTTPDatasetSource("http://127.0.0.1:9/x").load(tmp_path)
