"""How processes end: what was logged is there, and the status of the run is true."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.unit.client.peers import refusing_port

from cairn.client.client import Client
from cairn.client.entities import Run


def script(code: str, *, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-c", "import cairn\n" + code], capture_output=True, text=True, check=False
    )
    assert done.returncode == status, done.stderr
    return done


def runs() -> list[Run]:
    return list(Client().search_runs(["0"], order_by=["start_time ASC"]))


def test_script_that_ends_without_end_run_leaves_a_finished_run_with_all_its_points() -> None:
    code = "for i in range(5000): cairn.log_metric('m', i, step=i)"
    assert script(code).stderr == ""
    (run,) = runs()
    assert run.info.status == "FINISHED"
    assert run.info.end_time is not None
    assert len(Client().get_metric_history(run.info.run_id, "m")) == 5000


def test_uncaught_exception_leaves_a_failed_run_and_its_traceback() -> None:
    done = script("cairn.log_metric('m', 1)\nraise ValueError('my fault')", status=1)
    assert "ValueError: my fault" in done.stderr
    (run,) = runs()
    assert (run.info.status, run.data.metrics) == ("FAILED", {"m": 1.0})


def test_all_runs_that_are_still_active_are_ended() -> None:
    script("cairn.start_run(); cairn.start_run(nested=True); cairn.log_metric('m', 1)")
    assert [run.info.status for run in runs()] == ["FINISHED", "FINISHED"]


INTERRUPT = "os.kill(os.getpid(), signal.SIGINT); time.sleep(60)"
TERMINATE = "os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)"
OPEN, BLOCK = "run = cairn.start_run()\n", "with cairn.start_run():\n "


@pytest.mark.parametrize(
    ("block", "end", "code", "status"),
    [
        (OPEN, "raise ValueError", 1, "FAILED"),
        (OPEN, "sys.exit(0)", 0, "FINISHED"),
        (OPEN, "sys.exit(3)", 3, "FAILED"),
        (OPEN, "sys.exit('bad')", 1, "FAILED"),
        (OPEN, INTERRUPT, -signal.SIGINT, "KILLED"),
        (OPEN, TERMINATE, 143, "KILLED"),
        (BLOCK, "sys.exit(3)", 3, "FAILED"),
        (BLOCK, INTERRUPT, -signal.SIGINT, "KILLED"),
        (BLOCK, TERMINATE, 143, "KILLED"),
    ],
)
def test_every_way_to_end_leaves_the_status_that_is_true(
    block: str, end: str, code: int, status: str
) -> None:
    script(f"import os, signal, sys, time\n{block}{end}", status=code)
    (run,) = runs()
    assert run.info.status == status
    assert run.info.end_time is not None


def test_exit_that_somebody_catches_is_none() -> None:
    script(
        "import sys\n"
        "with cairn.start_run(): pass\n"
        "try: sys.exit(3)\n"
        "except SystemExit: pass\n"
        "cairn.start_run()"
    )
    assert [run.info.status for run in runs()] == ["FINISHED", "FINISHED"]


def test_handler_of_the_user_is_left_alone() -> None:
    script(
        "import os, signal\n"
        "signal.signal(signal.SIGTERM, lambda *_: cairn.set_tag('saved', 'yes'))\n"
        "cairn.start_run()\n"
        "os.kill(os.getpid(), signal.SIGTERM)"
    )
    (run,) = runs()
    assert (run.info.status, run.data.tags["saved"]) == ("FINISHED", "yes")


def test_exit_with_the_server_away_is_quick_and_says_what_is_left() -> None:
    url = f"http://127.0.0.1:{refusing_port()}"
    code = (
        f"c = cairn.Client({url!r})\n"
        "for i in range(7): c.log_metric('a' * 32, 'm', i)\n"
        "import time; print(time.monotonic(), flush=True)"
    )
    done = script(code)
    assert done.stderr.startswith("7 records for ")
    assert url in done.stderr
    assert len(done.stderr.splitlines()) == 1
    # A generous bound: what is promised are two seconds of waiting, on an idle machine.
    assert time.monotonic() - float(done.stdout) < 20


@pytest.mark.skipif(sys.platform == "win32", reason="this system cannot fork")
def test_forked_child_has_no_active_run_and_does_not_end_that_of_its_parent() -> None:
    code = """
import os, sys, warnings
warnings.simplefilter("ignore", DeprecationWarning)
run = cairn.start_run()
cairn.log_metric("of the parent", 1)
pid = os.fork()
if pid == 0:
    print(cairn.active_run(), flush=True)
    cairn.log_metric("of the child", 2, run_id=run.info.run_id)
    sys.exit(0)
os.waitpid(pid, 0)
info = cairn.get_run(run.info.run_id)
print(info.info.status, sorted(info.data.metrics))
"""
    assert script(code).stdout == "None\nRUNNING ['of the child', 'of the parent']\n"


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_children_of_multiprocessing_deliver_what_they_log(tmp_path: Path, method: str) -> None:
    code = f"""
import multiprocessing, sys, warnings
warnings.simplefilter("ignore", DeprecationWarning)

def work(run_id, n):
    cairn.Client().log_metric(run_id, f"m{{n}}", n)
    with cairn.start_run(run_name=f"child {{n}}"):
        cairn.log_metric("own", n)
    cairn.start_run(run_name=f"open {{n}}")

if __name__ == "__main__":
    cairn.set_tracking_uri("sqlite:///cairn.db")
    run = cairn.start_run(run_name="parent")
    cairn.log_metric("m", 0)
    context = multiprocessing.get_context({method!r})
    children = [context.Process(target=work, args=(run.info.run_id, n)) for n in range(2)]
    for child in children: child.start()
    for child in children: child.join()
"""
    file = tmp_path / "train.py"
    file.write_text("import cairn\n" + code)
    done = subprocess.run([sys.executable, file], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    found = {run.info.run_name: run for run in runs()}
    assert sorted(found) == ["child 0", "child 1", "open 0", "open 1", "parent"]
    assert {run.info.status for run in found.values()} == {"FINISHED"}
    assert set(found["parent"].data.metrics) == {"m", "m0", "m1"}
    assert found["child 1"].data.metrics == {"own": 1.0}
