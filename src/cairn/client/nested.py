"""Params that are nested: dictionaries in dictionaries, and objects that hold configurations."""

from __future__ import annotations

import dataclasses
from argparse import Namespace
from collections.abc import Iterator, Mapping
from typing import Any

from cairn.errors import InvalidValue


def flat(params: Any) -> dict[str, Any]:
    """Params by key, those of nested groups as ``group.key``.

    Args:
        params: a mapping (also one of OmegaConf), a dataclass, a pydantic model, or what argparse
            returns; so may its values be. Lists stay what they are, and so do empty groups.

    Raises:
        InvalidValue: it is none of these, or two params get the same key.
    """
    if _group(params) is None:
        raise InvalidValue(
            f"Params are a dictionary, a dataclass or a pydantic model, but {params!r} is a "
            f"{type(params).__name__}."
        )
    found: dict[str, Any] = {}
    for key, value in _leaves("", params):
        if key in found:
            raise InvalidValue(f"Two params have the key {key!r}. Rename one of them.")
        found[key] = value
    return found


def _leaves(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    group = _group(value)
    if not group:
        yield key, value
        return
    for name, inner in group.items():
        yield from _leaves(f"{key}.{name}" if key else name, inner)


def _group(value: Any) -> Mapping[str, Any] | None:
    """What a value groups; None when it is a value of its own."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, Namespace):
        return vars(value)
    if isinstance(value, type):
        return None
    if dataclasses.is_dataclass(value):
        return {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    fields = getattr(type(value), "model_fields", None)  # of pydantic
    return {name: getattr(value, name) for name in fields} if isinstance(fields, dict) else None
