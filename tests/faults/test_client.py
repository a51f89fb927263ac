"""The client when it is killed, and when its server is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.client_faults import Count, free_port, kill_the_logger, kill_the_server, serving

from cairn.client import connect, outbox
from cairn.client.client import Client


@pytest.fixture(autouse=True)
def fresh_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CAIRN_JOURNAL", str(tmp_path / "own"))
    yield
    outbox.close()
    connect.close()


def assert_kept(count: Count, rounds: int) -> None:
    assert count.rounds == rounds
    assert count.accepted > 0
    assert (count.missing, count.twice) == (0, 0), count
    assert count.found >= count.accepted


def test_killed_logger_loses_nothing_it_had_accepted(tmp_path: Path) -> None:
    assert_kept(kill_the_logger(tmp_path, rounds=4), 4)


def test_killed_server_loses_nothing_and_hurts_nobody(tmp_path: Path) -> None:
    assert_kept(kill_the_server(tmp_path, rounds=2), 2)


def test_two_processes_that_deliver_the_same_folder_store_everything_once(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    code = (
        "import cairn\n"
        "for n in range(8):\n"
        "    with cairn.start_run() as run:\n"
        "        for step in range(2000): cairn.log_metric('m', step, step=step)\n"
    )
    journals = tmp_path / "journal"
    offline = {"CAIRN_OFFLINE": "1", "CAIRN_TRACKING_URI": url, "CAIRN_JOURNAL": str(journals)}
    subprocess.run([sys.executable, "-c", code], env={**os.environ, **offline}, check=True)
    shutil.copytree(journals, tmp_path / "copy")
    with serving(tmp_path, port):
        command = [sys.executable, "-m", "cairn", "sync"]
        folders = [journals, journals, tmp_path / "copy"]
        working = [
            subprocess.Popen([*command, str(folder)], stdout=subprocess.DEVNULL)
            for folder in folders
        ]
        for process in working:
            process.wait()
        client = Client(url)
        runs = client.search_runs(["0"])
        assert len(runs) == 8
        for run in runs:
            points = client.get_metric_history(run.info.run_id, "m")
            assert [point.step for point in points] == [*range(2000)]
            assert run.info.status == "FINISHED"
