from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.unit.cli.conftest import Cairn

from cairn.cli.main import main
from cairn.client import connect
from cairn.client.client import Client

UNKNOWN = "f" * 32


@pytest.fixture(params=["local", "server"])
def client(request: pytest.FixtureRequest) -> Client:
    """A client of a local database, and one of a server, whose URI the commands know too."""
    if request.param == "server":
        os.environ["CAIRN_TRACKING_URI"] = request.getfixturevalue("server")
    return Client()


def family(client: Client) -> tuple[str, str]:
    parent = client.create_run("0").info.run_id
    child = client.create_run("0", tags={"mlflow.parentRunId": parent}).info.run_id
    return parent, child


def test_runs_are_tagged_together(cairn: Cairn, client: Client) -> None:
    ids = family(client)
    done = cairn("runs", "tag", "--run-ids", ",".join(ids), "-t", "env=prod", "--tags", "x=1")
    assert done.stdout == "Tagged 2 runs.\n"
    cairn("runs", "tag", "--run-id", ids[0], "--remove", "x")
    assert [client.get_run(id_).data.tags.get("x") for id_ in ids] == [None, "1"]
    assert client.get_run(ids[1]).data.tags["env"] == "prod"
    assert "Give --tags" in cairn("runs", "tag", "--run-id", ids[0], code=2).stderr
    assert "not KEY=VALUE" in cairn("runs", "tag", "--run-id", ids[0], "-t", "x", code=2).stderr


def test_runs_are_deleted_and_restored_with_those_nested_in_them(
    cairn: Cairn, client: Client
) -> None:
    ids = family(client)
    assert cairn("runs", "delete", "--run-id", ids[0], "--nested").stdout == "Deleted 2 runs.\n"
    done = cairn("runs", "restore", "--run-ids", f"{ids[0]}, {UNKNOWN}", "--nested", code=1)
    assert done.stdout == "Restored 2 runs.\n"
    assert done.stderr == f"Not found: {UNKNOWN}\n"
    assert "one of" in cairn("runs", "delete", code=2).stderr
    assert "one of" in cairn("runs", "delete", "--run-id", "a", "--run-ids", "b", code=2).stderr


def test_ids_come_from_standard_input(client: Client) -> None:
    ids = family(client)
    given = "\n".join(ids)
    done = CliRunner().invoke(main, ["runs", "delete", "--run-ids", "-"], input=given)
    assert done.stdout == "Deleted 2 runs.\n"


def test_runs_are_moved_and_copied_with_their_files(cairn: Cairn, client: Client) -> None:
    ids = family(client)
    client.log_text(ids[0], "hello", "a.txt")
    other = client.create_experiment("other")
    done = cairn("runs", "move", "--run-id", ids[0], "-x", other, "--nested")
    assert done.stdout == "Moved 2 runs.\n"
    assert client.get_run(ids[1]).info.experiment_id == other
    lines = cairn("runs", "copy", "--run-id", ids[0], "-x", "0", "--nested").stdout.splitlines()
    copies = dict(reversed(line.split()) for line in lines[2:])
    assert copies.keys() == set(ids)
    client.purge_runs([ids[0]], force=True)
    fetched = Path(client.download_artifacts(copies[ids[0]], "a.txt"))
    assert fetched.read_text() == "hello"
    bare = cairn("runs", "copy", "--run-id", copies[ids[0]], "-x", "0", "--no-artifacts").stdout
    assert client.list_artifacts(bare.splitlines()[2].split()[0]) == []
    assert "99" in cairn("runs", "copy", "--run-id", ids[1], "-x", "99", code=1).stderr


def test_runs_and_experiments_are_purged(cairn: Cairn, client: Client) -> None:
    ids = family(client)
    client.log_text(ids[1], "hello", "a.txt")
    assert "not deleted" in cairn("runs", "purge", "--run-id", ids[0], code=1).stderr
    given = ("runs", "purge", "--run-id", ids[0], "--nested", "--force")
    told = cairn(*given, "--dry-run").stdout
    assert told == "Would purge 2 runs, 0 experiments, 1 files (5 bytes).\n"
    assert cairn(*given, "--yes").stdout == told.replace("Would purge", "Purged")
    assert "Not found" in cairn(*given, code=1).stderr
    other = client.create_experiment("other")
    client.delete_experiment(other)
    assert "1 experiments" in cairn("experiments", "purge", "-x", other).stdout
    assert client.create_experiment("other") != other


def test_trash_lists_what_is_deleted(cairn: Cairn, client: Client) -> None:
    other = client.create_experiment("other")
    run_id = client.create_run(other, run_name="r").info.run_id
    client.log_text(run_id, "hello", "a.txt")
    client.delete_experiment(other)
    _, _, first, second = cairn("trash", "--artifacts").stdout.splitlines()
    assert first.split()[:3] == ["experiment", other, "other"]
    assert second.split()[:3] == ["run", run_id, "r"]
    assert second.split()[4] == "5"


def test_gc_takes_what_retention_takes(cairn: Cairn, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    kept = client.create_experiment("kept", tags={"cairn.retention.deletedAfter": "never"})
    ids = [client.create_run(experiment).info.run_id for experiment in ("0", kept)]
    client.delete_runs(ids)
    connect.close()
    assert "Would purge 0 runs" in cairn("gc", "--retention", "--dry-run").stdout
    monkeypatch.setenv("CAIRN_RETENTION_DELETED_AFTER", "0s")
    listed = cairn("gc", "--retention", "--dry-run").stdout
    done = cairn("gc", "--retention", "--no-vacuum").stdout
    assert done == listed.replace("Would purge", "Purged")
    assert "Purged 1 runs" in done
    assert "one of" in cairn("gc", "--retention", "--run-ids", ids[1], code=2).stderr


def test_gc_removes_orphans_only_when_told(cairn: Cairn, tmp_path: Path) -> None:
    client = Client()
    run_id = client.create_run("0").info.run_id
    client.log_text(run_id, "hello", "a.txt")
    connect.close()
    file = next(tmp_path.rglob("a.txt"))
    gone = client.create_run("0").info.run_id
    client.purge_runs([gone], force=True)
    connect.close()
    orphan = file.parents[2] / gone / "artifacts" / "a.txt"
    orphan.parent.mkdir(parents=True)
    orphan.write_text("old")
    assert "Would remove 0 orphaned folders" in cairn("gc", "--orphans").stdout
    given = ("gc", "--orphans", "--older-than", "0s")
    assert "Would remove 1 orphaned folders, 1 files (3 bytes)" in cairn(*given, "--dry-run").stdout
    assert "--yes" in cairn(*given, code=1).stderr
    assert orphan.exists()
    assert "Removed 1 orphaned folders" in cairn(*given, "--yes").stdout
    assert not orphan.parents[1].exists()
    assert file.exists()
