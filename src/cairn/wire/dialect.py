"""All JSON habits of the compatible protocol, in one place.

Requests: numbers may be text, names may be camelCase, a null is an absent field, ``run_uuid``
means ``run_id``, enums may be numbers, a body may be JSON inside a JSON string. The common case is
decoded in one pass; only a request that fails it or shows one of these habits is read again.
Replies: absent instead of null, ``"NaN"`` and ``"Infinity"`` as text.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

import msgspec
from msgspec import inspect as shapes

from cairn.contract.columns import Column
from cairn.contract.op import Message
from cairn.errors import InvalidValue

Request = TypeVar("Request", bound=Message)

_ALIASES = {"run_id": "run_uuid"}
_PATH = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<path>.*)`)?$", re.DOTALL)
_MISSING = re.compile(r"missing required field `(\w+)`")
_TYPES = {
    "str": "a string",
    "int": "an integer",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def _listed(column: Column[Any]) -> list[Any]:
    return column.plain()


_encoder = msgspec.json.Encoder(enc_hook=_listed)


def encode(message: Message | Mapping[str, Any]) -> bytes:
    """JSON bytes of a reply or request.

    msgspec writes NaN and the infinities as null, which we write for nothing else: an absent field
    is left out. So a body with a null is made again, with their names instead.
    """
    body = _encoder.encode(message)
    if b"null" not in body:
        return body
    return _encoder.encode(_spelled(msgspec.to_builtins(message, enc_hook=_listed)))


def _spelled(value: Any) -> Any:
    """The same plain data, with ``"NaN"``, ``"Infinity"`` and ``"-Infinity"`` for such numbers."""
    if isinstance(value, dict):
        return {key: _spelled(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_spelled(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def decode(kind: type[Request], body: bytes) -> Request:
    """Read a JSON request body.

    Raises:
        InvalidValue: the body is not JSON, or a field has a value that is not allowed; the
            message names the field, what came, and what is allowed.
    """
    if not body.strip():
        body = b"{}"
    if not _shows_a_habit(kind, body):
        try:
            return cast("Request", _decoder(kind).decode(body))
        except msgspec.ValidationError:
            pass  # read again below, more patiently
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _not_json(error) from None
    try:
        raw = msgspec.json.decode(body)
        if isinstance(raw, str):
            raw = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _not_json(error) from None
    return _convert(kind, raw)


def decode_reply(kind: type[Request], body: bytes) -> Request:
    """Read a JSON reply.

    Raises:
        msgspec.DecodeError: it is not one.
    """
    return cast("Request", _reply_decoder(kind).decode(body))


@functools.cache
def _reply_decoder(kind: type[Message]) -> msgspec.json.Decoder[Message]:
    return msgspec.json.Decoder(kind, strict=False, dec_hook=_column)


def _column(kind: type[Column[Any]], values: Any) -> Column[Any]:
    try:
        return kind.of(values)
    except OverflowError as error:  # msgspec says where the other errors are
        raise ValueError(str(error)) from None


def decode_query(kind: type[Request], query: Sequence[tuple[str, str]]) -> Request:
    """Read a request from the pairs of a query string; a repeated key makes a list.

    Raises:
        InvalidValue: as for `decode`.
    """
    lists = _list_fields(kind)
    raw: dict[str, Any] = {}
    for name, value in query:
        if name in lists:
            raw.setdefault(name, []).append(value)
        else:
            raw[name] = value
    return _convert(kind, raw)


@functools.cache
def _shape(kind: type[Message]) -> shapes.Type:
    return shapes.type_info(kind)


@functools.cache
def _decoder(kind: type[Message]) -> msgspec.json.Decoder[Message]:
    return msgspec.json.Decoder(kind, strict=False)


def _convert(kind: type[Request], raw: Any) -> Request:
    if not isinstance(raw, dict):
        raise InvalidValue(
            f"The request body must be a JSON object, but it is {_short(raw)}. "
            f"Send {{...}} with the fields of the operation."
        )
    plain = _normalise(raw, _shape(kind), "")
    try:
        return msgspec.convert(plain, kind, strict=False)
    except msgspec.ValidationError as error:
        raise _explain(str(error), plain) from None


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


@functools.cache
def _habit_names(kind: type[Message]) -> tuple[tuple[bytes, bytes], ...]:
    """Names that stand for others, each with a byte of it that few bodies hold."""
    names: set[str] = set()

    def collect(info: shapes.Type) -> None:
        info = _core(info)
        if isinstance(info, shapes.StructType):
            for field in info.fields:
                if "_" in field.name:
                    names.add(_camel(field.name))
                if field.name in _ALIASES:
                    names.update((_ALIASES[field.name], _camel(_ALIASES[field.name])))
                collect(field.type)
        elif isinstance(info, shapes.ListType):
            collect(info.item_type)

    collect(_shape(kind))
    return tuple((_rare(name), f'{name}"'.encode()) for name in sorted(names))


def _rare(name: str) -> bytes:
    return next((letter for letter in name if letter.isupper()), name).encode()


def _shows_a_habit(kind: type[Message], body: bytes) -> bool:
    # One byte is found thirty times as fast as a name, and is absent most of the time.
    return any(rare in body and name in body for rare, name in _habit_names(kind))


@functools.cache
def _list_fields(kind: type[Message]) -> frozenset[str]:
    info = _shape(kind)
    if not isinstance(info, shapes.StructType):
        raise TypeError(f"{kind} is not a message")
    lists = [f.name for f in info.fields if isinstance(_core(f.type), shapes.ListType)]
    return frozenset(lists) | {_camel(name) for name in lists}


def _core(info: shapes.Type) -> shapes.Type:
    """The part of a type that has structure: the message, list or enum in an optional."""
    if isinstance(info, shapes.UnionType):
        for member in info.types:
            core = _core(member)
            if isinstance(core, (shapes.StructType, shapes.ListType, shapes.EnumType)):
                return core
    return info


def _normalise(value: Any, info: shapes.Type, path: str) -> Any:
    info = _core(info)
    if isinstance(info, shapes.StructType) and isinstance(value, dict):
        return _normalise_fields(value, info, path)
    if isinstance(info, shapes.ListType) and isinstance(value, list):
        return [_normalise(v, info.item_type, f"{path}[{i}]") for i, v in enumerate(value)]
    if isinstance(info, shapes.EnumType):
        return _normalise_enum(value, [member.value for member in info.cls], path)
    return value


def _normalise_enum(value: Any, names: list[str], path: str) -> str:
    """An enum is sent by name, or by its number, counted from 1 in order of declaration."""
    if type(value) is int and 1 <= value <= len(names):
        return names[value - 1]
    if value in names:
        return str(value)
    raise InvalidValue(
        f"Invalid value {_short(value)} for parameter '{path}' supplied: "
        f"expected one of {', '.join(names)}."
    )


def _normalise_fields(value: dict[str, Any], info: shapes.StructType, path: str) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for field in info.fields:
        alias = _ALIASES.get(field.name)
        spellings = (
            field.name,
            _camel(field.name),
            *((alias, _camel(alias)) if alias else ()),
        )
        given = [s for s in dict.fromkeys(spellings) if value.get(s) is not None]
        if len(given) > 1 and given[1] == _camel(field.name):
            raise InvalidValue(
                f"Request specifies both '{given[0]}' and '{given[1]}'; provide only one of them."
            )
        if given:
            place = f"{path}.{field.name}" if path else field.name
            plain[field.name] = _normalise(value[given[0]], field.type, place)
    return plain


def _not_json(error: Exception) -> InvalidValue:
    return InvalidValue(f"The request body is not valid JSON: {error}.")


def _explain(text: str, raw: Any) -> InvalidValue:
    match = _PATH.match(text)
    what, path = (match["what"], match["path"] or "") if match else (text, "")
    missing = _MISSING.search(what)
    if missing:
        name = f"{path}.{missing[1]}" if path else missing[1]
        return _missing(name)
    value = _lookup(raw, path)
    if value == "" and what.endswith("length >= 1"):
        return _missing(path)
    for name, words in _TYPES.items():
        what = what.replace(f"`{name}`", words)
    what = what.replace("Expected", "expected")
    return InvalidValue(f"Invalid value {_short(value)} for parameter '{path}' supplied: {what}.")


def _missing(name: str) -> InvalidValue:
    return InvalidValue(
        f"Missing value for required parameter '{name}'. "
        "See the API reference for the parameters of this operation."
    )


def _lookup(raw: Any, path: str) -> Any:
    for name, index in re.findall(r"(\w+)|\[(\d+)\]", path):
        if name and isinstance(raw, dict):
            raw = raw.get(name)
        elif index and isinstance(raw, list) and int(index) < len(raw):
            raw = raw[int(index)]
    return raw


def _short(value: Any) -> str:
    try:
        text = msgspec.json.encode(value).decode()
    except (TypeError, ValueError, OverflowError):
        text = repr(value)
    return text if len(text) <= 100 else f"{text[:97]}..."
