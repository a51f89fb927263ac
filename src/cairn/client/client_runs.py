"""Runs, as the client offers them: create, find, change, end and delete them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from cairn.client import connect, values
from cairn.client.client_base import ClientBase
from cairn.client.entities import Metric, PagedList, Run, RunData, RunInfo, RunTag
from cairn.client.record import StartRun
from cairn.client.states import RunStatus, ViewType
from cairn.contract import kinds
from cairn.contract.metrics import GetMetricHistory
from cairn.contract.runs import CreateRun, RunRef, SearchRuns, UpdateRun
from cairn.errors import Unavailable

BY_NAME = "name:"
"""Begins the id of an experiment of which only the name is known, as its store is away."""

PARENT_RUN_ID = "mlflow.parentRunId"
RUN_NAME = "mlflow.runName"
USER = "mlflow.user"


class RunsClient(ClientBase):
    """Create, find, change, end and delete runs."""

    def create_run(
        self,
        experiment_id: str,
        start_time: int | None = None,
        tags: Mapping[str, Any] | None = None,
        run_name: str | None = None,
        run_id: str | None = None,
    ) -> Run:
        """Start a run, at `start_time` in ms since epoch, now by default.

        With a `run_id` (32 hexadecimal digits) of a run that is there, that one is returned.

        While the server is away the run is begun here, and made there when it answers again.

        Raises:
            CairnError: the experiment does not exist or is deleted, or a tag is not allowed.
        """
        own = values.tags(tags)
        named = str(experiment_id).startswith(BY_NAME)
        request = CreateRun(
            experiment_id="0" if named else str(experiment_id),
            user_id=str((tags or {}).get(USER, "")),
            run_name=run_name or "",
            start_time=values.now() if start_time is None else start_time,
            tags=own,
            run_id=run_id or uuid.uuid4().hex,
        )
        writer = self._writer
        if not writer.away and not named:
            try:
                return Run.from_message(
                    connect.tracking(self._place, retries=1).create_run(request).run
                )
            except Unavailable as error:
                writer.missed(error)
        return self._begin_here(request, str(experiment_id))

    def follow_run(self, run_id: str) -> None:
        """Leave out what this process logs to a run, but for system metrics and its end."""
        self._writer.mute(run_id)

    def _begin_here(self, request: CreateRun, experiment: str) -> Run:
        """A run that its store does not know yet."""
        run_id = request.run_id or uuid.uuid4().hex
        name = experiment.removeprefix(BY_NAME) if experiment.startswith(BY_NAME) else None
        writer = self._writer
        number = writer.submit(StartRun(run_id=run_id, request=request, experiment_name=name))
        if not writer.away and name is not None:
            with suppress(Unavailable):
                writer.flush(run_id, upto=number)
                return self.get_run(run_id)
        tags = [RunTag(tag.key, tag.value) for tag in request.tags]
        return self.unconfirmed(
            run_id, experiment, request.user_id, request.start_time, request.run_name, tags
        )

    def unconfirmed(
        self,
        run_id: str,
        experiment_id: str = "",
        user_id: str = "",
        start_time: int = 0,
        run_name: str = "",
        tags: Sequence[RunTag] = (),
    ) -> Run:
        """A run as far as it is known here, while its store is away."""
        status, stage = kinds.RunStatus.RUNNING.value, kinds.ACTIVE
        return Run(
            RunInfo(
                run_id, experiment_id, user_id, status, start_time, None, stage, None, run_name
            ),
            RunData(tags=tags),
        )

    def get_run(self, run_id: str) -> Run:
        """A run with the latest value of each metric, deleted runs too.

        Raises:
            DoesNotExist: there is none.
        """
        return Run.from_message(self._fresh(run_id).get_run(RunRef(run_id=run_id)).run)

    def get_parent_run(self, run_id: str) -> Run | None:
        """The run that a run is nested in, None when it is not nested.

        Raises:
            DoesNotExist: there is no such run, or its parent is gone.
        """
        parent = self.get_run(run_id).data.tags.get(PARENT_RUN_ID)
        return None if parent is None else self.get_run(parent)

    def get_metric_history(self, run_id: str, key: str) -> list[Metric]:
        """Every point of a metric, by time, then step, then value; none for an unknown metric.

        Raises:
            DoesNotExist: there is no such run.
        """
        service = self._fresh(run_id)
        request = GetMetricHistory(
            run_id=run_id, metric_key=key, max_results=kinds.MAX_POINTS_PER_HISTORY
        )
        points: list[Metric] = []
        while True:
            page = service.get_metric_history(request)
            points += map(Metric.from_message, page.metrics)
            if not page.next_page_token:
                return points
            request.page_token = page.next_page_token

    def metric_frame(
        self,
        runs: Any,
        keys: str | Iterable[str] | None = None,
        start_step: int | None = None,
        end_step: int | None = None,
        output_format: str = "pandas",
    ) -> Any:
        """Every point of some metrics of some runs as one frame; see `cairn.metric_frame`.

        Raises:
            DoesNotExist: there is no such run.
            InvalidValue: the format is not known or its module is not installed.
        """
        from cairn.client import frames

        module = frames.load(output_format)
        asked = frames.asked_for(frames.run_ids_of(runs), keys, start_step, end_step)
        one = asked.run_ids[0] if len(asked.run_ids) == 1 else None
        return frames.frame(module, list(frames.read(self._fresh(one), asked)))

    def search_runs(
        self,
        experiment_ids: Sequence[str],
        filter_string: str = "",
        run_view_type: int = ViewType.ACTIVE_ONLY,
        max_results: int = 1000,
        order_by: list[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[Run]:
        """One page of the runs of some experiments that match a filter; at most 50,000.

        Raises:
            InvalidValue: the filter, the order or the number is not valid.
        """
        if isinstance(experiment_ids, str):
            experiment_ids = [experiment_ids]
        request = SearchRuns(
            experiment_ids=[str(each) for each in experiment_ids],
            filter=filter_string or "",
            run_view_type=ViewType.to_message(run_view_type),
            max_results=max_results,
            order_by=order_by or [],
            page_token=page_token,
        )
        page = self._fresh().search_runs(request)
        return PagedList([Run.from_message(run) for run in page.runs], page.next_page_token or None)

    def update_run(self, run_id: str, status: str | None = None, name: str | None = None) -> None:
        """Change status or name of an active run; what is None stays.

        While the server is away it returns at once, and the change waits.

        Raises:
            CairnError: the run does not exist or is deleted, or there is no such status.
        """
        writer = self._writer
        request = UpdateRun(run_id=run_id, status=_status(status), run_name=name)
        number = writer.submit(request)
        if not writer.away:
            writer.flush(run_id, upto=number)

    def set_terminated(
        self, run_id: str, status: str | None = None, end_time: int | None = None
    ) -> None:
        """End a run: FINISHED unless another status is given, now unless another time is.

        Waits until the end, and all that was logged before, was acknowledged; not while the
        server is away, then what waits is delivered when it answers again.

        Raises:
            CairnError: a record of the run was refused, or there is no such status.
        """
        number = self.submit_end(run_id, status, end_time)
        if not self._writer.away:
            with suppress(Unavailable):  # the writer says so
                self._writer.flush(run_id, upto=number)

    def submit_end(
        self, run_id: str, status: str | None = None, end_time: int | None = None
    ) -> int:
        """As `set_terminated`, without waiting; returns the number of the item.

        Raises:
            InvalidValue: there is no such status.
        """
        return self._writer.submit(
            UpdateRun(
                run_id=run_id,
                status=_status(status) or kinds.RunStatus.FINISHED,
                end_time=values.now() if end_time is None else end_time,
            )
        )

    def delete_run(self, run_id: str) -> None:
        """Hide a run; `restore_run` brings it back.

        Raises:
            DoesNotExist: there is none.
        """
        self._fresh(run_id).delete_run(RunRef(run_id=run_id))

    def restore_run(self, run_id: str) -> None:
        """Bring back a deleted run.

        Raises:
            DoesNotExist: there is none.
        """
        self._service.restore_run(RunRef(run_id=run_id))


def _status(name: str | int | None) -> kinds.RunStatus | None:
    """The status of this name (or number, as old code has it)."""
    if name is None:
        return None
    text = RunStatus.to_string(name) if isinstance(name, int) else name
    RunStatus.from_string(text)
    return kinds.RunStatus(text)
