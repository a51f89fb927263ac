"""What waits to be delivered: the journals of the runs that are logged to, and whose turn it is."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from pathlib import Path

from cairn import settings
from cairn.client import record
from cairn.client.journal import Head, Journal
from cairn.contract.kinds import MAX_ENTITIES_PER_BATCH
from cairn.errors import LimitExceeded

_MOST_IDLE = 32  # journals with nothing in them that are kept open

_log = logging.getLogger("cairn")


class Stream:
    """A journal and when it is its turn.

    Attributes:
        run_id: run as this process knows it.
        journal: its journal.
        since: when the oldest record came that waits, by the monotonic clock.
        hurry: records before this number are wanted now.
        size: bytes of the journal that are accounted for.
        ended: no more is to come.
        parked: it cannot be delivered now, and stays where it is.
    """

    __slots__ = ("ended", "hurry", "journal", "parked", "run_id", "since", "size")

    def __init__(self, run_id: str, journal: Journal) -> None:
        self.run_id = run_id
        self.journal = journal
        self.since = 0.0
        self.hurry = self.size = 0
        self.ended = self.parked = False

    @property
    def waiting(self) -> int:
        """Records that are not delivered."""
        return self.journal.end - self.journal.done


class Waiting:
    """The journals of one store. Every method expects that `lock` is held.

    Args:
        place: the tracking URI without password.
        folder: where journals are kept; in memory alone without one.
        offline: whether nothing is to be delivered.

    Attributes:
        lock: guards all of it.
        work: woken when something has come, or is wanted sooner.
        settled: woken when something was delivered, or will not be.
        streams: by run; those taken over by folder.
        pending: streams with records that wait, the one whose turn is first before others.
        stopped: nothing is delivered any more.
        offline: nothing is to be delivered.
    """

    def __init__(self, place: str, folder: Path | None, *, offline: bool) -> None:
        self._place = place
        self._folder = folder
        self._interval = settings.FLUSH_INTERVAL.get()
        self._most_bytes = settings.JOURNAL_MAX_BYTES.get()
        self._when_full = settings.JOURNAL_WHEN_FULL.get()
        self._urgent: dict[Stream, None] = {}
        self._size = 0
        self._given_up = 0
        self.lock = threading.RLock()  # a signal handler may log while its thread does
        self.work = threading.Condition(self.lock)
        self.settled = threading.Condition(self.lock)
        self.streams: dict[str, Stream] = {}
        self.pending: dict[Stream, None] = {}
        self.offline = offline
        self.stopped = False

    @property
    def records(self) -> int:
        """How many records wait."""
        return sum(stream.waiting for stream in self.streams.values())

    def stream(self, run_id: str) -> Stream:
        """The stream of a run, begun when there is none."""
        found = self.streams.get(run_id)
        if found is None:
            head = Head(
                store=self._place,
                run_id=run_id,
                source=secrets.token_hex(8),
                began=time.time_ns() // 1_000_000,
                host=socket.gethostname(),
                pid=os.getpid(),
            )
            begun = Journal(head, None, None)
            if self._folder is not None:
                begun = Journal.begin(self._folder, head)
            found = self.streams[run_id] = Stream(run_id, begun)
        return found

    def append(self, run_id: str, payload: bytes) -> int:
        """Add a record to the journal of a run; returns the number after it.

        Raises:
            LimitExceeded: the journals have reached their bound, and the setting says to raise.
        """
        stream = self.streams.get(run_id) or self.stream(run_id)
        journal = stream.journal
        if self._size >= self._most_bytes and not self._make_room(payload):
            return journal.end
        number = journal.append(payload)
        if journal.size != stream.size:
            self._account(stream)
        if stream not in self.pending:
            if not stream.parked:
                stream.since = time.monotonic()
                self.pending[stream] = None
                if len(self.pending) == 1:
                    self.work.notify()
        elif number - journal.done == MAX_ENTITIES_PER_BATCH:
            self.hasten(stream, 0)
        return number

    def adopt(self, journal: Journal) -> None:
        """Deliver a journal that another process left."""
        stream = Stream(journal.head.run_id, journal)
        stream.ended = True
        self._account(stream)
        self.streams[str(journal.folder)] = self.pending_now(stream)

    def pending_now(self, stream: Stream) -> Stream:
        """Have all of a stream delivered now."""
        self.pending[stream] = None
        self.hasten(stream, stream.journal.end)
        return stream

    def hasten(self, stream: Stream, upto: int) -> None:
        """Have a stream delivered now, all that comes before a number at once."""
        stream.hurry = max(stream.hurry, upto)
        if stream in self.pending and stream not in self._urgent:
            self._urgent[stream] = None
            self.work.notify()

    def next(self) -> Stream | None:
        """Wait for the stream whose turn it is; None when nothing is delivered any more."""
        while not self.stopped:
            if self.offline or not self.pending:
                self.work.wait()
                continue
            if self._urgent:
                stream = next(iter(self._urgent))
                del self._urgent[stream]
                return stream
            stream = next(iter(self.pending))
            pause = stream.since + self._interval - time.monotonic()
            if pause <= 0:
                return stream
            self.work.wait(pause)
        return None

    def settle(self, stream: Stream, upto: int) -> None:
        """Let go of the records of a stream before a number, which were delivered."""
        journal = stream.journal
        journal.acknowledge(upto)
        self._account(stream)
        self._forget(stream)
        if stream.waiting:
            self.pending[stream] = None
            stream.since = time.monotonic()
            if stream.hurry > journal.done or stream.waiting >= MAX_ENTITIES_PER_BATCH:
                self.hasten(stream, 0)
        elif stream.ended or len(self.streams) > _MOST_IDLE:
            journal.remove()
            self._account(stream)
            self.streams = {key: one for key, one in self.streams.items() if one is not stream}
        self.settled.notify_all()

    def park(self, stream: Stream) -> None:
        """Leave a stream where it is, for another time."""
        stream.parked = True
        self._forget(stream)
        self.settled.notify_all()

    def close(self) -> None:
        """Remove the journals that are delivered, and leave the others to who takes them over."""
        for stream in self.streams.values():
            if stream.waiting:
                stream.journal.close()
            else:
                stream.journal.remove()

    def _forget(self, stream: Stream) -> None:
        self.pending.pop(stream, None)
        self._urgent.pop(stream, None)

    def _account(self, stream: Stream) -> None:
        self._size += stream.journal.size - stream.size
        stream.size = stream.journal.size

    def _make_room(self, payload: bytes) -> bool:
        """At the bound: wait, raise, or give up points; returns whether the record is taken."""
        if self._when_full == "raise":
            raise LimitExceeded(
                f"What waits for {self._place} takes {self._size:,} bytes, and no more than "
                f"{self._most_bytes:,} are allowed. Make the server reachable, raise "
                "CAIRN_JOURNAL_MAX_BYTES, or set CAIRN_JOURNAL_WHEN_FULL to block or drop."
            )
        if self._when_full == "block":
            for stream in self.pending:
                self.hasten(stream, stream.journal.end)
            self.settled.wait_for(lambda: self._size < self._most_bytes or self.stopped)
            return True
        if not self._given_up:
            _log.warning(
                "What waits for %s takes %s bytes, the most that is allowed, so the oldest points "
                "are given up.",
                self._place,
                f"{self._size:,}",
            )
        for stream in self.pending:
            lost = stream.journal.thin(record.points_in)
            if lost:
                self._account(stream)
                break
        else:
            lost = record.points_in(payload)
        self._given_up += lost
        return self._size < self._most_bytes or record.points_in(payload) == 0

    def count_given_up(self) -> int:
        """How many points were given up at the bound since the last call."""
        lost, self._given_up = self._given_up, 0
        return lost
