"""From a service to HTTP: the operations of the contract as one ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

from cairn.contract.columns import MEDIA_TYPE, has_columns
from cairn.contract.op import Message, Op, operations
from cairn.errors import CairnError, EndpointNotFound, InvalidValue, LimitExceeded
from cairn.wire import dialect

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Allow = Callable[[Scope, Op, Message], None]
RunSync = Callable[..., Awaitable[Any]]

JSON = (b"content-type", b"application/json")
COLUMNS = (b"content-type", MEDIA_TYPE.encode())
VARY = (b"vary", b"Accept, Accept-Encoding")
NOSNIFF = (b"x-content-type-options", b"nosniff")


class Operations:
    """ASGI application that answers every operation of some services.

    Args:
        services: pairs of a service Protocol and the object that implements it.
        allow: called with scope, operation and request before the service; raises to refuse.
        run_sync: runs a blocking call outside the event loop and returns its result.
        max_body: largest request body in bytes.
    """

    def __init__(
        self,
        services: Iterable[tuple[type, object]],
        *,
        allow: Allow,
        run_sync: RunSync,
        max_body: int,
    ) -> None:
        self._allow = allow
        self._run_sync = run_sync
        self._max_body = max_body
        self._table: dict[str, dict[str, tuple[Op, Callable[[Any], Any]]]] = {}
        for protocol, service in services:
            for op in operations(protocol):
                for path in op.paths:
                    self._table.setdefault(path, {})[op.verb] = (
                        op,
                        getattr(service, op.name),
                    )

    def serves(self, path: str) -> bool:
        """Whether an operation has this path, with whatever method."""
        return path in self._table

    def name(self, path: str, verb: str) -> str:
        """Name of the operation that answers a request; ``none`` when there is none."""
        found = self._table.get(path, {}).get("GET" if verb == "HEAD" else verb)
        return found[0].name if found else "none"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            op, call = self._find(scope)
            request = await self._read(op, scope, receive)
            self._allow(scope, op, request)
            if has_columns(op.reply) and MEDIA_TYPE in (header(scope, b"accept") or ""):
                accepted = header(scope, b"accept-encoding") or ""
                body, coding = await self._run_sync(_in_columns, call, request, accepted)
                packed = [] if coding is None else [(b"content-encoding", coding.encode())]
                await send_body(send, 200, body, COLUMNS, VARY, *packed)
                return
            reply = await self._run_sync(call, request)
        except CairnError as error:
            await send_error(send, error)
            return
        await send_body(send, 200, dialect.encode(reply) if op.reply else b"{}")

    def _find(self, scope: Scope) -> tuple[Op, Callable[[Any], Any]]:
        verbs = self._table.get(scope["path"])
        if verbs is None:
            raise EndpointNotFound(f"Nothing is served at {scope['path']}.")
        verb = "GET" if scope["method"] == "HEAD" else scope["method"]
        if verb not in verbs:
            raise EndpointNotFound(
                f"{scope['path']} does not answer {scope['method']}. Use {' or '.join(verbs)}.",
                status=405,
            )
        return verbs[verb]

    async def _read(self, op: Op, scope: Scope, receive: Receive) -> Message:
        if op.verb == "GET" and scope["query_string"]:
            try:
                pairs = parse_qsl(
                    scope["query_string"].decode("ascii"),
                    keep_blank_values=True,
                    errors="strict",
                )
            except UnicodeDecodeError:
                raise InvalidValue("The query string is not valid UTF-8.") from None
            return dialect.decode_query(op.request, pairs)
        if op.verb in {"POST", "PUT"}:
            _check_content_type(scope)
        return dialect.decode(op.request, await read_body(scope, receive, self._max_body))


def _in_columns(
    call: Callable[[Any], Message], request: Message, accepted: str
) -> tuple[bytes, str | None]:
    """The answer of a call as columns, and what they are compressed with."""
    from cairn.wire import columns, packing

    return packing.pack(columns.encode(call(request)), accepted)


def _check_content_type(scope: Scope) -> None:
    kind = header(scope, b"content-type")
    if kind is None:
        raise InvalidValue("Bad Request. Content-Type header is missing. Send application/json.")
    if kind.split(";")[0].strip().lower() != "application/json":
        raise InvalidValue(f"Bad Request. Content-Type is {kind!r}. Send application/json.")


def header(scope: Scope, name: bytes) -> str | None:
    """Value of a request header (`name` in lower case), or None."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value).decode("latin-1")
    return None


async def read_body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The whole request body.

    Raises:
        LimitExceeded: the body is longer than `limit` bytes (status 413).
    """
    declared = header(scope, b"content-length") or ""
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    parts: list[bytes] = []
    size = 0
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise InvalidValue("The connection was closed before the request was complete.")
        part = event.get("body", b"")
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        parts.append(part)
        if not event.get("more_body", False):
            return b"".join(parts)


def _too_large(limit: int) -> LimitExceeded:
    return LimitExceeded(
        f"The request body is larger than {limit} bytes. Send it in smaller parts.",
        status=413,
    )


async def send_body(
    send: Send,
    status: int,
    body: bytes,
    kind: tuple[bytes, bytes] = JSON,
    *more: tuple[bytes, bytes],
) -> None:
    """Answer with bytes, JSON unless the header `kind` says what else, and `more` headers."""
    length = (b"content-length", str(len(body)).encode())
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [kind, length, NOSNIFF, *more],
        }
    )
    await send({"type": "http.response.body", "body": body})


async def send_error(send: Send, error: CairnError) -> None:
    """Answer with the error body of the protocol."""
    await send_body(send, error.status, dialect.encode(error.body()))
