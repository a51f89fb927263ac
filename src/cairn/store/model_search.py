"""Finding logged models: their orders and pages, and the datasets that both may name."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cairn.contract.kinds import ACTIVE
from cairn.contract.models import ModelOrder, SearchLoggedModels
from cairn.errors import InvalidValue
from cairn.store import keyset, search
from cairn.store.base import parse_experiment_id
from cairn.store.conditions import condition
from cairn.store.entities import MODELS, Field
from cairn.store.filter import Order, parse
from cairn.store.homes import Home, model_home
from cairn.store.keyset import Term
from cairn.store.model_metrics import on_datasets
from cairn.store.schema import logged_model, model_metric

_METRIC = "metrics."
_ATTRIBUTE = "attributes."


def page(
    connection: Connection, request: SearchLoggedModels, max_results: int
) -> tuple[list[int], str | None]:
    """Row ids of one page of active models, and the token of the next one; one query.

    Raises:
        InvalidValue: the filter or an order is not in the language, or the token is not one that
            this search returned.
    """
    datasets = [(each.dataset_name, each.dataset_digest) for each in request.datasets]
    home = model_home(datasets)
    conditions = [
        logged_model.c.experiment.in_(list(map(parse_experiment_id, request.experiment_ids))),
        logged_model.c.lifecycle_stage == ACTIVE,
        condition(parse(request.filter, MODELS), home),
    ]
    if datasets:
        measured = sa.select(sa.literal(1)).where(
            model_metric.c.model == logged_model.c.id, on_datasets(model_metric.c, datasets)
        )
        conditions.append(measured.correlate(logged_model).exists())
    source: sa.FromClause = logged_model
    terms: list[Term] = []
    for order in request.order_by:
        source, found = _sort(source, home, order)
        terms += found
    created = logged_model.c.creation_timestamp
    terms += [Term(created, True, False), Term(logged_model.c.id, True, False)]
    return keyset.fetch(
        connection,
        sa.select(logged_model.c.id).select_from(source).where(*conditions),
        terms,
        digest=_digest(request, datasets),
        max_results=max_results,
        page_token=request.page_token,
    )


def _digest(request: SearchLoggedModels, datasets: Sequence[tuple[str, str]]) -> bytes:
    orders = [
        f"{order.field_name}\n{order.ascending}\n{order.dataset_name}\n{order.dataset_digest}"
        for order in request.order_by
    ]
    named = [f"{name}\n{digest}" for name, digest in datasets]
    return keyset.digest(MODELS.name, request.filter, *orders, "", *named)


def _sort(source: sa.FromClause, home: Home, order: ModelOrder) -> tuple[sa.FromClause, list[Term]]:
    name = order.field_name
    if name.startswith(_METRIC) and len(name) > len(_METRIC):
        return _sort_by_metric(source, order)
    group = next(group for group in MODELS.groups if group.bare)
    key = name.removeprefix(_ATTRIBUTE)
    key = group.aliases.get(key, key)
    if isinstance(group.keys, dict) and key in group.keys:
        field = Field(group.name, key, "", group.keys[key])
        return source, search.attribute_terms(Order(field, not order.ascending), home)
    raise InvalidValue(
        f"Invalid order by field name: {name}. Logged models are sorted by metrics.<key> or one of "
        f"{', '.join(group.keys) if isinstance(group.keys, dict) else ''}."
    )


def _sort_by_metric(source: sa.FromClause, order: ModelOrder) -> tuple[sa.FromClause, list[Term]]:
    """By the latest point of a metric, on one dataset if the order names one."""
    point, other = model_metric.alias(), model_metric.alias()
    latest = (
        sa.select(other.c.id)
        .where(
            other.c.model == logged_model.c.id,
            other.c.key == order.field_name.removeprefix(_METRIC),
            on_datasets(other.c, [(order.dataset_name, order.dataset_digest)]),
        )
        .order_by(other.c.timestamp.desc(), other.c.step.desc(), other.c.id.desc())
        .limit(1)
        .correlate(logged_model)
        .scalar_subquery()
    )
    nothing = sa.case((point.c.id.is_(None), 2), (point.c.value.is_(None), 1), else_=0)
    terms = [Term(nothing, False, False), Term(point.c.value, not order.ascending, False)]
    return source.outerjoin(point, point.c.id == latest), terms
