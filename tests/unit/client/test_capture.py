# ruff: noqa: T201 - what is printed is what is tested
"""Promises about what is recorded beside a run, kept by real programs in real repositories."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.wire.serving import running

import cairn
from cairn.artifact.http import PROXY
from cairn.client import connect, outbox
from cairn.errors import InvalidValue
from cairn.server.app import create_app
from cairn.server.config import ServerConfig

TRAIN = """
import sys
import cairn
with cairn.start_run() as run:
    print("hello")
    print("\\r 1%\\r 100%", file=sys.stderr)
    cairn.log_metric("loss", 1.0)
    cairn.log_text("x", "mine.txt")
"""


@pytest.fixture(autouse=True)
def everything() -> None:
    os.environ.pop("CAIRN_CAPTURE")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with a program that differs from its commit."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "train.py").write_text("import cairn\n")
    git = ("git", "-c", "user.name=me", "-c", "user.email=me@example.org")
    for arguments in (("init", "-q"), ("add", "."), ("commit", "-qm", "first")):
        subprocess.run([*git, *arguments], cwd=root, check=True, capture_output=True)
    (root / "train.py").write_text(TRAIN)
    return root


def train(
    project: Path, uri: str, *arguments: str, **more: str
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CAIRN_TRACKING_URI": uri, **more}
    command = [sys.executable, "-W", "error", "train.py", *arguments]
    done = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, check=False, timeout=60
    )
    out, err = done.stdout.decode(), done.stderr.decode()  # carriage returns stay as they are
    return subprocess.CompletedProcess(command, done.returncode, out, err)


def only_run(uri: str) -> str:
    cairn.set_tracking_uri(uri)
    (run,) = cairn.search_runs(["0"], output_format="list")
    return run.info.run_id


def captured(run_id: str, folder: str = ".cairn") -> dict[str, bytes]:
    found = cairn.artifacts.list_artifacts(run_id=run_id, artifact_path=folder)
    names = [info.path for info in found if not info.is_dir]
    return {name.rpartition("/")[2]: read(run_id, name) for name in names}


def read(run_id: str, path: str) -> bytes:
    return Path(cairn.artifacts.download_artifacts(run_id=run_id, artifact_path=path)).read_bytes()


def test_code_environment_machine_and_console_are_recorded(project: Path, server: str) -> None:
    done = train(project, server, "--token", "abc")
    assert (done.returncode, done.stdout) == (0, "hello\n")
    assert done.stderr == "\r 1%\r 100%\n"
    files = captured(only_run(server))
    assert sorted(files) == ["code.patch", "console.log", "environment.txt", "start.json"]
    assert b"+with cairn.start_run() as run:" in files["code.patch"]
    assert b"msgspec==" in files["environment.txt"]
    assert files["console.log"] == b"hello\n 100%\n"
    begun = json.loads(files["start.json"])
    assert begun["arguments"][-3:] == ["train.py", "--token", "***"]
    assert begun["folder"] == str(project)
    assert begun["hardware"]["cpus"] == os.cpu_count()
    assert begun["code"] == {"folder": str(project), "changed": True}


@pytest.mark.parametrize("place", ["server", "folder"])
def test_lists_and_downloads_of_the_root_leave_it_out(
    place: str, project: Path, server: str, tmp_path: Path
) -> None:
    uri = server if place == "server" else str(tmp_path / "store")
    assert train(project, uri).returncode == 0
    run_id = only_run(uri)
    listed = [info.path for info in cairn.artifacts.list_artifacts(run_id=run_id)]
    assert listed == ["mine.txt"]
    whole = cairn.artifacts.download_artifacts(run_id=run_id, dst_path=str(tmp_path / "whole"))
    assert os.listdir(whole) == ["mine.txt"]
    folder = cairn.artifacts.download_artifacts(
        run_id=run_id, artifact_path=".cairn", dst_path=str(tmp_path / "own")
    )
    assert "console.log" in os.listdir(folder)


def test_the_proxy_leaves_it_out_for_clients_of_every_kind(project: Path, server: str) -> None:
    assert train(project, server).returncode == 0
    run_id = only_run(server)
    http = connect.transport(server)
    path = f"0/{run_id}/artifacts"
    status, body = http.request("GET", PROXY, query=[("path", path)], body=None)
    assert (status, [each["path"] for each in json.loads(body)["files"]]) == (200, ["mine.txt"])
    status, body = http.request("GET", PROXY, query=[("path", f"{path}/.cairn")], body=None)
    assert "console.log" in [each["path"] for each in json.loads(body)["files"]]


def test_a_copied_run_has_it_too(project: Path, server: str) -> None:
    assert train(project, server).returncode == 0
    run_id = only_run(server)
    client = cairn.Client()
    (copied,) = client.copy_runs([run_id], client.create_experiment("copies")).copies
    assert captured(copied.run_id) == captured(run_id)


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        ("none", []),
        ("console", ["console.log"]),
        ("environment,hardware", ["environment.txt", "start.json"]),
        ("code", ["code.patch", "start.json"]),
    ],
)
def test_each_part_can_be_switched_off(
    choice: str, names: list[str], project: Path, tmp_path: Path
) -> None:
    uri = str(tmp_path / "store")
    assert train(project, uri, CAIRN_CAPTURE=choice).returncode == 0
    assert sorted(captured(only_run(uri))) == names


def test_a_run_made_offline_brings_it_along(project: Path, server: str, tmp_path: Path) -> None:
    journal = str(tmp_path / "journal")
    assert train(project, server, CAIRN_OFFLINE="1", CAIRN_JOURNAL=journal).returncode == 0
    cairn.set_tracking_uri(server)
    assert cairn.search_runs(["0"], output_format="list") == []
    command = [sys.executable, "-m", "cairn", "sync", journal]
    subprocess.run(command, check=True, capture_output=True)
    files = captured(only_run(server))
    assert files["console.log"] == b"hello\n 100%\n"
    assert b"+with cairn.start_run() as run:" in files["code.patch"]


def test_a_store_that_takes_no_files_harms_nothing(project: Path, tmp_path: Path) -> None:
    config = ServerConfig(
        backend_store_uri=f"sqlite:///{tmp_path}/served.db", serve_artifacts=False
    )
    (project / "train.py").write_text(TRAIN.replace('cairn.log_text("x", "mine.txt")', "pass"))
    with running(create_app(config)) as url:
        done = train(project, url)
        assert (done.returncode, done.stderr) == (0, "\r 1%\r 100%\n")
        cairn.set_tracking_uri(url)
        (run,) = cairn.search_runs(["0"], output_format="list")
        assert (run.info.status, run.data.metrics) == ("FINISHED", {"loss": 1.0})
        outbox.close()


def test_the_end_does_not_wait_for_a_git_that_hangs(project: Path, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    git = programs / "git"
    git.write_text(f"#!/bin/sh\nsleep 8\ntouch {tmp_path}/git-is-done\n")
    git.chmod(0o755)
    uri = str(tmp_path / "store")
    done = train(project, uri, PATH=f"{programs}{os.pathsep}{os.environ['PATH']}")
    assert not (tmp_path / "git-is-done").exists()
    assert (done.returncode, done.stdout) == (0, "hello\n")
    cairn.set_tracking_uri(uri)
    (run,) = cairn.search_runs(["0"], output_format="list")
    assert run.info.status == "FINISHED"


def test_nothing_is_written_into_a_folder_of_another_machine(project: Path, tmp_path: Path) -> None:
    config = ServerConfig(
        backend_store_uri=f"sqlite:///{tmp_path}/served.db",
        default_artifact_root=str(tmp_path / "elsewhere"),
    )
    (project / "train.py").write_text(TRAIN.replace('cairn.log_text("x", "mine.txt")', "pass"))
    with running(create_app(config)) as url:
        done = train(project, url)
        assert (done.returncode, done.stderr) == (0, "\r 1%\r 100%\n")
        assert not (tmp_path / "elsewhere").exists()
        (tmp_path / "elsewhere").mkdir()  # a folder that both share
        assert train(project, url).returncode == 0
        assert list((tmp_path / "elsewhere").rglob("console.log"))


def test_a_wrong_choice_is_refused_before_there_is_a_run(tmp_path: Path) -> None:
    cairn.set_tracking_uri(tmp_path / "store")
    os.environ["CAIRN_CAPTURE"] = "code,everything"
    with pytest.raises(InvalidValue, match="expected none, or some of code"):
        cairn.start_run()
    assert cairn.search_runs(["0"], output_format="list") == []


def test_without_git_or_a_commit_the_rest_is_recorded(project: Path, tmp_path: Path) -> None:
    subprocess.run(["rm", "-rf", ".git"], cwd=project, check=True)
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    uri = str(tmp_path / "store")
    assert train(project, uri).stderr == "\r 1%\r 100%\n"
    assert sorted(captured(only_run(uri))) == ["console.log", "environment.txt", "start.json"]
    empty = str(tmp_path / "empty")
    Path(empty).mkdir()
    other = str(tmp_path / "other")
    assert train(project, other, PATH=empty).returncode == 0
    assert "start.json" in captured(only_run(other))


def test_the_exception_that_ends_a_run_is_in_its_console(project: Path, tmp_path: Path) -> None:
    (project / "train.py").write_text(TRAIN.replace('cairn.log_text("x", "mine.txt")', "1 / 0"))
    uri = str(tmp_path / "store")
    done = train(project, uri)
    assert done.stderr.count("ZeroDivisionError") == 1
    log = captured(only_run(uri))["console.log"]
    assert log.startswith(b"hello\n 100%\nTraceback (most recent call last):\n")
    assert log.count(b"ZeroDivisionError") == 1


def test_a_nested_run_has_the_part_of_the_console_since_it_started(tmp_path: Path) -> None:
    cairn.set_tracking_uri(tmp_path / "store")
    with cairn.start_run() as outer:
        print("before")
        with cairn.start_run(nested=True) as inner:
            print("inside")
        print("after")
    assert captured(outer.info.run_id)["console.log"] == b"before\ninside\nafter\n"
    assert captured(inner.info.run_id) == {"console.log": b"inside\n"}
    assert "write" not in vars(sys.stdout)


def test_a_resumed_run_keeps_what_was_captured_first(tmp_path: Path) -> None:
    cairn.set_tracking_uri(tmp_path / "store")
    with cairn.start_run() as run:
        print("first")
    with cairn.start_run(run_id=run.info.run_id):
        print("second")
    assert captured(run.info.run_id)["console.log"] == b"first\n"
    found = cairn.artifacts.list_artifacts(run_id=run.info.run_id, artifact_path=".cairn")
    (again,) = [info.path for info in found if info.is_dir]
    assert captured(run.info.run_id, again)["console.log"] == b"second\n"


def test_the_console_grows_while_the_run_goes_on(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cairn.client.capture._CONSOLE_SECONDS", 0.05)
    cairn.set_tracking_uri(server)
    with cairn.start_run() as run:
        for number in (1, 2, 3):
            print("line", number)
            until = time.monotonic() + 20
            wanted = f"line {number}\n".encode()
            while not captured(run.info.run_id).get("console.log", b"").endswith(wanted):
                assert time.monotonic() < until, "the console does not grow"
                time.sleep(0.02)


def test_a_killed_program_leaves_its_console_in_the_journal(
    project: Path, server: str, tmp_path: Path
) -> None:
    (project / "train.py").write_text(
        "import os, time, cairn\n"
        "from pathlib import Path\n"
        "import cairn.client.capture as capture\n"
        "capture._CONSOLE_SECONDS = 0.05\n"
        "cairn.start_run()\n"
        "print('one')\n"
        "journal = Path(os.environ['CAIRN_JOURNAL'])\n"
        "def kept(text): return any("
        "f.read_bytes() == text for f in journal.rglob('files/*') if not f.suffix)\n"
        "while not kept(b'one\\n'): time.sleep(0.02)\n"
        "print('last words')\n"
        "while not kept(b'one\\nlast words\\n'): time.sleep(0.02)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    journal = str(tmp_path / "journal")
    done = train(project, server, CAIRN_OFFLINE="1", CAIRN_JOURNAL=journal)
    assert done.returncode == -9
    command = [sys.executable, "-m", "cairn", "sync", journal]
    subprocess.run(command, check=True, capture_output=True)
    assert captured(only_run(server))["console.log"] == b"one\nlast words\n"


def test_each_rank_has_a_console_and_the_first_has_the_facts(project: Path, server: str) -> None:
    launch = (
        "import os, subprocess, sys\n"
        "for rank in (0, 1):\n"
        "    known = {'RANK': str(rank), 'WORLD_SIZE': '2', 'MASTER_ADDR': 'localhost',"
        " 'MASTER_PORT': '29500', 'LOCAL_WORLD_SIZE': '2'}\n"
        "    subprocess.run([sys.executable, 'rank.py'], env={**os.environ, **known}, check=True)\n"
    )
    (project / "rank.py").write_text(
        "import os, cairn\nwith cairn.start_run():\n    print('rank', os.environ['RANK'])\n"
    )
    (project / "train.py").write_text(launch)
    done = train(project, server)
    assert done.returncode == 0, done.stderr
    files = captured(only_run(server))
    assert sorted(files) == [
        *("code.patch", "console-rank-1.log", "console.log", "environment.txt", "start.json")
    ]
    assert (files["console.log"], files["console-rank-1.log"]) == (b"rank 0\n", b"rank 1\n")


def test_under_the_name_mlflow_it_is_the_same(project: Path, tmp_path: Path) -> None:
    packages = str(Path(__file__).parents[3] / "packages" / "cairn-mlflow" / "src")
    (project / "train.py").write_text(TRAIN.replace("cairn", "mlflow"))
    uri = str(tmp_path / "store")
    path = os.pathsep.join([packages, os.environ.get("PYTHONPATH", "")])
    done = train(project, uri, PYTHONPATH=path)
    assert done.returncode == 0, done.stderr
    assert "code.patch" in captured(only_run(uri))
