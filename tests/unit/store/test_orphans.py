from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cairn.contract.experiments import CreateExperiment
from cairn.contract.lifecycle import MoveRuns, PurgeRuns
from cairn.contract.runs import CreateRun, RunRef
from cairn.store import Store
from cairn.store.base import now
from cairn.store.orphans import GRACE, find_orphans

NewRun = Callable[[], str]
Purged = Callable[[str], str]
GONE = "0123456789abcdef" * 2


@pytest.fixture
def purged(store: Store) -> Purged:
    """Makes a run of a given id, and purges it."""

    def make(run_id: str) -> str:
        store.create_run(CreateRun(experiment_id="0", run_id=run_id))
        store.purge_runs(PurgeRuns(run_ids=[run_id], force=True))
        return run_id

    return make


def folder(root: Path, run_id: str, *, days: float = 2, name: str = "artifacts") -> Path:
    """A folder with a file as a run has it, last changed some days ago."""
    made = root / run_id
    (made / name / "deep").mkdir(parents=True)
    (made / name / "deep" / "a.txt").write_text("abc")
    age(made, days)
    return made


def age(made: Path, days: float) -> None:
    time = now() / 1000 - days * 86_400
    for path in (made, *made.rglob("*")):
        os.utime(path, (time, time))


def found(store: Store, before: int | None = None) -> list[str]:
    at = now() - GRACE if before is None else before
    return [orphan.run_id for orphan in find_orphans(store.db, store.find, at)]


def test_a_folder_of_a_run_that_does_not_exist_is_found_and_removed(
    store: Store, new_run: NewRun, purged: Purged
) -> None:
    root = Path(store.artifact_root) / "0"
    gone = folder(root, purged(GONE))
    lives = folder(root, new_run())
    (orphan,) = find_orphans(store.db, store.find, now() - GRACE)
    assert (orphan.run_id, orphan.experiment_id, orphan.files, orphan.size) == (GONE, 0, 1, 3)
    orphan.remove()
    assert not gone.exists()
    assert lives.exists()
    assert found(store) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_is_not_surely_an_orphan_is_left_alone(
    store: Store, purged: Purged, tmp_path: Path
) -> None:
    root = Path(store.artifact_root) / "0"
    for digit in "012345":
        purged(GONE[:-1] + digit)
    purged(GONE.upper())
    folder(root, GONE[:-1] + "6")  # of another database
    purged(GONE)
    new = folder(root, GONE[:-1] + "0", days=0.5)
    touched = folder(root, GONE[:-1] + "1")
    (touched / "artifacts" / "deep" / "new.txt").write_text("")
    age(touched / "artifacts", 2)
    os.utime(touched / "artifacts" / "deep" / "new.txt")
    folder(root, "models")
    folder(root, GONE.upper())
    folder(root, GONE[:-1] + "2", name="data")
    more = folder(root, GONE[:-1] + "3")
    (more / "notes").mkdir()
    age(more, 2)
    folder(Path(store.artifact_root) / "77", GONE)  # no experiment of this database
    inside = folder(root, GONE[:-1] + "4") / "artifacts" / "inside"
    store.create_experiment(CreateExperiment(name="inside", artifact_location=str(inside)))
    (tmp_path / "elsewhere").mkdir()
    outside = folder(tmp_path / "elsewhere", GONE)
    (root / (GONE[:-1] + "5")).symlink_to(outside)
    assert found(store) == []
    assert found(store, now() + 1000) == [new.name, touched.name]


def test_the_folder_of_a_moved_run_is_no_orphan(store: Store, new_run: NewRun) -> None:
    run_id = new_run()
    uri = store.get_run(RunRef(run_id=run_id)).run.info.artifact_uri
    folder(Path(uri).parent.parent, run_id)
    other = store.create_experiment(CreateExperiment(name="other")).experiment_id
    store.move_runs(MoveRuns(run_ids=[run_id], experiment_id=other))
    assert found(store) == []
