"""Logged models: a real MLflow client on our server, and our client on a real MLflow server."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from tests.compat.servers import SCRIPTS, last_json, run_script

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

OURS = sys.executable


def run(python: str, uri: str, folder: Path, *arguments: str) -> Any:
    script = SCRIPTS / "models.py"
    return last_json(run_script(script, *arguments, cwd=folder, uri=uri, python=python))


def check(read: dict[str, Any]) -> None:
    tree = [
        "READY",
        "forest",
        {"depth": "3", "late": "1"},
        {"team": "vision"},
        [["acc", 1, 0, 0.25, ""], ["acc", 2, 1, 0.5, ""], ["acc", 9, 0, 0.75, "test"]],
    ]
    bush_points = [
        *(["acc", 9, 0, 0.5, "test"], ["acc", 10, 0, 1.0, "train"]),
        ["active", 1, 0, 2.0, ""],
    ]
    bush = ["READY", "", {}, {"mlflow.model.isExternal": "true"}, bush_points]
    broken = ["FAILED", "", {}, {"why": "disk"}, []]
    assert read == {
        "models": {"tree": tree, "bush": bush, "broken": broken},
        "one": tree,
        "outputs": [[True, 7]],
        "files": [["deep", True], ["note.txt", False]],
        "deep": [100_000],
        "gone": "RESOURCE_DOES_NOT_EXIST",
        "found": {
            "name": ["tree"],
            "like": ["broken", "bush"],
            "param": ["tree"],
            "tag": ["broken"],
            "type": ["broken", "bush"],
            "metric": ["bush", "tree"],
            "metric on": ["tree"],
            "on": ["bush"],
            "best": ["tree", "bush", "broken"],
            "oldest": ["tree", "bush", "broken"],
            "few": ["broken"],
        },
    }


def test_a_real_client_logs_models_to_our_server(
    cairn_server: str, peer: str, tmp_path: Path
) -> None:
    experiment = run(peer, cairn_server, tmp_path)
    check(run(peer, cairn_server, tmp_path, experiment))
    check(run(OURS, cairn_server, tmp_path, experiment))


def test_our_client_logs_models_to_a_real_server(
    peer_server: str, peer: str, tmp_path: Path
) -> None:
    experiment = run(OURS, peer_server, tmp_path)
    check(run(OURS, peer_server, tmp_path, experiment))
    check(run(peer, peer_server, tmp_path, experiment))
