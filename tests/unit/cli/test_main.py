from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.cli.conftest import Cairn

from cairn.cli.main import COMMANDS
from cairn.version import COMPATIBLE_VERSION, __version__

HEAVY = {"alembic", "numpy", "pandas", "sqlalchemy", "starlette", "urllib3", "uvicorn", "yaml"}


def test_help_lists_every_command(cairn: Cairn) -> None:
    output = cairn("--help").stdout
    for name in COMMANDS:
        assert f"  {name} " in output


def test_help_loads_neither_store_nor_server_nor_anything_heavy() -> None:
    code = (
        "import sys\n"
        "from cairn.cli.main import main\n"
        "main(['--help'], standalone_mode=False)\n"
        "print(*sys.modules, file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert not HEAVY & {name.partition(".")[0] for name in loaded}
    assert not {name for name in loaded if name.startswith(("cairn.store", "cairn.server"))}
    assert not {name for name in loaded if name.startswith("cairn.client.")}


def test_version_names_program_and_version(cairn: Cairn) -> None:
    assert cairn("--version").stdout == f"cairn, version {__version__}\n"
    command = [sys.executable, "-m", "mlflow", "--version"]
    theirs = subprocess.run(command, capture_output=True, text=True, check=True)
    assert theirs.stdout == f"mlflow, version {COMPATIBLE_VERSION}\n"


def test_ui_is_another_name_of_server(cairn: Cairn) -> None:
    assert "--backend-store-uri" in cairn("ui", "--help").stdout


def test_an_error_is_one_line_and_status_1(cairn: Cairn) -> None:
    result = cairn("runs", "describe", "--run-id", "nope", code=1)
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert "nope" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("how", ["flag", "setting"])
def test_the_traceback_is_there_for_who_asks(how: str) -> None:
    flag = ["--traceback"] if how == "flag" else []
    more = {} if how == "flag" else {"CAIRN_DEBUG": "1"}
    command = [sys.executable, "-m", "cairn", *flag, "runs", "describe", "--run-id", "nope"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **more}
    )
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_a_wrong_call_is_status_2(cairn: Cairn) -> None:
    assert "No such command 'frobnicate'" in cairn("frobnicate", code=2).stderr
    assert "--experiment-id" in cairn("runs", "list", code=2).stderr
    assert "No such option" in cairn("experiments", "search", "--frob", code=2).stderr


def test_a_wrong_setting_is_named(cairn: Cairn) -> None:
    os.environ["CAIRN_HTTP_REQUEST_TIMEOUT"] = "soon"
    os.environ["CAIRN_TRACKING_URI"] = "http://127.0.0.1:1"
    assert "CAIRN_HTTP_REQUEST_TIMEOUT='soon'" in cairn("experiments", "search", code=1).stderr


def test_a_file_that_cannot_be_written_is_one_line(cairn: Cairn, tmp_path: Path) -> None:
    target = str(tmp_path / "no" / "such" / "folder.csv")
    result = cairn("experiments", "csv", "-x", "0", "-o", target, code=1)
    assert result.stderr.startswith("Error: ")
    assert target in result.stderr


def test_ctrl_c_is_quiet(tmp_path: Path) -> None:
    code = (
        "import click, time\n"
        "from cairn.cli.main import main\n"
        "@main.command()\n"
        "def wait():\n"
        "    print('waiting', flush=True)\n"
        "    time.sleep(60)\n"
        "main.get_command = lambda context, name: wait\n"
        "main(['wait'])\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=30)
    assert (process.returncode, out, error) == (130, "", "")


def test_a_reader_that_goes_away_is_no_error(cairn: Cairn) -> None:
    for number in range(3):
        cairn("experiments", "create", "-n", f"experiment {number}")
    command = [sys.executable, "-m", "cairn", "experiments", "search"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        error = process.stderr.read()
        process.wait(timeout=30)
    assert b"Traceback" not in error


def test_variables_of_a_file_are_set_unless_they_are_set_already(
    cairn: Cairn, tmp_path: Path
) -> None:
    (tmp_path / "env").write_text(
        "# where runs are kept\n"
        "export CAIRN_TRACKING_URI='sqlite:///from_the_file.db'\n"
        "\n"
        'CAIRN_EXPERIMENT_NAME="two words"   \n'
        "CAIRN_EXPERIMENT_ID=7 # not this one\n"
    )
    os.environ["CAIRN_EXPERIMENT_ID"] = "0"
    cairn("--env-file", "env", "experiments", "search")
    assert (tmp_path / "from_the_file.db").exists()
    assert os.environ["CAIRN_EXPERIMENT_NAME"] == "two words"
    assert os.environ["CAIRN_EXPERIMENT_ID"] == "0"


def test_a_line_of_a_file_that_is_no_variable_is_named(cairn: Cairn, tmp_path: Path) -> None:
    (tmp_path / "env").write_text("A=1\nnot a variable\n")
    error = cairn("--env-file", "env", "experiments", "search", code=1).stderr
    assert "Line 2 of 'env'" in error


def test_a_comment_after_a_value_is_cut(tmp_path: Path) -> None:
    from cairn.cli import environment

    (tmp_path / "env").write_text("CAIRN_A=7 # seven\nCAIRN_B='a # b'\nCAIRN_C=\n")
    environment.load("env")
    assert [os.environ[name] for name in ("CAIRN_A", "CAIRN_B", "CAIRN_C")] == ["7", "a # b", ""]
