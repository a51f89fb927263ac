"""A store that is away: nothing is lost, nothing is stored twice, nobody waits."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.unit.client.peers import refusing_port
from tests.wire.serving import running

import cairn
from cairn.cli.main import main
from cairn.client import connect, outbox
from cairn.client.client import Client
from cairn.client.entities import Run
from cairn.client.sync import sync, waiting
from cairn.server.app import create_app
from cairn.server.config import ServerConfig

SCRIPT = """
import cairn, pathlib
cairn.set_experiment("made offline")
with cairn.start_run(run_name="offline") as run:
    cairn.log_params({"lr": 0.1, "layers": [1, 2]})
    for step in range(2500):
        cairn.log_metrics({"loss": 1 / (step + 1), "acc": step}, step=step)
    cairn.set_tag("kind", "test")
    pathlib.Path("model.txt").write_text("weights")
    cairn.log_artifact("model.txt", "model")
    pathlib.Path("model.txt").write_text("changed later")
    cairn.log_text("hello", "notes/hello.txt")
    cairn.log_dict({"a": 1}, "facts.json")
print(run.info.run_id)
"""


def config(folder: Path) -> ServerConfig:
    return ServerConfig(
        backend_store_uri=f"sqlite:///{folder}/served.db",
        artifacts_destination=str(folder / "served"),
    )


def script(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environment},
    )


def assert_whole(client: Client, run_id: str) -> Run:
    run = client.get_run(run_id)
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "offline"
    assert run.data.params == {"lr": "0.1", "layers": "[1, 2]"}
    assert run.data.tags["kind"] == "test"
    experiment = client.get_experiment_by_name("made offline")
    assert experiment is not None
    assert run.info.experiment_id == experiment.experiment_id
    history = client.get_metric_history(run_id, "loss")
    assert [(point.step, point.value) for point in history] == [
        (step, 1 / (step + 1)) for step in range(2500)
    ]
    found = {
        path: Path(client.download_artifacts(run_id, path)).read_text()
        for path in ("model/model.txt", "notes/hello.txt", "facts.json")
    }
    assert found["model/model.txt"] == "weights"
    assert found["notes/hello.txt"] == "hello"
    assert '"a": 1' in found["facts.json"]
    return run


def test_run_made_offline_is_delivered_by_sync_with_the_id_it_had(server: str) -> None:
    done = script(SCRIPT, CAIRN_OFFLINE="1", CAIRN_TRACKING_URI=server)
    run_id = done.stdout.strip()
    assert "wait in" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert Client(server).search_experiments(filter_string="name LIKE 'made%'") == []
    (left,) = waiting()
    assert (left.head.run_id, left.head.store) == (run_id, server)
    answer = CliRunner().invoke(main, ["sync"])
    assert answer.exit_code == 0, answer.output
    assert run_id in answer.output
    assert_whole(Client(server), run_id)
    assert CliRunner().invoke(main, ["sync"]).output == "Nothing waits.\n"


def test_folder_of_another_machine_is_delivered_as_often_as_one_likes(
    server: str, tmp_path: Path
) -> None:
    away = f"http://127.0.0.1:{refusing_port()}"
    journals = tmp_path / "journals"
    run_id = script(
        SCRIPT, CAIRN_OFFLINE="1", CAIRN_TRACKING_URI=away, CAIRN_JOURNAL=str(journals)
    ).stdout.strip()
    for copy in ("first", "second"):
        shutil.copytree(journals, tmp_path / copy)
    for folder in (tmp_path / "first", tmp_path / "second", journals):
        (receipt,) = sync(folder, server)
        assert (receipt.problem, receipt.refused) == (None, [])
        assert receipt.records == receipt.delivered > 2500
        assert sync(folder, server) == []
    assert_whole(Client(server), run_id)
    with contextlib.closing(sqlite3.connect(tmp_path / "served.db")) as database:
        points = database.execute("SELECT sum(points) FROM metric_batch").fetchone()[0] or 0
        points += database.execute("SELECT sum(points) FROM metric_chunk").fetchone()[0] or 0
    assert points == 5000


def test_sync_to_a_store_that_is_away_keeps_everything_and_says_why(tmp_path: Path) -> None:
    away = f"http://127.0.0.1:{refusing_port()}"
    script(SCRIPT, CAIRN_OFFLINE="1", CAIRN_TRACKING_URI=away)
    answer = CliRunner().invoke(main, ["sync"])
    assert answer.exit_code == 1
    assert "cannot be reached" in answer.output
    assert len(waiting()) == 1


def test_server_that_comes_later_gets_what_was_logged_before(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    port = refusing_port()
    cairn.set_tracking_uri(f"http://127.0.0.1:{port}")
    cairn.set_experiment("made offline")
    with cairn.start_run(run_name="offline") as run:
        cairn.log_metric("m", 1.5)
        cairn.log_text("hello", "hello.txt")
        with caplog.at_level(logging.WARNING, "cairn"), running(create_app(config(tmp_path)), port):
            cairn.flush_async_logging()
            found = cairn.get_run(run.info.run_id)
            assert found.data.metrics == {"m": 1.5}
            assert found.info.run_name == "offline"
            cairn.log_metric("m", 2.5, step=1)
            assert Client().list_artifacts(run.info.run_id)[0].path == "hello.txt"
            cairn.end_run()
            assert cairn.get_run(run.info.run_id).info.status == "FINISHED"
    (away, back) = [record.getMessage() for record in caplog.records]
    assert "What is logged waits here" in away
    assert "answers again" in back
    outbox.close()
    connect.close()


def test_killed_process_is_completed_by_the_next_one(server: str) -> None:
    code = (
        "import cairn, os, signal\n"
        "run = cairn.start_run()\n"
        "for step in range(700): cairn.log_metric('m', step, step=step)\n"
        "print(run.info.run_id, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "CAIRN_TRACKING_URI": server,
            "CAIRN_FLUSH_INTERVAL": "60",
        },
    )
    assert killed.returncode == -signal.SIGKILL
    run_id = killed.stdout.strip()
    client = Client(server)
    assert client.get_metric_history(run_id, "m") == []
    script("import cairn; cairn.log_param('a', 1)", CAIRN_TRACKING_URI=server)
    assert [p.step for p in client.get_metric_history(run_id, "m")] == [*range(700)]
    assert waiting() == []


def test_run_whose_experiment_cannot_be_used_is_kept(server: str) -> None:
    client = Client(server)
    client.delete_experiment(client.create_experiment("made offline"))
    script(SCRIPT, CAIRN_OFFLINE="1", CAIRN_TRACKING_URI=server)
    answer = CliRunner().invoke(main, ["sync"])
    assert answer.exit_code == 1
    assert "deleted" in answer.output or "'active' state" in answer.output
    assert len(waiting()) == 1
    experiment = client.get_experiment_by_name("made offline")
    assert experiment is not None
    client.restore_experiment(experiment.experiment_id)
    assert CliRunner().invoke(main, ["sync"]).exit_code == 0
    (run,) = client.search_runs([experiment.experiment_id])
    assert_whole(client, run.info.run_id)
