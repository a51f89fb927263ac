"""Runs in the database: their life, and finding them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cairn.contract.kinds import ACTIVE, DELETED, RunStatus
from cairn.contract.names import check_key, fit_tag
from cairn.contract.runs import (
    Column,
    CountRuns,
    CreateRun,
    DatasetSummaries,
    DatasetSummary,
    RunColumns,
    RunCount,
    RunRef,
    RunReply,
    RunsPage,
    RunUpdated,
    SearchDatasets,
    SearchRuns,
    SelectRuns,
    UpdateRun,
)
from cairn.contract.tables import GetRunTable
from cairn.errors import AlreadyExists, DoesNotExist, InvalidValue
from cairn.store import changes, ingest, search
from cairn.store.base import (
    STAGES,
    Lock,
    StoreBase,
    find_active_experiment,
    find_active_run,
    find_run,
    insert,
    now,
    parse_experiment_id,
)
from cairn.store.experiments import check_max_results
from cairn.store.filter import RUNS
from cairn.store.records import set_tags
from cairn.store.run_names import random_name
from cairn.store.run_rows import load_runs, run_info
from cairn.store.schema import (
    RUN_NAME,
    dataset,
    input_tag,
    metric_latest,
    param,
    run,
    run_input,
    tag,
)

MAX_PARTS = 50
"""Most parts of a search whose runs are read side by side, newest first."""

_LIVE = (RunStatus.RUNNING, RunStatus.SCHEDULED)


class RunStore(StoreBase):
    """Implements the life and search of `cairn.contract.runs.Runs`."""

    def create_run(self, request: CreateRun) -> RunReply:
        """Start a run in an active experiment."""
        name = _name_of(request)
        tags = {t.key: fit_tag(t.value) for t in request.tags} | {RUN_NAME: name}
        for key in tags:
            check_key("tag", key)
        run_id = request.run_id or uuid.uuid4().hex

        def work(connection: Connection) -> RunReply:
            owner = find_active_experiment(connection, request.experiment_id, Lock.SHARED)
            query = sa.select(run.c.id, run.c.experiment).where(run.c.run_id == run_id)
            known = connection.execute(query).one_or_none()
            if known is not None:
                if known.experiment != owner.id:
                    raise AlreadyExists(
                        f"Run '{run_id}' exists already, in experiment {known.experiment}."
                    )
                return RunReply(run=load_runs(connection, [known.id])[0])
            row = {
                "run_id": run_id,
                "experiment": owner.id,
                "name": name,
                "user_id": request.user_id,
                "status": RunStatus.RUNNING.value,
                "start_time": request.start_time,
                "artifact_uri": f"{owner.artifact_location}/{run_id}/artifacts",
                "lifecycle_stage": ACTIVE,
            }
            new = insert(connection, run, row)
            set_tags(connection, new, tags)
            entry = changes.Entry("run", run_id, owner.id, "create", {"name": name[:200]})
            changes.record(connection, [entry])
            return RunReply(run=load_runs(connection, [new])[0])

        return self.db.write(work)

    def get_run(self, request: RunRef) -> RunReply:
        """Return a run with the latest value of each metric, deleted runs too."""
        with self.db.read() as connection:
            row = find_run(connection, request.run_id)
            return RunReply(run=load_runs(connection, [row.id])[0])

    def update_run(self, request: UpdateRun) -> RunUpdated:
        """Change status, end time or name of an active run."""
        values: dict[str, Any] = {}
        if request.status is not None:
            values["status"] = request.status.value
        if request.end_time is not None:
            values["end_time"] = request.end_time
        if request.run_name:
            values["name"] = fit_tag(request.run_name)

        def work(connection: Connection) -> Any:
            row = find_active_run(connection, request.run_id)
            if not ingest.claim(connection, row.id, request):
                return row
            if values:
                connection.execute(sa.update(run).where(run.c.id == row.id).values(values))
            if "name" in values:
                set_tags(connection, row.id, {RUN_NAME: values["name"]})
            if detail := changes.differences(row, values):
                what = "rename" if set(detail) == {"name"} else "update"
                changes.record(connection, [changes.of_run(row, what, detail)])
            return find_run(connection, request.run_id)

        row = self.db.write(work)
        if request.status is not None and request.status not in _LIVE:
            self.compactor.fold(row.id)
        return RunUpdated(run_info=run_info(row))

    def delete_run(self, request: RunRef) -> None:
        """Hide a run."""
        self._move(request.run_id, DELETED, now())

    def restore_run(self, request: RunRef) -> None:
        """Bring back a deleted run."""
        self._move(request.run_id, ACTIVE, None)

    def _move(self, run_id: str, stage: str, time: int | None) -> None:
        def work(connection: Connection) -> None:
            row = find_run(connection, run_id, lock=True)
            if stage == ACTIVE and (row.deleted_time or 0) < 0:  # see store/purge.py
                raise DoesNotExist(f"Run with id={run_id} is being purged. It cannot come back.")
            if row.lifecycle_stage != stage:
                connection.execute(
                    sa.update(run)
                    .where(run.c.id == row.id)
                    .values(lifecycle_stage=stage, deleted_time=time)
                )
                what = "restore" if stage == ACTIVE else "delete"
                changes.record(connection, [changes.of_run(row, what)])

        self.db.write(work)

    def search_runs(self, request: SearchRuns) -> RunsPage:
        """Return a page of runs that match a filter."""
        check_max_results(request.max_results)
        with self.db.read() as connection:
            ids, token = search.page(
                connection,
                RUNS,
                base=selected(request),
                filter=request.filter,
                order_by=request.order_by,
                max_results=request.max_results,
                page_token=request.page_token,
            )
            return RunsPage(runs=load_runs(connection, ids), next_page_token=token)

    def count_runs(self, request: CountRuns) -> RunCount:
        """Return how many runs match a filter, or the limit when there are more."""
        scope = selected(request)
        with self.db.read() as connection:
            total = search.count(connection, RUNS, scope, request.filter, request.limit)
        return RunCount(total=total)

    def list_columns(self, request: SelectRuns) -> RunColumns:
        """Return the metrics, params and tags that the matching runs have, and which vary."""
        with self.db.read() as connection:
            chosen = search.matching(connection, RUNS, selected(request).condition, request.filter)
            return RunColumns(
                metrics=_columns(connection, metric_latest, chosen),
                params=_columns(connection, param, chosen),
                tags=_columns(connection, tag, chosen),
            )

    def search_datasets(self, request: SearchDatasets) -> DatasetSummaries:
        """Return the datasets that runs of some experiments read."""
        ids = list(map(parse_experiment_id, request.experiment_ids))
        query = (
            sa.select(dataset.c.experiment, dataset.c.name, dataset.c.digest, input_tag.c.value)
            .join(run_input, run_input.c.dataset == dataset.c.id)
            .join(run, run.c.id == run_input.c.run)
            .outerjoin(
                input_tag,
                sa.and_(input_tag.c.input == run_input.c.id, input_tag.c.key == search.CONTEXT),
            )
            .where(dataset.c.experiment.in_(ids), run.c.lifecycle_stage == ACTIVE)
            .distinct()
            .order_by(dataset.c.experiment, dataset.c.name, dataset.c.digest, input_tag.c.value)
        )
        with self.db.read() as connection:
            rows = connection.execute(query).all()
        return DatasetSummaries(
            dataset_summaries=[
                DatasetSummary(experiment_id=str(owner), name=name, digest=digest, context=context)
                for owner, name, digest, context in rows
            ]
        )


def _name_of(request: CreateRun) -> str:
    tagged = next((t.value for t in request.tags if t.key == RUN_NAME), "")
    if request.run_name and tagged and request.run_name != tagged:
        raise InvalidValue(
            f"Both 'run_name' argument and '{RUN_NAME}' tag are specified, but with different "
            f"values (run_name='{request.run_name}', {RUN_NAME}='{tagged}'). Give one of them."
        )
    return request.run_name or tagged or random_name()


def selected(request: SearchRuns | SelectRuns | GetRunTable) -> search.Scope:
    """The runs of the named experiments in the wanted stages."""
    ids = {int(e) for e in request.experiment_ids if e.isascii() and e.isdigit() and len(e) < 19}
    stages: Sequence[str] = STAGES[request.run_view_type]
    own, stage = run.c.experiment, run.c.lifecycle_stage
    parts = [sa.and_(own == id_, stage == one) for id_ in sorted(ids) for one in stages]
    few = parts if len(parts) <= MAX_PARTS else []
    probe = sa.and_((own + 0).in_(ids), stage.in_(stages))  # a sum is in no index
    return search.Scope(sa.and_(own.in_(ids), stage.in_(stages)), few, probe)


def _columns(
    connection: Connection, table: sa.Table, chosen: sa.ColumnElement[bool]
) -> list[Column]:
    query = (
        sa.select(table.c.key, sa.func.count(), sa.func.count(sa.distinct(table.c.value)))
        .select_from(table)
        .join(run, run.c.id == table.c.run)
        .where(chosen)
        .group_by(table.c.key)
        .order_by(table.c.key)
    )
    return [
        Column(key=key, runs=runs, distinct=distinct)
        for key, runs, distinct in connection.execute(query)
    ]
