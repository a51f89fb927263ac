"""Metrics of logged models: each point that a run logged with the id of a model."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cairn.contract.runs import Metric
from cairn.errors import BadRequest
from cairn.store.schema import logged_model, model_metric, run
from cairn.store.upsert import Values

NAN = float("nan")


def append(connection: Connection, points: Sequence[tuple[int, Metric]]) -> None:
    """Keep points that say which model they measure, with the dataset they are measured on.

    Args:
        connection: where.
        points: each with the row of its run.

    Raises:
        BadRequest: there is no such model.
    """
    if not points:
        return
    ids = {str(m.model_id) for _, m in points}
    query = sa.select(logged_model.c.model_id, logged_model.c.id)
    known = dict(connection.execute(query.where(logged_model.c.model_id.in_(sorted(ids)))).all())
    for unknown in sorted(ids - known.keys()):
        raise BadRequest(
            f"Logged model with ID '{unknown}' not found, so no metric of it can be logged. "
            "Create it first, or log the metric without model_id."
        )
    rows = [
        {
            "model": known[str(m.model_id)],
            "run": run_row,
            "key": m.key,
            "value": None if m.value != m.value else m.value,
            "step": m.step,
            "timestamp": m.timestamp,
            "dataset_name": m.dataset_name or None,
            "dataset_digest": m.dataset_digest or None,
        }
        for run_row, m in points
    ]
    connection.execute(model_metric.insert(), rows)


def load(connection: Connection, models: Sequence[int]) -> dict[int, list[Metric]]:
    """The points of some models, by row of the model; by key, time, step, value; one query."""
    c = model_metric.c
    point = (c.key, c.timestamp, c.step, c.value, c.dataset_name, c.dataset_digest)
    query = (
        sa.select(c.model, logged_model.c.model_id, run.c.run_id, *point)
        .distinct()  # a point that is logged again is the same one
        .join(logged_model, logged_model.c.id == c.model)
        .join(run, run.c.id == c.run)
        .where(c.model.in_(models))
        .order_by(c.model, c.key, c.timestamp, c.step, c.value, run.c.run_id)
    )
    found: dict[int, list[Metric]] = {}
    for model, model_id, run_id, key, time, step, value, name, digest in connection.execute(query):
        number = NAN if value is None else value
        metric = Metric(key=key, value=number, timestamp=time, step=step)
        metric.model_id, metric.run_id = model_id, run_id
        if name is not None:
            metric.dataset_name = name
        if digest is not None:
            metric.dataset_digest = digest
        found.setdefault(model, []).append(metric)
    return found


def on_datasets(columns: Values, datasets: Sequence[tuple[str, str]]) -> sa.ColumnElement[bool]:
    """Whether a point was measured on one of some datasets; true when none are given.

    Args:
        columns: those of `model_metric` or an alias of it.
        datasets: name and digest of each; without a name or without a digest, any.
    """
    wanted = []
    for name, digest in datasets:
        given = {"dataset_name": name, "dataset_digest": digest}
        same = [columns[column] == value for column, value in given.items() if value]
        wanted.append(sa.and_(sa.true(), *same))
    return sa.or_(*wanted) if wanted else sa.true()
