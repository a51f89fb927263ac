"""A client that satisfies a service Protocol by calling a server."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar, cast

import msgspec

from cairn.contract.op import Op, operations
from cairn.errors import InternalError, from_wire
from cairn.wire import dialect
from cairn.wire.paths import fields, fill

Service = TypeVar("Service")


class Http(Protocol):
    """What is needed of an HTTP client."""

    def request(
        self, verb: str, path: str, *, query: list[tuple[str, str]], body: bytes | None
    ) -> tuple[int, bytes]:
        """Send a request and return status and body.

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
    decoder = msgspec.json.Decoder(op.reply, strict=False) if op.reply else None
    named = fields(op.paths[0])

    def call(self: _Remote, request: Any) -> Any:
        path = op.paths[0]
        if named:
            path = fill(path, {name: getattr(request, name) for name in named})
        if op.verb == "GET":
            query = [pair for pair in pairs(request) if pair[0] not in named]
            status, body = self.http.request(op.verb, path, query=query, body=None)
        else:  # some of them read the fields of the path from the body
            body = dialect.encode(request)
            status, body = self.http.request(op.verb, path, query=[], body=body)
        if status >= 400:
            raise read_error(status, body)
        if decoder is None:
            return None
        try:
            return decoder.decode(body)
        except msgspec.DecodeError as error:
            text = f"{op.verb} {op.paths[0]} answered what is not its reply: {error}"
            raise InternalError(text) from None

    call.__name__, call.__doc__ = op.name, op.doc
    return call


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
