"""Copies of runs: rows copied inside of the database, files through the artifact layer.

The files come first, so that no copy is ever seen without them. A copy owns its files: none is
shared with the run that it was made of, and a purge of one leaves the other whole.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cairn.artifact.transfer import walk
from cairn.contract.kinds import ACTIVE, RunStatus
from cairn.contract.lifecycle import CopyRuns, RunCopy, RunsCopied
from cairn.errors import CairnError, DoesNotExist, InvalidValue, Unavailable
from cairn.store import changes, datasets
from cairn.store.base import Find, Lock, StoreBase, blocks, find_active_experiment, now
from cairn.store.lifecycle import check_active, choose, lock_runs, missing
from cairn.store.schema import (
    PARENT_RUN_ID,
    dataset,
    input_tag,
    metric_batch,
    metric_chunk,
    metric_latest,
    param,
    run,
    run_input,
    run_model,
    tag,
)

COPIED_FROM = "cairn.copiedFrom"
"""The tag that names the run that a copy was made of."""
COPIED = (param, run_model, metric_latest, metric_chunk)
"""Tables of a run that are copied as they are; those that are not are dealt with below.

`metric_source` is left out: which batches a client sent to a run says nothing about its copy. So is
`model_metric`: a logged model was measured once, by the run that was copied.
"""

_AS_THEY_ARE = ("name", "user_id", "start_time")
_LIVE = {RunStatus.RUNNING.value, RunStatus.SCHEDULED.value}


@dataclass(frozen=True)
class Plan:
    """Which runs are copied, where to, and the ids of the copies."""

    target: Row[Any]
    origins: Sequence[Row[Any]]
    new_ids: dict[str, str]
    not_found: list[str]

    def uri(self, origin: Row[Any]) -> str:
        """Where the artifacts of a copy are."""
        new = self.new_ids[origin.run_id]
        return f"{self.target.artifact_location}/{new}/artifacts"


class CopyStore(StoreBase):
    """Implements `cairn.contract.lifecycle.Lifecycle.copy_runs`."""

    def copy_runs(self, request: CopyRuns) -> RunsCopied:
        """Copy runs with everything that was logged to them, artifacts included."""
        with self.db.read() as connection:
            plan = _plan(connection, request)
        with ExitStack() as undo:
            if request.artifacts:
                self._announce(plan)
                for origin in plan.origins:
                    _copy_files(self.find, origin, plan.uri(origin), undo)
            try:
                self.db.write(lambda connection: _copy_rows(connection, plan))
            except Unavailable:  # rows may be there all the same: they must not lack their files
                undo.pop_all()
                raise
            undo.pop_all()  # all is there: nothing is taken back
        copies = [RunCopy(run_id=new, copied_from=old) for old, new in plan.new_ids.items()]
        return RunsCopied(copies=copies, not_found=plan.not_found)

    def _announce(self, plan: Plan) -> None:
        """Leave lines that prove whose the files are, should nobody live to finish the copies."""
        entries = [_entry(plan, origin, "begin copy") for origin in plan.origins]
        self.db.write(lambda connection: changes.record(connection, entries))


def _plan(connection: Connection, request: CopyRuns) -> Plan:
    target = find_active_experiment(connection, request.experiment_id)
    chosen = choose(connection, request.run_ids, nested=request.nested)
    rows: list[Row[Any]] = []
    for block in blocks(chosen.rows):
        query = sa.select(run).where(run.c.id.in_(block)).order_by(run.c.id)
        rows += connection.execute(query)
    check_active(rows, chosen, "copied")
    origins = [row for row in rows if row.lifecycle_stage == ACTIVE]
    new_ids = {row.run_id: uuid.uuid4().hex for row in origins}
    return Plan(target, origins, new_ids, missing(chosen, rows))


def _copy_files(find: Find, origin: Row[Any], new_uri: str, undo: ExitStack) -> None:
    """Copy the artifacts of a run; `undo` learns how to take that back.

    Raises:
        InvalidValue: they are where this store cannot read or write.
    """
    try:
        source, old = find(origin.artifact_uri)
        goal, new = find(new_uri)
    except CairnError as error:
        raise InvalidValue(
            f"The artifacts of run {origin.run_id} cannot be copied: {error.message} "
            "To copy the run without its artifacts use --no-artifacts (artifacts=false)."
        ) from error
    undo.callback(goal.delete, new.parent)
    for path in walk(source, old, hidden=True):
        with source.open(path) as reader:
            goal.write(type(new)((*new.parts, *path.parts[len(old.parts) :])), reader)


def _copy_rows(connection: Connection, plan: Plan) -> None:
    """Copy the rows of runs; statements do not grow with what was logged to them."""
    target = find_active_experiment(connection, str(plan.target.id), Lock.ALONE).id
    origins = lock_runs(connection, [row.id for row in plan.origins])
    if len(origins) != len(plan.origins):
        there = {row.run_id for row in origins}
        lost = next(row.run_id for row in plan.origins if row.run_id not in there)
        raise DoesNotExist(f"Run with id={lost} was purged meanwhile. Leave it out and try again.")
    if not origins:
        return
    old_of = _insert_runs(connection, plan, origins, target)
    datasets.bring(connection, datasets.read_by(connection, [r.id for r in origins]), target)
    for block in blocks(sorted(old_of)):
        pairs = _pairs(block)
        for table in COPIED:
            _copy_table(connection, table, pairs)
        _copy_table(connection, tag, pairs, tag.c.key != COPIED_FROM)
        # The copy is nobody's to send to again: its batches have no source and sequence.
        _copy_table(connection, metric_batch, pairs, source=sa.null(), sequence=sa.null())
        _copy_inputs(connection, pairs, target)
        _name_new_parents(connection, block, plan.new_ids)


def _insert_runs(
    connection: Connection, plan: Plan, origins: Sequence[Row[Any]], target: int
) -> dict[int, str]:
    """Add the runs, each with the tag that names its origin; origins by row of the copy."""
    time = now()
    rows = [
        {
            **{name: getattr(origin, name) for name in _AS_THEY_ARE},
            "run_id": plan.new_ids[origin.run_id],
            "experiment": target,
            # Nobody goes on with the copy of a run that is not over.
            "status": RunStatus.KILLED.value if origin.status in _LIVE else origin.status,
            "end_time": time if origin.status in _LIVE else origin.end_time,
            "artifact_uri": plan.uri(origin),
            "lifecycle_stage": ACTIVE,
        }
        for origin in origins
    ]
    connection.execute(run.insert(), rows)
    changes.record(connection, [_entry(plan, origin, "create") for origin in origins])
    origin_of = {plan.new_ids[origin.run_id]: origin.run_id for origin in origins}
    old_of: dict[int, str] = {}
    for block in blocks(list(origin_of)):
        query = sa.select(run.c.id, run.c.run_id).where(run.c.run_id.in_(block))
        old_of.update((id_, origin_of[new]) for id_, new in connection.execute(query))
    connection.execute(
        tag.insert(),
        [{"run": id_, "key": COPIED_FROM, "value": old_of[id_]} for id_ in sorted(old_of)],
    )
    return old_of


def _entry(plan: Plan, origin: Row[Any], what: str) -> changes.Entry:
    detail = {"copied_from": origin.run_id}
    return changes.Entry("run", plan.new_ids[origin.run_id], plan.target.id, what, detail)


def _pairs(block: Sequence[int]) -> sa.Subquery:
    """The rows of copies and those of their origins, which the copies name by their tag."""
    new, old = run.alias(), run.alias()
    return (
        sa.select(new.c.id.label("new"), old.c.id.label("old"))
        .join(tag, sa.and_(tag.c.run == new.c.id, tag.c.key == COPIED_FROM))
        .join(old, old.c.run_id == tag.c.value)
        .where(new.c.id.in_(block))
        .subquery()
    )


def _copy_table(
    connection: Connection,
    table: sa.Table,
    pairs: sa.Subquery,
    *where: sa.ColumnElement[bool],
    **instead: sa.ColumnElement[Any],
) -> None:
    """Copy the rows of a table that belong to the origins; `instead` gives columns new values."""
    names = [c.name for c in table.c if c.name not in {"id", "run"}]
    values = [instead.get(name, table.c[name]) for name in names]
    query = (
        sa.select(pairs.c.new, *values)
        .join_from(table, pairs, table.c.run == pairs.c.old)
        .where(*where)
    )
    connection.execute(table.insert().from_select(["run", *names], query))


def _copy_inputs(connection: Connection, pairs: sa.Subquery, target: int) -> None:
    """Copy which datasets runs read: those of the same name and digest in the experiment."""
    used, theirs, ours, copied = run_input.alias(), dataset.alias(), dataset.alias(), run_input
    same = sa.and_(ours.c.name == theirs.c.name, ours.c.digest == theirs.c.digest)
    read = (
        sa.join(pairs, used, used.c.run == pairs.c.old)
        .join(theirs, theirs.c.id == used.c.dataset)
        .join(ours, sa.and_(same, ours.c.experiment == target))
    )
    query = sa.select(pairs.c.new, ours.c.id).select_from(read).order_by(used.c.id)
    connection.execute(run_input.insert().from_select(["run", "dataset"], query))
    mine = sa.and_(copied.c.run == pairs.c.new, copied.c.dataset == ours.c.id)
    tags = sa.select(copied.c.id, input_tag.c.key, input_tag.c.value).select_from(
        read.join(input_tag, input_tag.c.input == used.c.id).join(copied, mine)
    )
    connection.execute(input_tag.insert().from_select(["input", "key", "value"], tags))


def _name_new_parents(
    connection: Connection, block: Sequence[int], new_ids: dict[str, str]
) -> None:
    """Nest copies in the copies of their parents, where these were copied, too."""
    query = sa.select(tag.c.run, tag.c.value).where(
        tag.c.run.in_(block), tag.c.key == PARENT_RUN_ID
    )
    changed = [
        {"row": id_, "parent": new_ids[parent]}
        for id_, parent in connection.execute(query)
        if parent in new_ids
    ]
    if changed:
        connection.execute(
            sa.update(tag)
            .where(tag.c.run == sa.bindparam("row"), tag.c.key == PARENT_RUN_ID)
            .values(value=sa.bindparam("parent")),
            changed,
        )
