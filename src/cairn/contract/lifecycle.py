"""The life of runs and experiments, many in one call: tag, delete, restore, move, copy, purge.

Each call changes all runs that it names, or none. Runs that do not exist change nothing and are
told in `not_found`.
"""

from __future__ import annotations

from typing import Annotated, Protocol

from msgspec import Meta

from cairn.contract.kinds import (
    MAX_RUNS_PER_CHANGE,
    MAX_TAGS_PER_BATCH,
    ExperimentId,
    Key,
    Millis,
    PageToken,
    RunId,
)
from cairn.contract.op import Message, op
from cairn.contract.runs import RunTag

RunIds = Annotated[list[RunId], Meta(min_length=1, max_length=MAX_RUNS_PER_CHANGE)]


class SomeRuns(Message):
    """A request that names up to 10,000 runs.

    `nested` adds the runs nested below them, at every depth.
    """

    run_ids: RunIds
    nested: bool = False


class RunsChanged(Message, omit_defaults=False):
    """How many runs the request changed, and the ids it named that no run has."""

    changed: int
    not_found: list[str] = []


class TagRuns(Message):
    """Request to set some tags of up to 10,000 active runs, and to remove others."""

    run_ids: RunIds
    tags: Annotated[list[RunTag], Meta(max_length=MAX_TAGS_PER_BATCH)] = []
    remove: Annotated[list[Key], Meta(max_length=MAX_TAGS_PER_BATCH)] = []


class MoveRuns(Message):
    """Request to move active runs to another active experiment.

    `nested` takes along what is nested below them, deleted runs too.
    """

    run_ids: RunIds
    experiment_id: ExperimentId
    nested: bool = False


class CopyRuns(Message):
    """Request to copy active runs to an active experiment, which may be their own.

    `nested` copies the active runs nested below them, too. Without `artifacts` the copies have
    no files.
    """

    run_ids: RunIds
    experiment_id: ExperimentId
    nested: bool = False
    artifacts: bool = True


class RunCopy(Message, omit_defaults=False):
    """The id of a copy, and that of the run it was made of."""

    run_id: str
    copied_from: str


class RunsCopied(Message, omit_defaults=False):
    """The copies, and the ids that no run has."""

    copies: list[RunCopy] = []
    not_found: list[str] = []


class PurgeRuns(Message):
    """Request to remove deleted runs for good.

    `force` takes active ones, too, `nested` the runs nested below them; `dry_run` changes nothing.
    """

    run_ids: RunIds
    nested: bool = False
    force: bool = False
    dry_run: bool = False


class PurgeExperiments(Message):
    """Request to remove up to 1,000 deleted experiments with their runs for good.

    `force` takes active experiments and runs, too; `dry_run` changes nothing.
    """

    experiment_ids: Annotated[list[ExperimentId], Meta(min_length=1, max_length=1000)]
    force: bool = False
    dry_run: bool = False


class Kept(Message):
    """A run or an experiment that was not purged, and why."""

    id: str
    problem: str


class Purged(Message, omit_defaults=False):
    """What a purge removed, or would remove: how many, with how many files and their bytes."""

    runs: int = 0
    experiments: int = 0
    files: int = 0
    bytes: int = 0
    kept: list[Kept] = []
    not_found: list[str] = []


class ListTrash(Message):
    """A page of what is deleted, 100 runs by default.

    With `artifacts` the files of the runs are measured, which takes a while where they are many.
    """

    max_results: Annotated[int, Meta(ge=1, le=1000)] = 100
    page_token: PageToken | None = None
    artifacts: bool = False


class TrashedRun(Message):
    """A deleted run. Sizes are in bytes, times in ms since epoch.

    `size` estimates what its rows take in the database; `artifact_size` is absent when it was not
    asked for or cannot be known. `purge_time` is when retention takes it, absent for never.
    """

    run_id: str
    run_name: str
    experiment_id: str
    size: int
    deleted_time: Millis | None = None
    artifact_size: int | None = None
    purge_time: Millis | None = None


class TrashedExperiment(Message):
    """A deleted experiment, how many runs it has, and when retention takes it."""

    experiment_id: str
    name: str
    run_count: int
    deleted_time: Millis | None = None
    purge_time: Millis | None = None


class TrashPage(Message):
    """Deleted runs in the order they were made; deleted experiments on the first page."""

    runs: list[TrashedRun] = []
    experiments: list[TrashedExperiment] = []
    next_page_token: str | None = None


class Lifecycle(Protocol):
    """Change, move, copy and remove many runs in one call."""

    @op("POST v1 runs/tag", needs="edit run")
    def tag_runs(self, request: TagRuns) -> RunsChanged:
        """Set and remove tags of many active runs."""
        ...

    @op("POST v1 runs/delete", needs="delete run")
    def delete_runs(self, request: SomeRuns) -> RunsChanged:
        """Hide many runs. `restore_runs` brings them back."""
        ...

    @op("POST v1 runs/restore", needs="delete run")
    def restore_runs(self, request: SomeRuns) -> RunsChanged:
        """Bring back many deleted runs."""
        ...

    @op("POST v1 runs/move", needs="edit experiment")
    def move_runs(self, request: MoveRuns) -> RunsChanged:
        """Move runs to another experiment; their artifacts stay where they are."""
        ...

    @op("POST v1 runs/copy", needs="edit experiment")
    def copy_runs(self, request: CopyRuns) -> RunsCopied:
        """Copy runs with everything that was logged to them, artifacts included."""
        ...

    @op("POST v1 runs/purge", needs="purge run")
    def purge_runs(self, request: PurgeRuns) -> Purged:
        """Remove deleted runs for good, with metrics, artifacts and disk."""
        ...

    @op("POST v1 experiments/purge", needs="purge experiment")
    def purge_experiments(self, request: PurgeExperiments) -> Purged:
        """Remove deleted experiments and their runs for good; the names are free at once."""
        ...

    @op("POST v1 trash/list", needs="read experiment")
    def list_trash(self, request: ListTrash) -> TrashPage:
        """Return what is deleted: since when, how large, and when retention takes it."""
        ...
