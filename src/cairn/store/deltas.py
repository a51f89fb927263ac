"""What is new, as far as it concerns one experiment or one run: what their streams send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cairn.contract.changes import ExperimentDelta, Points, RunDelta
from cairn.contract.kinds import ACTIVE
from cairn.store import codec
from cairn.store.run_rows import load_runs
from cairn.store.schema import metric_batch, run

MOST_RUNS = 100
"""Changed runs that one event tells about; more are a reload."""
MOST_BATCHES = 50
"""Batches of a run whose points one event carries; more are a reload."""


_OF_ALL_RUNS = {"delete", "restore"}
"""What becomes of an experiment and of its runs with it."""


@dataclass(frozen=True)
class Scope:
    """What somebody follows: an experiment, a run, or all when there is neither.

    Attributes:
        experiment: row of the experiment; with a run, of the one it is in.
        run_id: id of the run.
    """

    experiment: int | None = None
    run_id: str | None = None


@dataclass(frozen=True)
class News:
    """What is new between two cursors.

    Attributes:
        before: the cursor that was asked with.
        cursor: the one behind all of this.
        more: whether more is new than this.
        lines: rows of the change log, by id.
        batches: row of a run -> ids of its new metric batches.
        chunks: row of a run -> keys that have a new chunk.
        runs: row of a run with new points -> its id and experiment.
    """

    before: str
    cursor: str
    more: bool = False
    lines: Sequence[Any] = ()
    batches: Mapping[int, Sequence[int]] = field(default_factory=dict)
    chunks: Mapping[int, set[str]] = field(default_factory=dict)
    runs: Mapping[int, tuple[str, int]] = field(default_factory=dict)

    def lines_of(self, scope: Scope) -> list[Any]:
        """The lines that concern a scope."""
        if scope.run_id is None:
            all_ = scope.experiment is None
            return [line for line in self.lines if all_ or line.experiment == scope.experiment]
        return [
            line
            for line in self.lines
            if line.entity == scope.run_id
            or (line.entity == str(scope.experiment) and line.what in _OF_ALL_RUNS)
        ]

    def runs_of(self, scope: Scope) -> list[tuple[str, int]]:
        """Id and experiment of the runs in a scope that have new points."""
        if scope.run_id is not None:
            return [found for found in self.runs.values() if found[0] == scope.run_id]
        all_ = scope.experiment is None
        return [found for found in self.runs.values() if all_ or found[1] == scope.experiment]

    def concerns(self, scope: Scope) -> bool:
        """Whether anything of it is of a scope."""
        return bool(self.lines_of(scope) or self.runs_of(scope))


def of_experiment(connection: Connection, scope: Scope, news: News) -> ExperimentDelta:
    """What the news mean for the page of an experiment."""
    lines = news.lines_of(scope)
    changed = {line.entity for line in lines if line.kind == "run"}
    changed |= {run_id for run_id, _ in news.runs_of(scope)}
    itself = any(line.kind == "experiment" for line in lines)
    if len(changed) > MOST_RUNS:
        return ExperimentDelta(reload=True)
    query = sa.select(run.c.id).where(
        run.c.run_id.in_(changed),
        run.c.experiment == scope.experiment,
        run.c.lifecycle_stage == ACTIVE,
    )
    runs = load_runs(connection, connection.execute(query.order_by(run.c.id)).scalars().all())
    there = {found.info.run_id for found in runs}
    return ExperimentDelta(runs=runs, removed=sorted(changed - there), reload=itself)


def of_run(connection: Connection, scope: Scope, news: News) -> RunDelta:
    """What the news mean for the page of a run."""
    query = sa.select(run.c.id).where(run.c.run_id == scope.run_id)
    row = connection.execute(query).scalar()
    if row is None:
        return RunDelta()
    (found,) = load_runs(connection, [row])
    ids = news.batches.get(row, ())
    if len(ids) > MOST_BATCHES:
        return RunDelta(run=found, reload=True)
    return RunDelta(
        run=found,
        points=_points(connection, ids),
        folded=sorted(news.chunks.get(row, ())),
    )


def _points(connection: Connection, batches: Sequence[int]) -> dict[str, Points]:
    """The points of some batches by key; those folded meanwhile are in a chunk that is new."""
    if not batches:
        return {}
    query = sa.select(metric_batch.c.payload).where(metric_batch.c.id.in_(batches))
    parts: dict[str, list[codec.Columns]] = {}
    for payload in connection.execute(query.order_by(metric_batch.c.id)).scalars():
        for key, columns in codec.decode_keyed(payload).items():
            parts.setdefault(key, []).append(columns)
    found = {}
    for key, pieces in sorted(parts.items()):
        all_ = codec.concatenate(pieces)
        found[key] = Points(
            steps=all_.steps.tolist(), timestamps=all_.times.tolist(), values=all_.values.tolist()
        )
    return found
