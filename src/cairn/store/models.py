"""Logged models in the database."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cairn.contract.kinds import ACTIVE, DELETED
from cairn.contract.models import (
    CreateLoggedModel,
    DeleteLoggedModelTag,
    FinalizeLoggedModel,
    GetLoggedModel,
    LoggedModel,
    LoggedModelData,
    LoggedModelInfo,
    LoggedModelParam,
    LoggedModelRef,
    LoggedModelReply,
    LoggedModelsPage,
    LoggedModelStatus,
    LoggedModelTag,
    LogLoggedModelParams,
    LogModel,
    SearchLoggedModels,
    SetLoggedModelTags,
)
from cairn.errors import AlreadyExists, DoesNotExist, InvalidValue
from cairn.store import changes, model_metrics, model_search
from cairn.store.base import (
    Lock,
    StoreBase,
    blocks,
    find_active_experiment,
    find_active_run,
    insert,
    now,
)
from cairn.store.experiments import check_max_results
from cairn.store.records import set_tags
from cairn.store.run_names import random_name
from cairn.store.schema import logged_model, model_param, model_tag, tag
from cairn.store.upsert import replace_value, upsert

_NOT_IN_NAMES = ("/", ":", ".", "%", '"', "'")
_PAGE_WITHOUT_SIZE = 100
_HISTORY = "mlflow.log-model.history"
_HISTORY_FIELDS = {"run_id", "artifact_path", "utc_time_created", "flavors"}


class ModelStore(StoreBase):
    """Implements the operations of `cairn.contract.models.LoggedModels`."""

    def create_logged_model(self, request: CreateLoggedModel) -> LoggedModelReply:
        """Create a logged model in an active experiment."""
        name = _check_name(request.name) if request.name else random_name()
        params = _once({}, request.params)
        tags = {each.key: each.value for each in request.tags}
        model_id = request.model_id or f"m-{uuid.uuid4().hex}"

        def work(connection: Connection) -> LoggedModelReply:
            owner = find_active_experiment(connection, request.experiment_id, Lock.SHARED)
            known = _known(connection, model_id, owner.id) if request.model_id else None
            if known is not None:
                return LoggedModelReply(model=load_models(connection, [known])[0])
            time = now()
            row = {
                "model_id": model_id,
                "experiment": owner.id,
                "name": name,
                "model_type": request.model_type,
                "source_run_id": request.source_run_id,
                "status": LoggedModelStatus.LOGGED_MODEL_PENDING.word,
                "artifact_uri": f"{owner.artifact_location}/models/{model_id}/artifacts",
                "creation_timestamp": time,
                "last_updated_timestamp": time,
                "lifecycle_stage": ACTIVE,
            }
            new = insert(connection, logged_model, row)
            _insert_params(connection, new, params)
            _set_tags(connection, new, tags)
            line = changes.Entry("model", model_id, owner.id, "create", {"name": name})
            changes.record(connection, [line])
            return LoggedModelReply(model=load_models(connection, [new])[0])

        return self.db.write(work)

    def get_logged_model(self, request: GetLoggedModel) -> LoggedModelReply:
        """Return a logged model."""
        with self.db.read() as connection:
            row = _find(connection, request.model_id, deleted=request.allow_deleted)
            return LoggedModelReply(model=load_models(connection, [row.id])[0])

    def search_logged_models(self, request: SearchLoggedModels) -> LoggedModelsPage:
        """Return a page of logged models that match a filter."""
        size = request.max_results or _PAGE_WITHOUT_SIZE
        check_max_results(size)
        with self.db.read() as connection:
            ids, token = model_search.page(connection, request, size)
            return LoggedModelsPage(models=load_models(connection, ids), next_page_token=token)

    def finalize_logged_model(self, request: FinalizeLoggedModel) -> LoggedModelReply:
        """Say whether the artifacts of a logged model are complete."""

        def work(connection: Connection) -> LoggedModelReply:
            row = _find(connection, request.model_id, lock=True)
            status = {"status": request.status.word}
            if detail := changes.differences(row, status):
                _update(connection, row, "update", detail, **status)
            return LoggedModelReply(model=load_models(connection, [row.id])[0])

        return self.db.write(work)

    def delete_logged_model(self, request: LoggedModelRef) -> None:
        """Hide a logged model."""

        def work(connection: Connection) -> None:
            row = _find(connection, request.model_id, lock=True, deleted=True)
            if row.lifecycle_stage == ACTIVE:
                _update(connection, row, "delete", lifecycle_stage=DELETED, deleted_time=now())

        self.db.write(work)

    def log_logged_model_params(self, request: LogLoggedModelParams) -> None:
        """Set params of a logged model."""
        _once({}, request.params)

        def work(connection: Connection) -> None:
            row = _find(connection, request.model_id, lock=True)
            stored = _texts(connection, model_param, [row.id]).get(row.id, {})
            new = _once(stored, request.params)
            if new:
                _insert_params(connection, row.id, new)
                _update(connection, row, "log params", changes.keys(new))

        self.db.write(work)

    def set_logged_model_tags(self, request: SetLoggedModelTags) -> None:
        """Set tags of a logged model."""
        tags = {each.key: each.value for each in request.tags}

        def work(connection: Connection) -> None:
            row = _find(connection, request.model_id, lock=True)
            if tags:
                _set_tags(connection, row.id, tags)
                _update(connection, row, "set tags", changes.keys(tags))

        self.db.write(work)

    def delete_logged_model_tag(self, request: DeleteLoggedModelTag) -> None:
        """Remove a tag of a logged model."""

        def work(connection: Connection) -> None:
            row = _find(connection, request.model_id, lock=True)
            named = sa.and_(model_tag.c.model == row.id, model_tag.c.key == request.tag_key)
            if connection.execute(model_tag.delete().where(named)).rowcount == 0:
                raise DoesNotExist(
                    f"No tag with key '{request.tag_key}' found for model with ID "
                    f"'{request.model_id}'."
                )
            _update(connection, row, "delete tag", changes.keys([request.tag_key]))

        self.db.write(work)

    def log_model(self, request: LogModel) -> None:
        """Add to the tag ``mlflow.log-model.history`` of an active run."""
        entry = _check_history(request.model_json)

        def work(connection: Connection) -> None:
            row = find_active_run(connection, request.run_id)
            named = sa.and_(tag.c.run == row.id, tag.c.key == _HISTORY)
            old = connection.execute(sa.select(tag.c.value).where(named)).scalar()
            set_tags(connection, row.id, {_HISTORY: json.dumps([*_entries(old), entry])})
            changes.record(connection, [changes.of_run(row, "set tags", changes.keys([_HISTORY]))])

        self.db.write(work)


def load_models(connection: Connection, ids: Sequence[int]) -> list[LoggedModel]:
    """Logged models by row id, in the order given; four queries for each 10,000."""
    found: dict[int, LoggedModel] = {}
    for block in blocks(ids):
        params = _texts(connection, model_param, block)
        tags = _texts(connection, model_tag, block)
        metrics = model_metrics.load(connection, block)
        query = sa.select(logged_model).where(logged_model.c.id.in_(block))
        for row in connection.execute(query):
            given = params.get(row.id, {}).items()
            data = LoggedModelData(
                params=[LoggedModelParam(key=key, value=value) for key, value in given],
                metrics=metrics.get(row.id, []),
            )
            found[row.id] = LoggedModel(info=_info(row, tags.get(row.id, {})), data=data)
    return [found[id_] for id_ in ids]


def _check_history(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidValue(f"The parameter 'model_json' is not valid JSON: {error}.") from None
    missing = _HISTORY_FIELDS - found.keys() if isinstance(found, dict) else _HISTORY_FIELDS
    if missing:
        raise InvalidValue(
            f"The parameter 'model_json' lacks {', '.join(sorted(missing))}. Send a JSON object "
            "that has them."
        )
    return {"model_uuid": None, **found}


def _entries(value: str | None) -> list[Any]:
    """What a run's history of models holds; nothing when the user wrote something else there."""
    try:
        found = json.loads(value or "[]")
    except ValueError:
        return []
    return found if isinstance(found, list) else []


