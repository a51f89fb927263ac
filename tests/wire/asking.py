"""Ask an ASGI application in this process, byte by byte as a server would pass a request on."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlencode

from anyio.from_thread import BlockingPortal, start_blocking_portal

Pairs = Iterable[tuple[str, str]]


@dataclass
class Reply:
    """What came back; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


class Asker:
    """Sends requests to an application whose life has begun."""

    def __init__(self, app: Any, portal: BlockingPortal) -> None:
        self._app, self._portal = app, portal

    def __call__(
        self,
        verb: str,
        path: str,
        *,
        query: Pairs | bytes = (),
        body: bytes | Iterable[bytes] = b"",
        json: Any = None,
        headers: dict[str, str] | None = None,
        host: str | None = "localhost",
    ) -> Reply:
        given = {"host": host} if host is not None else {}
        if json is not None:
            body, given["content-type"] = _dumps(json), "application/json"
        given.update(headers or {})
        raw_query = query if isinstance(query, bytes) else urlencode(list(query)).encode()
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": verb,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": raw_query,
            "root_path": "",
            "headers": [(k.lower().encode(), v.encode("latin-1")) for k, v in given.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        return self._portal.call(_ask, self._app, scope, body)


def _dumps(value: Any) -> bytes:
    return json.dumps(value).encode()


async def _ask(app: Any, scope: dict[str, Any], body: bytes | Iterable[bytes]) -> Reply:
    import anyio

    blocks: Iterator[bytes] = iter([body] if isinstance(body, bytes) else body)
    status, headers, parts, finished = 0, {}, [], anyio.Event()
    sent_all = False

    async def receive() -> dict[str, Any]:
        nonlocal sent_all
        if sent_all:
            await finished.wait()
            return {"type": "http.disconnect"}
        block = next(blocks, None)
        sent_all = block is None or isinstance(body, bytes)
        return {"type": "http.request", "body": block or b"", "more_body": not sent_all}

    async def send(event: dict[str, Any]) -> None:
        nonlocal status, headers
        if event["type"] == "http.response.start":
            status = event["status"]
            headers = {k.decode().lower(): v.decode("latin-1") for k, v in event["headers"]}
        else:
            parts.append(event.get("body", b""))
            if not event.get("more_body", False):
                finished.set()

    await app(scope, receive, send)
    return Reply(status, headers, b"".join(parts))


@contextmanager
def asking(app: Any) -> Iterator[Asker]:
    """Begin the life of an application, yield what asks it, and end its life."""
    with start_blocking_portal() as portal, contextlib.ExitStack() as stack:
        stack.enter_context(portal.wrap_async_context_manager(_Life(app)))
        yield Asker(app, portal)


class _Life:
    def __init__(self, app: Any) -> None:
        self._app = app

    async def __aenter__(self) -> None:
        import anyio

        self._to_app: Any = anyio.create_memory_object_stream[Any](2)
        self._from_app: Any = anyio.create_memory_object_stream[Any](2)
        self._group = await anyio.create_task_group().__aenter__()
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}}
        self._group.start_soon(self._app, scope, self._to_app[1].receive, self._from_app[0].send)
        await self._step("startup")

    async def __aexit__(self, *_args: object) -> None:
        await self._step("shutdown")
        await self._group.__aexit__(None, None, None)
        for stream in (*self._to_app, *self._from_app):
            stream.close()

    async def _step(self, name: str) -> None:
        await self._to_app[0].send({"type": f"lifespan.{name}"})
        event = await self._from_app[1].receive()
        assert event["type"] == f"lifespan.{name}.complete", event
