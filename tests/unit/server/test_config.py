from __future__ import annotations

from pathlib import Path

import pytest

from cairn.errors import InvalidValue
from cairn.server.config import ServerConfig


def test_choices_come_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAIRN_PORT", "6001")
    monkeypatch.setenv("MLFLOW_SERVER_ALLOWED_HOSTS", "a.example, b.example")
    monkeypatch.setenv("MLFLOW_STATIC_PREFIX", "/x/")

    config = ServerConfig()

    assert (config.port, config.host, config.static_prefix) == (6001, "127.0.0.1", "/x")
    assert config.allowed_hosts == ("a.example", "b.example")
    assert ServerConfig(port=1).port == 1


def test_experiments_keep_artifacts_behind_the_proxy_unless_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert ServerConfig().artifact_root == "mlflow-artifacts:/"
    assert ServerConfig(default_artifact_root="./art").artifact_root == str(tmp_path / "art")
    assert ServerConfig(default_artifact_root="s3://b/x").artifact_root == "s3://b/x"
    off = ServerConfig(serve_artifacts=False)
    assert off.artifact_root == str(tmp_path / "cairn-artifacts")


@pytest.mark.parametrize(
    "choices",
    [
        {"static_prefix": "x"},
        {"static_prefix": "/a b"},
        {"static_prefix": '/"><script>'},
        {"static_prefix": "//evil.example"},
        {"x_frame_options": "MAYBE"},
        {"artifacts_only": True, "serve_artifacts": False},
        {"backend_store_uri": "sqlite:///art/cairn.db", "artifacts_destination": "art"},
        {"backend_store_uri": "sqlite:///cairn.db", "artifacts_destination": "."},
        {"backend_store_uri": "sqlite:////tmp/x/y/c.db", "default_artifact_root": "file:///tmp/x"},
    ],
)
def test_choices_that_cannot_be_right_are_refused(choices: dict[str, object]) -> None:
    with pytest.raises(InvalidValue):
        ServerConfig(**choices)  # type: ignore[arg-type]
