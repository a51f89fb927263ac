"""Writes that wait, and the threads that run them, many in one transaction."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

from sqlalchemy.engine import Connection

T = TypeVar("T")
Join = Callable[[Connection, Sequence[Any]], Sequence[Any]]
"""Writes many items at once and returns what became of each: its result, or an error of its own.

It refuses an item before it writes anything of it. What it raises instead fails all of them.
"""

GROUP = 256
"""Most writes that share one transaction."""

GATHER_SECONDS = 0.002
"""How long a thread waits for as many writes as it had the last time."""

_STOP: Any = object()


class Job:
    """A write that waits: an item, and what writes it with others; or a work, alone.

    Attributes:
        join: what writes the item; None where the item is a work that is called by itself.
        item: what is written.
        done: gets the result. It runs from the beginning, so that who waits cannot cancel it.
    """

    __slots__ = ("done", "item", "join")

    def __init__(self, join: Join | None, item: Any) -> None:
        self.join = join
        self.item = item
        self.done: Future[Any] = Future()
        self.done.set_running_or_notify_cancel()

    def finish(self, result: Any, error: BaseException | None = None) -> None:
        """Hand over what became of it; a result that is an error is raised where one waits."""
        if error is None and isinstance(result, BaseException):
            error = result
        if error is None:
            self.done.set_result(result)
        else:
            self.done.set_exception(error)


def parts(jobs: Sequence[Job]) -> list[tuple[Join | None, list[Job]]]:
    """The jobs that are written together, and each other one by itself."""
    found: list[tuple[Join | None, list[Job]]] = []
    joined: dict[Join, list[Job]] = {}
    for job in jobs:
        if job.join is None:
            found.append((None, [job]))
        elif job.join in joined:
            joined[job.join].append(job)
        else:
            found.append((job.join, joined.setdefault(job.join, [job])))
    return found


def together(join: Join | None, jobs: Sequence[Job]) -> Callable[[Connection], Sequence[Any]]:
    """Writes one part of `parts`, and returns what became of each job."""
    items = [job.item for job in jobs]
    if join is None:
        return lambda connection: [work(connection) for work in items]
    return lambda connection: join(connection, items)


def outcome(work: Callable[[], T]) -> tuple[T | None, BaseException | None]:
    """Result of `work`, or what it raised."""
    try:
        return work(), None
    except BaseException as error:  # noqa: BLE001 - it travels to the caller's thread, whatever it is
        return None, error


class Jobs:
    """A queue of writes whose threads begin with the first one.

    Args:
        threads: how many run at a time.
        run: called on such a thread with all that waits, at most `GROUP`; raises nothing.
    """

    def __init__(self, threads: int, run: Callable[[list[Job]], None]) -> None:
        self._most = threads
        self._run_jobs = run
        self._lock = threading.Lock()
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._pid = os.getpid()
        self._threads: list[threading.Thread] = []
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def __len__(self) -> int:
        return self._queue.qsize()

    def put(self, job: Job) -> None:
        """Add a write."""
        if not self._threads or self._pid != os.getpid():
            self._start()
        self._queue.put(job)

    def _start(self) -> None:
        with self._lock:
            if self._pid != os.getpid():  # after a fork: the parent's threads are not ours
                self._begin_anew()
            if not self._threads:
                self._threads = [
                    threading.Thread(target=self._run, name="cairn-store-writer", daemon=True)
                    for _ in range(self._most)
                ]
                for thread in self._threads:
                    thread.start()

    def stop(self) -> None:
        """Finish what waits, then end the threads; the next write begins new ones."""
        if self._pid == os.getpid():
            for _ in self._threads:
                self._queue.put(_STOP)
            for thread in self._threads:
                thread.join()
            self._threads = []

    def _run(self) -> None:
        expected, stopping = 1, False
        while not stopping:
            taken = [self._queue.get()]
            if expected > 1:
                self._gather(expected - 1)
            while len(taken) < GROUP and taken[-1] is not _STOP:
                try:
                    taken.append(self._queue.get_nowait())
                except queue.Empty:
                    break
            if taken[-1] is _STOP:
                stopping = True
                taken.pop()
            if taken:
                expected = len(taken)
                self._run_jobs(taken)

    def _gather(self, count: int) -> None:
        """Wait a little for writers that were here the last time, so that they share a commit."""
        end = time.monotonic() + GATHER_SECONDS
        while self._queue.qsize() < count and time.monotonic() < end:
            time.sleep(GATHER_SECONDS / 4)
