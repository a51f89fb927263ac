"""Servers as processes of their own, and scripts that run to their end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).parent / "scripts"
START_SECONDS = 120
STOP_SECONDS = 20
SCRIPT_SECONDS = 240


def clean_environment(**more: str) -> dict[str, str]:
    """The environment without settings of ours and without paths into this repository."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CAIRN_", "MLFLOW_", "PYTHON"))
    }
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    # Two small training runs at once are slower with all threads than with one.
    return kept | quiet | {"OMP_NUM_THREADS": "1"} | more


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serving(python: str, package: str, folder: Path, database: str | None = None) -> Iterator[str]:
    """``python -m package server`` in an empty folder; yields its URL.

    Args:
        python: an interpreter.
        package: ``cairn`` or ``mlflow`` as that interpreter knows it.
        folder: where it keeps what it is given.
        database: URI of its database; a file in the folder when None.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        *(python, "-m", package, "server", "--host", "127.0.0.1", "--port", str(port)),
        *("--backend-store-uri", database or f"sqlite:///{folder / 'store.db'}"),
        *("--artifacts-destination", str(folder / "files"), "--workers", "1"),
    ]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=clean_environment(),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_healthy(url, process, folder / "server.log")
        yield url
    finally:
        _stop(process)


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/health", timeout=2):
            return
        assert process.poll() is None, f"the server ended: {log.read_text()}"
        assert time.monotonic() < deadline, f"the server does not answer: {log.read_text()}"
        time.sleep(0.1)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a server and the workers that it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
            return


def run_script(
    script: Path, *arguments: str, cwd: Path, uri: str | None, python: str = sys.executable
) -> str:
    """Run a script as a user would; what it printed. It must succeed."""
    more = {"MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL": "0.02"}  # a small script is soon over
    if uri is not None:
        more["MLFLOW_TRACKING_URI"] = uri
    done = subprocess.run(
        [python, str(script), *arguments],
        cwd=cwd,
        env=clean_environment(**more),
        capture_output=True,
        text=True,
        timeout=SCRIPT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{script.name} failed:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def last_json(output: str) -> Any:
    """What the last line says; the lines before may be anything."""
    return json.loads(output.strip().splitlines()[-1])


def names_of(items: Sequence[Any]) -> list[str]:
    """The names of datasets, sorted."""
    return sorted(item.dataset.name for item in items)
