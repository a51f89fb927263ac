"""The background fold of metric batches into chunks."""

from __future__ import annotations

import functools
import logging
import os
import queue
import threading

import sqlalchemy as sa

from cairn.contract.kinds import ACTIVE, RunStatus
from cairn.errors import Unavailable
from cairn.store import series
from cairn.store.db import Database
from cairn.store.schema import metric_batch, run

log = logging.getLogger(__name__)

MANY_BATCHES = 256
"""Batches of one run after which they are folded while it goes on."""


class Compactor:
    """Folds the batches of a run when they are many and when the run has ended.

    What it has not folded when it stops is read as it is, and folded by the next one.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._counts: dict[int, int] = {}
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()
        self._lock = threading.Lock()

    def added(self, run_row: int) -> None:
        """A batch of this run was stored."""
        count = self._counts.get(run_row, 0) + 1
        if count < MANY_BATCHES:
            self._counts[run_row] = count
        else:
            self.fold(run_row)

    def fold(self, run_row: int) -> None:
        """Fold the batches of this run soon."""
        self._counts.pop(run_row, None)
        with self._lock:
            if self._pid != os.getpid():
                self._pid, self._thread, self._waiting = os.getpid(), None, queue.SimpleQueue()
            self._waiting.put(run_row)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="cairn-compactor", daemon=True
                )
                self._thread.start()

    def fold_left_over(self) -> None:
        """Fold what an earlier process left: ended runs, and runs with many batches."""
        batches = sa.func.count()
        over = [s.value for s in RunStatus if s is not RunStatus.RUNNING]
        ended = sa.func.max(sa.case((run.c.status.in_(over), 1), else_=0)) == 1
        query = (
            sa.select(metric_batch.c.run)
            .join(run, run.c.id == metric_batch.c.run)
            .where(run.c.lifecycle_stage == ACTIVE)
            .group_by(metric_batch.c.run)
            .having(sa.or_(batches >= MANY_BATCHES, sa.and_(batches > 1, ended)))
        )
        with self._db.read() as connection:
            rows = connection.execute(query).scalars().all()
        for row in rows:
            self.fold(row)

    def close(self) -> None:
        """Fold what waits, then stop."""
        with self._lock:
            thread = self._thread if self._pid == os.getpid() else None
            self._thread = None
        if thread is not None:
            self._waiting.put(None)
            thread.join()

    def _run(self) -> None:
        while (run_row := self._waiting.get()) is not None:
            try:
                fold_run(self._db, run_row)
            except Unavailable as error:
                log.warning("Metric batches of a run are folded later: %s", error)


def fold_run(db: Database, run_row: int) -> None:
    """Fold all batches of one run. The reading is done outside the writer's transaction."""
    more = True
    while more:
        with db.read() as connection:
            fold = series.plan_fold(connection, run_row)
        if fold is None:
            return
        try:
            db.write(functools.partial(series.apply_fold, fold=fold))
        except series.FoldConflict:
            continue
        more = len(fold.batches) == series.FOLD_BATCHES
