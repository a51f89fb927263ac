"""Where the fields that searches name are kept: columns of a row, or rows of other tables."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from cairn.contract.models import LoggedModelStatus
from cairn.store.columns import SORTED_CHARACTERS
from cairn.store.entities import DATASETS, EXPERIMENTS, MODELS, RUNS, Entity, Field
from cairn.store.model_metrics import on_datasets
from cairn.store.schema import (
    dataset,
    evaluation_dataset,
    evaluation_dataset_tag,
    experiment,
    experiment_tag,
    input_tag,
    logged_model,
    metric_latest,
    model_metric,
    model_param,
    model_tag,
    param,
    run,
    run_input,
    run_model,
    tag,
)

CONTEXT = "mlflow.data.context"
"""The tag of an input that says what it was used for."""
PARENT = "mlflow.parentRunId"
"""The tag of a run that names the run it is nested in."""

Value = sa.ColumnElement[Any]
Condition = sa.ColumnElement[bool]
Known = Mapping[Field, Mapping[int, float]]
"""For each field with a step its values by the row of the run; a run without one is left out."""

_MOST_KNOWN = 1000  # fields whose rows are kept: an alias of a table takes a while to make
_ASPECTS = {"": "value", "min": "low", "max": "high", "count": "points"}


@dataclass(frozen=True)
class Rows:
    """Where the values of a field are: rows tied to the id of what they belong to.

    Attributes:
        owner: the column with that id.
        value: the column with the value.
        conditions: which rows are those of the field.
        null_is_nan: whether NULL is the value NaN.
        indexed: whether an index has these rows in the order of `ordered`.
    """

    owner: Value
    value: Value
    conditions: tuple[Condition, ...]
    null_is_nan: bool = False
    indexed: bool = False

    @property
    def ordered(self) -> Value:
        """What the rows are sorted by."""
        return beginning(self.value)


@dataclass(frozen=True)
class Home:
    """Where the fields of an entity are kept.

    Attributes:
        table: one row each.
        columns: its attributes as filters see them.
        rows: for each other group or attribute, what finds the rows of a field.
        sorted_by: attributes that are sorted by another column than they are compared by.
        spelled: for attributes with values that have other names: these, and how they are kept.
    """

    table: sa.Table
    columns: Mapping[str, Value]
    rows: Mapping[str, Callable[[Field], Rows]]
    sorted_by: Mapping[str, Value] = field(default_factory=dict)
    spelled: Mapping[str, Mapping[str | float, str]] = field(default_factory=dict)

    def rows_of(self, found: Field) -> Rows | None:
        """The rows of a field; None for one that is a column of the table."""
        finder = self.rows.get(found.key if found.group == "attribute" else found.group)
        return finder(found) if finder else None


def beginning(value: Value) -> Value:
    """What a value is sorted by: the first characters of a text, as the indexes have them."""
    if not isinstance(value.type, sa.Text):
        return value
    places = (sa.literal_column(str(place), sa.Integer) for place in (1, SORTED_CHARACTERS))
    return sa.func.substr(value, *places, type_=sa.String)


def home(entity: Entity) -> Home:
    """Where the fields of an entity are kept."""
    return _HOMES[entity.name]


def _texts(table: sa.Table, owner: str, *, indexed: bool = False) -> Callable[[Field], Rows]:
    @functools.lru_cache(_MOST_KNOWN)
    def rows(found: Field) -> Rows:
        one = table.alias()
        return Rows(one.c[owner], one.c.value, (one.c.key == found.key,), indexed=indexed)

    return rows


@functools.lru_cache(_MOST_KNOWN)
def _metrics(found: Field) -> Rows:
    one = metric_latest.alias()
    value = one.c[_ASPECTS[found.aspect]]
    is_number = found.aspect != "count"
    chosen = (one.c.key == found.key,)
    return Rows(one.c.run, value, chosen, null_is_nan=is_number, indexed=not found.aspect)


def _parent(_: Field) -> Rows:
    one = tag.alias()
    return Rows(one.c.run, one.c.value, (one.c.key == PARENT,), indexed=True)


def _inputs(found: Field) -> Rows:
    """The datasets that a run read."""
    if found.key == "context":
        used = (input_tag.c.input == run_input.c.id, input_tag.c.key == CONTEXT)
        return Rows(run_input.c.run, input_tag.c.value, used)
    return Rows(run_input.c.run, dataset.c[found.key], (dataset.c.id == run_input.c.dataset,))


def _models(found: Field) -> Rows:
    """The models that a run read or made, or the runs that made those it read."""
    used = run_model.alias()
    direction = used.c.direction == found.group
    if found.key == "model_id":
        return Rows(used.c.run, used.c.model_id, (direction,))
    made, source = run_model.alias(), run.alias()
    origin = (made.c.model_id == used.c.model_id, made.c.direction == "output")
    return Rows(used.c.run, source.c.run_id, (direction, *origin, source.c.id == made.c.run))


def model_home(datasets: Sequence[tuple[str, str]] = ()) -> Home:
    """Where the fields of logged models are, with only the metrics on one of some datasets."""

    def metrics(found: Field) -> Rows:
        one = model_metric.alias()
        wanted = (one.c.key == found.key, on_datasets(one.c, datasets))
        return Rows(one.c.model, one.c.value, wanted, null_is_nan=True)

    columns = {key: logged_model.c[key] for key in _MODEL_COLUMNS}
    return Home(
        table=logged_model,
        columns=columns | {"experiment_id": sa.cast(logged_model.c.experiment, sa.String)},
        rows={
            "metric": metrics,
            "param": _texts(model_param, "model"),
            "tag": _texts(model_tag, "model"),
        },
        sorted_by={"experiment_id": logged_model.c.experiment},
        spelled={"status": _STATUSES},
    )


_MODEL_COLUMNS = (
    *("name", "model_id", "model_type", "status", "source_run_id"),
    *("creation_timestamp", "last_updated_timestamp"),
)
_STATUSES: Mapping[str | float, str] = {
    name: status.word
    for number, status in enumerate(LoggedModelStatus, 1)
    for name in (number, status.value)
}
_HOMES: Mapping[str, Home] = {
    RUNS.name: Home(
        table=run,
        columns={
            "run_id": run.c.run_id,
            "run_name": run.c.name,
            "status": run.c.status,
            "artifact_uri": run.c.artifact_uri,
            "user_id": run.c.user_id,
            "start_time": run.c.start_time,
            "end_time": run.c.end_time,
        },
        rows={
            "metric": _metrics,
            "param": _texts(param, "run", indexed=True),
            "tag": _texts(tag, "run", indexed=True),
            "dataset": _inputs,
            "input": _models,
            "output": _models,
            "parent_run_id": _parent,
        },
    ),
    EXPERIMENTS.name: Home(
        table=experiment,
        columns={
            "name": experiment.c.name,
            "experiment_id": sa.cast(experiment.c.id, sa.String),
            "creation_time": experiment.c.creation_time,
            "last_update_time": experiment.c.last_update_time,
        },
        rows={"tag": _texts(experiment_tag, "experiment")},
        sorted_by={"experiment_id": experiment.c.id},
    ),
    MODELS.name: model_home(),
    DATASETS.name: Home(
        table=evaluation_dataset,
        columns=dict(evaluation_dataset.c.items()),
        rows={"tag": _texts(evaluation_dataset_tag, "dataset")},
    ),
}
