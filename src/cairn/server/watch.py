"""What is seen of every request: its id, a line in the log, counts."""

from __future__ import annotations

import json
import logging
import re
import secrets
import time
from collections.abc import Callable, MutableMapping
from typing import Any

from starlette.types import ASGIApp

from cairn.errors import InvalidValue
from cairn.server.meter import Meter
from cairn.wire.routes import Receive, Scope, Send

ID_HEADER = b"x-request-id"
RECORD = "cairn.record"
"""Where in the scope of a request its `Record` is."""
CLOSED = 499
"""Counted as the status of a request whose client went away before the answer."""

access = logging.getLogger("cairn.access")
_SAFE_ID = re.compile(rb"[\w.:-]{1,128}", re.ASCII)


class Record:
    """What is known of one request.

    Attributes:
        request_id: the caller's, where that is safe to repeat, else one of ours.
        operation: what answers it; ``page`` for the web UI, ``none`` when nothing does.
        status: HTTP status of the answer; `CLOSED` before there is one.
        size: bytes of the answer's body.
        points: metric points that it brings.
    """

    __slots__ = ("operation", "points", "request_id", "size", "status")

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        self.operation = "none"
        self.status = CLOSED
        self.size = 0
        self.points = 0


class Watch:
    """ASGI application around the whole server.

    Args:
        app: the server.
        meter: counts what is seen.
        stop: ends what would go on for as long as the server does; called when it is told to end.
    """

    def __init__(self, app: ASGIApp, meter: Meter, stop: Callable[[], None] = lambda: None) -> None:
        self._app = app
        self._meter = meter
        self.stop = stop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        record = Record(_request_id(scope))
        header = (ID_HEADER, record.request_id.encode())
        scope[RECORD] = record

        async def seen(event: MutableMapping[str, Any]) -> None:
            if event["type"] == "http.response.start":
                record.status = event["status"]
                event = {**event, "headers": [*event.get("headers", ()), header]}
            else:
                record.size += len(event.get("body", b""))
            await send(event)

        meter = self._meter
        meter.open += 1
        began = time.perf_counter()
        try:
            await self._app(scope, receive, seen)
        finally:
            seconds = time.perf_counter() - began
            meter.open -= 1
            meter.count(record.operation, record.status, seconds)
            if record.status < 300:
                meter.points += record.points
            if access.isEnabledFor(logging.INFO):
                _log(scope, record, seconds)


def record_of(scope: Scope) -> Record:
    """What is known of a request; a new record when nobody watches."""
    record = scope.get(RECORD)
    if not isinstance(record, Record):
        record = scope[RECORD] = Record(_request_id(scope))
    return record


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == ID_HEADER and _SAFE_ID.fullmatch(value):
            return str(value, "ascii")
    return secrets.token_hex(8)


def _log(scope: Scope, record: Record, seconds: float) -> None:
    client = scope.get("client")
    facts = {
        "request_id": record.request_id,
        "method": scope["method"],
        "path": scope["path"],
        "operation": record.operation,
        "status": record.status,
        "seconds": round(seconds, 6),
        "bytes": record.size,
        "client": client[0] if client else None,
    }
    access.info(
        "%s %s %s",
        facts["method"],
        ascii(facts["path"])[1:-1],
        facts["status"],
        extra={"facts": facts},
    )


class JsonLines(logging.Formatter):
    """Formats a record of the log as one JSON object on a line, times in UTC."""

    def __init__(self) -> None:
        super().__init__()
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        """The record on a line."""
        line: dict[str, Any] = {
            "time": f"{self.formatTime(record, '%Y-%m-%dT%H:%M:%S')}.{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        facts = getattr(record, "facts", None)
        line |= {"message": record.getMessage()} if facts is None else facts
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


class TextLines(logging.Formatter):
    """Formats a record of the log as text, what is known of a request behind it."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The record on a line."""
        facts = getattr(record, "facts", None)
        if facts is None:
            return super().format(record)
        known = " ".join(f"{name}={facts[name]}" for name in _SHOWN)
        return f"{super().format(record)} {known}"


_SHOWN = ("operation", "seconds", "bytes", "client", "request_id")


def set_up_log(form: str) -> None:
    """Send the log of this process to stderr.

    Args:
        form: ``json`` or ``text`` for a line for each request, too; empty for none.

    Raises:
        InvalidValue: it is something else.
    """
    if form not in {"", "json", "text"}:
        raise InvalidValue(f"CAIRN_LOG_FORMAT={form!r} is not known. Use json or text.")
    stderr = logging.StreamHandler()
    stderr.setFormatter(JsonLines() if form == "json" else TextLines())
    logging.basicConfig(level=logging.WARNING, handlers=[stderr])
    access.setLevel(logging.INFO if form else logging.WARNING)
