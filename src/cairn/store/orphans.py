"""Orphaned artifacts: folders of runs that the database had once and has no longer.

A folder is an orphan only when all of this holds, and else it is left alone:

- The change log tells of the run, so it was a run of this database and not of another one that
  keeps its artifacts in the same place.
- It lies in the artifact location of an experiment of this database, its name is a run id (32
  hexadecimal digits), and it holds one folder ``artifacts`` and nothing else, as a run's does.
- No run has this id, or keeps its artifacts inside, and no experiment has its location inside.
- Nothing in it was changed for a while, so that nobody is writing it at this moment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from cairn.artifact.base import ArtifactStore
from cairn.artifact.paths import ArtifactPath
from cairn.errors import CairnError
from cairn.store.base import Find, blocks
from cairn.store.db import Database
from cairn.store.folders import ARTIFACTS, find_occupied, measure, on_this_machine
from cairn.store.schema import change, experiment, run

GRACE = 86_400_000
"""Milliseconds for which a folder must not have changed, unless somebody asks for another time."""

_RUN_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Orphan:
    """A folder of a run that does not exist.

    Attributes:
        run_id: the id of that run.
        experiment_id: the experiment in whose location it lies.
        store: where it is.
        path: the folder in that store.
        files: how many it holds.
        size: their bytes.
    """

    run_id: str
    experiment_id: int
    store: ArtifactStore
    path: ArtifactPath
    files: int
    size: int

    def remove(self) -> None:
        """Delete it.

        Raises:
            CairnError: it cannot be deleted.
        """
        self.store.delete(self.path)


def find_orphans(db: Database, find: Find, before: int) -> Iterator[Orphan]:
    """Every orphan in which nothing was changed after `before` (ms since epoch)."""
    occupied = find_occupied(db, find)
    used = _used_folders(db, find)
    with db.read() as connection:
        query = sa.select(experiment.c.id, experiment.c.artifact_location)
        locations = connection.execute(query.order_by(experiment.c.id)).all()
    for id_, uri in locations:
        try:
            store, folder = find(uri)
        except CairnError:  # outside of the places where we delete
            continue
        names = [p.rpartition("/")[2] for p in (i.path for i in store.list(folder) if i.is_dir)]
        names = [name for name in names if _RUN_ID.fullmatch(name)]
        for name in _lost(db, names):
            path = folder.join(name)
            place = on_this_machine(store, path)
            if place is None or place in occupied or place in used:
                continue
            if [info.path for info in store.list(path)] != [str(path.join(ARTIFACTS))]:
                continue
            if _newest(store, path) <= before:
                yield Orphan(name, id_, store, path, *measure(store, path))


def _lost(db: Database, run_ids: list[str]) -> list[str]:
    """Those that no run has, and a run of this database had."""
    known: set[str] = set()
    told: set[str] = set()
    with db.read() as connection:
        for block in blocks(run_ids):
            query = sa.select(run.c.run_id).where(run.c.run_id.in_(block))
            known.update(connection.execute(query).scalars())
            lines = sa.select(change.c.entity).where(change.c.entity.in_(block))
            told.update(connection.execute(lines.distinct()).scalars())
    return [run_id for run_id in run_ids if run_id in told and run_id not in known]


def _used_folders(db: Database, find: Find) -> set[Path]:
    """The folders above the artifacts of runs that do not lie in a folder named as the run."""
    own = sa.literal("/") + run.c.run_id + sa.literal(f"/{ARTIFACTS}")
    start = sa.func.char_length(run.c.artifact_uri) - sa.func.char_length(own) + 1
    query = sa.select(run.c.artifact_uri).where(sa.func.substr(run.c.artifact_uri, start) != own)
    found: set[Path] = set()
    with db.read() as connection:
        uris = connection.execute(query).scalars().all()
    for uri in uris:
        try:
            place = on_this_machine(*find(uri))
        except CairnError:
            continue
        if place is not None:
            found.update((place, *place.parents))
    return found


def _newest(store: ArtifactStore, path: ArtifactPath) -> int:
    """When something in a folder was changed last, in ms since epoch."""
    found = store.stat(path).modified or 0
    for info in store.list(path):
        inner = ArtifactPath(tuple(info.path.split("/")))
        times = _newest(store, inner) if info.is_dir else store.stat(inner).modified or 0
        found = max(found, times)
    return found
