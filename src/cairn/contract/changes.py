"""What changed: the change log, and what is new since a moment."""

from __future__ import annotations

from typing import Annotated, Protocol

from msgspec import Meta

from cairn.contract.kinds import ExperimentId, Millis, Number, PageToken, RunId
from cairn.contract.op import Message, op
from cairn.contract.runs import Run


class Change(Message, omit_defaults=False):
    """One line of the change log.

    `kind` is what was changed (experiment, run), `what` is the verb (create, rename, update,
    delete, restore, purge, log params, set tags ...), `actor` who did it, empty when nobody was
    known. `detail` is a JSON object: keys, or fields with their old and new value.
    """

    time: Millis
    actor: str
    kind: str
    entity_id: str
    experiment_id: str
    what: str
    detail: str


class SearchChanges(Message):
    """A page of the change log, the newest line first; what is absent does not narrow it.

    `since` and `until` are included. `max_results` is 1 to 1,000.
    """

    kind: Annotated[str, Meta(max_length=16)] = ""
    entity_id: Annotated[str, Meta(max_length=256)] = ""
    experiment_id: ExperimentId | None = None
    actor: Annotated[str, Meta(max_length=256)] | None = None
    since: Millis | None = None
    until: Millis | None = None
    max_results: Annotated[int, Meta(ge=1, le=1000)] = 100
    page_token: PageToken | None = None


class ChangesPage(Message):
    """Lines of the change log and the cursor of the next page, absent on the last one."""

    changes: list[Change] = []
    next_page_token: str | None = None


class GetChangesSince(Message):
    """Request for what is new since a cursor: everywhere, in one experiment, or in one run.

    Without a cursor nothing is new yet, and the reply brings one for now.
    """

    cursor: PageToken | None = None
    experiment_id: ExperimentId | None = None
    run_id: RunId | None = None


class NewPoints(Message):
    """A run that got metric points, or whose points were only packed anew."""

    run_id: str
    experiment_id: str


class ChangesSince(Message):
    """What is new, each line once, oldest first, and the cursor to ask with next time.

    With `more`, not all of it fitted: ask again at once.
    """

    cursor: str
    changes: list[Change] = []
    points: list[NewPoints] = []
    more: bool = False


class ExperimentDelta(Message):
    """What the stream of an experiment sends.

    `runs` are those that changed, as they are now; `removed` those that are not active in the
    experiment any more. With `reload` too much changed to tell, or the experiment itself.
    """

    runs: list[Run] = []
    removed: list[str] = []
    reload: bool = False


class Points(Message):
    """Points of one metric in columns, in the order in which they came."""

    steps: list[int]
    timestamps: list[Millis]
    values: list[Number]


class RunDelta(Message):
    """What the stream of a run sends.

    `run` is the run as it is now, absent when it is gone for good. `points` are new, and may
    repeat some that were sent before. The history of each key in `folded` was packed anew; with
    `reload` too much is new to tell: ask for the whole of it.
    """

    run: Run | None = None
    points: dict[str, Points] = {}
    folded: list[str] = []
    reload: bool = False


class Changes(Protocol):
    """Read what was changed by whom, and follow what changes."""

    @op("POST v1 changes/search", needs="read change")
    def search_changes(self, request: SearchChanges) -> ChangesPage:
        """Return a page of the change log, the newest line first."""
        ...

    @op("GET v1 changes/since", needs="read change")
    def get_changes_since(self, request: GetChangesSince) -> ChangesSince:
        """Return the changes and the runs with new metric points since a cursor."""
        ...
