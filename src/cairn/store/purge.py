"""Purging: deleted runs and experiments go for good, with their metrics and artifacts.

A run is purged in steps that may be broken off at any instant and are finished by the next purge:

1. Its deletion time is negated, in a transaction that finds it still deleted. From then on it
   cannot be restored, so nobody gets a run back whose files are half gone.
2. Its artifacts are deleted, below configured roots only.
3. Its rows are deleted, metric histories in small transactions, so that writers need not wait.

A run whose artifacts cannot be deleted gets its deletion time back and stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cairn.artifact.base import ArtifactStore
from cairn.artifact.paths import ArtifactPath
from cairn.contract.kinds import DELETED
from cairn.errors import CairnError, InvalidValue
from cairn.store import changes, datasets
from cairn.store.base import Find, blocks, find_experiment, find_run, lock_experiments
from cairn.store.db import Database
from cairn.store.folders import find_occupied, measure, on_this_machine, own_folder
from cairn.store.model_purge import PurgedModel, purge_models
from cairn.store.schema import experiment, logged_model, metric_batch, metric_chunk, run

GROUP = 100
"""Runs that are begun and finished in one transaction each."""
ROWS = 500
"""Rows of metric histories that one transaction deletes."""
NEVER = -1
"""The time before which nothing was deleted: only purges that were begun are finished."""
KEPT_EXPERIMENT = 0
"""The experiment that every store has; its runs are purged, itself never."""

Leave = Callable[["PurgedRun"], None]
_Run = Row[Any]


@dataclass(frozen=True)
class Selection:
    """Which of the deleted runs and experiments are meant; all of them when no ids are given.

    Attributes:
        before: ms since epoch; only what was deleted at or before it.
        run_ids: only these runs, and no experiment unless `experiment_ids` names it.
        experiment_ids: only these experiments with their deleted runs.
        exceptions: another `before` for some experiments and their runs, by row.
        active: as if all of them were deleted already; for a dry run only.
    """

    before: int
    run_ids: Sequence[str] = ()
    experiment_ids: Sequence[str] = ()
    exceptions: Mapping[int, int] = field(default_factory=dict)
    active: bool = False

    def parts(self) -> Iterator[Selection]:
        """The same in pieces, each with few run ids."""
        if self.experiment_ids or not self.run_ids:
            yield replace(self, run_ids=())
        for block in blocks(self.run_ids, GROUP):
            yield replace(self, run_ids=block, experiment_ids=())

    def runs(self) -> sa.ColumnElement[bool]:
        """The selected rows of table `run`."""
        due = self._deleted(run, run.c.experiment)
        if self.run_ids:
            return sa.and_(due, run.c.run_id.in_(self.run_ids))
        if self.experiment_ids:
            return sa.and_(due, run.c.experiment.in_(list(map(int, self.experiment_ids))))
        return due

    def experiments(self) -> sa.ColumnElement[bool]:
        """The selected rows of table `experiment`."""
        due = sa.and_(
            self._deleted(experiment, experiment.c.id), experiment.c.id != KEPT_EXPERIMENT
        )
        if self.experiment_ids or self.run_ids:
            due = sa.and_(due, experiment.c.id.in_(list(map(int, self.experiment_ids))))
        return due

    def models(self, experiments: Sequence[int]) -> sa.ColumnElement[bool]:
        """The selected rows of table `logged_model`, and all of some experiments."""
        owner = logged_model.c.experiment
        due = self._deleted(logged_model, owner)
        if self.experiment_ids or self.run_ids:
            due = sa.and_(due, owner.in_(list(map(int, self.experiment_ids))))
        return sa.or_(due, owner.in_(experiments))

    def _deleted(self, table: sa.Table, owner: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
        if self.active:
            return sa.true()
        # Runs whose purge was begun have a negative time, so they always are selected.
        time = table.c.deleted_time
        due = time <= self.before
        if self.exceptions:
            due = sa.and_(owner.not_in(list(self.exceptions)), due)
            for before in sorted(set(self.exceptions.values())):
                theirs = [id_ for id_, other in self.exceptions.items() if other == before]
                due = sa.or_(due, sa.and_(owner.in_(theirs), time <= before))
        return sa.and_(table.c.lifecycle_stage == DELETED, due)


@dataclass
class PurgedRun:
    """What became of one run.

    Attributes:
        run_id: its id.
        experiment_id: its experiment.
        name: its name.
        artifact_uri: where its artifacts were.
        files: how many there were.
        size: bytes that they had.
        problem: why its artifacts cannot be deleted; None when they can.
        purged: whether it is gone, or would be when nothing is changed.
    """

    run_id: str
    experiment_id: int
    name: str
    artifact_uri: str
    files: int = 0
    size: int = 0
    problem: str | None = None
    purged: bool = True


@dataclass
class PurgedExperiment:
    """What became of one experiment.

    Attributes:
        experiment_id: its id.
        name: its name.
        runs_left: runs that it still has; it is purged when there are none.
        models_left: the same of logged models.
    """

    experiment_id: int
    name: str
    runs_left: int = 0
    models_left: int = 0

    @property
    def is_kept(self) -> bool:
        """Whether something is left in it, so that it stays."""
        return self.runs_left + self.models_left > 0


@dataclass
class Purge:
    """One purge. Consume `runs`, then `experiments`, which purges logged models, too.

    Attributes:
        db: where the rows are.
        find: the store and the folder in it that a URI names; raises when it is outside of all
            places where files may be deleted.
        selection: what to purge.
        dry_run: find everything and change nothing.
        leave: called with a run whose artifacts cannot be deleted, before its rows go all the
            same; None keeps such runs.
        models: what became of the logged models that were deleted, or are of purged experiments.
    """

    db: Database
    find: Find
    selection: Selection
    dry_run: bool = False
    leave: Leave | None = None
    models: list[PurgedModel] = field(default_factory=list)
    _purged: dict[int, int] = field(default_factory=dict)
    _occupied: dict[Path | None, int] | None = None

    def check(self) -> None:
        """Refuse a selection that names what cannot be purged.

        Raises:
            DoesNotExist: there is no such run or experiment.
            InvalidValue: it is not deleted, not for long enough, or never purged.
        """
        with self.db.read() as connection:
            for run_id in self.selection.run_ids:
                self._check("run", run_id, find_run(connection, run_id))
            for id_ in self.selection.experiment_ids:
                row = find_experiment(connection, id_)
                self._check("experiment", id_, row)
                if row.id == KEPT_EXPERIMENT:
                    raise InvalidValue(
                        f"Experiment {id_} is the one that every store has and is never purged. "
                        "Name its deleted runs with --run-ids to purge them."
                    )

    def _check(self, kind: str, id_: str, row: Row[Any]) -> None:
        if row.lifecycle_stage != DELETED:
            raise InvalidValue(
                f"The {kind} {id_} is not deleted, and only what is deleted can be purged. "
                f"Delete it first with `cairn {kind}s delete`."
            )
        if row.deleted_time is not None and row.deleted_time > self.selection.before:
            raise InvalidValue(
                f"The {kind} {id_} was deleted later than --older-than asks for. Leave it out, or "
                "give a shorter time."
            )

    def count(self) -> int:
        """How many runs are selected now."""
        total = 0
        with self.db.read() as connection:
            for part in self.selection.parts():
                query = sa.select(sa.func.count()).select_from(run).where(part.runs())
                total += connection.execute(query).scalar_one()
        return total

    def runs(self) -> Iterator[PurgedRun]:
        """Purge run by run, the oldest first."""
        seen: set[int] = set()
        for part in self.selection.parts():
            last = -1
            while rows := self._next_runs(part, last):
                last = rows[-1].id
                if self.dry_run:  # two parts may have the same run, and both find it
                    rows = [row for row in rows if row.id not in seen]
                    seen.update(row.id for row in rows)
                else:
                    rows = self._begin(part, rows)
                done = [self._delete_artifacts(row) for row in rows]
                if not self.dry_run:
                    self._finish(rows, done)
                for found in done:
                    self._purged[found.experiment_id] = (
                        self._purged.get(found.experiment_id, 0) + found.purged
                    )
                yield from done

    def experiments(self) -> Iterator[PurgedExperiment]:
        """Purge the experiments that have no run left; those that have some are told, too."""
        query = sa.select(experiment).where(self.selection.experiments()).order_by(experiment.c.id)
        with self.db.read() as connection:
            rows = connection.execute(query).all()
        self._purge_models([row.id for row in rows])
        for row in rows:
            found = self._delete_experiment(row)
            if found is not None:
                yield found

    def _purge_models(self, experiments: Sequence[int]) -> None:
        """Purge the deleted logged models, and all of some experiments."""

        def delete(store: ArtifactStore, path: ArtifactPath) -> tuple[int, int]:
            found = measure(store, path)
            if not self.dry_run:
                store.delete(path)
            return found

        chosen = self.selection.models(experiments)
        self.models += purge_models(self.db, self.find, chosen, delete, dry_run=self.dry_run)

    def _next_runs(self, part: Selection, last: int) -> Sequence[_Run]:
        query = sa.select(run).where(part.runs(), run.c.id > last).order_by(run.c.id).limit(GROUP)
        with self.db.read() as connection:
            return connection.execute(query).all()

    def _begin(self, part: Selection, rows: Sequence[_Run]) -> Sequence[_Run]:
        """Make the runs that are still selected unrestorable, and return them."""
        query = (
            sa.select(run)
            .where(part.runs(), run.c.id.in_([row.id for row in rows]))
            .order_by(run.c.id)
            .with_for_update(key_share=True)
        )

        def work(connection: Connection) -> Sequence[_Run]:
            still = connection.execute(query).all()
            connection.execute(
                sa.update(run)
                .where(run.c.id.in_([row.id for row in still]))
                .values(deleted_time=-sa.func.abs(run.c.deleted_time))
            )
            return still

        return self.db.write(work)

    def _delete_artifacts(self, row: _Run) -> PurgedRun:
        """Delete the artifacts of a run; in a dry run, only look at them."""
        found = PurgedRun(row.run_id, row.experiment, row.name, row.artifact_uri)
        try:
            store, path = self.find(row.artifact_uri)
            own = own_folder(path, row.run_id)
            self._check_nobody_else(on_this_machine(store, own), row)
            found.files, found.size = measure(store, own)
            if not self.dry_run:
                store.delete(own)
        except CairnError as error:
            found.problem = error.message
            found.purged = self.leave is not None
        return found

    def _check_nobody_else(self, folder: Path | None, row: _Run) -> None:
        """Refuse to delete a folder in which an experiment keeps the artifacts of other runs."""
        if self._occupied is None:
            self._occupied = find_occupied(self.db, self.find)
        owner = self._occupied.get(folder)
        if owner is not None:
            raise InvalidValue(
                f"Experiment {owner} keeps its artifacts inside of those of run {row.run_id}. "
                "Move them, or purge that experiment first."
            )

    def _finish(self, rows: Sequence[_Run], done: Sequence[PurgedRun]) -> None:
        """Delete the rows of the runs whose artifacts are gone; give the others back."""
        gone = [row.id for row, found in zip(rows, done, strict=True) if found.purged]
        kept = [row.id for row, found in zip(rows, done, strict=True) if not found.purged]
        if self.leave is not None:
            for found in done:
                if found.problem is not None:
                    self.leave(found)
        for table in (metric_batch, metric_chunk):
            self._delete_history(table, gone)

        def work(connection: Connection) -> None:
            lock_experiments(connection, {found.experiment_id for found in done})
            read = datasets.read_by(connection, gone)
            connection.execute(sa.delete(run).where(run.c.id.in_(gone)))
            changes.record(
                connection, [changes.of_run(row, "purge") for row in rows if row.id in gone]
            )
            datasets.delete_unread(connection, read)
            connection.execute(
                sa.update(run)
                .where(run.c.id.in_(kept))
                .values(deleted_time=sa.func.abs(run.c.deleted_time))
            )

        self.db.write(work)

    def _delete_history(self, table: sa.Table, runs: Sequence[int]) -> None:
        query = sa.select(table.c.id).where(table.c.run.in_(runs)).limit(ROWS)

        def work(connection: Connection) -> bool:
            ids = connection.execute(query).scalars().all()
            connection.execute(sa.delete(table).where(table.c.id.in_(ids)))
            return len(ids) == ROWS

        while self.db.write(work):
            pass

    def _delete_experiment(self, row: Row[Any]) -> PurgedExperiment | None:
        """Delete an experiment without runs and models; None when it was restored meanwhile."""
        left = sa.select(sa.func.count()).select_from(run).where(run.c.experiment == row.id)
        found = PurgedExperiment(row.id, row.name)
        found.models_left = sum(
            m.problem is not None and m.experiment_id == row.id for m in self.models
        )
        if self.dry_run:
            with self.db.read() as connection:
                total = connection.execute(left).scalar_one()
            found.runs_left = total - self._purged.get(row.id, 0)
            return found
        mine = sa.and_(
            experiment.c.id == row.id,
            experiment.c.lifecycle_stage == DELETED,
            experiment.c.deleted_time == row.deleted_time,
        )

        def work(connection: Connection) -> bool:
            found.runs_left = connection.execute(left).scalar_one()
            if found.is_kept:
                return True
            if connection.execute(sa.delete(experiment).where(mine)).rowcount != 1:
                return False
            changes.record(connection, [changes.of_experiment(row.id, "purge")])
            return True

        if not self.db.write(work):
            return None
        if not found.is_kept:
            self._delete_empty_folder(row)
        return found

    def _delete_empty_folder(self, row: Row[Any]) -> None:
        try:
            store, path = self.find(row.artifact_location)
            models = path.join("models")
            if not store.list(models):
                store.delete(models)
            if path.name == str(row.id) and not store.list(path):
                store.delete(path)
        except CairnError:
            return  # an empty folder tells nothing, and is in nobody's way
