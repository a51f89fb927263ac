from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.unit.cli.conftest import Cairn

from cairn.client import connect
from cairn.client.client import Client


@contextmanager
def started(*arguments: str, **more: str) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """``cairn server`` on a free port: the process, its URL, and what it said before."""
    command = [sys.executable, "-m", "cairn", *arguments, "--port", "0"]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env={**os.environ, **more}
    ) as process:
        try:
            assert process.stderr is not None
            said = ""
            for line in process.stderr:
                found = re.search(r"is at (http://\S+)", line)
                if found:
                    yield process, found[1], said
                    break
                said += line
            else:
                pytest.fail(f"the server ended: {said}")
        finally:
            process.kill()


def test_it_serves_the_working_folder_until_it_is_interrupted(tmp_path: Path) -> None:
    run_id = Client().create_run("0", run_name="local").info.run_id
    Client().log_text(run_id, "hello", "a.txt")
    connect.close()
    with started("ui") as (process, url, said):
        assert said == ""
        assert Client(url).get_run(run_id).info.run_name == "local"
        file = f"{url}/get-artifact?run_id={run_id}&path=a.txt"
        assert urllib.request.urlopen(file, timeout=30).read() == b"hello"
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_its_options_are_those_of_the_settings_and_win_over_them(tmp_path: Path) -> None:
    given = ("--backend-store-uri", f"sqlite:///{tmp_path}/mine.db", "--static-prefix", "/tracking")
    with started("server", *given, CAIRN_STATIC_PREFIX="/no", MLFLOW_ARTIFACTS_DESTINATION="mine"):
        assert (tmp_path / "mine.db").exists()
    with started("server", MLFLOW_STATIC_PREFIX="/yes") as (_, url, _):
        assert url.endswith("/yes")


def test_a_folder_is_served_as_clients_use_it(tmp_path: Path) -> None:
    client = Client(str(tmp_path / "runs"))
    run_id = client.create_run("0").info.run_id
    client.log_text(run_id, "hello", "a.txt")
    connect.close()
    with started("server", "--backend-store-uri", "runs") as (_, url, _):
        file = f"{url}/get-artifact?run_id={run_id}&path=a.txt"
        assert urllib.request.urlopen(file, timeout=30).read() == b"hello"


def test_workers_and_harmless_options_of_other_servers_are_accepted_with_a_line() -> None:
    given = ("--workers", "4", "--gunicorn-opts", "--timeout 30 --log-level=debug")
    with started("server", *given) as (_, url, said):
        assert json.load(urllib.request.urlopen(f"{url}/ajax-api/3.0/mlflow/server-info"))
        assert "--gunicorn-opts" in said
        assert "--workers" in said


def test_a_taken_port_is_said_in_one_line(cairn: Cairn, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        error = cairn("server", "--port", port, code=1).stderr
    assert error.startswith("Error: ")
    assert port in error
    assert "--port" in error
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--uvicorn-opts", "--ssl-keyfile key.pem"], "--ssl-keyfile is not offered"),
        (["--gunicorn-opts", "-b 0.0.0.0:80"], "-b is not offered"),
        (["--waitress-opts", "--timeout '"], "cannot be read"),
        (["--registry-store-uri", "sqlite:///other.db"], "sqlite:///other.db"),
        (["--port", "99999"], "--port"),
        (["--workers", "0"], "--workers"),
        (["--disable-security-middleware"], "No such option"),
    ],
)
def test_what_would_be_dropped_is_refused(
    cairn: Cairn, arguments: list[str], words: str, tmp_path: Path
) -> None:
    assert words in cairn("server", *arguments, code=2).stderr
    assert list(tmp_path.iterdir()) == []


def test_the_same_database_for_models_is_accepted(cairn: Cairn) -> None:
    same = "sqlite:///same.db"
    given = ("--backend-store-uri", same, "--registry-store-uri", same, "--static-prefix", "?")
    assert "--static-prefix" in cairn("server", *given, code=1).stderr


def test_options_that_contradict_are_refused(cairn: Cairn) -> None:
    error = cairn("server", "--artifacts-only", "--no-serve-artifacts", code=1).stderr
    assert "nothing to serve" in error
    os.environ["CAIRN_PORT"] = "many"
    assert "CAIRN_PORT='many'" in cairn("server", code=1).stderr


def test_a_switch_that_is_not_given_leaves_the_setting_alone() -> None:
    with started("server", CAIRN_ARTIFACTS_ONLY="true") as (_, url, _):
        assert urllib.request.urlopen(f"{url}/health", timeout=30).read() == b"OK"
        with pytest.raises(urllib.error.HTTPError, match="503") as refused:
            urllib.request.urlopen(f"{url}/api/2.0/mlflow/experiments/get?experiment_id=0")
        assert b"FEATURE_DISABLED" in refused.value.read()
        refused.value.close()
