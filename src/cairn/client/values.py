"""From what a user logs to what is sent: numbers, texts, keys, checked at once.

What a server would refuse is refused here where it can be known, so that the error names the line
that is wrong.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

from cairn.contract import runs
from cairn.contract.kinds import INT64_MAX, INT64_MIN
from cairn.contract.names import check_key, fit_param, fit_tag
from cairn.errors import InvalidValue

_checked: set[tuple[str, str]] = set()
_MOST_CHECKED = 10_000


def now() -> int:
    """Milliseconds since epoch."""
    return time.time_ns() // 1_000_000


def key(kind: str, text: str) -> str:
    """A key of a metric, param or tag; see `cairn.contract.names.check_key`.

    Raises:
        InvalidValue: it is not text, or not allowed as a key.
    """
    if (kind, text) not in _checked:
        if not isinstance(text, str):
            raise InvalidValue(f"The {kind} key {text!r} is a {type(text).__name__}, not text.")
        check_key(kind, text)
        if len(_checked) < _MOST_CHECKED:
            _checked.add((kind, text))
    return text


def point(
    name: str,
    value: Any,
    timestamp: int | None = None,
    step: int | None = None,
    model_id: str | None = None,
    dataset_name: str | None = None,
    dataset_digest: str | None = None,
) -> runs.Metric:
    """One point of a metric, now and at step 0 unless said otherwise.

    Raises:
        InvalidValue: the key, the value, the time or the step is not allowed.
    """
    metric = runs.Metric(
        key=key("metric", name),
        value=value if type(value) is float else number(name, value),
        timestamp=now() if timestamp is None else _integer(name, "timestamp", timestamp, 0),
        step=0 if step is None else _integer(name, "step", step, INT64_MIN),
    )
    if model_id is not None:
        metric.model_id = model_id
    if dataset_name is not None:
        metric.dataset_name = dataset_name
    if dataset_digest is not None:
        metric.dataset_digest = dataset_digest
    return metric


def points(
    metrics: Mapping[str, Any], timestamp: int | None, step: int | None
) -> tuple[int, int, dict[str, float]]:
    """Time, step and values of points of one time and step; see `point`.

    Raises:
        InvalidValue: a key, a value, the time or the step is not allowed.
    """
    found = {
        key("metric", name): value if type(value) is float else number(name, value)
        for name, value in metrics.items()
    }
    first = next(iter(found), "")
    time = now() if timestamp is None else _integer(first, "timestamp", timestamp, 0)
    return time, 0 if step is None else _integer(first, "step", step, INT64_MIN), found


def number(name: str, value: Any) -> float:
    """A metric value as a float.

    Numbers, texts of numbers, booleans, NumPy scalars, and arrays and tensors with one element.

    Raises:
        InvalidValue: it is none of these.
    """
    if value is None:
        raise InvalidValue(f"Missing value for metric {name!r}: None is not a number.")
    try:
        if not isinstance(value, (int, float, str)):
            if hasattr(value, "numpy") and not hasattr(value, "item"):
                value = value.numpy()
            if hasattr(value, "item"):
                value = value.item()
        return float(value)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise InvalidValue(
            f"Invalid value {_short(value)} for metric {name!r}: {error}. Log a number."
        ) from None


def _integer(name: str, what: str, value: Any, least: int) -> int:
    if type(value) is not int:
        try:
            exact = int(value)
        except (TypeError, ValueError, OverflowError):
            exact = None
        if exact is None or (isinstance(value, float) and exact != value):
            raise InvalidValue(
                f"Invalid {what} {_short(value)} of metric {name!r}: it must be a whole number."
            )
        value = exact
    if not least <= value <= INT64_MAX:
        raise InvalidValue(
            f"Invalid {what} {value} of metric {name!r}: it must be from {least} to {INT64_MAX}."
        )
    return int(value)


def param(name: str, value: Any) -> runs.Param:
    """A param with the text of its value, cut when too long (a setting).

    Raises:
        InvalidValue: the key is not allowed, or the text is too long.
    """
    text = value if type(value) is str else str(value)
    return runs.Param(key=key("param", name), value=_fitted("param", name, text, fit_param(text)))


def params(given: Mapping[str, Any]) -> list[runs.Param]:
    """Several params; see `param`."""
    return [param(name, value) for name, value in given.items()]


def tag(name: str, value: Any) -> runs.RunTag:
    """A tag of a run with the text of its value, cut when too long (a setting).

    Raises:
        InvalidValue: the key is not allowed, or the text is too long.
    """
    text = value if type(value) is str else str(value)
    return runs.RunTag(key=key("tag", name), value=_fitted("tag", name, text, fit_tag(text)))


def tags(given: Mapping[str, Any] | None) -> list[runs.RunTag]:
    """Several tags of a run; see `tag`."""
    return [tag(name, value) for name, value in (given or {}).items()]


def _fitted(kind: str, name: str, text: str, fitting: str) -> str:
    if len(fitting) != len(text):
        logging.getLogger("cairn").warning(
            "The value of %s %r has %d characters and was cut to %d.",
            kind,
            name,
            len(text),
            len(fitting),
        )
    return fitting


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
