"""What commands print: tables, aligned facts and JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from typing import Any


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns under their names, dashes between, two spaces apart."""
    cells = [[_flat(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    lines = [list(head), ["-" * width for width in widths], *cells]
    return "\n".join(_joined(line, widths) for line in lines)


def _joined(line: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
    return "  ".join(padded).rstrip()


def _flat(text: str) -> str:
    """A cell on one line, without what a terminal would obey."""
    return "".join(c if c.isprintable() else " " for c in text)


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Lines ``Name : value`` with the colons in one column."""
    known = list(pairs)
    width = max((len(name) for name, _ in known), default=0)
    return "\n".join(f"{name.ljust(width)} : {_flat(value)}".rstrip() for name, value in known)


def json_text(value: Any, *, indent: int = 2, sort_keys: bool = False) -> str:
    """`value` as indented JSON; NaN and infinities are text, as on the wire."""
    return json.dumps(_finite(value), indent=indent, sort_keys=sort_keys, ensure_ascii=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return value


def utc(millis: int) -> datetime:
    """The moment `millis` ms after 1970, in UTC."""
    return datetime.fromtimestamp(millis / 1000, tz=timezone.utc)
