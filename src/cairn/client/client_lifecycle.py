"""Many runs in one call, as the client offers it: tag, delete, restore, move, copy, purge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from cairn.client import values
from cairn.client.client_base import ClientBase
from cairn.contract.lifecycle import (
    CopyRuns,
    ListTrash,
    MoveRuns,
    Purged,
    PurgeExperiments,
    PurgeRuns,
    RunsChanged,
    RunsCopied,
    SomeRuns,
    TagRuns,
    TrashedExperiment,
    TrashedRun,
)

_PAGE = 1000


class LifecycleClient(ClientBase):
    """Change, move, copy and remove up to 10,000 runs in one call.

    Each call changes all runs that it names or none. Ids that no run has are in `not_found` of
    what it returns. `nested` adds the runs nested below those that are named, at every depth.
    """

    def tag_runs(
        self,
        run_ids: Sequence[str],
        tags: Mapping[str, Any] | None = None,
        remove: Iterable[str] = (),
    ) -> RunsChanged:
        """Set some tags of active runs, and remove others.

        Raises:
            InvalidValue: a run is deleted, or a tag is not allowed.
        """
        request = TagRuns(run_ids=list(run_ids), tags=values.tags(tags), remove=list(remove))
        return self._fresh().tag_runs(request)

    def delete_runs(self, run_ids: Sequence[str], nested: bool = False) -> RunsChanged:
        """Hide runs; `restore_runs` brings them back."""
        return self._fresh().delete_runs(SomeRuns(run_ids=list(run_ids), nested=nested))

    def restore_runs(self, run_ids: Sequence[str], nested: bool = False) -> RunsChanged:
        """Bring back deleted runs."""
        return self._service.restore_runs(SomeRuns(run_ids=list(run_ids), nested=nested))

    def move_runs(
        self, run_ids: Sequence[str], experiment_id: str, nested: bool = False
    ) -> RunsChanged:
        """Move active runs to another experiment; their artifacts stay where they are.

        Raises:
            CairnError: a run or the experiment is deleted, or there is no such experiment.
        """
        request = MoveRuns(run_ids=list(run_ids), experiment_id=str(experiment_id), nested=nested)
        return self._fresh().move_runs(request)

    def copy_runs(
        self,
        run_ids: Sequence[str],
        experiment_id: str,
        nested: bool = False,
        artifacts: bool = True,
    ) -> RunsCopied:
        """Copy active runs with everything that was logged to them, and their artifacts.

        Raises:
            CairnError: a run or the experiment is deleted, there is no such experiment, or the
                artifacts lie where the store cannot read them.
        """
        request = CopyRuns(
            run_ids=list(run_ids),
            experiment_id=str(experiment_id),
            nested=nested,
            artifacts=artifacts,
        )
        return self._fresh().copy_runs(request)

    def purge_runs(
        self,
        run_ids: Sequence[str],
        nested: bool = False,
        force: bool = False,
        dry_run: bool = False,
    ) -> Purged:
        """Remove deleted runs, with `force` active ones too, for good.

        Raises:
            InvalidValue: a run is active, and `force` is not given.
        """
        request = PurgeRuns(run_ids=list(run_ids), nested=nested, force=force, dry_run=dry_run)
        return self._fresh().purge_runs(request)

    def purge_experiments(
        self, experiment_ids: Sequence[str], force: bool = False, dry_run: bool = False
    ) -> Purged:
        """Remove deleted experiments, with `force` active ones too, and their runs for good.

        Raises:
            InvalidValue: an experiment is active and `force` is not given, or it is number 0.
        """
        ids = [str(each) for each in experiment_ids]
        request = PurgeExperiments(experiment_ids=ids, force=force, dry_run=dry_run)
        return self._fresh().purge_experiments(request)

    def list_trash(self, artifacts: bool = False) -> Iterator[TrashedExperiment | TrashedRun]:
        """Deleted experiments, then deleted runs; with `artifacts` their files are measured."""
        request = ListTrash(max_results=_PAGE, artifacts=artifacts)
        service = self._fresh()
        while True:
            page = service.list_trash(request)
            yield from page.experiments
            yield from page.runs
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token
