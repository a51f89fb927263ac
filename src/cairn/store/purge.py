"""Purging: deleted runs and experiments go for good, with their metrics and artifacts.

A run is purged in steps that may be broken off at any instant and are finished by the next purge:

1. Its deletion time is negated, in a transaction that finds it still deleted. From then on it
   cannot be restored, so nobody gets a run back whose files are half gone.
2. Its artifacts are deleted, below configured roots only.
3. Its rows are deleted, metric histories in small transactions, so that writers need not wait.

A run whose artifacts cannot be deleted gets its deletion time back and stays.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cairn.artifact.base import ArtifactStore
from cairn.artifact.local import LocalStore
from cairn.artifact.paths import ArtifactPath
from cairn.contract.kinds import DELETED
from cairn.errors import CairnError, InvalidValue
from cairn.store import changes
from cairn.store.base import blocks, find_experiment, find_run
from cairn.store.db import Database
from cairn.store.schema import dataset, experiment, metric_batch, metric_chunk, run, run_input

GROUP = 100
"""Runs that are begun and finished in one transaction each."""
ROWS = 500
"""Rows of metric histories that one transaction deletes."""
KEPT_EXPERIMENT = 0
"""The experiment that every store has; its runs are purged, itself never."""

Find = Callable[[str], tuple[ArtifactStore, ArtifactPath]]
Leave = Callable[["PurgedRun"], None]
_Run = Row[Any]


@dataclass(frozen=True)
class Selection:
    """Which of the deleted runs and experiments are meant; all of them when no ids are given.

    Attributes:
        before: ms since epoch; only what was deleted at or before it.
        run_ids: only these runs, and no experiment unless `experiment_ids` names it.
        experiment_ids: only these experiments with their deleted runs.
    """

    before: int
    run_ids: Sequence[str] = ()
    experiment_ids: Sequence[str] = ()


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
    """

    experiment_id: int
    name: str
    runs_left: int = 0


