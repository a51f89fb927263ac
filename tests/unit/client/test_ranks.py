"""Processes that a launcher started together make one run, and their script needs no checks."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

import pytest

from cairn.client import ranks
from cairn.client.client import Client

SCRIPT = """
import os, time, cairn
rank = int(os.environ["RANK"])
if rank == 0: time.sleep(float(os.environ.get("LATE", 0)))
with cairn.start_run(run_name="training", log_system_metrics=True):
    cairn.log_param("lr", 0.1)
    for step in range(20):
        cairn.log_metrics({"loss": rank + step}, step=step)
    cairn.log_metric("rank", rank)
    cairn.set_tag("rank", rank)
    cairn.log_text(str(rank), "rank.txt")
    if rank == int(os.environ.get("FAILS", -1)): raise ValueError
    time.sleep(0.3 if "FAILS" not in os.environ else 3)
"""


def launch(ranks: int, **more: str) -> list[subprocess.CompletedProcess[str]]:
    """Start so many processes of one script as torchrun would."""
    common = {
        **os.environ,
        "WORLD_SIZE": str(ranks),
        "LOCAL_WORLD_SIZE": str(ranks),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": "29500",
        "TORCHELASTIC_RUN_ID": "none",
        "CAIRN_SYSTEM_METRICS_SAMPLING_INTERVAL": "0.05",
        **more,
    }
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT],
            env={**common, "RANK": str(number)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(ranks)
    ]
    done = [(process, *process.communicate()) for process in processes]
    return [subprocess.CompletedProcess((), p.returncode, out, err) for p, out, err in done]


def assert_quiet(done: Sequence[subprocess.CompletedProcess[str]]) -> None:
    assert [(each.returncode, each.stderr) for each in done] == [(0, "")] * len(done)


def test_ranks_make_one_run_and_rank_0_leads(server: str) -> None:
    assert_quiet(launch(3, CAIRN_TRACKING_URI=server))
    client = Client(server)
    (run,) = client.search_runs(["0"])
    assert (run.info.status, run.info.run_name) == ("FINISHED", "training")
    assert run.data.params == {"lr": "0.1"}
    assert (run.data.tags["rank"], run.data.metrics["rank"]) == ("0", 0.0)
    history = client.get_metric_history(run.info.run_id, "loss")
    assert [(point.step, point.value) for point in history] == [(n, n) for n in range(20)]
    measured = {key.split("/")[1] for key in run.data.metrics if key.startswith("system/")}
    assert measured == {"rank-0", "rank-1", "rank-2"}
    assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["rank.txt"]


def test_training_started_again_is_another_run(server: str) -> None:
    for job in ("first", "second"):
        assert_quiet(launch(2, CAIRN_TRACKING_URI=server, TORCHELASTIC_RUN_ID=job))
    assert len(Client(server).search_runs(["0"])) == 2


@pytest.mark.parametrize("late", ["0", "4"])
def test_rank_that_fails_fails_the_run(server: str, late: str) -> None:
    """Also when it fails before rank 0 has begun."""
    launch(2, CAIRN_TRACKING_URI=server, FAILS="1", LATE=late, CAIRN_FLUSH_INTERVAL="0")
    (run,) = Client(server).search_runs(["0"])
    assert run.info.status == "FAILED"


def test_training_that_its_launcher_starts_anew_goes_on_in_the_same_run(server: str) -> None:
    launch(2, CAIRN_TRACKING_URI=server, FAILS="0")
    assert_quiet(launch(2, CAIRN_TRACKING_URI=server, TORCHELASTIC_RESTART_COUNT="1"))
    (run,) = Client(server).search_runs(["0"])
    assert run.info.status == "FINISHED"


def test_each_rank_may_have_its_own_run(server: str) -> None:
    assert_quiet(launch(2, CAIRN_TRACKING_URI=server, CAIRN_RANKS="each"))
    found = Client(server).search_runs(["0"])
    assert sorted(run.data.metrics["rank"] for run in found) == [0.0, 1.0]


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1"},
        {"RANK": "1", "WORLD_SIZE": "4"},
        {"RANK": "x", "WORLD_SIZE": "4", "MASTER_ADDR": "h"},
        {"RANK": "1", "WORLD_SIZE": "4", "MASTER_ADDR": "h", "CAIRN_RANKS": "each"},
    ],
)
def test_process_that_is_alone_has_no_rank(variables: dict[str, str]) -> None:
    os.environ.update(variables)
    assert ranks.rank() is None


def test_ranks_of_one_job_agree_and_jobs_differ() -> None:
    os.environ.update(WORLD_SIZE="4", MASTER_ADDR="host", MASTER_PORT="1")
    found = []
    for number, job in [("0", "a"), ("3", "a"), ("0", "b")]:
        os.environ.update(RANK=number, TORCHELASTIC_RUN_ID=job)
        mine = ranks.rank()
        assert mine is not None
        found.append((mine.follows, mine.job))
    assert found[0] == (False, found[1][1])
    assert found[1][0]
    assert found[2][1] != found[0][1]