def _info(row: Row[Any], tags: Mapping[str, str]) -> LoggedModelInfo:
    return LoggedModelInfo(
        model_id=row.model_id,
        experiment_id=str(row.experiment),
        name=row.name,
        creation_timestamp_ms=row.creation_timestamp,
        last_updated_timestamp_ms=row.last_updated_timestamp,
        artifact_uri=row.artifact_uri,
        status=LoggedModelStatus(row.status),
        model_type=row.model_type,
        source_run_id=row.source_run_id,
        status_message=row.status_message,
        tags=[LoggedModelTag(key=key, value=value) for key, value in tags.items()],
    )


def _find(
    connection: Connection, model_id: str, *, lock: bool = False, deleted: bool = False
) -> Row[Any]:
    """The row of a logged model; a deleted one only where that is wanted.

    Raises:
        DoesNotExist: there is none with this id.
    """
    query = sa.select(logged_model).where(logged_model.c.model_id == model_id)
    row = connection.execute(query.with_for_update(key_share=True) if lock else query).one_or_none()
    if row is None or (row.lifecycle_stage == DELETED and not deleted):
        raise DoesNotExist(f"Logged model with ID '{model_id}' not found.")
    return row


def _known(connection: Connection, model_id: str, experiment: int) -> int | None:
    """The row of a model that a repeated request made already; None when there is none.

    Raises:
        AlreadyExists: another experiment has it.
    """
    query = sa.select(logged_model.c.id, logged_model.c.experiment)
    row = connection.execute(query.where(logged_model.c.model_id == model_id)).one_or_none()
    if row is not None and row.experiment != experiment:
        raise AlreadyExists(
            f"Logged model '{model_id}' exists already, in experiment {row.experiment}."
        )
    return None if row is None else int(row.id)