@dataclass
class Purge:
    """One purge. Consume `runs`, then `experiments`.

    Attributes:
        db: where the rows are.
        find: the store and the folder in it that a URI names; raises when it is outside of all
            places where files may be deleted.
        selection: what to purge.
        dry_run: find everything and change nothing.
        leave: called with a run whose artifacts cannot be deleted, before its rows go all the
            same; None keeps such runs.
    """

    db: Database
    find: Find
    selection: Selection
    dry_run: bool = False
    leave: Leave | None = None
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
        query = sa.select(sa.func.count()).select_from(run).where(self._selected_runs())
        with self.db.read() as connection:
            return connection.execute(query).scalar_one()

    def runs(self) -> Iterator[PurgedRun]:
        """Purge run by run, the oldest first."""
        last = -1
        while rows := self._next_runs(last):
            last = rows[-1].id
            if not self.dry_run:
                rows = self._begin(rows)
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
        query = (
            sa.select(experiment)
            .where(
                experiment.c.lifecycle_stage == DELETED,
                experiment.c.deleted_time <= self.selection.before,
                experiment.c.id != KEPT_EXPERIMENT,
            )
            .order_by(experiment.c.id)
        )
        chosen = self.selection
        if chosen.experiment_ids or chosen.run_ids:
            query = query.where(experiment.c.id.in_(list(map(int, chosen.experiment_ids))))
        with self.db.read() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            found = self._delete_experiment(row)
            if found is not None:
                yield found

    def _selected_runs(self) -> sa.ColumnElement[bool]:
        chosen = self.selection
        named: list[sa.ColumnElement[bool]] = []
        if chosen.run_ids:
            named.append(run.c.run_id.in_(chosen.run_ids))
        if chosen.experiment_ids:
            named.append(run.c.experiment.in_(list(map(int, chosen.experiment_ids))))
        # Begun ones have a negative time, so they always are.
        deleted = sa.and_(run.c.lifecycle_stage == DELETED, run.c.deleted_time <= chosen.before)
        return sa.and_(deleted, sa.or_(*named)) if named else deleted

    def _next_runs(self, last: int) -> Sequence[_Run]:
        query = (
            sa.select(run)
            .where(self._selected_runs(), run.c.id > last)
            .order_by(run.c.id)
            .limit(GROUP)
        )
        with self.db.read() as connection:
            return connection.execute(query).all()

    def _begin(self, rows: Sequence[_Run]) -> Sequence[_Run]:
        """Make the runs that are still selected unrestorable, and return them."""
        query = (
            sa.select(run)
            .where(self._selected_runs(), run.c.id.in_([row.id for row in rows]))
            .order_by(run.c.id)
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
            own = _own_folder(path, row.run_id)
            self._check_nobody_else(_local(store, own), row)
            found.files, found.size = _measure(store, own)
            if not self.dry_run:
                store.delete(own)
        except CairnError as error:
            found.problem = error.message
            found.purged = self.leave is not None
        return found

    def _check_nobody_else(self, folder: Path | None, row: _Run) -> None:
        """Refuse to delete a folder in which an experiment keeps the artifacts of other runs."""
        if self._occupied is None:
            self._occupied = self._find_occupied()
        owner = self._occupied.get(folder)
        if owner is not None:
            raise InvalidValue(
                f"Experiment {owner} keeps its artifacts inside of those of run {row.run_id}. "
                "Move them, or purge that experiment first."
            )

    def _find_occupied(self) -> dict[Path | None, int]:
        """Every folder that holds the location of an experiment, at whatever depth."""
        with self.db.read() as connection:
            query = sa.select(experiment.c.id, experiment.c.artifact_location)
            rows = connection.execute(query).all()
        found: dict[Path | None, int] = {}
        for id_, uri in rows:
            with contextlib.suppress(CairnError):  # outside of the places where we delete
                place = _local(*self.find(uri))
                if place is not None:
                    found.update(dict.fromkeys((place, *place.parents), id_))
        return found

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
            of_gone = run_input.c.run.in_(gone)
            query = sa.select(run_input.c.dataset).where(of_gone).distinct()
            read = connection.execute(query).scalars().all()
            connection.execute(sa.delete(run).where(run.c.id.in_(gone)))
            changes.record(
                connection, [changes.of_run(row, "purge") for row in rows if row.id in gone]
            )
            _delete_unread(connection, read)
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
        """Delete an experiment without runs; None when it was restored meanwhile."""
        left = sa.select(sa.func.count()).select_from(run).where(run.c.experiment == row.id)
        found = PurgedExperiment(row.id, row.name)
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
            if found.runs_left:
                return True
            if connection.execute(sa.delete(experiment).where(mine)).rowcount != 1:
                return False
            changes.record(connection, [changes.of_experiment(row.id, "purge")])
            return True

        if not self.db.write(work):
            return None
        if not found.runs_left:
            self._delete_empty_folder(row)
        return found

    def _delete_empty_folder(self, row: Row[Any]) -> None:
        try:
            store, path = self.find(row.artifact_location)
            if path.name == str(row.id) and not store.list(path):
                store.delete(path)
        except CairnError:
            return  # an empty folder tells nothing, and is in nobody's way


def _own_folder(path: ArtifactPath, run_id: str) -> ArtifactPath:
    """The folder that was made for a run: its artifacts lie in ``<run id>/artifacts``."""
    own = path.name == "artifacts" and path.parent.name == run_id
    return path.parent if own else path


def _measure(store: ArtifactStore, path: ArtifactPath) -> tuple[int, int]:
    """Files below a folder, and their bytes."""
    files = size = 0
    for info in store.list(path):
        if info.is_dir:
            more = _measure(store, ArtifactPath(tuple(info.path.split("/"))))
            files, size = files + more[0], size + more[1]
        else:
            files, size = files + 1, size + (info.file_size or 0)
    return files, size


def _local(store: ArtifactStore, path: ArtifactPath) -> Path | None:
    """Where a folder lies on this machine."""
    return store.local_path(path) if isinstance(store, LocalStore) else None


def _delete_unread(connection: Connection, ids: Sequence[int]) -> None:
    """Delete those of some datasets that no run reads any more."""
    for block in blocks(ids):
        used = sa.select(run_input.c.dataset).where(run_input.c.dataset.in_(block))
        connection.execute(
            sa.delete(dataset).where(dataset.c.id.in_(block), dataset.c.id.not_in(used))
        )
