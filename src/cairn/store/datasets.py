"""Datasets of an experiment, when runs that read them come and go."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cairn.store.base import blocks
from cairn.store.schema import dataset, run_input


def read_by(connection: Connection, runs: Sequence[int]) -> list[int]:
    """The datasets that some runs read."""
    found: set[int] = set()
    for block in blocks(runs):
        query = sa.select(run_input.c.dataset).where(run_input.c.run.in_(block)).distinct()
        found.update(connection.execute(query).scalars())
    return sorted(found)


def bring(connection: Connection, ids: Sequence[int], experiment: int) -> None:
    """Copy those of some datasets that an experiment lacks. Its row is held `Lock.ALONE`."""
    there = dataset.alias()
    facts = [c for c in dataset.c if c.name not in {"id", "experiment"}]
    for block in blocks(ids):
        first = (
            sa.select(sa.func.min(dataset.c.id))
            .where(dataset.c.id.in_(block))
            .group_by(dataset.c.name, dataset.c.digest)
        )
        lacking = ~sa.exists().where(
            there.c.experiment == experiment,
            there.c.name == dataset.c.name,
            there.c.digest == dataset.c.digest,
        )
        query = sa.select(sa.literal(experiment), *facts).where(dataset.c.id.in_(first), lacking)
        names = ["experiment", *(c.name for c in facts)]
        connection.execute(dataset.insert().from_select(names, query))


def delete_unread(connection: Connection, ids: Sequence[int]) -> None:
    """Delete those of some datasets that no run reads. Their experiments are held `Lock.ALONE`."""
    for block in blocks(ids):
        used = sa.select(run_input.c.dataset).where(run_input.c.dataset.in_(block))
        connection.execute(
            sa.delete(dataset).where(dataset.c.id.in_(block), dataset.c.id.not_in(used))
        )