def _check_name(name: str) -> str:
    if any(mark in name for mark in _NOT_IN_NAMES):
        raise InvalidValue(
            f"Invalid model name ({name!r}) provided. Model name must be a non-empty string and "
            f"cannot contain the following characters: {_NOT_IN_NAMES}"
        )
    return name


def _once(stored: Mapping[str, str], params: Iterable[LoggedModelParam]) -> dict[str, str]:
    """The params that are not stored yet.

    Raises:
        InvalidValue: one has another value already, or two of these have one key and two values.
    """
    new: dict[str, str] = {}
    for given in params:
        old = stored.get(given.key, new.get(given.key))
        if old is not None and old != given.value:
            raise InvalidValue(
                f"Changing param values is not allowed. Param with key='{given.key}' of the logged "
                f"model already has the value '{old}'. Attempted logging new value "
                f"'{given.value}'."
            )
        if old is None:
            new[given.key] = given.value
    return new


def _insert_params(connection: Connection, model: int, params: Mapping[str, str]) -> None:
    rows = [{"model": model, "key": key, "value": params[key]} for key in sorted(params)]
    if rows:
        connection.execute(model_param.insert(), rows)


def _set_tags(connection: Connection, model: int, tags: Mapping[str, str]) -> None:
    rows = [{"model": model, "key": key, "value": tags[key]} for key in sorted(tags)]
    upsert(connection, model_tag, rows, replace_value)


def _update(
    connection: Connection,
    row: Row[Any],
    what: str,
    detail: Mapping[str, Any] | None = None,
    **columns: object,
) -> None:
    """Change columns of a model, and its time of change, and log it."""
    columns["last_updated_timestamp"] = now()
    mine = logged_model.c.id == row.id
    connection.execute(sa.update(logged_model).where(mine).values(**columns))
    changes.record(connection, [changes.of_model(row, what, detail)])


def _texts(
    connection: Connection, table: sa.Table, models: Sequence[int]
) -> dict[int, dict[str, str]]:
    """Params or tags of some models, sorted by key."""
    query = sa.select(table).where(table.c.model.in_(models)).order_by(table.c.model, table.c.key)
    found: dict[int, dict[str, str]] = {}
    for model, key, value in connection.execute(query):
        found.setdefault(model, {})[key] = value
    return found
