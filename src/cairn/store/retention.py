"""Retention: how long what was deleted is kept, for all experiments and for some."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cairn.settings import RETENTION_DELETED_AFTER, age_or_never
from cairn.store.db import Database
from cairn.store.purge import NEVER, Selection
from cairn.store.schema import experiment_tag, upkeep
from cairn.store.upsert import upsert

log = logging.getLogger(__name__)

RETENTION_TAG = "cairn.retention.deletedAfter"
"""The tag of an experiment that says it for its runs: an age such as ``30d``, or ``never``."""
PERIOD = 3_600_000
"""Milliseconds between two purges by servers."""

_NAME = "retention"


@dataclass(frozen=True)
class Policy:
    """How long what was deleted is kept, in milliseconds; None for ever.

    Attributes:
        after: by default.
        exceptions: for the runs of some experiments and these themselves, by row.
    """

    after: int | None
    exceptions: Mapping[int, int | None]

    def purge_time(self, experiment: int, deleted: int | None) -> int | None:
        """When something of an experiment that was deleted at a time goes; None for never."""
        after = self.exceptions.get(experiment, self.after)
        return None if after is None or deleted is None else deleted + after

    def selection(self, time: int) -> Selection:
        """What goes at a time."""

        def before(after: int | None) -> int:
            return NEVER if after is None else max(time - after, NEVER)

        exceptions = {id_: before(after) for id_, after in self.exceptions.items()}
        return Selection(before(self.after), exceptions=exceptions)


def read_policy(connection: Connection) -> Policy:
    """The policy in force: the setting, and the tags of experiments.

    A tag that is no age keeps everything, and is told in the log.
    """
    query = sa.select(experiment_tag.c.experiment, experiment_tag.c.value).where(
        experiment_tag.c.key == RETENTION_TAG
    )
    exceptions: dict[int, int | None] = {}
    for id_, text in connection.execute(query):
        try:
            exceptions[id_] = age_or_never(text)
        except ValueError as error:
            exceptions[id_] = None
            log.warning("Tag %s=%r of experiment %s: %s.", RETENTION_TAG, text, id_, error)
    return Policy(RETENTION_DELETED_AFTER.get(), exceptions)


def claim(db: Database, time: int) -> bool:
    """Whether the caller is the one server that purges now; nobody else does for an hour."""
    due = sa.select(upkeep.c.due).where(upkeep.c.name == _NAME)
    with db.read() as connection:
        known = connection.execute(due).scalar()
    if known is not None and known > time:
        return False

    def work(connection: Connection) -> bool:
        upsert(connection, upkeep, [{"name": _NAME, "due": 0}])
        mine = sa.update(upkeep).where(upkeep.c.name == _NAME, upkeep.c.due <= time)
        return connection.execute(mine.values(due=time + PERIOD)).rowcount == 1

    return db.write(work)
