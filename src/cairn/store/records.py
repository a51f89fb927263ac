"""What is logged to runs: params, tags, metrics, inputs, outputs."""

from __future__ import annotations

import operator
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cairn.contract.kinds import MAX_ENTITIES_PER_BATCH
from cairn.contract.names import check_key, fit_param, fit_tag
from cairn.contract.runs import (
    DatasetInput,
    DeleteTag,
    LogBatch,
    LogInputs,
    LogMetric,
    LogOutputs,
    LogParam,
    Metric,
    Param,
    SetTag,
)
from cairn.errors import DoesNotExist, InvalidValue
from cairn.store import changes, ingest
from cairn.store.base import Lock, StoreBase, find_active_run, find_experiment, find_run
from cairn.store.changes import MOST_KEYS
from cairn.store.schema import RUN_NAME, dataset, input_tag, param, run, run_input, run_model, tag
from cairn.store.upsert import Values, replace_value, upsert


class RecordStore(StoreBase):
    """Implements the logging operations of `cairn.contract.runs.Runs`."""

    def log_metric(self, request: LogMetric) -> None:
        """Append one point to a metric of an active run."""
        self.begin_log_metric(request).result()

    def begin_log_metric(self, request: LogMetric) -> Future[int | None]:
        """`log_metric` without waiting: the future tells when the point is stored."""
        metric = Metric(
            key=request.key, value=request.value, timestamp=request.timestamp, step=request.step
        )
        if request.model_id is not None:
            metric.model_id = request.model_id
        if request.dataset_name is not None:
            metric.dataset_name = request.dataset_name
        if request.dataset_digest is not None:
            metric.dataset_digest = request.dataset_digest
        return self._store(ingest.prepare(request.run_id, [metric]))

    def log_param(self, request: LogParam) -> None:
        """Set a param of an active run."""
        check_key("param", request.key)
        value = fit_param(request.value)

        def work(connection: Connection) -> None:
            row = find_active_run(connection, request.run_id)
            new, changed = _add_params(connection, row.id, {request.key: value})
            for key, old, given in changed:
                raise InvalidValue(
                    f"Changing param values is not allowed. Param with key='{key}' was already "
                    f"logged with value='{old}' for run ID='{request.run_id}'. Attempted logging "
                    f"new value '{given}'."
                )
            changes.record(connection, _entries(row, new, ()))

        self.db.write(work)

    def set_tag(self, request: SetTag) -> None:
        """Set a tag of an active run."""
        check_key("tag", request.key)
        value = fit_tag(request.value)

        def work(connection: Connection) -> None:
            row = find_active_run(connection, request.run_id)
            set_tags(connection, row.id, {request.key: value})
            changes.record(connection, _entries(row, (), (request.key,)))

        self.db.write(work)

    def delete_tag(self, request: DeleteTag) -> None:
        """Remove a tag of an active run."""

        def work(connection: Connection) -> None:
            row = find_active_run(connection, request.run_id)
            if not ingest.claim(connection, row.id, request):
                return
            gone = connection.execute(
                tag.delete().where(tag.c.run == row.id, tag.c.key == request.key)
            )
            if gone.rowcount == 0:
                raise DoesNotExist(
                    f"No tag with name: {request.key} in run with id {request.run_id}."
                )
            entry = changes.of_run(row, "delete tag", changes.keys([request.key]))
            changes.record(connection, [entry])

        self.db.write(work)

    def log_batch(self, request: LogBatch) -> None:
        """Log metrics, params and tags of an active run: all of them or none."""
        begun = self.begin_log_batch(request)
        if begun is not None:
            begun.result()
            return
        params = _check_batch(request)
        tags = {t.key: fit_tag(t.value) for t in request.tags}
        batch = _prepare(request) if request.metrics else None

        def work(connection: Connection) -> tuple[int, bool]:
            row = find_active_run(connection, request.run_id)
            if batch is None:
                is_new = ingest.claim(connection, row.id, request)
            else:
                is_new = ingest.append(connection, [(row.id, batch)])[0]
            if not is_new:  # a repetition changes nothing, also not what was changed since
                return row.id, False
            new, changed = _add_params(connection, row.id, params)
            if changed:
                listed = [{"key": k, "old_value": o, "new_value": n} for k, o, n in changed]
                raise InvalidValue(
                    "Changing param values is not allowed. Params were already logged="
                    f"'{listed}' for run ID='{request.run_id}'."
                )
            set_tags(connection, row.id, tags)
            changes.record(connection, _entries(row, new, tags))
            return row.id, batch is not None

        row_id, taken = self.db.write(work)
        if taken:
            self.compactor.added(row_id)

    def begin_log_batch(self, request: LogBatch) -> Future[int | None] | None:
        """`log_batch` of metrics alone, without waiting; None when there is something else."""
        if request.params or request.tags or not request.metrics:
            return None
        return self._store(_prepare(request))

    def _store(self, batch: ingest.Batch) -> Future[int | None]:
        done: Future[int | None] = self.db.join(ingest.append_all, batch)
        done.add_done_callback(self._stored)
        return done

    def _stored(self, done: Future[int | None]) -> None:
        row_id = None if done.exception() else done.result()
        if row_id is not None:
            self.compactor.added(row_id)

    def log_inputs(self, request: LogInputs) -> None:
        """Record datasets and models that an active run read."""

        def work(connection: Connection) -> None:
            owner = None
            if request.datasets:  # these belong to the experiment, which is locked first
                owner = find_run(connection, request.run_id).experiment
                find_experiment(connection, str(owner), lock=Lock.SHARED)
            row = find_active_run(connection, request.run_id)
            if owner not in (None, row.experiment):  # it was moved at this instant
                find_experiment(connection, str(row.experiment), lock=Lock.SHARED)
            if not ingest.claim(connection, row.id, request):
                return
            rows = _add_datasets(connection, row.experiment, request.datasets)
            for used in request.datasets:
                of = rows[used.dataset.name, used.dataset.digest]
                _add_input(connection, row.id, of, used)
            models = [(m.model_id, 0) for m in request.models]
            _add_models(connection, row.id, "input", models)
            detail = {
                "datasets": [used.dataset.name for used in request.datasets[:MOST_KEYS]],
                "models": [m.model_id for m in request.models[:MOST_KEYS]],
            }
            if request.datasets or request.models:
                changes.record(connection, [changes.of_run(row, "log inputs", detail)])

        self.db.write(work)

    def log_outputs(self, request: LogOutputs) -> None:
        """Record models that an active run made."""

        def work(connection: Connection) -> None:
            row = find_active_run(connection, request.run_id)
            if not ingest.claim(connection, row.id, request):
                return
            models = [(m.model_id, m.step) for m in request.models]
            _add_models(connection, row.id, "output", models)
            if models:
                detail = {"models": [m.model_id for m in request.models[:MOST_KEYS]]}
                changes.record(connection, [changes.of_run(row, "log outputs", detail)])

        self.db.write(work)


