"""The installed wheels: what a user gets, and that it works from a fresh folder."""

from __future__ import annotations

import json
import signal
import subprocess
import urllib.request
import zipfile
from pathlib import Path

from tests.e2e.conftest import Installed, free_port, running

SCRIPT = """
import cairn

assert "/src/" not in cairn.__file__, cairn.__file__
cairn.set_experiment("from the wheel")
with cairn.start_run(run_name="one") as run:
    cairn.log_param("a", 1)
    for step in range(5):
        cairn.log_metric("m", step * 0.5, step=step)
    cairn.log_text("hello", "notes/hello.txt")
print(run.info.run_id)
"""


def test_the_wheel_carries_the_ui_and_the_migrations(wheels: list[Path]) -> None:
    (cairn,) = (wheel for wheel in wheels if wheel.name.startswith("cairn_ml-"))
    names = zipfile.ZipFile(cairn).namelist()
    assert "cairn/server/static/index.html" in names
    assert any(name.startswith("cairn/server/static/assets/") for name in names)
    assert any(name.startswith("cairn/store/migrations/versions/0001") for name in names)
    assert "cairn/py.typed" in names
    assert not any(name.endswith(".map") for name in names)


def test_a_script_logs_without_a_server_and_the_server_shows_it(
    installed: Installed, tmp_path: Path
) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    run_id = installed.run("python", "script.py", cwd=tmp_path).stdout.strip()
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [str(installed.bin / "cairn"), "ui", "--port", str(port)]
    with running(command, url, tmp_path):
        found = json.load(urllib.request.urlopen(f"{url}/api/2.0/mlflow/runs/get?run_id={run_id}"))
        assert found["run"]["data"]["params"] == [{"key": "a", "value": "1"}]
        file = f"{url}/get-artifact?run_id={run_id}&path=notes/hello.txt"
        assert urllib.request.urlopen(file).read() == b"hello"
        page = urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": "text/html"}))
        assert b"<script" in page.read()


def test_the_same_script_says_mlflow(installed: Installed, server: str, tmp_path: Path) -> None:
    text = SCRIPT.replace("cairn.", "mlflow.").replace("import cairn", "import mlflow")
    (tmp_path / "script.py").write_text(text)
    run_id = installed.run(
        "python", "script.py", cwd=tmp_path, MLFLOW_TRACKING_URI=server
    ).stdout.strip()
    listed = installed.run(
        "mlflow", "artifacts", "list", "--run-id", run_id, cwd=tmp_path, MLFLOW_TRACKING_URI=server
    )
    assert json.loads(listed.stdout) == [{"path": "notes", "is_dir": True}]
    assert "mlflow, version" in installed.run("mlflow", "--version", cwd=tmp_path).stdout


def test_the_server_is_one_process_and_stops_cleanly(installed: Installed, tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with running([str(installed.bin / "cairn"), "server", "-p", str(port)], url, tmp_path) as it:
        children = Path(f"/proc/{it.pid}/task/{it.pid}/children").read_text().split()
        assert children == []
        it.send_signal(signal.SIGTERM)
        assert it.wait(15) == 0


def test_a_port_that_is_taken_is_one_clear_line(
    installed: Installed, server: str, tmp_path: Path
) -> None:
    port = server.rpartition(":")[2]
    done = subprocess.run(
        [str(installed.bin / "cairn"), "server", "--port", port],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert port in done.stderr
    assert "Traceback" not in done.stderr


def test_importing_cairn_is_light(installed: Installed, tmp_path: Path) -> None:
    code = (
        "import sys; before = set(sys.modules); import cairn; new = set(sys.modules) - before;"
        "print(len(new), sorted(new & {'numpy', 'pandas', 'sqlalchemy', 'urllib3', 'yaml'}))"
    )
    count, _, heavy = (
        installed.run("python", "-c", code, cwd=tmp_path).stdout.strip().partition(" ")
    )
    assert int(count) <= 60
    assert heavy == "[]"
