"""Finding rows: filters as SQL conditions, orders and pages.

A comparison of something that a row may have many of (metrics, params, tags, inputs) is an EXISTS
on the primary key of their table, so that a search costs a look-up for each row and comparison,
whatever else is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cairn.contract.models import LoggedModelStatus
from cairn.store import keyset
from cairn.store.columns import REAL, ilike, like, number
from cairn.store.entities import DATASETS, EXPERIMENTS, MODELS, RUNS, Entity, Field, Type
from cairn.store.filter import And, Comparison, Not, Or, Order, Present, Tree, parse, parse_order
from cairn.store.keyset import Term
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
    tag,
)

CONTEXT = "mlflow.data.context"
"""The tag of an input that says what it was used for."""
SORTED_CHARACTERS = 250
"""Texts are sorted by so many of their first characters: page tokens hold them."""

# What a param must look like to be compared as a number.
_NUMBER = r"^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,4})?$"
_NAN, _NOTHING = 1, 2

Value = sa.ColumnElement[Any]
Condition = sa.ColumnElement[bool]


@dataclass(frozen=True)
class Rows:
    """Where the values of a field are: rows tied to the id of what they belong to."""

    owner: Value
    value: Value
    conditions: tuple[Condition, ...]
    null_is_nan: bool = False


@dataclass(frozen=True)
class Home:
    """Where the fields of an entity are kept.

    Attributes:
        table: one row each.
        columns: its attributes as filters see them.
        rows: for each other group, what finds the rows of a field.
        sorted_by: attributes that are sorted by another column than they are compared by.
        spelled: for attributes with values that have other names: these, and how they are kept.
    """

    table: sa.Table
    columns: Mapping[str, Value]
    rows: Mapping[str, Callable[[Field], Rows]]
    sorted_by: Mapping[str, Value] = field(default_factory=dict)
    spelled: Mapping[str, Mapping[str | float, str]] = field(default_factory=dict)


def condition(text: str, entity: Entity, home: Home | None = None) -> Condition:
    """The filter as a condition on the entity's table, whose fields may have a home of their own.

    Raises:
        InvalidValue: it is not in the language.
    """
    tree = parse(text, entity)
    return sa.true() if tree is None else _condition(tree, home or _HOMES[entity.name])


def joined(
    source: sa.FromClause, entity: Entity, found: Field
) -> tuple[sa.FromClause, Value, Value]:
    """The source with a field joined to it, what is NULL where it has no value, and the value.

    A value that is NULL all the same is NaN.
    """
    home = _HOMES[entity.name]
    if found.group not in home.rows:
        return source, home.columns[found.key], home.columns[found.key]
    rows = home.rows[found.group](found)
    source = source.outerjoin(
        rows.value.table, sa.and_(rows.owner == home.table.c.id, *rows.conditions)
    )
    return source, rows.owner, rows.value


def page(
    connection: Connection,
    entity: Entity,
    *,
    base: Condition,
    filter: str,  # noqa: A002 - its name on the wire
    order_by: Sequence[str],
    max_results: int,
    page_token: str | None,
) -> tuple[list[int], str | None]:
    """Row ids of one page, in order, and the token of the next one; one query.

    Args:
        connection: where to ask.
        entity: what to find.
        base: which rows of its table may be found at all.
        filter: which of these are wanted; empty for all.
        order_by: ``field``, ``field ASC`` or ``field DESC``, each; empty for the entity's order.
        max_results: rows of a page, at least 1.
        page_token: where the page before ended; empty for the first page.

    Raises:
        InvalidValue: the filter or an order is not in the language, or the token is not one that
            this search returned.
    """
    home = _HOMES[entity.name]
    source: sa.FromClause = home.table
    terms: list[Term] = []
    for order in parse_order(order_by, entity):
        source, found = sort(source, home, order)
        terms += found
    return fetch(
        connection,
        sa.select(home.table.c.id).select_from(source).where(base, condition(filter, entity)),
        terms,
        digest=keyset.digest(entity.name, filter, *order_by),
        max_results=max_results,
        page_token=page_token,
    )


def fetch(
    connection: Connection,
    query: sa.Select[Any],
    terms: Sequence[Term],
    *,
    digest: bytes,
    max_results: int,
    page_token: str | None,
) -> tuple[list[int], str | None]:
    """Row ids of one page of a query for them, sorted by some terms, and the next page's token.

    Raises:
        InvalidValue: the token is not one of the search with this digest.
    """
    query = query.add_columns(*(term.value for term in terms))
    query = query.order_by(*(term.ordered() for term in terms)).limit(max_results + 1)
    if page_token:
        query = query.where(keyset.after(terms, keyset.decode(page_token, digest, terms)))
    rows = connection.execute(query).all()
    ids = [row[0] for row in rows[:max_results]]
    more = len(rows) > max_results
    return ids, keyset.encode(digest, rows[max_results - 1][1:]) if more else None


def _condition(tree: Tree, home: Home) -> Condition:
    match tree:
        case And(parts):
            return sa.and_(*(_condition(part, home) for part in parts))
        case Or(parts):
            return sa.or_(*(_condition(part, home) for part in parts))
        case Not(part):
            return sa.not_(_condition(part, home))
        case Present(found) if found.group in home.rows:
            return _some(home, home.rows[found.group](found))
        case Present(found):
            return home.columns[found.key].is_not(None)
        case Comparison(found) if found.group in home.rows:
            rows = home.rows[found.group](found)
            return _some(home, rows, _holds(tree, rows.value, null_is_nan=rows.null_is_nan))
        case Comparison(found):
            column = home.columns[found.key]
            names = home.spelled.get(found.key, {})
            tree = replace(tree, values=tuple(names.get(value, value) for value in tree.values))
            return sa.and_(column.is_not(None), _holds(tree, column))


def _some(home: Home, rows: Rows, *wanted: Condition) -> Condition:
    """Whether one of the rows is as wanted."""
    found = sa.select(sa.literal(1)).where(rows.owner == home.table.c.id, *rows.conditions, *wanted)
    return found.correlate(home.table).exists()


def _holds(comparison: Comparison, value: Value, *, null_is_nan: bool = False) -> Condition:
    if comparison.field.type is Type.MIXED and not isinstance(comparison.values[0], str):
        value = sa.case((value.regexp_match(_NUMBER), number(value)))
    holds = _OPERATORS[comparison.operator](value, *map(_literal, comparison.values))
    if not comparison.negated:
        return holds
    return sa.or_(value.is_(None), sa.not_(holds)) if null_is_nan else sa.not_(holds)


def _literal(value: str | float) -> Any:
    """A float stays one beside a column of integers."""
    return sa.literal(value, REAL) if isinstance(value, float) else value


_OPERATORS: Mapping[str, Callable[..., Condition]] = {
    "=": lambda value, other: value == other,
    "<": lambda value, other: value < other,
    "<=": lambda value, other: value <= other,
    ">": lambda value, other: value > other,
    ">=": lambda value, other: value >= other,
    "LIKE": like,
    "ILIKE": ilike,
    "IN": lambda value, *others: value.in_(others),
    "BETWEEN": lambda value, low, high: sa.and_(value >= low, value <= high),
}


def sort(source: sa.FromClause, home: Home, order: Order) -> tuple[sa.FromClause, list[Term]]:
    """The terms of an order, and the source with what they need joined to it."""
    found = order.field
    if found.group in home.rows:
        rows = home.rows[found.group](found)
        value = rows.value
        source = source.outerjoin(
            rows.value.table,
            sa.and_(rows.owner == home.table.c.id, *rows.conditions),
        )
        ranks = [(rows.owner.is_(None), _NOTHING)]
        if rows.null_is_nan:
            ranks.append((value.is_(None), _NAN))
    else:
        value = home.sorted_by.get(found.key, home.columns[found.key])
        ranks = [(value.is_(None), _NOTHING)] if value.nullable else []
    if isinstance(value.type, sa.Text):
        value = sa.func.substr(value, 1, SORTED_CHARACTERS, type_=sa.String)
    terms = [Term(sa.case(*ranks, else_=0), descending=False, text=False)] if ranks else []
    is_text = isinstance(value.type, sa.String)
    return source, [*terms, Term(value, order.descending, is_text)]


def _keyed(table: sa.Table, owner: str, *, number: bool = False) -> Callable[[Field], Rows]:
    """Rows of a table with a key and a value each."""
    aspects = {"": "value", "min": "low", "max": "high"}

    def rows(found: Field) -> Rows:
        one = table.alias()
        value = one.c[aspects[found.aspect]]
        return Rows(one.c[owner], value, (one.c.key == found.key,), null_is_nan=number)

    return rows


def _inputs(found: Field) -> Rows:
    """The datasets that a run read."""
    if found.key == "context":
        used = (input_tag.c.input == run_input.c.id, input_tag.c.key == CONTEXT)
        return Rows(run_input.c.run, input_tag.c.value, used)
    return Rows(run_input.c.run, dataset.c[found.key], (dataset.c.id == run_input.c.dataset,))


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
            "param": _keyed(model_param, "model"),
            "tag": _keyed(model_tag, "model"),
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
            "metric": _keyed(metric_latest, "run", number=True),
            "param": _keyed(param, "run"),
            "tag": _keyed(tag, "run"),
            "dataset": _inputs,
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
        rows={"tag": _keyed(experiment_tag, "experiment")},
        sorted_by={"experiment_id": experiment.c.id},
    ),
    MODELS.name: model_home(),
    DATASETS.name: Home(
        table=evaluation_dataset,
        columns=dict(evaluation_dataset.c.items()),
        rows={"tag": _keyed(evaluation_dataset_tag, "dataset")},
    ),
}
