"""What is deleted: listed, purged when somebody asks for it, and when its time has come."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cairn.contract.kinds import ACTIVE, DELETED
from cairn.contract.lifecycle import (
    Kept,
    ListTrash,
    Purged,
    PurgeExperiments,
    PurgeRuns,
    TrashedExperiment,
    TrashedRun,
    TrashPage,
)
from cairn.errors import CairnError, InvalidValue, Unavailable
from cairn.store import retention
from cairn.store.base import Lock, StoreBase, find_experiment, now, parse_experiment_id
from cairn.store.db.sqlite import SQLiteDatabase
from cairn.store.disk import give_back
from cairn.store.experiments import delete_experiment_row
from cairn.store.folders import measure, own_folder
from cairn.store.lifecycle import choose, lock_runs, missing, set_stage, shown
from cairn.store.purge import KEPT_EXPERIMENT, Purge, Selection
from cairn.store.schema import (
    experiment,
    metric_batch,
    metric_chunk,
    metric_latest,
    param,
    run,
    tag,
)

_ROW = 64
"""Bytes that a small row takes besides its texts, roughly."""
_LONG = {
    metric_batch: ("payload",),
    metric_chunk: ("key", "payload"),
    metric_latest: ("key",),
    param: ("key", "value"),
    tag: ("key", "value"),
}
"""The tables that a run fills, and their columns of different length."""

log = logging.getLogger(__name__)


class TrashStore(StoreBase):
    """Implements what `cairn.contract.lifecycle.Lifecycle` says about what is deleted."""

    def purge_runs(self, request: PurgeRuns) -> Purged:
        """Remove deleted runs for good, with metrics, artifacts and disk."""

        def work(connection: Connection) -> tuple[list[str], list[str]]:
            chosen = choose(connection, request.run_ids, nested=request.nested)
            rows = lock_runs(connection, chosen.rows, begun=True)
            active = [row for row in rows if row.lifecycle_stage == ACTIVE]
            if active and not request.force:
                raise InvalidValue(
                    f"{shown([row.run_id for row in active])} are not deleted, and only what is "
                    "deleted is purged. Delete them first, or purge them with --force (force=true)."
                )
            if not request.dry_run:
                set_stage(connection, active, DELETED)
            return [row.run_id for row in rows], missing(chosen, rows)

        run_ids, not_found = self.db.write(work)
        purged = Purged(not_found=not_found)
        if run_ids:
            selection = Selection(now(), run_ids, active=request.dry_run)
            self._purge(selection, request.dry_run, purged)
        return purged

    def purge_experiments(self, request: PurgeExperiments) -> Purged:
        """Remove deleted experiments and their runs for good; the names are free at once."""
        ids = sorted(set(map(parse_experiment_id, request.experiment_ids)))
        if KEPT_EXPERIMENT in ids:
            raise InvalidValue(
                f"Experiment {KEPT_EXPERIMENT} is the one that every store has and is never "
                "purged. Purge its deleted runs instead."
            )

        def work(connection: Connection) -> list[int]:
            query = sa.select(experiment).where(experiment.c.id.in_(ids)).order_by(experiment.c.id)
            rows = connection.execute(query).all()
            active = [str(row.id) for row in rows if row.lifecycle_stage == ACTIVE]
            if active and not request.force:
                raise InvalidValue(
                    f"Experiment {active[0]} is not deleted, and only what is deleted is purged. "
                    "Delete it first, or purge it with --force (force=true)."
                )
            if request.force and not request.dry_run:
                for row in rows:
                    held = find_experiment(connection, str(row.id), lock=Lock.ALONE)
                    delete_experiment_row(connection, held)
            return [row.id for row in rows]

        found = self.db.write(work)
        purged = Purged(not_found=[str(id_) for id_ in ids if id_ not in found])
        if found:
            active = request.dry_run and request.force
            selection = Selection(now(), experiment_ids=[str(i) for i in found], active=active)
            self._purge(selection, request.dry_run, purged)
        return purged

    def apply_retention(self, stop: Callable[[], bool]) -> Purged | None:
        """Purge what was deleted for as long as the policy says, if no other server does.

        Args:
            stop: asked after each run; a purge that was broken off is finished by the next one.

        Returns:
            What was purged; None when it was not the turn of this server.
        """
        if not retention.claim(self.db, now()):
            return None
        with self.db.read() as connection:
            selection = retention.read_policy(connection).selection(now())
        purged = Purged()
        self._purge(selection, False, purged, stop)
        return purged

    def _purge(
        self,
        selection: Selection,
        dry_run: bool,
        purged: Purged,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        purge = Purge(self.db, self.find, selection, dry_run=dry_run)
        for found in purge.runs():
            if found.purged:
                purged.runs += 1
                purged.files += found.files
                purged.bytes += found.size
            else:
                purged.kept.append(Kept(id=found.run_id, problem=str(found.problem)))
            if stop():
                return
        for each in purge.experiments():
            if each.is_kept:
                left = f"{each.runs_left} runs" if each.runs_left else f"{each.models_left} models"
                problem = f"It has {left} that are not purged."
                purged.kept.append(Kept(id=str(each.experiment_id), problem=problem))
            else:
                purged.experiments += 1
        if not dry_run and purged.runs + purged.experiments:
            self._shrink()

    def _shrink(self) -> None:
        if not isinstance(self.db, SQLiteDatabase):  # servers reuse the room by themselves
            return
        try:
            give_back(self.db.path, in_steps_only=True)
        except Unavailable as error:  # everything that was asked for is done
            log.info("%s", error.message)

    def list_trash(self, request: ListTrash) -> TrashPage:
        """Return what is deleted: since when, how large, and when retention takes it."""
        last = _read_token(request.page_token)
        query = (
            sa.select(run)
            .where(run.c.lifecycle_stage == DELETED, run.c.deleted_time >= 0, run.c.id > last)
            .order_by(run.c.id)
            .limit(request.max_results + 1)
        )
        with self.db.read() as connection:
            policy = retention.read_policy(connection)
            rows = connection.execute(query).all()
            more = len(rows) > request.max_results
            rows = rows[: request.max_results]
            sizes = _sizes(connection, [row.id for row in rows])
            experiments = [] if last >= 0 else _experiments(connection, policy)
        return TrashPage(
            runs=[
                TrashedRun(
                    run_id=row.run_id,
                    run_name=row.name,
                    experiment_id=str(row.experiment),
                    size=sizes[row.id],
                    deleted_time=row.deleted_time,
                    artifact_size=self._artifact_size(row) if request.artifacts else None,
                    purge_time=policy.purge_time(row.experiment, row.deleted_time),
                )
                for row in rows
            ],
            experiments=experiments,
            next_page_token=str(rows[-1].id) if more else None,
        )

    def _artifact_size(self, row: Row[Any]) -> int | None:
        try:
            store, path = self.find(row.artifact_uri)
            return measure(store, own_folder(path, row.run_id))[1]
        except CairnError:  # nobody here can read them
            return None


def _read_token(token: str | None) -> int:
    if not token:
        return -1
    if not (token.isascii() and token.isdigit() and len(token) <= 18):
        raise InvalidValue("Invalid page token. Use next_page_token of the page before.")
    return int(token)


def _sizes(connection: Connection, runs: Sequence[int]) -> dict[int, int]:
    """Bytes that the rows of some runs take, roughly; one query for each table."""
    found = dict.fromkeys(runs, _ROW)
    for table, names in _LONG.items():
        length = sum((sa.func.length(table.c[name]) for name in names), sa.literal(_ROW))
        query = (
            sa.select(table.c.run, sa.func.sum(length))
            .where(table.c.run.in_(runs))
            .group_by(table.c.run)
        )
        for id_, size in connection.execute(query):
            found[id_] += int(size)
    return found


def _experiments(connection: Connection, policy: retention.Policy) -> list[TrashedExperiment]:
    query = (
        sa.select(experiment, sa.func.count(run.c.id).label("runs"))
        .outerjoin(run, run.c.experiment == experiment.c.id)
        .where(experiment.c.lifecycle_stage == DELETED)
        .group_by(experiment.c.id)
        .order_by(experiment.c.id)
    )
    return [
        TrashedExperiment(
            experiment_id=str(row.id),
            name=row.name,
            run_count=row.runs,
            deleted_time=row.deleted_time,
            purge_time=None
            if row.id == KEPT_EXPERIMENT
            else policy.purge_time(row.id, row.deleted_time),
        )
        for row in connection.execute(query)
    ]
