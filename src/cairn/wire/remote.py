"""A client that satisfies a service Protocol by calling a server."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar, cast

import msgspec

from cairn.contract.columns import MAGIC, MEDIA_TYPE, has_columns
from cairn.contract.op import Message, Op, operations
from cairn.errors import InternalError, InvalidValue, from_wire
from cairn.wire import dialect

ACCEPT_COLUMNS = f"{MEDIA_TYPE}, application/json;q=0.5"

Service = TypeVar("Service")


class Http(Protocol):
    """What is needed of an HTTP client."""

    def request(
        self,
        verb: str,
        path: str,
        *,
        query: list[tuple[str, str]],
        body: bytes | None,
        accept: str = ...,
    ) -> tuple[int, bytes]:
        """Send a request and return status and body; `accept` is JSON by default.

        Raises:
            Unavailable: the server cannot be reached.
        """
        ...


def remote(protocol: type[Service], http: Http) -> Service:
    """An object that satisfies `protocol` by calling the server behind `http`.

    Its methods raise the `cairn.errors.CairnError` that the server answered with.
    """
    methods: dict[str, Any] = {}
    for op in operations(cast("type", protocol)):
        methods.setdefault(op.name, _method(op))
    return cast("Service", type(f"Remote{protocol.__name__}", (_Remote,), methods)(http))


class _Remote:
    def __init__(self, http: Http) -> None:
        self.http = http


def _method(op: Op) -> Any:
    accept = ACCEPT_COLUMNS if has_columns(op.reply) else "application/json"

    def call(self: _Remote, request: Any) -> Any:
        query = pairs(request) if op.verb == "GET" else []
        sent = None if op.verb == "GET" else dialect.encode(request)
        path = op.paths[0]
        status, body = self.http.request(op.verb, path, query=query, body=sent, accept=accept)
        if status >= 400:
            raise read_error(status, body)
        if op.reply is None:
            return None
        try:
            return _read(op.reply, body)
        except (msgspec.DecodeError, InvalidValue) as error:
            text = f"{op.verb} {path} answered what is not its reply: {error}"
            raise InternalError(text) from None

    call.__name__, call.__doc__ = op.name, op.doc
    return call


def _read(kind: type[Message], body: bytes) -> Message:
    """A reply, as JSON or as columns."""
    if not body.startswith(MAGIC):
        return dialect.decode_reply(kind, body)
    from cairn.wire import columns

    return columns.decode(kind, body)


def pairs(request: msgspec.Struct) -> list[tuple[str, str]]:
    """The query string of a request, as pairs; a list repeats its key."""
    found: list[tuple[str, str]] = []
    for name, value in msgspec.to_builtins(request).items():
        values = value if isinstance(value, list) else [value]
        found.extend((name, str(v)) for v in values)
    return found


def read_error(status: int, body: bytes) -> Exception:
    """The error that a reply with this status and body stands for."""
    try:
        answer = msgspec.json.decode(body, type=_ErrorBody, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = body[:200].decode(errors="replace").strip() or "an empty body"
        return from_wire(status, None, f"The server answered {status} with {text}")
    return from_wire(status, answer.error_code, answer.message)


class _ErrorBody(msgspec.Struct):
    error_code: str
    message: str = ""
