"""What a load balancer and a monitoring system ask."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import anyio
import anyio.to_thread
import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from cairn.errors import CairnError
from cairn.server.access import ANYONE
from cairn.server.meter import TEXT_TYPE, Meter
from cairn.server.routing import raw

READY_SECONDS = 5.0
"""How long the store and the folders may take to answer."""

log = logging.getLogger("cairn.server")


class Watched(Protocol):
    """A store that tells how it is."""

    def check(self) -> None:
        """Read from the database.

        Raises:
            Unavailable: it cannot be read.
        """
        ...

    def queued(self) -> int:
        """How many writes wait."""
        ...


class HealthRoutes:
    """Readiness and metrics. Both tell nothing about what is stored, so anyone may ask.

    Args:
        store: the store, if there is one.
        folders: where files are written.
        meter: what was counted.
    """

    def __init__(self, store: Watched | None, folders: Sequence[Path], meter: Meter) -> None:
        self._store = store
        self._folders = folders
        self._meter = meter
        # Of its own: that all threads of the operations are busy is no reason to look broken.
        self._limiter = anyio.CapacityLimiter(2)

    @raw("GET /metrics", needs=ANYONE)
    async def metrics(self, _request: Request, _tail: str) -> ASGIApp:
        """Send the counts to Prometheus."""
        queued = None if self._store is None else self._store.queued
        return Response(self._meter.text(queued), headers={"content-type": TEXT_TYPE})

    @raw("GET /ready", needs=ANYONE)
    async def ready(self, _request: Request, _tail: str) -> ASGIApp:
        """Say whether requests can be served: 200, or 503 with what is wrong."""
        found = {"store": "no answer in time", "artifacts": "no answer in time"}
        with anyio.move_on_after(READY_SECONDS):
            found = await anyio.to_thread.run_sync(
                self._look, limiter=self._limiter, abandon_on_cancel=True
            )
        status = 200 if set(found.values()) == {"ok"} else 503
        body = msgspec.json.encode(found)
        return Response(body, status, {"cache-control": "no-store"}, "application/json")

    def _look(self) -> dict[str, str]:
        found = {"artifacts": "ok"}
        if self._store is not None:
            found["store"] = "ok"
            try:
                self._store.check()
            except CairnError as error:
                log.warning("Not ready: %s", error)
                found["store"] = "the database cannot be read"
        for folder in self._folders:
            problem = _problem(folder)
            if problem is not None:
                log.warning("Not ready: the artifact folder %s: %s", folder, problem)
                found["artifacts"] = problem
        return found


def _problem(folder: Path) -> str | None:
    """Why nothing can be written to a folder; one that is not there yet is made when needed."""
    there = next((place for place in (folder, *folder.parents) if place.exists()), None)
    if there is None or not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return "the folder cannot be written to"
    if os.name != "nt" and os.statvfs(there).f_bavail == 0:
        return "the disk is full"
    return None
