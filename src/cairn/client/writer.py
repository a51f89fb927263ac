"""The one writer: takes what is logged, and delivers it in batches from a thread of its own.

Each item that waits is an operation of the contract. What is logged to a run is gathered in one
`LogBatch` until it is full or the flush interval has passed; every batch carries the writer's
random source and a number, so a batch that is sent again is stored once. Operations of one run
are delivered in the order they were accepted.
"""

from __future__ import annotations

import logging
import random
import secrets
import threading
import time
from collections import deque
from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

from cairn import settings
from cairn.client.refusals import Refusal, as_one, describe
from cairn.contract.kinds import (
    MAX_ENTITIES_PER_BATCH,
    MAX_PARAMS_PER_BATCH,
    MAX_TAGS_PER_BATCH,
    RunStatus,
)
from cairn.contract.op import Message
from cairn.contract.runs import (
    DeleteTag,
    LogBatch,
    LogInputs,
    LogOutputs,
    Metric,
    Param,
    RunTag,
    UpdateRun,
)
from cairn.errors import CairnError, EndpointNotFound, InternalError, InvalidValue, Unavailable

if TYPE_CHECKING:
    from cairn.contract.services import Tracking

MOST_WAITING = 1_000_000
"""Records that may wait by default: some 200 MB."""

EXIT_SECONDS = 2.0
"""How long the end of the process waits for a server that does not answer."""

PATIENT_SECONDS = 15.0
"""How long it waits for the next sign of progress of a server that does answer."""

_LONGEST_PAUSE = 10.0
_FAULTS = 3  # attempts on an answer that says the server itself is at fault
_OPERATIONS: dict[type, str] = {
    LogBatch: "log_batch",
    DeleteTag: "delete_tag",
    UpdateRun: "update_run",
    LogInputs: "log_inputs",
    LogOutputs: "log_outputs",
}
_ENDED = {RunStatus.FINISHED, RunStatus.FAILED, RunStatus.KILLED}

_log = logging.getLogger("cairn")


