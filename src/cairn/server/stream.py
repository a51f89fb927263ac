"""Server-sent events: what changes in an experiment or a run, as it happens.

Each event has the cursor behind it as its id, so a browser that lost the connection goes on where
it was. Nothing is kept for those who follow: an event is made when the last one is sent.
"""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

import anyio
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp

from cairn.contract.op import OWN_PREFIXES
from cairn.errors import CairnError, InvalidValue, Unavailable
from cairn.server.raw import one_query
from cairn.server.routing import raw
from cairn.server.watcher import Followed, Watcher
from cairn.wire.routes import NOSNIFF, Receive, Scope, Send

if TYPE_CHECKING:
    from cairn.store.deltas import Scope as Topic

SUBSCRIBERS = 256
"""How many may follow at a time."""
HEARTBEAT_SECONDS = 20.0
"""How often something is sent when nothing happens, so that no proxy thinks the line dead."""
SEND_SECONDS = 20.0
"""How long a subscriber may take to receive what is sent, before it is dropped."""
RETRY_MS = 2000
"""After how long a browser that lost the connection tries again."""

log = logging.getLogger("cairn.server")


class StreamRoutes:
    """``GET /api/cairn/v1/stream``.

    Args:
        store: tells what is new.
    """

    def __init__(self, store: Followed) -> None:
        self._watcher = Watcher(store)

    @raw(*(f"GET {prefix}stream" for prefix in OWN_PREFIXES), needs="read run")
    async def stream(self, request: Request, _tail: str) -> ASGIApp:
        """Send events about an experiment or a run until the client goes away.

        Raises:
            InvalidValue: not exactly one of experiment_id and run_id is given.
            DoesNotExist: there is no such experiment or run.
            Unavailable: too many follow already.
        """
        experiment_id = one_query(request, "experiment_id")
        run_id = one_query(request, "run_id")
        if (experiment_id is None) == (run_id is None):
            raise InvalidValue("Give one of experiment_id and run_id in the query: what to follow.")
        watcher = self._watcher
        if watcher.followers >= SUBSCRIBERS:
            raise Unavailable(
                f"{SUBSCRIBERS} streams are open already, which is as many as this server serves. "
                "Close some, or ask again from time to time instead."
            )
        topic = await watcher.blocking(watcher.store.scope, experiment_id, run_id)
        if request.method == "HEAD":
            return Response(media_type="text/event-stream")
        return _Stream(watcher, topic, request.headers.get("last-event-id"))

    def stop(self) -> None:
        """End every stream."""
        self._watcher.stop()


class _Stream:
    """The answer to one subscriber."""

    def __init__(self, watcher: Watcher, topic: Topic, resume: str | None) -> None:
        self._watcher = watcher
        self._topic = topic
        self._name = "experiment" if topic.run_id is None else "run"
        self._resume = resume

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        line = _Line(send)
        async with anyio.create_task_group() as group:

            async def listen() -> None:
                while (await receive())["type"] != "http.disconnect":
                    pass
                group.cancel_scope.cancel()

            group.start_soon(listen)
            with contextlib.suppress(ClientDisconnect):
                await line.begin()
                async with self._watcher.following():
                    await self._follow(line)
            group.cancel_scope.cancel()
        if not line.dropped:
            await send({"type": "http.response.body", "body": b""})

    async def _follow(self, line: _Line) -> None:
        watcher = self._watcher
        cursor = self._resume or ""
        while not watcher.over:
            if not cursor:
                cursor = watcher.cursor
                await line.send(cursor, "reload", b"{}")
            elif cursor == watcher.cursor:
                await watcher.wait(HEARTBEAT_SECONDS)
                if cursor == watcher.cursor and not watcher.over:
                    await line.beat(cursor)
            else:
                try:
                    cursor = await self._tell(line, cursor)
                except InvalidValue:  # a cursor of another database: begin anew
                    cursor = ""
                except CairnError:  # it cannot be read now: the client comes again
                    return

    async def _tell(self, line: _Line, cursor: str) -> str:
        """Send what is new since a cursor; returns the cursor behind it.

        Who is as far as the watcher was takes its news. Who is not, having come back or been
        slow, reads for itself, and then is where the watcher was before that: whatever was not
        visible by then will be news of the watcher.
        """
        watcher = self._watcher
        news, after = watcher.news, watcher.cursor
        if news is None or news.before != cursor:
            news = await watcher.blocking(watcher.store.news, cursor)
            after = news.cursor if news.more else after
        event = await watcher.tell(self._topic, news)
        if event is not None:
            await line.send(after, self._name, event)
        return after


class _Line:
    """The way to one subscriber, who is dropped when too slow.

    Attributes:
        dropped: whether that has happened.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self.dropped = False

    async def begin(self) -> None:
        headers = [
            (b"content-type", b"text/event-stream"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
            NOSNIFF,
        ]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        await self._put(f"retry: {RETRY_MS}\n\n".encode())

    async def send(self, cursor: str, event: str, data: bytes) -> None:
        await self._put(
            b"id: %b\nevent: %b\ndata: %b\n\n" % (cursor.encode(), event.encode(), data)
        )

    async def beat(self, cursor: str) -> None:
        """Send nothing but how far this is, which keeps a later return short."""
        await self._put(b": still here\nid: %b\n\n" % cursor.encode())

    async def _put(self, text: bytes) -> None:
        with anyio.move_on_after(SEND_SECONDS) as patience:
            await self._send({"type": "http.response.body", "body": text, "more_body": True})
        if patience.cancelled_caught:
            self.dropped = True
            log.warning("A subscriber that received nothing for %d s is dropped.", SEND_SECONDS)
            raise ClientDisconnect
