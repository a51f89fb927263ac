"""Paths with fields in them: ``logged-models/{model_id}``, looked up and filled in."""

from __future__ import annotations

import re
from typing import Generic, TypeVar
from urllib.parse import quote

Item = TypeVar("Item")

_FIELD = re.compile(r"\{(\w+)(:path)?\}")


class PathTable(Generic[Item]):
    """Items by path, where a path may have fields.

    A plain path is found before one with fields; of those, the one that was added first.
    """

    def __init__(self) -> None:
        self._plain: dict[str, Item] = {}
        self._open: dict[str, tuple[re.Pattern[str], Item]] = {}

    def setdefault(self, path: str, item: Item) -> Item:
        """The item at a path as it was declared; `item` when there was none."""
        if not fields(path):
            return self._plain.setdefault(path, item)
        return self._open.setdefault(path, (_pattern(path), item))[1]

    def find(self, path: str) -> tuple[Item, dict[str, str]] | None:
        """The item that a decoded path of a request names, and the fields in that path."""
        if path in self._plain:
            return self._plain[path], {}
        for pattern, item in self._open.values():
            match = pattern.fullmatch(path)
            if match:
                return item, match.groupdict()
        return None


def fields(path: str) -> list[str]:
    """The fields in a declared path."""
    return [name for name, _ in _FIELD.findall(path)]


def template(path: str) -> str:
    """A declared path as OpenAPI writes it."""
    return _FIELD.sub(r"{\1}", path)


def fill(path: str, values: dict[str, str]) -> str:
    """A declared path with its fields replaced, percent-encoded."""
    return _FIELD.sub(lambda match: quote(values[match[1]], safe=""), path)


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(_FIELD, path)  # text, name, kind, text, name, kind, ... text
    found = re.escape(parts[0])
    for name, kind, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        found += f"(?P<{name}>{'.+' if kind else '[^/]+'}){re.escape(text)}"
    return re.compile(found, re.DOTALL)
