"""Log to the active run: metrics, params, tags, inputs and outputs.

Without an active run, one is started. Every call returns at once: values are checked here, and a
thread of their own delivers them within the flush interval. ``synchronous=True`` waits until the
server has acknowledged, ``synchronous=False`` returns a `Delivery` to wait for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cairn.client import values
from cairn.client.active import top
from cairn.client.client import Client
from cairn.client.entities import (
    Dataset,
    DatasetInput,
    InputTag,
    LoggedModelInput,
    LoggedModelOutput,
)
from cairn.client.nested import flat
from cairn.client.run import current
from cairn.client.writer import Delivery
from cairn.errors import InvalidValue

CONTEXT = "mlflow.data.context"


def log_metric(
    key: str,
    value: float,
    step: int | None = None,
    synchronous: bool | None = None,
    timestamp: int | None = None,
    run_id: str | None = None,
    model_id: str | None = None,
    dataset: Any = None,
) -> Delivery | None:
    """Log one point of a metric, at step 0 and now (ms since epoch) unless given.

    Args:
        key: name of the metric.
        value: a number, also a NumPy scalar, or an array or tensor with one element.
        step: step of the point.
        synchronous: see the module.
        timestamp: time of the point, ms since epoch.
        run_id: another run than the active one.
        model_id: logged model that the metric is about.
        dataset: data that the metric was measured on.

    Raises:
        InvalidValue: the key, the value, the time or the step is not allowed.
    """
    client, target = _target(run_id)
    name, digest = _of(dataset)
    return client.log_metric(
        target, key, value, timestamp, step, synchronous, name, digest, model_id
    )


def log_metrics(
    metrics: Mapping[str, float],
    step: int | None = None,
    synchronous: bool | None = None,
    run_id: str | None = None,
    timestamp: int | None = None,
    model_id: str | None = None,
    dataset: Any = None,
) -> Delivery | None:
    """Log one point of each of several metrics, at one step and time; see `log_metric`.

    Raises:
        InvalidValue: one of them is not allowed; then none is logged.
    """
    client, target = _target(run_id)
    name, digest = _of(dataset)
    if model_id is None and name is None:
        return client.log_metrics(target, metrics, timestamp, step, synchronous)
    time = values.now() if timestamp is None else timestamp
    points = [
        values.point(key, value, time, step, model_id, name, digest)
        for key, value in metrics.items()
    ]
    return client.log_points(target, points, synchronous)


def log_param(key: str, value: Any, synchronous: bool | None = None) -> Any:
    """Log a param, as text, and return the value as given. A param keeps its first value.

    Raises:
        InvalidValue: the key is not allowed, or the param has another value already.
    """
    client, target = _target(None)
    return client.log_param(target, key, value, synchronous)


def log_params(params: Any, synchronous: bool | None = None, run_id: str | None = None) -> Any:
    """Log several params; see `log_param`.

    Args:
        params: a dictionary, a dataclass, a pydantic model, an OmegaConf configuration or what
            argparse returns. Nested ones become ``group.key``.
        synchronous: see the module.
        run_id: another run than the active one.

    Raises:
        InvalidValue: one of them is not allowed; then none is logged.
    """
    client, target = _target(run_id)
    return client.log_texts(target, params=flat(params), synchronous=synchronous)


def set_tag(key: str, value: Any, synchronous: bool | None = None) -> Delivery | None:
    """Set a tag of the active run, as text.

    Raises:
        InvalidValue: the key is not allowed.
    """
    return set_tags({key: value}, synchronous)


def set_tags(tags: Mapping[str, Any], synchronous: bool | None = None) -> Delivery | None:
    """Set several tags of the active run, as text.

    Raises:
        InvalidValue: a key is not allowed; then none is set.
    """
    client, target = _target(None)
    return client.log_texts(target, tags=tags, synchronous=synchronous)


def delete_tag(key: str) -> None:
    """Remove a tag of the active run.

    Raises:
        DoesNotExist: it has no such tag.
    """
    client, target = _target(None)
    client.delete_tag(target, key)


def log_input(
    dataset: Any = None,
    context: str | None = None,
    tags: Mapping[str, str] | None = None,
    model: LoggedModelInput | None = None,
) -> None:
    """Record a dataset, or a logged model, that the active run read.

    Args:
        dataset: what `cairn.data` makes.
        context: what it was read for, for example "training".
        tags: tags on this use of it.
        model: logged model that was read.

    Raises:
        InvalidValue: a name, digest or text of the dataset is longer than allowed.
    """
    log_inputs(
        [dataset] if dataset is not None else None,
        [context] if dataset is not None else None,
        [dict(tags) if tags else None] if dataset is not None else None,
        [model] if model is not None else None,
    )


def log_inputs(
    datasets: Sequence[Any] | None = None,
    contexts: Sequence[str | None] | None = None,
    tags_list: Sequence[Mapping[str, str] | None] | None = None,
    models: Sequence[LoggedModelInput | None] | None = None,
) -> None:
    """Record datasets and logged models that the active run read; see `log_input`.

    Raises:
        InvalidValue: the lists differ in length, or something of a dataset is too long.
    """
    given = list(datasets or ())
    lists = (contexts, tags_list)
    if any(each is not None and len(each) != len(given) for each in lists):
        raise InvalidValue(
            f"log_inputs() got {len(given)} datasets, but another number of contexts or tags. "
            "Give one entry for each dataset, None where there is nothing to say."
        )
    uses = [
        _use(dataset, context, tags)
        for dataset, context, tags in zip(
            given,
            contexts or [None] * len(given),
            tags_list or [None] * len(given),
            strict=True,
        )
        if dataset is not None
    ]
    client, target = _target(None)
    client.log_inputs(target, uses, [model for model in models or () if model is not None])


def log_outputs(models: Sequence[LoggedModelOutput] | None = None) -> None:
    """Record logged models that the active run made."""
    client, target = _target(None)
    client.log_outputs(target, models or ())


def _use(dataset: Any, context: str | None, tags: Mapping[str, str] | None) -> DatasetInput:
    pairs = dict(tags or {}) | ({} if context is None else {CONTEXT: context})
    entity = dataset if isinstance(dataset, Dataset) else dataset.to_entity()
    return DatasetInput(entity, [InputTag(key, str(value)) for key, value in pairs.items()])


def _of(dataset: Any) -> tuple[str | None, str | None]:
    return (None, None) if dataset is None else (dataset.name, dataset.digest)


def _target(run_id: str | None) -> tuple[Client, str]:
    """The run to log to, and the client of its store."""
    if run_id is not None:
        run = top()
        is_active = run is not None and run.info.run_id == run_id
        return run.client if is_active and run else Client(), run_id
    run = top() or current()
    return run.client, run.info.run_id
