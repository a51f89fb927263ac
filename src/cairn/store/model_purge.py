"""Purging logged models: deleted ones, and those of experiments that go, with their files.

A deleted model cannot be restored, so its files go first and its rows after them; a purge that was
broken off in between is finished by the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cairn.artifact.base import ArtifactStore
from cairn.artifact.paths import ArtifactPath
from cairn.errors import CairnError
from cairn.store import changes
from cairn.store.db import Database
from cairn.store.schema import logged_model

GROUP = 100
"""Models whose rows are deleted in one transaction."""

Delete = Callable[[ArtifactStore, ArtifactPath], tuple[int, int]]


@dataclass
class PurgedModel:
    """What became of one logged model.

    Attributes:
        model_id: its id.
        experiment_id: its experiment.
        name: its name.
        files: how many it had.
        size: bytes that they had.
        problem: why its artifacts cannot be deleted, so that it is kept; None when they can.
    """

    model_id: str
    experiment_id: int
    name: str
    files: int = 0
    size: int = 0
    problem: str | None = None


def purge_models(
    db: Database,
    find: Callable[[str], tuple[ArtifactStore, ArtifactPath]],
    chosen: sa.ColumnElement[bool],
    delete: Delete,
    *,
    dry_run: bool,
) -> Iterator[PurgedModel]:
    """Purge some logged models, the oldest first.

    Args:
        db: where the rows are.
        find: the store and the folder in it that a URI names.
        chosen: which rows of table `logged_model`.
        delete: deletes a folder, or only looks at it, and tells its files and bytes.
        dry_run: change no row.
    """
    last = -1
    while rows := _next(db, chosen, last):
        last = rows[-1].id
        done = [_delete_artifacts(row, find, delete) for row in rows]
        gone = [row for row, found in zip(rows, done, strict=True) if found.problem is None]
        if not dry_run:
            _delete_rows(db, gone)
        yield from done


def _next(db: Database, chosen: sa.ColumnElement[bool], last: int) -> Sequence[Row[Any]]:
    query = sa.select(logged_model).where(chosen, logged_model.c.id > last)
    with db.read() as connection:
        return connection.execute(query.order_by(logged_model.c.id).limit(GROUP)).all()


def _delete_artifacts(
    row: Row[Any], find: Callable[[str], tuple[ArtifactStore, ArtifactPath]], delete: Delete
) -> PurgedModel:
    found = PurgedModel(row.model_id, row.experiment, row.name)
    try:
        store, path = find(row.artifact_uri)
        own = path.name == "artifacts" and path.parent.name == row.model_id
        found.files, found.size = delete(store, path.parent if own else path)
    except CairnError as error:
        found.problem = error.message
    return found


def _delete_rows(db: Database, models: Sequence[Row[Any]]) -> None:
    ids = [row.id for row in models]

    def work(connection: Connection) -> None:
        connection.execute(sa.delete(logged_model).where(logged_model.c.id.in_(ids)))
        changes.record(connection, [changes.of_model(row, "purge") for row in models])

    db.write(work)
