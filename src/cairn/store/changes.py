"""The change log: every change of an entity leaves a line that says who, when and what.

Lines are written in the transaction of the change itself, and never changed or deleted. Metric
points are data, no change of an entity, and leave none.
"""

from __future__ import annotations

import functools
import getpass
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.engine import Connection

from cairn.contract.actor import ACTOR
from cairn.store.base import now
from cairn.store.schema import change

MOST_KEYS = 20
"""Keys of params or tags that a line names; beyond that it says how many there are."""
LONGEST_TEXT = 200
"""Characters of a value that a line holds."""
LONGEST_ACTOR = 256


@dataclass(frozen=True)
class Entry:
    """What a line says besides who and when.

    Attributes:
        kind: what was changed: experiment, run.
        entity: its public id.
        experiment: row of the experiment that it belongs to; None where it belongs to none.
        what: a verb: create, rename, update, delete, restore, purge, log params, set tags ...
        detail: what else is worth knowing; made short by `keys` and `differences`.
    """

    kind: str
    entity: str
    experiment: int | None
    what: str
    detail: Mapping[str, Any] = field(default_factory=dict)


def of_run(row: Any, what: str, detail: Mapping[str, Any] | None = None) -> Entry:
    """The entry for a change of the run in a row of table `run`."""
    return Entry("run", row.run_id, row.experiment, what, detail or {})


def of_experiment(row_id: int, what: str, detail: Mapping[str, Any] | None = None) -> Entry:
    """The entry for a change of the experiment with this row."""
    return Entry("experiment", str(row_id), row_id, what, detail or {})


def keys(names: Iterable[str]) -> dict[str, Any]:
    """The detail that names some params or tags, and counts those that are too many to name."""
    known = sorted(names)
    named: dict[str, Any] = {"keys": known[:MOST_KEYS]}
    if len(known) > MOST_KEYS:
        named["more"] = len(known) - MOST_KEYS
    return named


def differences(old: Any, new: Mapping[str, Any]) -> dict[str, Any]:
    """The detail ``{column: [old, new]}`` of those columns of a row that get another value."""
    return {
        column: [_short(getattr(old, column)), _short(value)]
        for column, value in new.items()
        if getattr(old, column) != value
    }


def _short(value: Any) -> Any:
    return value[:LONGEST_TEXT] if isinstance(value, str) else value


def record(connection: Connection, entries: Sequence[Entry]) -> None:
    """Write a line for each entry, in the transaction of the change."""
    if not entries:
        return
    time, actor = now(), _actor()
    rows = [
        {
            "time": time,
            "actor": actor,
            "kind": entry.kind,
            "entity": entry.entity,
            "experiment": entry.experiment,
            "what": entry.what,
            "detail": json.dumps(entry.detail, ensure_ascii=False),
        }
        for entry in entries
    ]
    connection.execute(change.insert(), rows)


def _actor() -> str:
    caller = ACTOR.get()
    return (_os_user() if caller is None else caller)[:LONGEST_ACTOR]


@functools.cache
def _os_user() -> str:
    """The user whose process this is; '' where the system has no name for it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
