from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from tests.unit.server.conftest import Ask
from tests.wire.asking import Asker, asking

from cairn.server.app import create_app
from cairn.server.config import ServerConfig
from cairn.version import COMPATIBLE_VERSION, __version__

API = "/api/2.0/mlflow"


def test_clients_learn_version_health_and_features(ask: Asker) -> None:
    version = ask("GET", "/version")

    assert version.text == COMPATIBLE_VERSION
    assert version.headers["x-cairn-version"] == __version__
    assert (ask("GET", "/health").text, ask("HEAD", "/health").status) == ("OK", 200)
    for twin in ("/api", "/ajax-api"):
        info = ask("GET", f"{twin}/3.0/mlflow/server-info").json
        assert info["store_type"] == "SqlStore"
        assert info["multipart_uploads_enabled"] is False
        assert info["features_enabled"] == {"gateway": False}


def test_operations_are_served_below_the_prefix_too(start: Ask) -> None:
    ask = start(static_prefix="/ml")

    made = ask("POST", f"/ml{API}/experiments/create", json={"name": "e"})

    assert made.status == 200
    assert ask("POST", f"{API}/experiments/create", json={"name": "f"}).status == 404


def test_a_server_of_artifacts_only_has_no_experiments(ask: Asker) -> None:
    reply = ask("POST", f"{API}/experiments/create", json={"name": "e"})

    assert (reply.status, reply.json["error_code"]) == (503, "FEATURE_DISABLED")


class Broken:
    """A store with a bug in every operation."""

    closed = False

    def close(self) -> None:
        self.closed = True

    def __getattr__(self, name: str) -> Any:
        def fail(_request: object) -> None:
            raise ZeroDivisionError("secret detail")

        return fail


def test_a_bug_is_an_error_body_with_a_number_and_its_traceback_only_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store: Any = Broken()
    app = create_app(ServerConfig(artifacts_destination=str(tmp_path / "a")), store)

    with asking(app) as ask, caplog.at_level(logging.ERROR, "cairn.server"):
        replies = [
            ask("GET", f"{API}/experiments/get", query=[("experiment_id", "1")]),
            ask("GET", "/get-artifact", query=[("run_id", "1"), ("path", "x")]),
        ]

    for reply, record in zip(replies, caplog.records, strict=True):
        assert (reply.status, reply.json["error_code"]) == (500, "INTERNAL_ERROR")
        assert "secret" not in reply.text
        assert reply.json["message"].split()[-1].rstrip(".") in record.getMessage()
        assert record.exc_info is not None
    assert store.closed


def test_paths_that_are_not_text_are_refused(ask: Asker) -> None:
    for path in ("/%ff", "/api/%c3%28", "/health%fe"):
        assert ask("GET", path).status == 400
