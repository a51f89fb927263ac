"""Records of evaluation datasets: read from JSON, merged by their inputs, described."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cairn.errors import InvalidValue

Record = dict[str, Any]

PARTS = ("inputs", "outputs", "expectations", "tags", "source")
"""What a record holds that is kept as JSON."""
_MERGED = ("expectations", "tags")
_DESCRIBED = ("inputs", "outputs", "expectations")
_TYPES = ((bool, "boolean"), (int, "integer"), (float, "float"), (str, "string"))
_TYPES_OF_MANY = ((list, "array"), (dict, "object"))


def parse_object(field: str, text: str) -> dict[str, Any]:
    """The object in a JSON text.

    Raises:
        InvalidValue: it is not JSON, or no object; the message names the field.
    """
    found = _parse(field, text)
    if not isinstance(found, dict):
        raise InvalidValue(f"The parameter '{field}' is not a JSON object. Send {{...}} as text.")
    return found


def parse_records(text: str) -> list[Record]:
    """The records in a JSON text.

    Raises:
        InvalidValue: it is not JSON, or no list of objects whose parts are objects.
    """
    found = _parse("records", text)
    if not isinstance(found, list):
        raise InvalidValue("The parameter 'records' is not a JSON list. Send [{...}, ...] as text.")
    for at, record in enumerate(found):
        place = f"records[{at}]"
        if not isinstance(record, dict):
            raise InvalidValue(f"{place} is not a JSON object. Send {{'inputs': {{...}}}}.")
        for part in ("inputs", *_MERGED, "source"):
            if record.get(part) is not None and not isinstance(record[part], dict):
                raise InvalidValue(f"{place}.{part} is not a JSON object.")
    return found


def _parse(field: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidValue(f"The parameter '{field}' is not valid JSON: {error}.") from None


def digest(value: Any) -> str:
    """SHA-256 of a value in the one form that its JSON has with sorted keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def merge(old: Record, given: Record) -> Record:
    """A record after another one with the same inputs came."""
    merged = {part: given[part] if given.get(part) is not None else old.get(part) for part in PARTS}
    for part in _MERGED:
        merged[part] = {**(old.get(part) or {}), **(given.get(part) or {})} or old.get(part)
    return merged


def source_of(record: Record) -> dict[str, str | None]:
    """Type and id of what a record was taken from."""
    source = record.get("source") or {}
    data = source.get("source_data") or {}
    id_ = data.get("trace_id") if isinstance(data, dict) else None
    kind = source.get("source_type")
    return {
        "source_type": str(kind)[:64] if kind is not None else None,
        "source_id": str(id_)[:64] if id_ is not None else None,
    }


def describe(schema: str | None, records: Iterable[Record]) -> str:
    """The schema of a dataset after records came: the type of each key, as it was seen first."""
    known: Mapping[str, Any] = json.loads(schema) if schema else {}
    found: dict[str, Any] = {part: dict(known.get(part, {})) for part in _DESCRIBED}
    for record in records:
        for part in _DESCRIBED:
            value = record.get(part)
            if isinstance(value, dict):
                for key, item in value.items():
                    found[part].setdefault(key, _type(item))
    return json.dumps(found | {"version": "1.0"})


def _type(value: Any) -> str:
    kinds: Sequence[tuple[type, str]] = (*_TYPES, *_TYPES_OF_MANY)
    return next((name for kind, name in kinds if isinstance(value, kind)), "null")
