"""A real MLflow client on our server, and our client on a real MLflow server.

Each tells the same story; whoever reads it, with whichever client, reads the same.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.compat.servers import SCRIPTS, clean_environment, last_json, run_script

from cairn.client import connect
from cairn.client.client import Client
from cairn.client.sync import sync

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@dataclass(frozen=True)
class Told:
    """A story as one client told it to one server."""

    uri: str
    folder: Path
    experiment: str
    runs: list[str]
    seen: dict[str, Any]

    def read_by(self, python: str) -> dict[str, Any]:
        """What a client reads of it."""
        found: dict[str, Any] = last_json(
            run_script(
                SCRIPTS / "report.py",
                *(self.experiment, *self.runs),
                cwd=self.folder,
                uri=self.uri,
                python=python,
            )
        )
        return found


def tell(uri: str, python: str, folder: Path) -> Told:
    told = last_json(run_script(SCRIPTS / "story.py", cwd=folder, uri=uri, python=python))
    return Told(uri, folder, told["experiment"], told["runs"], told["seen"])


@pytest.fixture(scope="module")
def theirs(cairn_server: str, peer: str, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The story of a real client, on our server."""
    return tell(cairn_server, peer, tmp_path_factory.mktemp("theirs"))


@pytest.fixture(scope="module")
def ours(peer_server: str, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The story of our client, on a real server."""
    return tell(peer_server, sys.executable, tmp_path_factory.mktemp("ours"))


def test_a_real_client_sees_what_it_should_on_our_server(theirs: Told) -> None:
    check_seen(theirs.seen)


def test_our_client_sees_what_it_should_on_a_real_server(ours: Told) -> None:
    check_seen(ours.seen)


def test_our_client_reads_what_a_real_client_logged_to_our_server(theirs: Told, peer: str) -> None:
    read = theirs.read_by(sys.executable)
    assert read == theirs.read_by(peer)
    check_report(read)


def test_a_real_client_reads_what_our_client_logged_to_a_real_server(ours: Told, peer: str) -> None:
    read = ours.read_by(peer)
    for run in read["runs"]:  # a real server hides nothing from a real client
        for part in ("files", "digests"):
            shown = {path for path in run[part] if path.partition("/")[0] != ".cairn"}
            run[part] = {path: fact for path, fact in run[part].items() if path in shown}
    assert read == ours.read_by(sys.executable)
    check_report(read)


def check_seen(seen: dict[str, Any]) -> None:
    assert seen["experiment"] == [True, "active", {"team": "vision", "stage": "draft"}]
    assert seen["experiment errors"] == {
        "taken name": ["RESOURCE_ALREADY_EXISTS", 400],
        "no such id": ["RESOURCE_DOES_NOT_EXIST", 404],
        "empty name": ["INVALID_PARAMETER_VALUE", 400],
    }
    assert seen["deleted experiment"] == ["deleted", False, True, ["INVALID_PARAMETER_VALUE", 400]]
    assert seen["found experiments"] == ["story"]
    assert seen["unlucky"] == "FAILED"
    assert seen["run errors"] == {
        "no such run": ["RESOURCE_DOES_NOT_EXIST", 404],
        "another value": ["INVALID_PARAMETER_VALUE", 400],
        "bad key": ["INVALID_PARAMETER_VALUE", 400],
        "bad filter": ["INVALID_PARAMETER_VALUE", 400],
    }
    assert seen["deleted run"] == ["deleted", [], ["renamed"]]
    assert {title: found for title, found in seen.items() if title.startswith("search")} == {
        "search by metric": ["child", "parent"],
        "search by quoted metric": ["parent"],
        "search by param": ["parent", "renamed"],
        "search by unlike param": ["parent"],
        "search by status": ["unlucky"],
        "search by name": ["parent"],
        "search by parent": ["child"],
        "search by dataset": ["parent"],
        "search all": ["unlucky", "renamed", "parent", "child"],
        "search in pages": [["child", "parent"], ["renamed", "unlucky"]],
        "search as a frame": [
            ["metrics.curve", "metrics.loss", "metrics.odd", "metrics.train/auc", "params.depth"],
            [0.25, -1],
        ],
    }


def check_report(read: dict[str, Any]) -> None:
    parent, child, unlucky, manual = read["runs"]
    assert [run["info"]["status"] for run in read["runs"]] == [
        *("FINISHED", "FINISHED", "FAILED", "KILLED")
    ]
    assert parent["params"] == {
        "depth": "3",
        "rate": "0.1",
        "layers": "[64, 64]",
        "note": "çà et là ✓",
    }
    assert parent["tags"]["mlflow.note.content"] == "*long*"
    assert parent["tags"]["kind"] == "outer"
    assert [step for step, _, _ in parent["histories"]["loss"]] == [0, 1, 2, 2, 3, 4]
    assert parent["metrics"] == {"loss": "0.2", "train/auc": "0.25", "odd": "nan"}
    (used,) = parent["inputs"]
    assert used[0] == "tiny"
    assert used[-1] == {"mlflow.data.context": "train"}
    assert parent["files"] == {
        "a.json": parent["files"]["a.json"],
        "one.bin": 256_000,
        "texts": "folder",
        "texts/hello.txt": 6,
        "tree": "folder",
        "tree/deep": "folder",
        "tree/deep/two.bin": 256_000,
        "tree/one.bin": 256_000,
    }
    assert parent["digests"]["one.bin"] == parent["digests"]["tree/deep/two.bin"]
    assert read["text"] == "héllo"
    assert child["tags"]["mlflow.parentRunId"] == parent["info"]["run_id"]
    assert unlucky["files"] == {}
    assert manual["info"]["run_name"] == manual["tags"]["mlflow.runName"] == "renamed"
    assert manual["info"]["end_time"] - manual["info"]["start_time"] == 5000
    assert len(manual["params"]) == 51
    assert manual["tags"]["batch"] == "again"
    assert "gone" not in manual["tags"]
    points = manual["histories"]["curve"]
    assert [float(value) for _, _, value in points] == [number / 10 for number in range(1000)]


def test_a_frame_of_metrics_has_every_point_of_a_real_server(ours: Told) -> None:
    client = Client(ours.uri)
    frame = client.metric_frame(ours.runs)
    points = [
        (run_id, key, point.step, point.timestamp, point.value)
        for run_id in ours.runs
        for key in client.get_run(run_id).data.metrics
        for point in client.get_metric_history(run_id, key)
    ]
    frame["timestamp"] = frame["timestamp"].astype("int64")
    assert points
    assert sorted(map(repr, frame.itertuples(index=False, name=None))) == sorted(map(repr, points))
    connect.close()


def test_a_run_made_offline_reaches_a_real_server(peer_server: str, tmp_path: Path) -> None:
    code = (
        "import cairn\n"
        "cairn.set_experiment('made offline')\n"
        "with cairn.start_run(run_name='offline') as run:\n"
        "    cairn.log_param('lr', 0.1)\n"
        "    for step in range(1500): cairn.log_metric('m', step, step=step)\n"
        "    cairn.log_text('hello', 'notes/hello.txt')\n"
        "print(run.info.run_id)\n"
    )
    script = tmp_path / "offline.py"
    script.write_text(code)
    folder = tmp_path / "journal"
    environment = clean_environment(CAIRN_OFFLINE="1", CAIRN_JOURNAL=str(folder))
    environment["CAIRN_TRACKING_URI"] = peer_server
    command = [sys.executable, str(script)]
    subprocess.run(command, env=environment, cwd=tmp_path, check=True, capture_output=True)
    (receipt,) = sync(folder)
    assert (receipt.problem, receipt.refused) == (None, [])
    client = Client(peer_server)
    experiment = client.get_experiment_by_name("made offline")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id])
    assert (run.info.run_name, run.info.status) == ("offline", "FINISHED")
    assert run.data.params == {"lr": "0.1"}
    history = client.get_metric_history(run.info.run_id, "m")
    assert [point.step for point in history] == [*range(1500)]
    assert [file.path for file in client.list_artifacts(run.info.run_id, "notes")] == [
        "notes/hello.txt"
    ]


def test_what_is_captured_and_compared_is_the_same_on_a_real_server(
    peer_server: str, tmp_path: Path
) -> None:
    code = (
        "import json, cairn\n"
        "runs = []\n"
        "for lr in (0.1, 0.2):\n"
        "    with cairn.start_run() as run:\n"
        "        cairn.log_param('lr', lr)\n"
        "        for value in (3, 1, 2): cairn.log_metric('m', value * lr, step=value)\n"
        "    runs.append(run.info.run_id)\n"
        "client = cairn.Client()\n"
        "found = cairn.compare(runs, output_format='dict')\n"
        "shown = [f.path for f in client.list_artifacts(runs[0])]\n"
        "kept = [f.path for f in client.list_artifacts(runs[0], '.cairn')]\n"
        "print(json.dumps([found['metrics'], found['params'], shown, kept]))\n"
    )
    script = tmp_path / "captured.py"
    script.write_text(code)
    environment = clean_environment(CAIRN_TRACKING_URI=peer_server)
    environment["CAIRN_JOURNAL"] = str(tmp_path / "journal")
    command = [sys.executable, str(script)]
    out = subprocess.run(command, env=environment, cwd=tmp_path, check=True, capture_output=True)
    metrics, params, shown, kept = json.loads(out.stdout)
    assert metrics["m"] == pytest.approx([0.3, 0.6])
    assert metrics["m:min"] == pytest.approx([0.1, 0.2])
    assert metrics["m:max"] == pytest.approx([0.3, 0.6])
    assert params == {"lr": ["0.1", "0.2"]}
    assert shown == []
    assert kept == [".cairn/environment.txt", ".cairn/start.json"]
