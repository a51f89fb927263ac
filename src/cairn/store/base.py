"""What the parts of a store share: the database, the artifact root, lookups, lifecycle checks."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cairn.artifact.base import ArtifactStore
from cairn.artifact.paths import ArtifactPath
from cairn.contract.kinds import ACTIVE, DELETED, ViewType
from cairn.errors import CairnError, DoesNotExist, InvalidValue
from cairn.store.db import Database
from cairn.store.schema import experiment, run

if TYPE_CHECKING:
    from cairn.store.compactor import Compactor

T = TypeVar("T")
Find = Callable[[str], tuple[ArtifactStore, ArtifactPath]]
"""The store and the folder in it that a URI names; raises when it is outside of all places where
files may be read and deleted."""

BLOCK = 10_000
"""Most values that one IN list holds; databases limit the parameters of a statement."""

_RUN = sa.select(run).where(run.c.run_id == sa.bindparam("run_id"))
_RUN_ALONE = _RUN.with_for_update(key_share=True)

STAGES = {
    ViewType.ACTIVE_ONLY: (ACTIVE,),
    ViewType.DELETED_ONLY: (DELETED,),
    ViewType.ALL: (ACTIVE, DELETED),
}


class Lock(enum.Enum):
    """How a writer holds an experiment's row until it is done.

    A writer locks the experiment before its runs, and a run before what belongs to it. SQLite has
    one writer at a time and needs no locks.
    """

    SHARED = "others may hold it too, nobody may change it"
    ALONE = "nobody else may hold it"


class StoreBase:
    """The shared half of every service of the store."""

    def __init__(self, db: Database, artifact_root: str, compactor: Compactor, find: Find) -> None:
        self.db = db
        self.artifact_root = artifact_root
        self.compactor = compactor
        self.find = find


def now() -> int:
    """Milliseconds since epoch."""
    return time.time_ns() // 1_000_000


def insert(connection: Connection, table: sa.Table, row: dict[str, Any]) -> int:
    """Add a row to a table with a surrogate key, and return the key.

    Raises:
        TypeError: the table has no surrogate key.
    """
    key = connection.execute(table.insert(), row).inserted_primary_key
    if key is None:
        raise TypeError(f"{table} gave no key")
    return int(key[0])


def blocks(ids: Sequence[T], size: int = BLOCK) -> Iterator[Sequence[T]]:
    """The ids in pieces that fit one statement."""
    for at in range(0, len(ids), size):
        yield ids[at : at + size]


def parse_experiment_id(text: str) -> int:
    """The integer that an experiment id stands for.

    Raises:
        InvalidValue: it is not a decimal integer.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise InvalidValue(
            f"Invalid experiment ID '{text}'. Experiment ID must be a valid integer."
        )
    return int(text)


def find_experiment(
    connection: Connection, experiment_id: str, *, lock: Lock | None = None
) -> Row[tuple[object, ...]]:
    """The row of an experiment.

    Raises:
        DoesNotExist: there is none with this id.
    """
    query = sa.select(experiment).where(experiment.c.id == parse_experiment_id(experiment_id))
    if lock is not None:
        query = query.with_for_update(read=lock is Lock.SHARED, key_share=lock is Lock.ALONE)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise DoesNotExist(f"No Experiment with id={experiment_id} exists.")
    return row


def find_active_experiment(
    connection: Connection, experiment_id: str, lock: Lock | None = None
) -> Row[tuple[object, ...]]:
    """The row of an experiment that is not deleted; with `lock`, for a write.

    Raises:
        DoesNotExist: there is none with this id.
        InvalidValue: it is deleted.
    """
    row = find_experiment(connection, experiment_id, lock=lock)
    if row.lifecycle_stage != ACTIVE:
        raise InvalidValue(
            f"The experiment {experiment_id} must be in the 'active' state. Current state is "
            f"{row.lifecycle_stage}. Restore it with `cairn experiments restore -x "
            f"{experiment_id}`."
        )
    return row


def lock_experiments(connection: Connection, ids: Iterable[int]) -> None:
    """Hold the rows of experiments alone, in key order."""
    for block in blocks(sorted(ids)):
        query = sa.select(experiment.c.id).where(experiment.c.id.in_(block))
        connection.execute(query.order_by(experiment.c.id).with_for_update(key_share=True)).all()


def find_run(connection: Connection, run_id: str, *, lock: bool = False) -> Row[tuple[object, ...]]:
    """The row of a run; with `lock`, no other writer touches the run until this one is done.

    Raises:
        DoesNotExist: there is none with this id.
    """
    row = connection.execute(_RUN_ALONE if lock else _RUN, {"run_id": run_id}).one_or_none()
    if row is None:
        raise _no_run(run_id)
    return row


def find_active_run(connection: Connection, run_id: str) -> Row[tuple[object, ...]]:
    """The row of a run that is not deleted, locked for a write.

    Raises:
        DoesNotExist: there is none with this id.
        InvalidValue: it is deleted.
    """
    row = find_run(connection, run_id, lock=True)
    if row.lifecycle_stage != ACTIVE:
        raise _not_active(run_id, row.lifecycle_stage)
    return row


def find_active_runs(
    connection: Connection, run_ids: Collection[str]
) -> dict[str, int | CairnError]:
    """Keys of runs that are locked for a write, or why `find_active_run` would refuse one."""
    c = run.c
    query = sa.select(c.id, c.run_id, c.lifecycle_stage).where(c.run_id.in_(sorted(run_ids)))
    rows = connection.execute(query.order_by(c.id).with_for_update(key_share=True)).all()
    found: dict[str, int | CairnError] = {id_: _no_run(id_) for id_ in run_ids}
    for row, run_id, stage in rows:
        found[run_id] = row if stage == ACTIVE else _not_active(run_id, stage)
    return found


def _no_run(run_id: str) -> DoesNotExist:
    return DoesNotExist(f"Run with id={run_id} not found.")


def _not_active(run_id: str, stage: str) -> InvalidValue:
    return InvalidValue(
        f"The run {run_id} must be in the 'active' state. Current state is "
        f"{stage}. Restore it with `cairn runs restore --run-id {run_id}`."
    )
