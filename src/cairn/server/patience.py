"""How long the server waits for a slow client, and how many requests wait for the server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, MutableMapping
from typing import Any

import anyio
import anyio.to_thread

from cairn.errors import CairnError, Unavailable
from cairn.wire.routes import Begin, Receive, Send

BODY_SECONDS = 60.0
"""How long we wait for the body of a request, whatever comes."""
BODY_RATE = 16 * 1024
"""Bytes that earn another second."""
RETRY_SECONDS = 1
"""After how long a client that was turned away may ask again."""


class Crew:
    """Runs blocking calls on a few threads; turns calls away when too many wait for one.

    A call that can be begun needs no thread, but is counted like the others.

    Args:
        limiter: the threads, shared with calls that are never turned away.
        waiting: how many calls may wait.
    """

    def __init__(self, limiter: anyio.CapacityLimiter, waiting: int) -> None:
        self._limiter = limiter
        self._most = int(limiter.total_tokens) + waiting
        self._open = 0

    async def __call__(
        self, call: Callable[..., Any], *args: Any, begin: Begin | None = None
    ) -> Any:
        if self._open >= self._most:
            raise Unavailable(
                f"The server is busy: {self._open} requests are being answered or wait. "
                f"Try again in {RETRY_SECONDS} second."
            )
        self._open += 1
        try:
            begun = None if begin is None else begin(*args)
            if begun is not None:
                return await asyncio.wrap_future(begun)
            return await anyio.to_thread.run_sync(call, *args, limiter=self._limiter)
        finally:
            self._open -= 1


class Patience:
    """Receives one request and sends its answer, giving up on a body that dribbles.

    Only the time that we wait for the client counts, not the time that we need ourselves.
    """

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._left = BODY_SECONDS
        self._whole = False
        self._gave_up = False

    async def receive(self) -> MutableMapping[str, Any]:
        """The next event of the request.

        Raises:
            CairnError: DEADLINE_EXCEEDED (408), the client is too slow.
        """
        if self._whole:  # what follows is only that the client is gone, whenever that is
            return await self._receive()
        began = time.monotonic()
        event = None
        with anyio.move_on_after(max(self._left, 0)):
            event = await self._receive()
        if event is None:
            self._gave_up = True
            raise CairnError(
                "The body of the request came too slowly and was given up. It may take "
                f"{BODY_SECONDS:.0f} seconds, and one more for each {BODY_RATE} bytes. "
                "Send it again.",
                error_code="DEADLINE_EXCEEDED",
                status=408,
            )
        self._left += len(event.get("body", b"")) / BODY_RATE - (time.monotonic() - began)
        self._whole = not event.get("more_body", False)
        return event

    async def send(self, event: MutableMapping[str, Any]) -> None:
        """Send an event of the answer, with what a client that was turned away must know."""
        if event["type"] == "http.response.start":
            added = []
            if self._gave_up:
                added.append((b"connection", b"close"))
            if event["status"] == 503:
                added.append((b"retry-after", str(RETRY_SECONDS).encode()))
            if added:
                event = {**event, "headers": [*event.get("headers", ()), *added]}
        await self._send(event)
