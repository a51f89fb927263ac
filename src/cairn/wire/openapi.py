"""The OpenAPI 3.1 document of a server, derived from the contract."""

from __future__ import annotations

from typing import Any

import msgspec

from cairn.contract.columns import MEDIA_TYPE, Column, has_columns
from cairn.contract.kinds import NUMBER_FORMAT
from cairn.contract.op import Op
from cairn.contract.services import all_operations
from cairn.version import __version__

_REF = "#/components/schemas/{name}"


class ErrorBody(msgspec.Struct, omit_defaults=True):
    """What a server answers with when it refuses."""

    error_code: str
    message: str
    sqlstate: str | None = None
    error_class: str | None = None


def document() -> dict[str, Any]:
    """Every operation and message as an OpenAPI 3.1 document, ready for JSON."""
    ops = all_operations()
    kinds: dict[str, type[msgspec.Struct]] = {"ErrorBody": ErrorBody}
    for op in ops:
        for kind in (op.request, op.reply):
            if kind is not None:
                kinds[kind.__name__] = kind
    refs, components = msgspec.json.schema_components(
        [kinds[name] for name in sorted(kinds)], ref_template=_REF, schema_hook=_list_schema
    )
    _widen_numbers(components)
    by_name = dict(zip(sorted(kinds), refs, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for op in ops:
        for path in op.paths:
            twin = path.startswith("/ajax-api/")
            paths.setdefault(path, {})[op.verb.lower()] = _operation(op, twin, by_name, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Cairn",
            "version": __version__,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": {path: paths[path] for path in sorted(paths)},
        "components": {"schemas": {name: components[name] for name in sorted(components)}},
    }


def _operation(
    op: Op, twin: bool, by_name: dict[str, Any], components: dict[str, Any]
) -> dict[str, Any]:
    suffix = ("_get" if op.verb == "GET" and op.name.startswith("search") else "") + (
        "_ajax" if twin else ""
    )
    found: dict[str, Any] = {
        "operationId": op.name + suffix,
        "summary": op.doc.split("\n")[0],
        "x-needs": op.needs,
        "responses": {
            "200": _content(by_name[op.reply.__name__] if op.reply else {"type": "object"}, "Done"),
            "default": _content(by_name["ErrorBody"], "Refused"),
        },
    }
    if has_columns(op.reply):
        found["responses"]["200"]["content"][MEDIA_TYPE] = {
            "schema": {"type": "string", "format": "binary"}
        }
    if op.verb == "GET":
        schema = components[op.request.__name__]
        required = schema.get("required", [])
        found["parameters"] = [
            {"name": name, "in": "query", "required": name in required, "schema": field}
            for name, field in schema["properties"].items()
        ]
    else:
        body = _content(by_name[op.request.__name__])
        found["requestBody"] = body | {"required": True}
    return found


def _list_schema(kind: type[Column[Any]]) -> dict[str, Any]:
    """A column is a list in JSON."""
    return {"type": "array", "items": dict(kind.items)}


def _widen_numbers(schema: Any) -> None:
    """Say that a `Number` may also be text, which msgspec cannot express in a type."""
    if isinstance(schema, dict):
        if schema.get("format") == NUMBER_FORMAT:
            schema["type"] = ["number", "string"]
            del schema["format"]
        schema = list(schema.values())
    if isinstance(schema, list):
        for part in schema:
            _widen_numbers(part)


def _content(schema: dict[str, Any], description: str | None = None) -> dict[str, Any]:
    content: dict[str, Any] = {"content": {"application/json": {"schema": schema}}}
    return content if description is None else {"description": description} | content