def _prepare(request: LogBatch) -> ingest.Batch:
    return ingest.prepare(request.run_id, request.metrics, request.source, request.sequence)


def _check_batch(request: LogBatch) -> dict[str, str]:
    """Refuse what no batch may hold; returns its params by key."""
    total = len(request.metrics) + len(request.params) + len(request.tags)
    if total > MAX_ENTITIES_PER_BATCH:
        raise InvalidValue(
            f"A batch may hold at most {MAX_ENTITIES_PER_BATCH} metrics, params and tags together, "
            f"but this one holds {total}. Send it in several."
        )
    for key in {t.key for t in request.tags}:
        check_key("tag", key)
    params: dict[str, str] = {}
    for given in request.params:
        _add_once(params, given)
    return params


def _add_once(params: dict[str, str], given: Param) -> None:
    check_key("param", given.key)
    if given.key in params:
        raise InvalidValue(f"Duplicate param key '{given.key}' in the batch. Send each key once.")
    params[given.key] = fit_param(given.value)


def _entries(row: Any, params: Collection[str], tags: Collection[str]) -> list[changes.Entry]:
    """One line for the params that are new in a run and one for its tags, where there are any."""
    return [
        changes.of_run(row, what, changes.keys(names))
        for what, names in (("log params", params), ("set tags", tags))
        if names
    ]


def _add_params(
    connection: Connection, run_row: int, params: Mapping[str, str]
) -> tuple[list[str], list[tuple[str, str, str]]]:
    """Store new params; returns their keys, and (key, stored, given value) of those that differ."""
    if not params:
        return [], []
    query = sa.select(param.c.key, param.c.value).where(
        param.c.run == run_row, param.c.key.in_(params)
    )
    stored: dict[str, str] = dict(connection.execute(query).all())
    changed = [(k, stored[k], v) for k, v in params.items() if k in stored and stored[k] != v]
    new = [key for key in params if key not in stored]
    if new and not changed:
        rows = [{"run": run_row, "key": key, "value": params[key]} for key in new]
        connection.execute(param.insert(), rows)
    return new, changed


def set_tags(connection: Connection, run_row: int, tags: Mapping[str, str]) -> None:
    """Store tags of a run, over those of the same keys. The name's tag renames the run."""
    if not tags:
        return
    rows = [{"run": run_row, "key": key, "value": tags[key]} for key in sorted(tags)]
    upsert(connection, tag, rows, replace_value)
    if tags.get(RUN_NAME):
        connection.execute(sa.update(run).where(run.c.id == run_row).values(name=tags[RUN_NAME]))


def _add_datasets(
    connection: Connection, experiment_row: int, inputs: Sequence[DatasetInput]
) -> dict[tuple[str, str], int]:
    """Store what is not there of some datasets; returns their rows by name and digest."""
    given = {(used.dataset.name, used.dataset.digest): used.dataset for used in reversed(inputs)}
    rows = [
        {
            "experiment": experiment_row,
            "name": one.name,
            "digest": one.digest,
            "source_type": one.source_type,
            "source": one.source,
            "schema": one.schema,
            "profile": one.profile,
        }
        for _, one in sorted(given.items(), key=operator.itemgetter(0))
    ]
    upsert(connection, dataset, rows)
    c = dataset.c
    found = {}
    for name, digest in given:
        query = sa.select(c.id).where(
            c.experiment == experiment_row, c.name == name, c.digest == digest
        )
        found[name, digest] = connection.execute(query).scalar_one()
    return found


def _add_input(connection: Connection, run_row: int, dataset_row: int, used: DatasetInput) -> None:
    upsert(connection, run_input, [{"run": run_row, "dataset": dataset_row}])
    uses = sa.select(run_input.c.id).where(
        run_input.c.run == run_row, run_input.c.dataset == dataset_row
    )
    use = connection.execute(uses).scalar_one()
    values = {tag.key: tag.value for tag in used.tags}
    rows = [{"input": use, "key": key, "value": values[key]} for key in sorted(values)]
    upsert(connection, input_tag, rows, replace_value)


def _replace_step(_old: Values, given: Values) -> dict[str, Any]:
    return {"step": given["step"]}


def _add_models(
    connection: Connection, run_row: int, direction: str, models: Sequence[tuple[str, int]]
) -> None:
    rows = [
        {"run": run_row, "direction": direction, "model_id": model_id, "step": step}
        for model_id, step in sorted(dict(models).items())
    ]
    upsert(connection, run_model, rows, _replace_step)
