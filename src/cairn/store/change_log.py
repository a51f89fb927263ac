"""Reading the change log, and what is new since a cursor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cairn.contract.changes import (
    Change,
    ChangesPage,
    ChangesSince,
    ExperimentDelta,
    GetChangesSince,
    NewPoints,
    RunDelta,
    SearchChanges,
)
from cairn.errors import InvalidValue
from cairn.store import deltas, keyset
from cairn.store.base import StoreBase, blocks, find_experiment, find_run, parse_experiment_id
from cairn.store.cursor import Position, Reader, decode
from cairn.store.deltas import News, Scope
from cairn.store.schema import change, metric_batch, metric_chunk, run

MOST_CHANGES = 1000
"""Lines of the change log that one reply holds."""
MOST_ROWS = 10_000
"""Batches and chunks that one reply looks at."""

_NEWEST = [keyset.Term(change.c.id, descending=True, text=False)]


class ChangeStore(StoreBase):
    """Implements `cairn.contract.changes.Changes`, and what the stream of the server needs."""

    def search_changes(self, request: SearchChanges) -> ChangesPage:
        """Return a page of the change log, the newest line first."""
        digest = keyset.digest("changes", *map(str, _wanted(request)))
        query = sa.select(change).where(*_conditions(request)).order_by(change.c.id.desc())
        if request.page_token:
            position = keyset.decode(request.page_token, digest, _NEWEST)
            query = query.where(keyset.after(_NEWEST, position))
        with self.db.read() as connection:
            rows = connection.execute(query.limit(request.max_results + 1)).all()
        shown = rows[: request.max_results]
        more = len(rows) > len(shown)
        return ChangesPage(
            changes=list(map(_line, shown)),
            next_page_token=keyset.encode(digest, [shown[-1].id]) if more else None,
        )

    def get_changes_since(self, request: GetChangesSince) -> ChangesSince:
        """Return the changes and the runs with new metric points since a cursor."""
        scope = self.scope(request.experiment_id, request.run_id)
        news = self.news(request.cursor)
        return ChangesSince(
            cursor=news.cursor,
            changes=list(map(_line, news.lines_of(scope))),
            points=[
                NewPoints(run_id=run_id, experiment_id=str(owner))
                for run_id, owner in news.runs_of(scope)
            ],
            more=news.more,
        )

    def news(self, cursor: str | None) -> News:
        """Everything that is new since a cursor; nothing, and a cursor, without one.

        Raises:
            InvalidValue: it is no cursor of this database.
        """
        before = None if cursor is None else decode(cursor)
        with self.db.read() as connection:
            reader = Reader(connection, self.db.in_order)
            if before is None:
                start = reader.now().encode()
                return News(start, start)
            _check(connection, before)
            return _read(reader, before)

    def delta(self, scope: Scope, news: News) -> ExperimentDelta | RunDelta | None:
        """What the stream of an experiment or a run tells; None when no news concern it."""
        if not news.concerns(scope):
            return None
        tell = deltas.of_experiment if scope.run_id is None else deltas.of_run
        with self.db.read() as connection:
            return tell(connection, scope, news)

    def scope(self, experiment_id: str | None, run_id: str | None) -> Scope:
        """What is meant by the id of an experiment or of a run; also by that of a purged one.

        Raises:
            DoesNotExist: there never was one with this id.
            InvalidValue: both are given.
        """
        if experiment_id is not None and run_id is not None:
            raise InvalidValue("Both experiment_id and run_id are given. Give one of them.")
        with self.db.read() as connection:
            if experiment_id is not None:
                if not _was_logged(connection, "experiment", experiment_id):
                    find_experiment(connection, experiment_id)
                return Scope(int(experiment_id))
            if run_id is not None:
                query = sa.select(run.c.experiment).where(run.c.run_id == run_id)
                owner = connection.execute(query).scalar()
                if owner is None and not _was_logged(connection, "run", run_id):
                    find_run(connection, run_id)
                return Scope(owner, run_id)
        return Scope()

    def stamp(self) -> int | None:
        """A number that changes when something was written; None where only reading tells."""
        return self.db.stamp()

    def on_write(self, call: Callable[[], None] | None) -> None:
        """Have something called after each write of this process, on whatever thread; or no more.

        It must return at once and not raise.
        """
        self.db.on_write = call


def _was_logged(connection: Connection, kind: str, entity: str) -> bool:
    query = sa.select(change.c.id).where(change.c.entity == entity, change.c.kind == kind)
    return connection.execute(query.limit(1)).first() is not None


def _wanted(request: SearchChanges) -> tuple[Any, ...]:
    return (
        request.kind,
        request.entity_id,
        request.experiment_id,
        request.actor,
        request.since,
        request.until,
    )


def _conditions(request: SearchChanges) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if request.kind:
        found.append(change.c.kind == request.kind)
    if request.entity_id:
        found.append(change.c.entity == request.entity_id)
    if request.experiment_id is not None:
        found.append(change.c.experiment == parse_experiment_id(request.experiment_id))
    if request.actor is not None:
        found.append(change.c.actor == request.actor)
    if request.since is not None:
        found.append(change.c.time >= request.since)
    if request.until is not None:
        found.append(change.c.time <= request.until)
    return found


def _line(row: Any) -> Change:
    return Change(
        time=row.time,
        actor=row.actor,
        kind=row.kind,
        entity_id=row.entity,
        experiment_id="" if row.experiment is None else str(row.experiment),
        what=row.what,
        detail=row.detail,
    )


def _check(connection: Connection, position: Position) -> None:
    """Refuse a position that this database never reached: lines of the log are never deleted."""
    high = connection.execute(sa.select(sa.func.max(change.c.id))).scalar() or 0
    if position.changes.high > high:
        raise InvalidValue(
            "The cursor is from another database, or from after a backup that was restored. "
            "Leave it out to start from now, and read again what you have."
        )


def _read(reader: Reader, before: Position) -> News:
    c, b = metric_chunk.c, metric_batch.c
    lines, changes = reader.new(sa.select(change), change.c.id, before.changes, MOST_CHANGES)
    new_batches, batches = reader.new(sa.select(b.id, b.run), b.id, before.batches, MOST_ROWS)
    new_chunks, chunks = reader.new(sa.select(c.id, c.run, c.key), c.id, before.chunks, MOST_ROWS)
    of_batches: dict[int, list[int]] = {}
    for row in new_batches:
        of_batches.setdefault(row.run, []).append(row.id)
    of_chunks: dict[int, set[str]] = {}
    for row in new_chunks:
        of_chunks.setdefault(row.run, set()).add(row.key)
    owners = sorted(of_batches.keys() | of_chunks.keys())
    return News(
        before.encode(),
        Position(changes, batches, chunks).encode(),
        more=len(lines) >= MOST_CHANGES or max(len(new_batches), len(new_chunks)) >= MOST_ROWS,
        lines=lines,
        batches=of_batches,
        chunks=of_chunks,
        runs=_owners(reader.connection, owners),
    )


def _owners(connection: Connection, rows: Sequence[int]) -> dict[int, tuple[str, int]]:
    """Id and experiment of some runs, by row; those purged meanwhile are absent."""
    found: dict[int, tuple[str, int]] = {}
    for block in blocks(rows):
        query = sa.select(run.c.id, run.c.run_id, run.c.experiment).where(run.c.id.in_(block))
        found |= {row.id: (row.run_id, row.experiment) for row in connection.execute(query)}
    return found
