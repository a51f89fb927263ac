from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from cairn.artifact.local import LocalStore
from cairn.artifact.paths import ArtifactPath
from cairn.contract.experiments import (
    CreateExperiment,
    ExperimentRef,
    SetExperimentTag,
)
from cairn.contract.runs import (
    CreateRun,
    Dataset,
    DatasetInput,
    LogBatch,
    LogInputs,
    Metric,
    Param,
    RunRef,
)
from cairn.errors import DoesNotExist, InternalError, InvalidValue, PermissionDenied
from cairn.store import Store, schema
from cairn.store.base import now
from cairn.store.compactor import fold_run
from cairn.store.disk import give_back
from cairn.store.purge import Purge, PurgedExperiment, PurgedRun, Selection

NewRun = Callable[[], str]


class Below:
    """Finds what lies below the store's own root, as a server does."""

    def __init__(self, store: Store) -> None:
        self.root = Path(store.artifact_root)

    def __call__(self, uri: str) -> tuple[LocalStore, ArtifactPath]:
        path = Path(uri)
        if not path.is_relative_to(self.root):
            raise PermissionDenied(f"{uri} is outside.")
        return LocalStore(self.root), ArtifactPath.of(path.relative_to(self.root).parts)


def log(store: Store, run_id: str, points: int = 10) -> Path:
    """Metrics, params, a dataset and an artifact of a run; where its artifacts are."""
    metrics = [Metric(key="loss", value=i, timestamp=i, step=i) for i in range(points)]
    store.log_batch(LogBatch(run_id=run_id, metrics=metrics, params=[Param(key="a", value="1")]))
    data = Dataset(name="d", digest="1", source_type="local", source="{}")
    store.log_inputs(LogInputs(run_id=run_id, datasets=[DatasetInput(dataset=data)]))
    folder = Path(store.get_run(RunRef(run_id=run_id)).run.info.artifact_uri)
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "a.bin").write_bytes(b"x" * 1000)
    (folder / "b.txt").write_bytes(b"y")
    return folder


def purge(store: Store, **choices: object) -> tuple[list[PurgedRun], list[PurgedExperiment]]:
    selection = Selection(now(), choices.pop("run_ids", ()), choices.pop("experiment_ids", ()))
    one = Purge(store.db, Below(store), selection, **choices)
    one.check()
    return list(one.runs()), list(one.experiments())


def rows(store: Store) -> dict[str, int]:
    """How many rows each table has, but the change log: its lines outlive what they tell of."""
    with store.db.read() as connection:
        return {
            name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for name, table in schema.metadata.tables.items()
            if table is not schema.change
        }


def test_a_purged_run_leaves_nothing_behind(store: Store, new_run: NewRun) -> None:
    before = rows(store)
    run_id = new_run()
    folder = log(store, run_id)
    with store.db.read() as connection:
        fold_run(store.db, connection.execute(sa.select(schema.run.c.id)).scalar_one())
    log_again = [Metric(key="loss", value=1, timestamp=1, step=99)]
    store.log_batch(LogBatch(run_id=run_id, metrics=log_again))
    store.delete_run(RunRef(run_id=run_id))
    (found,), experiments = purge(store)
    assert (found.run_id, found.files, found.size) == (run_id, 2, 1001)
    assert experiments == []
    assert rows(store) == before
    with store.db.read() as connection:
        query = sa.select(schema.change.c.what).where(schema.change.c.entity == run_id)
        told = connection.execute(query.order_by(schema.change.c.id)).scalars().all()
    assert told == ["create", "log params", "log inputs", "delete", "purge"]
    assert not folder.parent.exists()
    with pytest.raises(DoesNotExist):
        store.get_run(RunRef(run_id=run_id))


def test_a_dataset_that_another_run_reads_stays(store: Store, new_run: NewRun) -> None:
    keeps, goes = new_run(), new_run()
    log(store, keeps)
    log(store, goes)
    store.delete_run(RunRef(run_id=goes))
    purge(store)
    inputs = store.get_run(RunRef(run_id=keeps)).run.inputs
    assert inputs is not None
    assert [i.dataset.name for i in inputs.dataset_inputs] == ["d"]


