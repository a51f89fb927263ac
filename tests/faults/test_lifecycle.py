"""A purge and a copy that are killed half way."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cairn.contract.lifecycle import CopyRuns, PurgeRuns, SomeRuns
from cairn.contract.runs import CreateRun, RunRef
from cairn.store import Store, open_store
from cairn.store.base import now
from cairn.store.orphans import find_orphans
from cairn.store.purge import Purge, Selection

# Does a call of a store, and is killed at the given operation on artifacts.
KILLED = """
import os, signal, sys
from cairn.artifact.local import LocalStore
from cairn.contract.lifecycle import CopyRuns, PurgeRuns
from cairn.store import open_store

def killing(method, left=[int(sys.argv[2])]):
    def call(*args):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return method(*args)
    return call

LocalStore.delete = killing(LocalStore.delete)
LocalStore.write = killing(LocalStore.write)
store = open_store(sys.argv[1])
ids = sys.argv[4:]
if sys.argv[3] == "purge":
    store.purge_runs(PurgeRuns(run_ids=ids))
else:
    store.copy_runs(CopyRuns(run_ids=ids, experiment_id="0"))
"""
RUNS = 120


def killed(uri: str, at: int, what: str, ids: list[str]) -> None:
    command = [sys.executable, "-c", KILLED, uri, str(at), what, *ids]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def runs_with_files(store: Store, number: int) -> tuple[list[str], list[Path]]:
    ids = [store.create_run(CreateRun(experiment_id="0")).run.info.run_id for _ in range(number)]
    folders = [Path(store.get_run(RunRef(run_id=id_)).run.info.artifact_uri) for id_ in ids]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "a.txt").write_text("a")
    return ids, folders


@pytest.mark.parametrize("at", [1, 57, 110])
def test_a_purge_that_is_killed_is_finished_by_the_next_one(tmp_path: Path, at: int) -> None:
    uri = f"sqlite:///{tmp_path}/cairn.db"
    store = open_store(uri)
    ids, folders = runs_with_files(store, RUNS)
    store.delete_runs(SomeRuns(run_ids=ids))
    store.close()
    killed(uri, at, "purge", ids)
    store = open_store(uri)
    begun = list(Purge(store.db, store.find, Selection(before=-1), dry_run=True).runs())
    group = 100 if at <= 100 else 20
    assert len(begun) == group  # those of the group that was being purged, none of them by halves
    reply = store.restore_runs(SomeRuns(run_ids=[found.run_id for found in begun]))
    assert (reply.changed, len(reply.not_found)) == (0, group)
    reply = store.purge_runs(PurgeRuns(run_ids=ids))
    assert reply.runs == (RUNS if at <= 100 else 20)
    assert reply.kept == []
    assert not [folder for folder in folders if folder.parent.exists()]
    store.close()


def test_a_copy_that_is_killed_leaves_no_run_and_only_orphans(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/cairn.db"
    store = open_store(uri)
    ids, _ = runs_with_files(store, 3)
    store.close()
    killed(uri, 3, "copy", ids)
    store = open_store(uri)
    assert len(store.copy_runs(CopyRuns(run_ids=ids, experiment_id="0")).copies) == 3
    orphans = list(find_orphans(store.db, store.find, now() + 1000))
    assert len(orphans) == 2
    store.close()
