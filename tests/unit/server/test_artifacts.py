from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.server.conftest import Ask
from tests.wire.asking import Asker

from cairn.artifact.paths import ArtifactPath
from cairn.errors import CairnError, InvalidValue, PermissionDenied
from cairn.server.artifacts import Roots
from cairn.server.config import ServerConfig

API = "/api/2.0/mlflow"


def roots(tmp_path: Path, **choices: object) -> Roots:
    choices.setdefault("artifacts_destination", str(tmp_path / "served"))
    return Roots(ServerConfig(**choices))  # type: ignore[arg-type]


def new_run(ask: Asker, location: str | None = None) -> dict[str, str]:
    body = {"name": "e"} | ({"artifact_location": location} if location else {})
    made = ask("POST", f"{API}/experiments/create", json=body).json
    info: dict[str, str] = ask("POST", f"{API}/runs/create", json=made).json["run"]["info"]
    return info


def test_proxy_uris_lead_into_the_destination(tmp_path: Path) -> None:
    store, path = roots(tmp_path).find("mlflow-artifacts:/0/r/artifacts")

    store.write(path.join("x"), [b"1"])

    assert (tmp_path / "served/0/r/artifacts/x").read_bytes() == b"1"


def test_folders_below_a_configured_root_are_read(tmp_path: Path) -> None:
    found = roots(tmp_path, artifact_roots=(str(tmp_path / "old"),))

    for uri in (str(tmp_path / "old/0/r"), (tmp_path / "old/0/r").as_uri()):
        _, path = found.find(uri)
        assert path == ArtifactPath.parse("0/r")
    assert found.find(str(tmp_path / "served"))[1].is_root


@pytest.mark.parametrize(
    ("uri", "error"),
    [
        ("/etc", PermissionDenied),
        ("file:///etc", PermissionDenied),
        ("/", PermissionDenied),
        ("relative", PermissionDenied),
        ("{tmp}/served/../secret", InvalidValue),
        ("{tmp}/served2/x", PermissionDenied),
        ("file://{tmp}/served/%2e%2e/secret", PermissionDenied),
        ("mlflow-artifacts:/../x", InvalidValue),
        ("mlflow-artifacts:/%2e%2e/x", InvalidValue),
        ("mlflow-artifacts://evil.example/x", InvalidValue),
        ("http://169.254.169.254/latest", InvalidValue),
        ("s3://bucket/x", InvalidValue),
        ("runs:/abc", InvalidValue),
    ],
)
def test_no_reference_leads_elsewhere(tmp_path: Path, uri: str, error: type[CairnError]) -> None:
    with pytest.raises(error):
        roots(tmp_path).find(uri.format(tmp=tmp_path))


def test_a_refused_folder_names_the_setting_that_allows_it(tmp_path: Path) -> None:
    with pytest.raises(PermissionDenied, match=r"--default-artifact-root.*CAIRN_ARTIFACT_ROOTS"):
        roots(tmp_path).find("/etc")


def test_object_stores_as_destination_are_refused_at_start(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="Name a folder"):
        roots(tmp_path, artifacts_destination="s3://bucket")


def test_a_file_of_a_run_goes_in_is_listed_and_comes_out(start: Ask, tmp_path: Path) -> None:
    ask = start()
    run = new_run(ask)
    names = [("run_uuid", run["run_id"]), ("path", "notes/ü.svg")]

    sent = ask("POST", "/ajax-api/2.0/mlflow/upload-artifact", query=names, body=b"<svg/>")

    assert (sent.status, sent.json) == (200, {})
    assert (
        run["artifact_uri"] == f"mlflow-artifacts:/{run['experiment_id']}/{run['run_id']}/artifacts"
    )
    page = ask("GET", f"{API}/artifacts/list", query=[("run_id", run["run_id"]), ("path", "notes")])
    assert page.json == {
        "root_uri": run["artifact_uri"],
        "files": [{"path": "notes/ü.svg", "is_dir": False, "file_size": 6}],
    }
    for name in ("run_id", "run_uuid"):
        got = ask("GET", "/get-artifact", query=[(name, run["run_id"]), names[1]])
        assert (got.status, got.body) == (200, b"<svg/>")
        assert got.headers["content-type"] == "image/svg+xml"
        assert "sandbox" in got.headers["content-security-policy"]
        assert got.headers["content-disposition"].startswith("attachment")
    lies = tmp_path / "served" / run["experiment_id"] / run["run_id"] / "artifacts/notes/ü.svg"
    assert lies.read_bytes() == b"<svg/>"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"path": "nope"}, 404),
        ({"path": "d"}, 400),
        ({}, 400),
        ({"path": "../x"}, 400),
        ({"path": "%2e%2e/x"}, 400),
        ({"run_id": "0" * 32, "path": "x"}, 404),
        ({"run_id": "", "path": "x"}, 400),
    ],
)
def test_get_artifact_refuses_with_the_right_status(
    start: Ask, query: dict[str, str], status: int
) -> None:
    ask = start()
    run = new_run(ask)
    there = [("run_uuid", run["run_id"]), ("path", "d/x")]
    assert ask("POST", "/ajax-api/2.0/mlflow/upload-artifact", query=there, body=b"1").status == 200

    reply = ask("GET", "/get-artifact", query=({"run_id": run["run_id"]} | query).items())

    assert reply.status == status
    assert reply.json["error_code"] in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}


def test_an_uploaded_note_has_at_most_ten_mebibytes(start: Ask) -> None:
    ask = start()
    query = [("run_uuid", new_run(ask)["run_id"]), ("path", "x")]
    body = b"x" * (10 * 1024 * 1024)

    assert ask("POST", "/ajax-api/2.0/mlflow/upload-artifact", query=query, body=body).status == 200
    more = ask("POST", "/ajax-api/2.0/mlflow/upload-artifact", query=query, body=body + b"x")
    assert (more.status, more.json["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    none = ask("POST", "/ajax-api/2.0/mlflow/upload-artifact", query=query)
    assert none.status == 400


def test_clients_do_not_choose_where_the_server_reads(start: Ask, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key").write_text("s")
    ask = start()
    run = new_run(ask, str(tmp_path / "secret"))
    # Even where the run's own folder is the secret one.
    query = [("run_id", run["run_id"]), ("path", "key")]

    assert ask("GET", f"{API}/artifacts/list", query=query[:1]).status == 403
    assert ask("GET", "/get-artifact", query=query).status == 403
    assert ask("POST", "/ajax-api/2.0/mlflow/upload-artifact", query=query, body=b"1").status == 403


def test_a_local_artifact_root_is_used_and_shown(start: Ask, tmp_path: Path) -> None:
    ask = start(default_artifact_root=str(tmp_path / "art"))
    run = new_run(ask)

    assert run["artifact_uri"] == str(
        tmp_path / "art" / run["experiment_id"] / run["run_id"] / "artifacts"
    )
    Path(run["artifact_uri"]).mkdir(parents=True)
    (Path(run["artifact_uri"]) / "x").write_bytes(b"12")
    page = ask("GET", f"{API}/artifacts/list", query=[("run_id", run["run_id"])])
    assert page.json["files"] == [{"path": "x", "is_dir": False, "file_size": 2}]
