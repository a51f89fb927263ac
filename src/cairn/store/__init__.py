"""How experiments, runs and metrics are kept in a database."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cairn.settings import ARTIFACT_ROOT
from cairn.store.change_log import ChangeStore
from cairn.store.compactor import Compactor
from cairn.store.db import open_database
from cairn.store.experiments import ExperimentStore, insert_experiment
from cairn.store.metrics import MetricStore
from cairn.store.records import RecordStore
from cairn.store.run_table import RunTableStore
from cairn.store.runs import RunStore
from cairn.store.schema import experiment
from cairn.store.upgrade import bring_up

DEFAULT_EXPERIMENT = "Default"


class Store(ExperimentStore, RunStore, RunTableStore, RecordStore, MetricStore, ChangeStore):
    """Implements `cairn.contract.services.Tracking` on a database."""

    def check(self) -> None:
        """Read from the database.

        Raises:
            Unavailable: it cannot be read.
        """
        with self.db.read() as connection:
            connection.execute(sa.select(experiment.c.id).limit(1)).all()

    def queued(self) -> int:
        """How many writes wait."""
        return self.db.queued

    def close(self) -> None:
        """Fold what waits, finish what is queued, and close every connection."""
        self.compactor.close()
        self.db.close()


def open_store(uri: str, artifact_root: str | None = None) -> Store:
    """Open the store at a database URI; make or migrate it where needed.

    Args:
        uri: ``sqlite:///relative.db``, ``sqlite:////absolute.db``, ``postgresql://user@host/name``
            or ``mysql://user@host/name``.
        artifact_root: where new experiments keep artifacts, below it by id. Default: the setting
            ``CAIRN_ARTIFACT_ROOT``, else the folder ``cairn-artifacts`` beside the file, or in the
            working folder where the database is on a server.

    Raises:
        InvalidValue: the URI is not of a database that we support.
        InvalidState: the database belongs to something else, or to a newer Cairn.
    """
    db = open_database(uri)
    root = artifact_root or ARTIFACT_ROOT.get() or str(db.folder / "cairn-artifacts")
    if "://" not in root and not root.startswith("mlflow-artifacts:"):
        root = str(Path(root).absolute())

    def first(connection: Connection) -> None:
        insert_experiment(connection, DEFAULT_EXPERIMENT, None, root, id_=0)

    with ExitStack() as opened:
        opened.callback(db.close)
        bring_up(db, first)
        compactor = Compactor(db)
        compactor.fold_left_over()
        opened.pop_all()  # all is well: who has the store closes it
    return Store(db, root, compactor)
