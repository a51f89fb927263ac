"""Sends requests to a store until it answers, and tells once when it does not."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cairn import settings
from cairn.client.record import StartRun, StoreFile, halves, name_of
from cairn.contract.experiments import CreateExperiment, GetExperimentByName
from cairn.contract.runs import LogBatch, RunReply
from cairn.errors import (
    AlreadyExists,
    CairnError,
    DoesNotExist,
    EndpointNotFound,
    InternalError,
    Unavailable,
)

if TYPE_CHECKING:
    from cairn.contract.services import Tracking

StoreCopy = Callable[[str, str, Path], None]
"""Stores a copied file: run id, path among the artifacts of the run, the copy."""

Refused = Callable[[Any, CairnError], None]

_LONGEST_PAUSE = 10.0
_FAULTS = 3  # attempts on an answer that says the server itself is at fault

_log = logging.getLogger("cairn")


class Stopped(Exception):
    """The process ends while the store does not answer."""


class Sender:
    """Speaks to one store, in one thread.

    Args:
        service: the store; must not retry by itself for long.
        place: its name for messages.
        lock: held while `failures` and `trouble` change; who waits on it is woken then.
        store_copy: stores files.

    Attributes:
        failures: attempts in a row that had no answer.
        trouble: what the last of them met.
        patience: failures after which it is said that the store is away.
    """

    def __init__(
        self,
        service: Tracking,
        place: str,
        lock: threading.Condition,
        store_copy: StoreCopy | None,
    ) -> None:
        self._service = service
        self._place = place
        self._changed = lock
        self._store_copy = store_copy
        self._backoff = settings.HTTP_REQUEST_BACKOFF_FACTOR.get()
        self._away_told = False
        self._ending = self._stopped = False
        self.patience = max(1, settings.HTTP_REQUEST_MAX_RETRIES.get())
        self.failures = 0
        self.trouble: CairnError | None = None

    def missed(self, trouble: CairnError) -> None:
        """Note that somebody else found the store away, and say so once."""
        with self._changed:
            self.failures = max(1, self.failures)
            self.trouble = trouble
            self._tell(trouble)

    def end(self) -> None:
        """Say no more that the store is away: the process ends, and says what is left."""
        self._ending = True

    def stop(self) -> None:
        """Send nothing more; the lock is held."""
        self._stopped = True
        self._changed.notify_all()

    def caught_up(self) -> None:
        """Say so if the store was away: all that waited was delivered."""
        if self._away_told:
            self._away_told = False
            _log.warning("%s answers again, and all that waited was delivered.", self._place)

    def send(self, request: Any, files: Path | None = None) -> tuple[Any, CairnError | None]:
        """Send until there is an answer: the reply, or what the request was refused with.

        Args:
            request: a message of the contract, or a `StoreFile`.
            files: folder of the copies that wait.

        Raises:
            Stopped: the process ends.
        """
        faults = 0
        while True:
            try:
                reply = self._call(request, files)
            except CairnError as error:
                if error.status in {500, 501}:
                    faults += 1
                if faults >= _FAULTS or not _may_pass(error):
                    self._heard(None)
                    return None, error
                self._heard(error)
            except Exception as error:  # noqa: BLE001 - the thread must outlive any fault of a store
                self._heard(None)
                return None, InternalError(f"{type(error).__name__}: {error}")
            else:
                self._heard(None)
                return reply, None

    def salvage(self, request: Any, error: CairnError, refused: Refused) -> None:
        """After a refusal: find the records that are refused, and deliver all others."""
        parts = halves(request) if isinstance(request, LogBatch) else []
        if not parts:
            refused(request, error)
            return
        errors = [self.send(part)[1] for part in parts]
        if all(e is not None and e.message == error.message for e in errors):
            refused(request, error)  # it is the run that is refused, not a record
            return
        for part, found in zip(parts, errors, strict=True):
            if found is not None:
                self.salvage(part, found, refused)

    def _call(self, request: Any, files: Path | None) -> Any:
        if isinstance(request, StoreFile):
            if self._store_copy is None or files is None:
                raise DoesNotExist(f"The copy of '{request.path}' is not there any more.")
            return self._store_copy(request.run_id, request.path, files / request.copy)
        if isinstance(request, StartRun):
            return self._start(request)
        return getattr(self._service, name_of(request))(request)

    def _start(self, request: StartRun) -> RunReply:
        if request.experiment_name is not None:
            request.request.experiment_id = self._experiment(request.experiment_name)
        return self._service.create_run(request.request)

    def _experiment(self, name: str) -> str:
        """Id of the experiment of a name, made when there is none."""
        by_name = GetExperimentByName(experiment_name=name)
        try:
            return self._service.get_experiment_by_name(by_name).experiment.experiment_id
        except DoesNotExist:
            try:
                return self._service.create_experiment(CreateExperiment(name=name)).experiment_id
            except AlreadyExists:  # somebody was faster
                return self._service.get_experiment_by_name(by_name).experiment.experiment_id

    def _heard(self, trouble: CairnError | None) -> None:
        """Note whether the store answers; when it does not, pause until the next attempt."""
        with self._changed:
            if trouble is None:
                self.failures, self.trouble = 0, None
                return
            self.failures += 1
            self.trouble = trouble
            if self.failures >= self.patience:
                self._tell(trouble)
            self._changed.notify_all()
            until = time.monotonic() + self._pause()
            while not self._stopped and time.monotonic() < until:
                self._changed.wait(until - time.monotonic())
            if self._stopped:
                raise Stopped

    def _tell(self, trouble: CairnError) -> None:
        if not self._away_told and not self._ending:
            self._away_told = True
            _log.warning("%s What is logged waits here until then.", trouble.message)

    def _pause(self) -> float:
        """Seconds until the next attempt: short at first, then doubling, spread by a quarter."""
        doubled: float = self._backoff * 2 ** min(self.failures - 2, 10)
        return min(doubled, _LONGEST_PAUSE) * random.uniform(0.75, 1.25)  # noqa: S311 - no secret


def _may_pass(error: CairnError) -> bool:
    """Whether the same request may be answered otherwise later."""
    if isinstance(error, (Unavailable, EndpointNotFound)):
        return True  # it is away, or something else answers in its place
    return error.status in {401, 408, 429} or error.status >= 500