def test_active_runs_are_untouched(store: Store, new_run: NewRun) -> None:
    run_id = new_run()
    folder = log(store, run_id)
    before = rows(store)
    assert purge(store) == ([], [])
    assert rows(store) == before
    assert (folder / "b.txt").exists()
    with pytest.raises(InvalidValue, match="not deleted"):
        purge(store, run_ids=[run_id])
    with pytest.raises(DoesNotExist):
        purge(store, run_ids=["0" * 32])


def test_the_name_of_a_purged_experiment_is_free_at_once(store: Store) -> None:
    made = store.create_experiment(CreateExperiment(name="again")).experiment_id
    run_id = store.create_run(CreateRun(experiment_id=made)).run.info.run_id
    folder = log(store, run_id)
    store.set_experiment_tag(SetExperimentTag(experiment_id=made, key="k", value="v"))
    store.delete_experiment(ExperimentRef(experiment_id=made))
    runs, experiments = purge(store, experiment_ids=[made])
    assert [r.run_id for r in runs] == [run_id]
    assert [(e.name, e.runs_left) for e in experiments] == [("again", 0)]
    assert not folder.parent.parent.exists()
    other = store.create_experiment(CreateExperiment(name="again")).experiment_id
    assert other != made


def test_an_experiment_keeps_its_life_while_a_run_of_it_lives(store: Store) -> None:
    made = store.create_experiment(CreateExperiment(name="half")).experiment_id
    lives, goes = (
        store.create_run(CreateRun(experiment_id=made)).run.info.run_id for _ in range(2)
    )
    store.delete_experiment(ExperimentRef(experiment_id=made))
    store.restore_run(RunRef(run_id=lives))
    for dry_run in (True, False):
        runs, experiments = purge(store, dry_run=dry_run)
        assert [r.run_id for r in runs] == [goes]
        assert [e.runs_left for e in experiments] == [1]
    store.restore_experiment(ExperimentRef(experiment_id=made))
    assert store.get_run(RunRef(run_id=lives)).run.info.lifecycle_stage == "active"


def test_the_first_experiment_is_never_purged(store: Store, new_run: NewRun) -> None:
    run_id = new_run()
    store.delete_experiment(ExperimentRef(experiment_id="0"))
    assert [r.run_id for r in purge(store)[0]] == [run_id]
    with pytest.raises(InvalidValue, match="never purged"):
        purge(store, experiment_ids=["0"])
    store.restore_experiment(ExperimentRef(experiment_id="0"))


def test_a_dry_run_lists_what_the_real_one_purges_and_changes_nothing(store: Store) -> None:
    made = store.create_experiment(CreateExperiment(name="e")).experiment_id
    run_ids = [store.create_run(CreateRun(experiment_id=made)).run.info.run_id for _ in range(3)]
    folders = [log(store, run_id) for run_id in run_ids]
    store.delete_experiment(ExperimentRef(experiment_id=made))
    before = rows(store)
    listed = purge(store, dry_run=True)
    assert rows(store) == before
    assert all((folder / "b.txt").exists() for folder in folders)
    assert listed == purge(store)


def test_what_was_deleted_later_than_asked_is_kept(store: Store, new_run: NewRun) -> None:
    run_id = new_run()
    store.delete_run(RunRef(run_id=run_id))
    early = replace(Selection(now()), before=now() - 60_000)
    one = Purge(store.db, Below(store), early)
    assert list(one.runs()) == []
    with pytest.raises(InvalidValue, match="older-than"):
        Purge(store.db, Below(store), replace(early, run_ids=[run_id])).check()


def test_only_named_runs_are_purged(store: Store) -> None:
    made = store.create_experiment(CreateExperiment(name="e")).experiment_id
    one, two = (store.create_run(CreateRun(experiment_id=made)).run.info.run_id for _ in range(2))
    store.delete_experiment(ExperimentRef(experiment_id=made))
    runs, experiments = purge(store, run_ids=[one])
    assert ([r.run_id for r in runs], experiments) == ([one], [])
    assert store.get_run(RunRef(run_id=two)).run.info.run_id == two


def test_a_run_that_is_restored_meanwhile_is_not_purged(store: Store, new_run: NewRun) -> None:
    run_ids = [new_run() for _ in range(3)]
    folders = [log(store, run_id) for run_id in run_ids]
    for run_id in run_ids:
        store.delete_run(RunRef(run_id=run_id))
    one = Purge(store.db, Below(store), Selection(now()))
    planned = one._next_runs(-1)
    store.restore_run(RunRef(run_id=run_ids[1]))
    assert [row.run_id for row in one._begin(planned)] == [run_ids[0], run_ids[2]]
    with pytest.raises(DoesNotExist, match="being purged"):
        store.restore_run(RunRef(run_id=run_ids[0]))
    # Broken off here; the next one finishes, whatever age it asks for.
    done = list(Purge(store.db, Below(store), Selection(before=0)).runs())
    assert [found.run_id for found in done] == [run_ids[0], run_ids[2]]
    assert (folders[1] / "b.txt").exists()
    assert store.get_run(RunRef(run_id=run_ids[1])).run.data.metrics


