"""Many runs tagged, deleted, restored and moved in one transaction of few statements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cairn.contract.kinds import ACTIVE, DELETED
from cairn.contract.lifecycle import MoveRuns, RunsChanged, SomeRuns, TagRuns
from cairn.contract.names import check_key, fit_tag
from cairn.errors import InvalidValue
from cairn.store import changes, datasets
from cairn.store.base import (
    Lock,
    StoreBase,
    blocks,
    find_active_experiment,
    lock_experiments,
    now,
)
from cairn.store.schema import PARENT_RUN_ID, RUN_NAME, dataset, run, run_input, tag

_SHOWN = 3
"""Ids that an error names."""


@dataclass(frozen=True)
class Chosen:
    """Runs that a request means.

    Attributes:
        named: rows of the runs that it names, by run id.
        below: rows of the runs that are nested below them, at every depth, by run id.
        not_found: ids that no run has.
    """

    named: dict[str, int]
    below: dict[str, int]
    not_found: list[str]

    @property
    def rows(self) -> list[int]:
        """All of them, in key order."""
        return sorted({*self.named.values(), *self.below.values()})


class LifecycleStore(StoreBase):
    """Implements what `cairn.contract.lifecycle.Lifecycle` changes in rows alone."""

    def tag_runs(self, request: TagRuns) -> RunsChanged:
        """Set and remove tags of many active runs."""
        tags = {t.key: fit_tag(t.value) for t in request.tags}
        for key in tags:
            check_key("tag", key)
        if not tags.keys().isdisjoint(request.remove):
            both = sorted(tags.keys() & set(request.remove))
            raise InvalidValue(f"Tag {both[0]!r} is to be set and removed. Do one of them.")

        def work(connection: Connection) -> RunsChanged:
            chosen = choose(connection, request.run_ids)
            rows = lock_runs(connection, chosen.rows)
            check_active(rows, chosen, "tagged")
            _set_tags(connection, rows, tags, request.remove)
            return RunsChanged(changed=len(rows), not_found=missing(chosen, rows))

        return self.db.write(work)

    def delete_runs(self, request: SomeRuns) -> RunsChanged:
        """Hide many runs."""
        return self._set_stage(request, DELETED)

    def restore_runs(self, request: SomeRuns) -> RunsChanged:
        """Bring back many deleted runs."""
        return self._set_stage(request, ACTIVE)

    def _set_stage(self, request: SomeRuns, stage: str) -> RunsChanged:
        def work(connection: Connection) -> RunsChanged:
            chosen = choose(connection, request.run_ids, nested=request.nested)
            rows = lock_runs(connection, chosen.rows)
            others = [row for row in rows if row.lifecycle_stage != stage]
            set_stage(connection, others, stage)
            return RunsChanged(changed=len(others), not_found=missing(chosen, rows))

        return self.db.write(work)

    def move_runs(self, request: MoveRuns) -> RunsChanged:
        """Move runs to another experiment; their artifacts stay where they are."""

        def work(connection: Connection) -> RunsChanged:
            chosen = choose(connection, request.run_ids, nested=request.nested)
            target = lock_experiments_of(connection, chosen.rows, request.experiment_id)
            rows = lock_runs(connection, chosen.rows)
            check_active(rows, chosen, "moved")
            moved = [row for row in rows if row.experiment != target]
            _move(connection, [row.id for row in moved], target)
            changes.record(connection, [line for row in moved for line in _moved(row, target)])
            return RunsChanged(changed=len(moved), not_found=missing(chosen, rows))

        return self.db.write(work)


def choose(connection: Connection, run_ids: Sequence[str], *, nested: bool = False) -> Chosen:
    """Find runs by their ids; nothing is locked yet. One query, and one for each level below."""
    asked = list(dict.fromkeys(run_ids))
    named: dict[str, int] = {}
    for block in blocks(asked):
        query = sa.select(run.c.run_id, run.c.id).where(run.c.run_id.in_(block))
        named.update(connection.execute(query).all())
    below: dict[str, int] = {}
    level = list(named) if nested else []
    while level:
        found = _children(connection, level)
        level = [run_id for run_id in found if run_id not in named and run_id not in below]
        below.update((run_id, found[run_id]) for run_id in level)
    return Chosen(named, below, [run_id for run_id in asked if run_id not in named])


def _children(connection: Connection, parents: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for block in blocks(parents):
        query = (
            sa.select(run.c.run_id, run.c.id)
            .join(tag, tag.c.run == run.c.id)
            # A literal, as a partial index serves it.
            .where(tag.c.key == sa.literal_column(f"'{PARENT_RUN_ID}'"), tag.c.value.in_(block))
        )
        found.update(connection.execute(query).all())
    return found


def lock_runs(connection: Connection, ids: Sequence[int], *, begun: bool = False) -> list[Row[Any]]:
    """The rows of runs in key order, held alone; those being purged only with `begun`."""
    rows: list[Row[Any]] = []
    for block in blocks(ids):
        query = sa.select(run).where(run.c.id.in_(block)).order_by(run.c.id)
        rows += connection.execute(query.with_for_update(key_share=True))
    return [row for row in rows if begun or not is_being_purged(row)]


def is_being_purged(row: Any) -> bool:
    """Whether the purge of a run has begun, so that it cannot come back; see store/purge.py."""
    return (row.deleted_time or 0) < 0


def lock_experiments_of(connection: Connection, runs: Sequence[int], target: str) -> int:
    """Hold the experiments of runs, and an active one that they go to, alone; the row of the last.

    Raises:
        DoesNotExist: there is no such experiment.
        InvalidValue: it is deleted.
    """
    goal = find_active_experiment(connection, target).id
    owners = {goal}
    for block in blocks(runs):
        query = sa.select(run.c.experiment).where(run.c.id.in_(block)).distinct()
        owners.update(connection.execute(query).scalars())
    lock_experiments(connection, owners)
    return int(find_active_experiment(connection, target, Lock.ALONE).id)


def missing(chosen: Chosen, rows: Iterable[Row[Any]]) -> list[str]:
    """The named ids that no run has, or only one that is being purged."""
    there = {row.run_id for row in rows}
    return chosen.not_found + [run_id for run_id in chosen.named if run_id not in there]


def check_active(rows: Iterable[Row[Any]], chosen: Chosen, done: str) -> None:
    """Refuse a request that names deleted runs.

    Raises:
        InvalidValue: it does.
    """
    deleted = [r.run_id for r in rows if r.run_id in chosen.named and r.lifecycle_stage != ACTIVE]
    if deleted:
        raise InvalidValue(
            f"{shown(deleted)} must be in the 'active' state to be {done}. Current state is "
            f"deleted. Restore them with `cairn runs restore`, or leave them out."
        )


def shown(run_ids: Sequence[str]) -> str:
    """Some runs in the words of an error, the first few by their ids."""
    more = f" and {len(run_ids) - _SHOWN} more" if len(run_ids) > _SHOWN else ""
    return f"The runs {', '.join(run_ids[:_SHOWN])}{more}"


def set_stage(connection: Connection, rows: Sequence[Row[Any]], stage: str) -> None:
    """Make runs active or deleted."""
    time = now() if stage == DELETED else None
    what = "delete" if stage == DELETED else "restore"
    changes.record(connection, [changes.of_run(row, what) for row in rows])
    for block in blocks([row.id for row in rows]):
        connection.execute(
            sa.update(run)
            .where(run.c.id.in_(block))
            .values(lifecycle_stage=stage, deleted_time=time)
        )


def _set_tags(
    connection: Connection, rows: Sequence[Row[Any]], tags: dict[str, str], remove: Sequence[str]
) -> None:
    keys = sorted({*tags, *remove})
    for block in blocks([row.id for row in rows]):
        mine = tag.c.run.in_(block)
        connection.execute(sa.delete(tag).where(mine, tag.c.key.in_(keys)))
        for key in sorted(tags):
            query = sa.select(run.c.id, sa.literal(key), sa.literal(tags[key])).where(
                run.c.id.in_(block)
            )
            connection.execute(tag.insert().from_select(["run", "key", "value"], query))
        if tags.get(RUN_NAME):
            name = tags[RUN_NAME]
            connection.execute(sa.update(run).where(run.c.id.in_(block)).values(name=name))
    for names, what in ((tags, "set tags"), (remove, "delete tags")):
        if names:
            detail = changes.keys(names)
            changes.record(connection, [changes.of_run(row, what, detail) for row in rows])


def _moved(row: Row[Any], target: int) -> list[changes.Entry]:
    """The lines of a move: each of the two experiments has one."""
    detail = {"experiment_id": [str(row.experiment), str(target)]}
    return [
        changes.Entry("run", row.run_id, owner, "move", detail)
        for owner in (row.experiment, target)
    ]


def _move(connection: Connection, runs: Sequence[int], target: int) -> None:
    """Give runs to another experiment, with datasets of its own."""
    read = datasets.read_by(connection, runs)
    datasets.bring(connection, read, target)
    old, new = dataset.alias(), dataset.alias()
    same = (
        sa.select(new.c.id)
        .join(old, sa.and_(old.c.name == new.c.name, old.c.digest == new.c.digest))
        .where(old.c.id == run_input.c.dataset, new.c.experiment == target)
        .scalar_subquery()
    )
    for block in blocks(runs):
        connection.execute(
            sa.update(run_input).where(run_input.c.run.in_(block)).values(dataset=same)
        )
        connection.execute(sa.update(run).where(run.c.id.in_(block)).values(experiment=target))
    datasets.delete_unread(connection, read)