class _Item:
    """An operation that waits, its number in the order of delivery, and how much it holds."""

    __slots__ = ("number", "request", "since", "size")

    def __init__(self, number: int, request: Any, size: int) -> None:
        self.number = number
        self.request = request
        self.size = size
        self.since = time.monotonic()


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
        place: the tracking URI, for messages.
        most_waiting: metrics, params and tags that may wait; then a log call waits until some
            were delivered.
    """

    def __init__(self, service: Tracking, place: str, *, most_waiting: int = MOST_WAITING) -> None:
        self._service = service
        self._place = place
        self._source = secrets.token_hex(8)
        self._sequence = count()
        self._most_waiting = most_waiting
        self._interval = settings.FLUSH_INTERVAL.get()
        self._backoff = settings.HTTP_REQUEST_BACKOFF_FACTOR.get()
        self._patience = max(1, settings.HTTP_REQUEST_MAX_RETRIES.get())
        self._lock = threading.RLock()  # a signal handler may log while its thread does
        self._work = threading.Condition(self._lock)
        self._settled = threading.Condition(self._lock)
        self._queue: deque[_Item] = deque()
        self._open: dict[str, _Item] = {}
        self._params: dict[str, dict[str, str]] = {}
        self._refusals: list[Refusal] = []
        self._waiting = 0
        self._newest = 0
        self._done = 0
        self._hurry = 0
        self._failures = 0
        self._trouble: CairnError | None = None
        self._answered = False
        self._closing = False
        self._stopped = False
        # Started at once: while the interpreter ends, no thread can be.
        threading.Thread(target=self._run, name="cairn-writer", daemon=True).start()

    def log_metric(self, run_id: str, metric: Metric) -> int:
        """Accept one point; returns the number of the item that carries it."""
        with self._lock:
            item = self._open.get(run_id)
            if item is None or item.size >= MAX_ENTITIES_PER_BATCH:
                item = self._begin(run_id)
            item.request.metrics.append(metric)
            return self._grown(item)

    def log_batch(
        self,
        run_id: str,
        metrics: Sequence[Metric] = (),
        params: Sequence[Param] = (),
        tags: Sequence[RunTag] = (),
    ) -> int:
        """Accept any number of records of one run, split where a batch is full.

        Raises:
            InvalidValue: a param has another value already; then nothing is accepted.
        """
        number = 0
        with self._lock:
            fresh = self._fresh_params(run_id, params) if params else ()
            for param in fresh:
                item = self._room(run_id, len(self._batch(run_id).params), MAX_PARAMS_PER_BATCH)
                item.request.params.append(param)
                number = self._grown(item)
            for metric in metrics:
                item = self._room(run_id, 0, 1)
                item.request.metrics.append(metric)
                number = self._grown(item)
            for tag in tags:
                item = self._room(run_id, len(self._batch(run_id).tags), MAX_TAGS_PER_BATCH)
                item.request.tags.append(tag)
                number = self._grown(item)
            return number or self._newest

    def submit(self, request: DeleteTag | UpdateRun | LogInputs | LogOutputs) -> int:
        """Accept another operation; what was logged to its run before goes before it."""
        with self._lock:
            self._open.pop(request.run_id, None)
            if isinstance(request, UpdateRun) and request.status in _ENDED:
                self._params.pop(request.run_id, None)
            return self._grown(self._put(request), 1)

    def _batch(self, run_id: str) -> LogBatch:
        item = self._open.get(run_id)
        batch: LogBatch = (item or self._begin(run_id)).request
        return batch

    def _room(self, run_id: str, held: int, limit: int) -> _Item:
        """The open batch of a run, a new one where it is full."""
        item = self._open.get(run_id)
        if item is None or item.size >= MAX_ENTITIES_PER_BATCH or held >= limit:
            item = self._begin(run_id)
        return item

    def _begin(self, run_id: str) -> _Item:
        batch = LogBatch(run_id=run_id, source=self._source, sequence=next(self._sequence))
        item = self._open[run_id] = self._put(batch)
        return item

    def _put(self, request: Message) -> _Item:
        self._newest += 1
        item = _Item(self._newest, request, 0)
        self._queue.append(item)
        if len(self._queue) == 1:
            self._work.notify()
        return item

    def _grown(self, item: _Item, by: int = 1) -> int:
        item.size += by
        self._waiting += by
        if self._waiting == MAX_ENTITIES_PER_BATCH:
            self._work.notify()
        elif self._waiting >= self._most_waiting:
            self._work.notify()
            self._settled.wait_for(lambda: self._waiting < self._most_waiting or self._stopped)
        return item.number

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
        """Wait until everything accepted before was acknowledged.

        Args:
            run_id: raise only what belongs to this run.
            upto: wait only for the items up to this number.

        Raises:
            CairnError: a record was refused; it is raised once.
            Unavailable: the server cannot be reached; what waits is kept and tried again.
        """
        with self._lock:
            target = self._newest if upto is None else upto
            self._hurry = max(self._hurry, target)
            self._work.notify()
            # Where the server is known to be away, one more attempt is enough.
            limit = self._failures + 1 if self._failures else self._patience
            while self._done < target and not self._stopped:
                if self._failures >= limit and self._trouble is not None:
                    raise self._still_waiting(self._trouble)
                self._settled.wait()
                limit = limit if self._failures else self._patience
            refused = [r for r in self._refusals if r.number <= target and r.belongs(run_id)]
            self._refusals = [r for r in self._refusals if r not in refused]
        if refused:
            raise as_one(refused)

    def _still_waiting(self, trouble: CairnError) -> CairnError:
        return type(trouble)(
            f"{trouble.message} {self._waiting} records wait here and are sent when it answers.",
            error_code=trouble.error_code,
            status=trouble.status,
        )

    def close(self) -> None:
        """Deliver what waits, for a bounded time, and stop; says in one line what was not."""
        with self._lock:
            self._closing = True
            self._hurry = self._newest
            self._work.notify()
            told = False
            since, done = time.monotonic(), self._done
            while self._done < self._newest:
                self._settled.wait(0.1)
                if self._done != done:
                    since, done = time.monotonic(), self._done
                away = time.monotonic() - since
                healthy = self._answered and not self._failures
                if away > (PATIENT_SECONDS if healthy else EXIT_SECONDS):
                    break
                if healthy and away > EXIT_SECONDS and not told:
                    told = True
                    _log.warning("Waiting for %s: %d records left.", self._place, self._waiting)
            self._stopped = True
            self._work.notify()
            self._settled.notify_all()
            lost, trouble = self._waiting, self._trouble
        if lost:
            reason = trouble.message if trouble else "It does not answer."
            _log.error("%d records were not delivered to %s. %s", lost, self._place, reason)

    def _run(self) -> None:
        while True:
            with self._lock:
                item = self._next()
            if item is None:
                return
            try:
                self._deliver(item)
            except _Stopped:
                return
            with self._lock:
                self._queue.popleft()
                self._done = item.number
                self._waiting -= item.size
                self._settled.notify_all()

    def _next(self) -> _Item | None:
        """The first item, once it is time to send it; None when the writer was closed."""
        while not self._stopped:
            if not self._queue:
                self._work.wait()
                continue
            item = self._queue[0]
            still_open = isinstance(item.request, LogBatch) and (
                self._open.get(item.request.run_id) is item
            )
            pause = item.since + self._interval - time.monotonic()
            crowded = self._waiting >= min(MAX_ENTITIES_PER_BATCH, self._most_waiting)
            if not still_open or pause <= 0 or crowded or item.number <= self._hurry:
                if still_open:
                    del self._open[item.request.run_id]
                return item
            self._work.wait(pause)
        return None

    def _deliver(self, item: _Item) -> None:
        error = self._send(item.request)
        if error is not None:
            self._salvage(item, item.request, error)

    def _send(self, request: Any) -> CairnError | None:
        """Send until there is an answer; returns what it refused the request with."""
        faults = 0
        while True:
            try:
                getattr(self._service, _OPERATIONS[type(request)])(request)
            except CairnError as error:
                if error.status in {500, 501}:
                    faults += 1
                if faults >= _FAULTS or not _may_pass(error):
                    self._heard(None)
                    return error
                self._heard(error)
            except Exception as error:  # noqa: BLE001 - the thread must outlive any fault of a store
                self._heard(None)
                return InternalError(f"{type(error).__name__}: {error}")
            else:
                self._heard(None)
                return None

    def _heard(self, trouble: CairnError | None) -> None:
        """Note whether the server answers; when it does not, pause until the next attempt."""
        with self._lock:
            if trouble is None:
                if self._failures >= self._patience:
                    _log.warning("%s answers again.", self._place)
                self._failures, self._trouble, self._answered = 0, None, True
                return
            self._failures += 1
            self._trouble = trouble
            if self._failures == self._patience and not self._closing:
                _log.warning("%s What is logged waits here until then.", trouble.message)
            self._settled.notify_all()
            if not self._stopped:
                self._work.wait(self._pause())
            if self._stopped:
                raise _Stopped

    def _pause(self) -> float:
        """Seconds until the next attempt: short at first, then doubling, spread by a quarter."""
        doubled: float = self._backoff * 2 ** min(self._failures - 2, 10)
        return min(doubled, _LONGEST_PAUSE) * random.uniform(0.75, 1.25)  # noqa: S311 - no secret

    def _salvage(self, item: _Item, request: Any, error: CairnError) -> None:
        """After a refusal: find the records that are refused, and deliver all others."""
        halves = _halves(request, self._sequence) if isinstance(request, LogBatch) else []
        if not halves:
            self._refuse(item, request, error)
            return
        errors = [self._send(half) for half in halves]
        if all(e is not None and e.message == error.message for e in errors):
            self._refuse(item, request, error)  # it is the run that is refused, not a record
            return
        for half, found in zip(halves, errors, strict=True):
            if found is not None:
                self._salvage(item, half, found)

    def _refuse(self, item: _Item, request: Any, error: CairnError) -> None:
        refusal = Refusal(item.number, request.run_id, describe(request), error)
        _log.warning("%s was refused: %s", refusal.what, error.message)
        with self._lock:
            self._refusals.append(refusal)
            if isinstance(request, LogBatch):
                known = self._params.get(request.run_id, {})
                for param in request.params:
                    known.pop(param.key, None)


class _Stopped(Exception):
    """The writer was closed while it waited for the server."""


def _may_pass(error: CairnError) -> bool:
    """Whether the same request may be answered otherwise later."""
    if isinstance(error, (Unavailable, EndpointNotFound)):
        return True  # it is away, or something else answers in its place
    return error.status in {401, 408, 429} or error.status >= 500


def _halves(batch: LogBatch, sequence: count[int]) -> list[LogBatch]:
    """A batch in two, in order: params, metrics, tags; nothing for a single record."""
    records: list[Param | Metric | RunTag] = [*batch.params, *batch.metrics, *batch.tags]
    middle = len(records) // 2
    if middle == 0:
        return []
    found = []
    for part in (records[:middle], records[middle:]):
        half = LogBatch(run_id=batch.run_id, source=batch.source, sequence=next(sequence))
        for record in part:
            if isinstance(record, Metric):
                half.metrics.append(record)
            elif isinstance(record, Param):
                half.params.append(record)
            else:
                half.tags.append(record)
        found.append(half)
    return found
