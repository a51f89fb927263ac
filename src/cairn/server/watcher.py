"""Finds out that something is new, once for all who follow."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, Protocol

import anyio
import anyio.to_thread

from cairn.contract.changes import ExperimentDelta, RunDelta
from cairn.errors import CairnError
from cairn.wire import dialect

if TYPE_CHECKING:
    from cairn.store.deltas import News, Scope

POLL_SECONDS = 1.0
"""How often is looked for what other processes wrote."""
PAUSE_SECONDS = 0.3
"""How long after one look the next one comes at the earliest."""
THREADS = 4
"""How many blocking calls for streams run at a time, besides those of the operations."""

log = logging.getLogger("cairn.server")


class Followed(Protocol):
    """A store that tells what is new."""

    def news(self, cursor: str | None) -> News:
        """Everything that is new since a cursor; nothing, and a cursor, without one.

        Raises:
            InvalidValue: it is no cursor of this database.
        """
        ...

    def scope(self, experiment_id: str | None, run_id: str | None) -> Scope:
        """What is meant by the id of an experiment or of a run.

        Raises:
            DoesNotExist: there never was one with this id.
        """
        ...

    def delta(self, scope: Scope, news: News) -> ExperimentDelta | RunDelta | None:
        """What a stream tells; None when no news concern it."""
        ...

    def stamp(self) -> int | None:
        """A number that changes when something was written; None where only reading tells."""
        ...

    def on_write(self, call: Callable[[], None] | None) -> None:
        """Have something called after each write of this process; or no more."""
        ...


class Watcher:
    """Looks for news while somebody follows: at once after a write of this process, else by poll.

    Attributes:
        store: where it looks.
        cursor: how far it has looked.
        news: what it found last; it leads to `cursor`.
        over: whether nothing more comes, because the server stops or cannot read.
    """

    def __init__(self, store: Followed) -> None:
        self.store = store
        self.cursor = ""
        self.news: News | None = None
        self.over = False
        self._stopped = False
        self._followers = 0
        self._task: asyncio.Task[None] | None = None
        self._tick = asyncio.Event()
        self._limiter = anyio.CapacityLimiter(THREADS)
        self._told: dict[Scope, asyncio.Task[bytes | None]] = {}

    @property
    def followers(self) -> int:
        """How many follow."""
        return self._followers

    async def blocking(self, call: Callable[..., Any], *args: Any) -> Any:
        """Run a blocking call of the store."""
        return await anyio.to_thread.run_sync(call, *args, limiter=self._limiter)

    async def tell(self, topic: Scope, news: News) -> bytes | None:
        """The event that says what news mean for a topic, as JSON; None when nothing.

        What the watcher found last is made an event of once, for all who follow the same.

        Raises:
            Unavailable: the store cannot be read.
        """
        if news is not self.news:
            return await self._encode(topic, news)
        if topic not in self._told:
            self._told[topic] = asyncio.create_task(self._encode(topic, news))
        return await asyncio.shield(self._told[topic])  # one of them may go away meanwhile

    async def _encode(self, topic: Scope, news: News) -> bytes | None:
        delta = await self.blocking(self.store.delta, topic, news)
        return None if delta is None else dialect.encode(delta)

    @contextlib.asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Watch for as long as this context lasts; in it `cursor` is known, or it is `over`."""
        self._followers += 1
        try:
            if self._task is None:
                self.over = self._stopped
                self._task = asyncio.create_task(self._watch())
            while not self.cursor and not self.over:
                await self.wait(POLL_SECONDS)
            yield
        finally:
            self._followers -= 1
            if self._followers == 0 and self._task is not None:
                self._task.cancel()
                self._task = None
                self.cursor, self.news, self._told = "", None, {}
                self.store.on_write(None)

    async def wait(self, seconds: float) -> None:
        """Until something is new or over, or time has passed."""
        with anyio.move_on_after(seconds):
            await self._tick.wait()

    def stop(self) -> None:
        """Let all who follow know that nothing more comes."""
        self._stopped = True
        self._end()

    def _end(self) -> None:
        self.over = True
        self._publish()

    def _publish(self) -> None:
        self._tick.set()
        self._tick = asyncio.Event()

    async def _watch(self) -> None:
        try:
            await self._look_again_and_again()
        except CairnError as error:
            log.warning("Streams end, as the store cannot be read: %s", error)
            self._end()

    async def _look_again_and_again(self) -> None:
        wake = asyncio.Event()
        loop = asyncio.get_running_loop()

        def written() -> None:
            if not wake.is_set():
                with contextlib.suppress(RuntimeError):  # the loop is closed: nobody follows
                    loop.call_soon_threadsafe(wake.set)

        self.store.on_write(written)
        stamp = await self.blocking(self.store.stamp)
        self.cursor = (await self.blocking(self.store.news, None)).cursor
        self._publish()
        while True:
            with anyio.move_on_after(POLL_SECONDS):
                await wake.wait()
            before, woken = stamp, wake.is_set()
            wake.clear()
            stamp = await self.blocking(self.store.stamp)
            if not woken and stamp is not None and stamp == before:
                continue
            news = await self.blocking(self.store.news, self.cursor)
            if news.more:
                wake.set()
            if news.cursor != self.cursor:
                self.news, self.cursor, self._told = news, news.cursor, {}
                self._publish()
            await asyncio.sleep(PAUSE_SECONDS)