def test_a_run_whose_artifacts_lie_outside_is_kept_and_told(store: Store, tmp_path: Path) -> None:
    place = str(tmp_path / "elsewhere")
    request = CreateExperiment(name="far", artifact_location=place)
    made = store.create_experiment(request).experiment_id
    run_id = store.create_run(CreateRun(experiment_id=made)).run.info.run_id
    folder = log(store, run_id)
    store.delete_experiment(ExperimentRef(experiment_id=made))
    for dry_run in (True, False):
        (found,), experiments = purge(store, dry_run=dry_run)
        assert "outside" in str(found.problem)
        assert not found.purged
        assert [e.runs_left for e in experiments] == [1]
    store.restore_experiment(ExperimentRef(experiment_id=made))  # it is as before
    assert store.get_run(RunRef(run_id=run_id)).run.info.lifecycle_stage == "active"
    store.delete_experiment(ExperimentRef(experiment_id=made))
    left: list[str] = []
    (found,), _ = purge(store, leave=lambda found: left.append(found.artifact_uri))
    assert found.purged
    assert left == [str(folder)]
    assert (folder / "b.txt").exists()


class Stuck(LocalStore):
    """A folder that lets nothing be deleted, as on a disk that is mounted read-only."""

    def delete(self, path: ArtifactPath) -> None:
        raise InternalError(f"{path} cannot be reached: Read-only file system.")


def test_a_run_whose_artifacts_cannot_be_deleted_can_still_be_restored(
    store: Store, new_run: NewRun
) -> None:
    run_id = new_run()
    log(store, run_id)
    store.delete_run(RunRef(run_id=run_id))
    below = Below(store)
    one = Purge(store.db, lambda uri: (Stuck(below.root), below(uri)[1]), Selection(now()))
    (found,) = one.runs()
    assert not found.purged
    assert "Read-only" in str(found.problem)
    store.restore_run(RunRef(run_id=run_id))
    assert store.get_run(RunRef(run_id=run_id)).run.data.metrics


def test_artifacts_that_another_experiment_keeps_inside_are_not_deleted(
    store: Store, new_run: NewRun
) -> None:
    run_id = new_run()
    folder = log(store, run_id)
    inside = CreateExperiment(name="inside", artifact_location=str(folder / "inside"))
    store.create_experiment(inside)
    store.delete_run(RunRef(run_id=run_id))
    (found,), _ = purge(store)
    assert "inside of those of run" in str(found.problem)
    assert (folder / "b.txt").exists()


def test_a_link_in_the_artifacts_is_removed_and_not_followed(
    store: Store, new_run: NewRun, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "keep.txt").write_text("keep")
    run_id = new_run()
    (log(store, run_id) / "link").symlink_to(outside)
    store.delete_run(RunRef(run_id=run_id))
    assert purge(store)[0][0].purged
    assert (outside / "keep.txt").read_text() == "keep"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_file_shrinks_at_once_and_in_steps_from_then_on(store: Store, new_run: NewRun) -> None:
    def fill_and_purge() -> int:
        run_id = new_run()
        blob = [Param(key=f"p{i}", value=os.urandom(2500).hex()) for i in range(100)]
        for part in range(4):
            renamed = [Param(key=f"{p.key}-{part}", value=p.value) for p in blob]
            store.log_batch(LogBatch(run_id=run_id, params=renamed))
        store.delete_run(RunRef(run_id=run_id))
        purge(store)
        return give_back(store.db.path)

    assert fill_and_purge() > 1_500_000
    steps: list[int] = []
    with sqlite3.connect(store.db.path) as connection:
        assert connection.execute("PRAGMA auto_vacuum").fetchone() == (2,)
    connection.close()
    assert fill_and_purge() > 1_500_000
    assert give_back(store.db.path, steps.append) == 0
    assert store.db.path.stat().st_size < 1_000_000
    new_run()
