from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.unit.cli.conftest import Cairn

from cairn.client import connect
from cairn.client.client import Client


def deleted_run(client: Client, experiment: str = "0") -> str:
    run_id = client.create_run(experiment).info.run_id
    client.log_metric(run_id, "loss", 1.0)
    client.log_text(run_id, "hello", "a.txt")
    client.delete_run(run_id)
    return run_id


def lines(text: str) -> list[str]:
    return [re.sub("^Would purge", "Purged", line) for line in text.splitlines()]


def test_gc_purges_what_its_dry_run_lists(cairn: Cairn, tmp_path: Path) -> None:
    client = Client()
    experiment = client.create_experiment("gone")
    run_id = deleted_run(client, experiment)
    client.delete_experiment(experiment)
    connect.close()
    listed = cairn("gc", "--dry-run").stdout
    done = cairn("gc").stdout
    assert lines(listed) == lines(done)[:-1]
    assert f"Run {run_id} of experiment {experiment}: 1 files, 5 bytes" in done
    assert "Purged 1 runs, 1 experiments, 1 files (5 bytes); kept 0." in done
    assert "The database gave back" in done
    assert not [p for p in tmp_path.rglob("*") if p.name == "a.txt"]
    assert Client().create_experiment("gone") != experiment


def test_gc_of_a_servers_database_deletes_the_files_of_its_proxy(
    cairn: Cairn, server: str, tmp_path: Path
) -> None:
    run_id = deleted_run(Client(server))
    given = ("gc", "--backend-store-uri", f"sqlite:///{tmp_path}/served.db")
    kept = cairn(*given, "--artifacts-destination", str(tmp_path / "nothing"), code=2)
    assert "There is no folder" in kept.stderr
    assert list((tmp_path / "served").rglob("a.txt"))
    done = cairn(*given, "--artifacts-destination", str(tmp_path / "served"), "--no-vacuum")
    assert run_id in done.stdout
    assert "gave back" not in done.stdout
    assert not list((tmp_path / "served").rglob("a.txt"))


def test_gc_keeps_runs_of_a_proxy_whose_folder_is_not_known(
    cairn: Cairn, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = deleted_run(Client(server))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    given = ("gc", "--backend-store-uri", f"sqlite:///{tmp_path}/served.db")
    kept = cairn(*given, code=1)
    assert f"Run {run_id}: Kept" in kept.stderr
    assert "--artifacts-destination" in kept.stderr
    left = tmp_path / "left.txt"
    cairn(*given, "--list-left", str(left))
    assert left.read_text().split() == [run_id, f"mlflow-artifacts:/0/{run_id}/artifacts"]
    assert left.stat().st_mode & 0o777 == 0o600


def test_gc_of_a_folder_and_of_named_runs(cairn: Cairn) -> None:
    client = Client("runs")
    one, two = deleted_run(client), deleted_run(client)
    connect.close()
    done = cairn("gc", "--tracking-uri", "runs", "--run-ids", f" {one},").stdout
    assert one in done
    assert two not in done
    assert two in cairn("gc", "--backend-store-uri", "runs", "--older-than", "0d0.0h").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--older-than", "soon"], "is no age"),
        (["--older-than", ""], "is no age"),
        (["--tracking-uri", "http://127.0.0.1:5000"], "is a server"),
        (["--backend-store-uri", "sqlite:///no.db"], "There is no database"),
    ],
)
def test_gc_refuses_what_makes_no_sense(
    cairn: Cairn, arguments: list[str], words: str, tmp_path: Path
) -> None:
    assert words in cairn("gc", *arguments, code=2).stderr
    assert list(tmp_path.iterdir()) == []


def test_gc_keeps_what_was_deleted_lately(cairn: Cairn) -> None:
    run_id = deleted_run(Client())
    connect.close()
    assert "Purged 0 runs" in cairn("gc", "--older-than", "1d12h").stdout
    assert "older-than" in cairn("gc", "--older-than", "30d", "--run-ids", run_id, code=1).stderr
