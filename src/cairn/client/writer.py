"""The one writer: takes what is logged into journals, and delivers it from a thread of its own.

A log call appends records to the journal of its run and returns. The thread reads the journals and
sends what they hold as operations of the contract; what is logged to a run is gathered in one
`LogBatch` until it is full or the flush interval has passed. Every batch carries the source of its
journal and a number, and is sealed before it is sent, so that a batch that is sent again, by this
process or by another that takes the journal over, is the same batch and is stored once. Operations
of one run are delivered in the order they were accepted.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from cairn import settings
from cairn.client import record
from cairn.client.journal import FILES, Journal, find
from cairn.client.refusals import Refusal, as_one, describe
from cairn.client.sender import Deliver, Sender, Stopped
from cairn.client.waiting import Stream, Waiting
from cairn.contract.kinds import MAX_ENTITIES_PER_BATCH, RunStatus
from cairn.contract.op import Message
from cairn.contract.runs import LogBatch, Metric, Param, RunTag, UpdateRun
from cairn.errors import CairnError, InvalidValue

if TYPE_CHECKING:
    from cairn.contract.services import Tracking

EXIT_SECONDS = 2.0
"""How long the end of the process waits for what is left to be delivered."""

SYSTEM = "system/"
"""Begins the keys of system metrics."""

_ENDED = {RunStatus.FINISHED, RunStatus.FAILED, RunStatus.KILLED}

_log = logging.getLogger("cairn")


class Delivery:
    """Something that was handed to the writer."""

    def __init__(self, writer: Writer, run_id: str, number: int) -> None:
        self._writer = writer
        self._run_id = run_id
        self._number = number

    def wait(self) -> None:
        """Wait until the server has acknowledged it.

        Raises:
            CairnError: the server refused it, or cannot be reached.
        """
        self._writer.flush(self._run_id, upto=self._number)


class Writer:
    """Delivers operations to one tracking store, in order, each once.

    Args:
        service: where to; must not retry by itself for long.
        place: the tracking URI without password, for messages and journals.
        folder: where journals are kept; in memory alone without one.
        deliver: stores what waits among the artifacts of a run.
        offline: deliver nothing; the setting when None.
    """

    def __init__(
        self,
        service: Tracking,
        place: str,
        folder: Path | None = None,
        deliver: Deliver | None = None,
        *,
        offline: bool | None = None,
    ) -> None:
        self._place = place
        self._folder = folder
        kept = settings.OFFLINE.get() if offline is None else offline
        self._waiting = Waiting(place, folder, offline=kept)
        self._lock = self._waiting.lock
        self._sender = Sender(service, place, self._waiting.settled, deliver)
        self._params: dict[str, dict[str, str]] = {}
        self._muted: set[str] = set()
        self._refusals: list[Refusal] = []
        # Started at once: while the interpreter ends, no thread can be.
        threading.Thread(target=self._run, name="cairn-writer", daemon=True).start()

    @property
    def away(self) -> bool:
        """Whether the store did not answer the last time it was asked, or is not to be asked."""
        return self._waiting.offline or self._sender.failures > 0

    def missed(self, trouble: CairnError) -> None:
        """Note that the store was found away by somebody who asked it, and say so once."""
        self._sender.missed(trouble)

    def mute(self, run_id: str) -> None:
        """From now on leave out what is logged to a run, but for system metrics.

        Its end is still told, for who knows better what became of it.
        """
        self._muted.add(run_id)

    def is_muted(self, run_id: str) -> bool:
        """Whether what is logged to a run is left out."""
        return run_id in self._muted

    def log_metric(self, run_id: str, metric: Metric) -> int:
        """Accept one point; returns the number after its record."""
        if run_id in self._muted:
            return 0
        payload = record.of_point(metric)
        with self._lock:
            return self._waiting.append(run_id, payload)

    def log_metrics(
        self, run_id: str, metrics: Mapping[str, float], timestamp: int, step: int
    ) -> int:
        """Accept points of one time and step; returns the number after their records."""
        number = 0
        if run_id in self._muted:
            return number
        with self._lock:
            for payload in record.of_points(metrics, timestamp, step):
                number = self._waiting.append(run_id, payload)
        return number

    def log_batch(
        self,
        run_id: str,
        metrics: Sequence[Metric] = (),
        params: Sequence[Param] = (),
        tags: Sequence[RunTag] = (),
    ) -> int:
        """Accept any number of records of one run; returns the number after them.

        Raises:
            InvalidValue: a param has another value already; then nothing is accepted.
        """
        if run_id in self._muted:
            params = tags = ()
            metrics = [each for each in metrics if each.key.startswith(SYSTEM)]
        with self._lock:
            fresh = self._fresh_params(run_id, params) if params else ()
            payloads = [*map(record.of_param, fresh)]
            payloads += map(record.of_point, metrics)
            payloads += map(record.of_tag, tags)
            number = self._waiting.stream(run_id).journal.end
            for payload in payloads:
                number = self._waiting.append(run_id, payload)
            return number

    def submit(self, request: Message) -> int:
        """Accept another operation of a run; what was logged to it before goes before it."""
        run_id: str = request.run_id  # type: ignore[attr-defined]
        if run_id in self._muted and not _is_heard(request):
            return 0
        with self._lock:
            number = self._waiting.append(run_id, record.of_call(request))
            stream = self._waiting.streams[run_id]
            if isinstance(request, UpdateRun):
                stream.ended = request.status in _ENDED
                if stream.ended:
                    self._params.pop(run_id, None)
            self._waiting.hasten(stream, number)
            return number

    def is_delivered(self, run_id: str, number: int) -> bool:
        """Whether the records of a run before a number were answered."""
        with self._lock:
            stream = self._waiting.streams.get(run_id)
            return stream is None or stream.journal.done >= number

    def files(self, run_id: str) -> Path | None:
        """Folder for copies of files that wait with the records of a run; None without a disk."""
        with self._lock:
            return self._waiting.stream(run_id).journal.files()

    def _fresh_params(self, run_id: str, params: Sequence[Param]) -> list[Param]:
        """Those that were not logged yet; one with another value than before is refused."""
        known = self._params.setdefault(run_id, {})
        fresh: dict[str, Param] = {}
        for param in params:
            old = fresh[param.key].value if param.key in fresh else known.get(param.key)
            if old is None:
                fresh[param.key] = param
            elif old != param.value:
                raise InvalidValue(
                    f"Changing param values is not allowed. Param {param.key!r} of run "
                    f"'{run_id}' is {old!r}, and {param.value!r} was to be logged. Use another "
                    "key, another run, or a tag, which may change."
                )
        known.update({key: param.value for key, param in fresh.items()})
        return list(fresh.values())

    def flush(self, run_id: str | None = None, *, upto: int | None = None) -> None:
        """Wait until everything accepted before was acknowledged; see `wait`.

        Raises:
            CairnError: a record was refused; it is raised once.
            Unavailable: the server cannot be reached; what waits is kept and tried again.
        """
        self.wait(run_id, upto=upto)
        refused = self.take_refusals(run_id, upto)
        if refused:
            raise as_one(refused)

    def wait(self, run_id: str | None = None, *, upto: int | None = None) -> None:
        """Wait until everything accepted before was answered; return at once when offline.

        Args:
            run_id: only what belongs to this run.
            upto: only the records of the run before this number.

        Raises:
            Unavailable: the server cannot be reached; what waits is kept and tried again.
        """
        waiting, sender = self._waiting, self._sender
        with self._lock:
            streams = [each for each in waiting.streams.values() if run_id in {None, each.run_id}]
            targets = [(s, s.journal.end if upto is None else upto) for s in streams]
            for stream, target in targets:
                waiting.hasten(stream, target)
            # Where the server is known to be away, one more attempt is enough.
            limit = sender.failures + 1 if sender.failures else sender.patience
            while any(s.journal.done < min(t, s.journal.end) and not s.parked for s, t in targets):
                if waiting.stopped or waiting.offline:
                    break
                if sender.failures >= limit and sender.trouble is not None:
                    raise self._still_waiting(sender.trouble)
                waiting.settled.wait()
                limit = limit if sender.failures else sender.patience

    def take_refusals(self, run_id: str | None = None, upto: int | None = None) -> list[Refusal]:
        """What the store did not take and nobody was told yet; see `wait` for the arguments."""
        with self._lock:
            taken = [
                each
                for each in self._refusals
                if each.belongs(run_id) and (upto is None or each.number < upto)
            ]
            self._refusals = [each for each in self._refusals if each not in taken]
        return taken

    def _still_waiting(self, trouble: CairnError) -> CairnError:
        return type(trouble)(
            f"{trouble.message} {self._waiting.records} records wait here and are sent when it "
            "answers.",
            error_code=trouble.error_code,
            status=trouble.status,
        )

    def close(self, *, tell: bool = True) -> None:
        """Deliver what waits, for at most two seconds, and stop; says in one line what is left.

        What has a journal on disk is left there at once while the server is away.
        """
        until = time.monotonic() + EXIT_SECONDS
        waiting = self._waiting
        with self._lock:
            self._sender.end()
            for stream in waiting.pending:
                waiting.hasten(stream, stream.journal.end)
            while waiting.pending and not waiting.offline and time.monotonic() < until:
                if self._folder is not None and self._sender.failures > 1:
                    break
                waiting.settled.wait(until - time.monotonic())
            waiting.stopped = True
            waiting.work.notify()
            self._sender.stop()
            left = waiting.records
            waiting.close()
        if not left or not tell:
            return
        if self._folder is None:
            trouble = self._sender.trouble
            reason = trouble.message if trouble else "It did not answer in time."
            _log.error("%d records were not delivered to %s. %s", left, self._place, reason)
        else:
            _log.warning(
                "%d records for %s wait in %s. The next process that logs there delivers them, "
                "and so does `cairn sync`.",
                left,
                self._place,
                self._folder,
            )

    def forget(self) -> None:
        """In a forked child: leave the journals to the parent, whose they are."""
        for stream in self._waiting.streams.values():
            stream.journal.close()

    def take_over(self, folder: Path) -> Journal | None:
        """Deliver the journal in a folder; None when another process uses it.

        Raises:
            OSError: it cannot be read.
        """
        journal = Journal.take_over(folder)
        if journal is not None:
            with self._lock:
                self._waiting.adopt(journal)
        return journal

    def _run(self) -> None:
        if self._folder is not None and not self._waiting.offline:
            self._take_over_left(self._folder)
        while True:
            with self._lock:
                stream = self._waiting.next()
            if stream is None:
                return
            try:
                self._deliver(stream)
            except Stopped:
                return

    def _take_over_left(self, folder: Path) -> None:
        try:
            left = [self.take_over(each) for each in find(folder)]
        except OSError as error:
            _log.warning("Journals in %s cannot be read: %s.", folder, error)
            return
        waiting = sum(each.end - each.done for each in left if each is not None)
        if waiting:
            _log.info("%d records that a process before left are delivered now.", waiting)

    def _deliver(self, stream: Stream) -> None:
        """Send one request's worth of a stream."""
        journal = stream.journal
        error = None
        with self._lock:
            if self._waiting.stopped:
                raise Stopped
            records = journal.peek(MAX_ENTITIES_PER_BATCH)
        upto = journal.sealed if journal.sealed > journal.done else journal.end
        if records:
            upto, error = self._deliver_records(stream, records)
        with self._lock:
            if self._waiting.stopped:
                raise Stopped
            if error is not None:
                self._park(stream, error)
                return
            self._waiting.settle(stream, upto)
            if not self._waiting.pending:
                self._sender.caught_up()
                lost = self._waiting.count_given_up()
                if lost:
                    _log.warning("%d points were given up for %s.", lost, self._place)

    def _deliver_records(
        self, stream: Stream, records: Sequence[tuple[int, bytes]]
    ) -> tuple[int, CairnError | None]:
        """Send what the first records make; returns the number after them.

        With it the error that the store refused to make the run with, if it did.
        """
        journal = stream.journal
        number = records[0][0]
        target = journal.head.target or journal.head.run_id
        try:
            made = record.gather(target, journal.head.source, journal.batches, records)
        except (ValueError, msgspec.MsgspecError) as error:
            self._refuse(stream, UpdateRun(run_id=target), number, InvalidValue(str(error)))
            return number + 1, None
        with self._lock:
            journal.seal(made.upto)
        files = None if journal.folder is None else journal.folder / FILES
        reply, refusal = self._sender.send(made.request, files)
        if isinstance(made.request, record.StartRun):
            if refusal is None and reply.run.info.run_id != target:
                journal.aim(reply.run.info.run_id)
            return made.upto, refusal
        if refusal is not None:
            self._sender.salvage(
                made.request, refusal, lambda part, why: self._refuse(stream, part, number, why)
            )
        return made.upto, None

    def _refuse(self, stream: Stream, request: Any, number: int, error: CairnError) -> None:
        if isinstance(request, record.StoreFile) and request.hidden:
            _log.debug("'%s' is not kept: %s", request.path, error.message)
            return
        refusal = Refusal(number, stream.run_id, describe(request), error)
        _log.warning("%s was refused: %s", refusal.what, error.message)
        with self._lock:
            self._refusals.append(refusal)
            if isinstance(request, LogBatch):
                known = self._params.get(stream.run_id, {})
                for param in request.params:
                    known.pop(param.key, None)

    def _park(self, stream: Stream, error: CairnError) -> None:
        """The run cannot be made: keep what was logged to it, for `cairn sync`."""
        _log.error(
            "Run '%s' could not be made: %s %d records of it are kept in %s.",
            stream.run_id,
            error.message,
            stream.waiting,
            stream.journal.folder or "memory",
        )
        what = f"run '{stream.run_id}'"
        self._refusals.append(Refusal(stream.journal.done, stream.run_id, what, error))
        self._waiting.park(stream)


def _is_heard(request: Message) -> bool:
    """Whether a process may submit it to a run that another one leads."""
    if isinstance(request, record.StoreFile):
        return request.hidden
    return isinstance(request, (UpdateRun, record.StartRun))
