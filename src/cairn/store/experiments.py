"""Experiments in the database."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cairn.contract.experiments import (
    Activities,
    Activity,
    CreateExperiment,
    DeleteExperimentTag,
    Experiment,
    ExperimentCreated,
    ExperimentRef,
    ExperimentReply,
    ExperimentsPage,
    ExperimentTag,
    GetActivity,
    GetExperimentByName,
    SearchExperiments,
    SetExperimentTag,
    UpdateExperiment,
)
from cairn.contract.kinds import ACTIVE, DELETED, MAX_RESULTS, RunStatus
from cairn.contract.names import check_key
from cairn.errors import AlreadyExists, BadRequest, DoesNotExist, InvalidState, InvalidValue
from cairn.store import changes, search
from cairn.store.base import (
    STAGES,
    Lock,
    StoreBase,
    blocks,
    find_active_experiment,
    find_experiment,
    insert,
    now,
    parse_experiment_id,
)
from cairn.store.filter import EXPERIMENTS
from cairn.store.schema import experiment, experiment_tag, run
from cairn.store.upsert import replace_value, upsert

_NO_LOCATION = {"runs", "models"}
_HOST_ADDRESSED = {"ftp", "sftp", "hdfs", "viewfs", "http", "https"}


class ExperimentStore(StoreBase):
    """Implements the operations of `cairn.contract.experiments.Experiments`."""

    def create_experiment(self, request: CreateExperiment) -> ExperimentCreated:
        """Create an experiment."""
        location = check_location(request.artifact_location)
        for tag in request.tags:
            check_key("tag", tag.key)

        def work(connection: Connection) -> int:
            return insert_experiment(
                connection, request.name, location or None, self.artifact_root, request.tags
            )

        return ExperimentCreated(experiment_id=str(self.db.write(work)))

    def get_experiment(self, request: ExperimentRef) -> ExperimentReply:
        """Return an experiment, deleted ones too."""
        with self.db.read() as connection:
            row = find_experiment(connection, request.experiment_id)
            return ExperimentReply(experiment=_load(connection, [row.id])[0])

    def get_experiment_by_name(self, request: GetExperimentByName) -> ExperimentReply:
        """Return the experiment that has this name, deleted ones too."""
        with self.db.read() as connection:
            query = sa.select(experiment.c.id).where(experiment.c.name == request.experiment_name)
            id_ = connection.execute(query).scalar()
            if id_ is None:
                raise DoesNotExist(
                    f"Could not find experiment with name '{request.experiment_name}'."
                )
            return ExperimentReply(experiment=_load(connection, [id_])[0])

    def search_experiments(self, request: SearchExperiments) -> ExperimentsPage:
        """Return a page of experiments that match a filter."""
        check_max_results(request.max_results)
        with self.db.read() as connection:
            ids, token = search.page(
                connection,
                EXPERIMENTS,
                base=experiment.c.lifecycle_stage.in_(STAGES[request.view_type]),
                filter=request.filter,
                order_by=request.order_by,
                max_results=request.max_results,
                page_token=request.page_token,
            )
            return ExperimentsPage(experiments=_load(connection, ids), next_page_token=token)

    def update_experiment(self, request: UpdateExperiment) -> None:
        """Rename an active experiment."""

        def work(connection: Connection) -> None:
            row = find_experiment(connection, request.experiment_id, lock=Lock.ALONE)
            if row.lifecycle_stage != ACTIVE:
                raise InvalidState(
                    "Cannot rename a non-active experiment. Restore it with `cairn experiments "
                    f"restore -x {request.experiment_id}`."
                )
            other = sa.select(experiment.c.id).where(experiment.c.name == request.new_name)
            if connection.execute(other).scalar() not in (None, row.id):
                raise BadRequest(
                    f"An experiment with name '{request.new_name}' exists already. "
                    "Choose another name."
                )
            _update(connection, row.id, name=request.new_name)
            if detail := changes.differences(row, {"name": request.new_name}):
                changes.record(connection, [changes.of_experiment(row.id, "rename", detail)])

        self.db.write(work)

    def delete_experiment(self, request: ExperimentRef) -> None:
        """Hide an experiment and its runs."""

        def work(connection: Connection) -> None:
            row = find_experiment(connection, request.experiment_id, lock=Lock.ALONE)
            if row.lifecycle_stage != ACTIVE:
                raise DoesNotExist(f"No Experiment with id={request.experiment_id} exists.")
            time = _update(connection, row.id, lifecycle_stage=DELETED, deleted_time=now())
            gone = connection.execute(
                sa.update(run)
                .where(run.c.experiment == row.id, run.c.lifecycle_stage == ACTIVE)
                .values(lifecycle_stage=DELETED, deleted_time=time)
            )
            detail = {"runs": gone.rowcount}
            changes.record(connection, [changes.of_experiment(row.id, "delete", detail)])

        self.db.write(work)

    def restore_experiment(self, request: ExperimentRef) -> None:
        """Bring back a deleted experiment and the runs that were deleted with it."""

        def work(connection: Connection) -> None:
            row = find_experiment(connection, request.experiment_id, lock=Lock.ALONE)
            if row.lifecycle_stage != DELETED:
                raise DoesNotExist(f"No Experiment with id={request.experiment_id} exists.")
            _update(connection, row.id, lifecycle_stage=ACTIVE, deleted_time=None)
            back = connection.execute(
                sa.update(run)
                .where(run.c.experiment == row.id, run.c.deleted_time == row.deleted_time)
                .values(lifecycle_stage=ACTIVE, deleted_time=None)
            )
            detail = {"runs": back.rowcount}
            changes.record(connection, [changes.of_experiment(row.id, "restore", detail)])

        self.db.write(work)

    def set_experiment_tag(self, request: SetExperimentTag) -> None:
        """Set a tag of an active experiment."""
        check_key("tag", request.key)

        def work(connection: Connection) -> None:
            row = find_active_experiment(connection, request.experiment_id, Lock.ALONE)
            tag = ExperimentTag(key=request.key, value=request.value)
            _set_tags(connection, row.id, [tag])
            _update(connection, row.id)
            detail = changes.keys([request.key])
            changes.record(connection, [changes.of_experiment(row.id, "set tags", detail)])

        self.db.write(work)

    def delete_experiment_tag(self, request: DeleteExperimentTag) -> None:
        """Remove a tag of an active experiment."""

        def work(connection: Connection) -> None:
            row = find_active_experiment(connection, request.experiment_id, Lock.ALONE)
            gone = connection.execute(
                experiment_tag.delete().where(
                    experiment_tag.c.experiment == row.id, experiment_tag.c.key == request.key
                )
            )
            if gone.rowcount == 0:
                raise DoesNotExist(
                    f"No tag with name: {request.key} in experiment with id "
                    f"{request.experiment_id}."
                )
            _update(connection, row.id)
            detail = changes.keys([request.key])
            changes.record(connection, [changes.of_experiment(row.id, "delete tag", detail)])

        self.db.write(work)

    def get_activity(self, request: GetActivity) -> Activities:
        """Return how many runs some experiments have and when the last one started."""
        ids = list(dict.fromkeys(map(parse_experiment_id, request.experiment_id)))
        running = sa.func.sum(sa.case((run.c.status == RunStatus.RUNNING.value, 1), else_=0))
        query = (
            sa.select(
                experiment.c.id,
                sa.func.count(run.c.id),
                sa.func.coalesce(running, 0),
                sa.func.max(run.c.start_time),
            )
            .outerjoin(
                run, sa.and_(run.c.experiment == experiment.c.id, run.c.lifecycle_stage == ACTIVE)
            )
            .where(experiment.c.id.in_(ids))
            .group_by(experiment.c.id)
        )
        with self.db.read() as connection:
            rows = {row[0]: row for row in connection.execute(query)}
        return Activities(
            activities=[
                Activity(
                    experiment_id=str(id_),
                    run_count=rows[id_][1],
                    running_count=int(rows[id_][2]),
                    last_start_time=rows[id_][3],
                )
                for id_ in ids
                if id_ in rows
            ]
        )


def check_max_results(max_results: int) -> None:
    """Refuse a page size outside 1 to 50,000.

    Raises:
        InvalidValue: it is outside.
    """
    if max_results < 1:
        raise InvalidValue(
            f"Invalid value {max_results} for parameter 'max_results' supplied. "
            "It must be a positive integer."
        )
    if max_results > MAX_RESULTS:
        raise InvalidValue(
            f"Invalid value {max_results} for parameter 'max_results' supplied. "
            f"It must be at most {MAX_RESULTS}."
        )


def check_location(location: str | None) -> str | None:
    """The artifact location of a new experiment; a relative folder becomes absolute.

    Raises:
        InvalidValue: its scheme cannot hold artifacts.
    """
    if not location:
        return None
    scheme = urlsplit(location).scheme
    if scheme in _NO_LOCATION:
        raise InvalidValue(
            f"Artifact location cannot be a {scheme}:/ URI. Given: '{location}'. "
            "Give a folder or the URI of a bucket."
        )
    if scheme in _HOST_ADDRESSED:
        raise InvalidValue(
            f"Artifact location '{location}' names a host by {scheme}://, which is not allowed. "
            "Give a folder or the URI of a bucket."
        )
    return location if scheme else str(Path(location).absolute())


def insert_experiment(
    connection: Connection,
    name: str,
    location: str | None,
    root: str,
    tags: Sequence[ExperimentTag] = (),
    id_: int | None = None,
) -> int:
    """Add an experiment and return its id; without a location it is below `root`, by id.

    Raises:
        AlreadyExists: the name is taken.
    """
    query = sa.select(experiment.c.lifecycle_stage).where(experiment.c.name == name)
    stage = connection.execute(query).scalar()
    if stage is not None:
        remedy = "Restore it or choose another name." if stage == DELETED else "Use it by its name."
        raise AlreadyExists(f"Experiment '{name}' already exists in {stage} state. {remedy}")
    time = now()
    row = {
        "name": name,
        "artifact_location": location or "",
        "lifecycle_stage": ACTIVE,
        "creation_time": time,
        "last_update_time": time,
    }
    if id_ is not None:
        row["id"] = id_
    new = insert(connection, experiment, row)
    if location is None:
        place = f"{root.rstrip('/')}/{new}" if root != "mlflow-artifacts:/" else f"{root}{new}"
        _update(connection, new, artifact_location=place)
    _set_tags(connection, new, tags)
    changes.record(connection, [changes.of_experiment(new, "create", {"name": name[:200]})])
    return new


def _update(connection: Connection, id_: int, **changes: object) -> int:
    """Change columns of an experiment; returns the time of the change."""
    time = now()
    if changes.get("deleted_time") is not None:
        changes["deleted_time"] = time
    connection.execute(
        sa.update(experiment).where(experiment.c.id == id_).values(last_update_time=time, **changes)
    )
    return time


def _set_tags(connection: Connection, id_: int, tags: Sequence[ExperimentTag]) -> None:
    values = {tag.key: tag.value for tag in tags}
    rows = [{"experiment": id_, "key": key, "value": values[key]} for key in sorted(values)]
    upsert(connection, experiment_tag, rows, replace_value)


def _load(connection: Connection, ids: Sequence[int]) -> list[Experiment]:
    """Experiments by id, in the order given; two queries."""
    tags: dict[int, list[ExperimentTag]] = {}
    found: dict[int, Experiment] = {}
    for block in blocks(ids):
        of_block = experiment_tag.c.experiment.in_(block)
        query = sa.select(experiment_tag).where(of_block).order_by(experiment_tag.c.key)
        for row in connection.execute(query):
            tags.setdefault(row.experiment, []).append(ExperimentTag(key=row.key, value=row.value))
        for row in connection.execute(sa.select(experiment).where(experiment.c.id.in_(block))):
            found[row.id] = Experiment(
                experiment_id=str(row.id),
                name=row.name,
                artifact_location=row.artifact_location,
                lifecycle_stage=row.lifecycle_stage,
                last_update_time=row.last_update_time,
                creation_time=row.creation_time,
                tags=tags.get(row.id, []),
            )
    return [found[id_] for id_ in ids]
