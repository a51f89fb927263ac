"""The folders that artifacts of runs lie in: ``<experiment>/<run id>/artifacts``."""

from __future__ import annotations

import contextlib
from pathlib import Path

import sqlalchemy as sa

from cairn.artifact.base import ArtifactStore
from cairn.artifact.local import LocalStore
from cairn.artifact.paths import ArtifactPath
from cairn.errors import CairnError
from cairn.store.base import Find
from cairn.store.db import Database
from cairn.store.schema import experiment

ARTIFACTS = "artifacts"


def own_folder(path: ArtifactPath, run_id: str) -> ArtifactPath:
    """The folder that was made for a run: its artifacts lie in ``<run id>/artifacts``."""
    own = path.name == ARTIFACTS and path.parent.name == run_id
    return path.parent if own else path


def measure(store: ArtifactStore, path: ArtifactPath) -> tuple[int, int]:
    """Files below a folder, and their bytes."""
    files = size = 0
    for info in store.list(path):
        if info.is_dir:
            more = measure(store, ArtifactPath(tuple(info.path.split("/"))))
            files, size = files + more[0], size + more[1]
        else:
            files, size = files + 1, size + (info.file_size or 0)
    return files, size


def on_this_machine(store: ArtifactStore, path: ArtifactPath) -> Path | None:
    """Where a folder lies on this machine."""
    return store.local_path(path) if isinstance(store, LocalStore) else None


def find_occupied(db: Database, find: Find) -> dict[Path | None, int]:
    """Every folder that holds the location of an experiment, at whatever depth."""
    with db.read() as connection:
        query = sa.select(experiment.c.id, experiment.c.artifact_location)
        rows = connection.execute(query).all()
    found: dict[Path | None, int] = {}
    for id_, uri in rows:
        with contextlib.suppress(CairnError):  # outside of the places where we delete
            place = on_this_machine(*find(uri))
            if place is not None:
                found.update(dict.fromkeys((place, *place.parents), id_))
    return found
