"""What the server does by itself: purging what was deleted for as long as the policy says."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from cairn.contract.actor import ACTOR
from cairn.contract.lifecycle import Purged
from cairn.errors import CairnError

LOOK_SECONDS = 60.0
"""How often a server looks whether it is time; one of them finds it is, once an hour."""

log = logging.getLogger("cairn.server")


class Retaining(Protocol):
    """A store that purges what its policy says."""

    def apply_retention(self, stop: Callable[[], bool]) -> Purged | None:
        """Purge; None when it is not the turn of this server."""
        ...


class Upkeep:
    """Looks after a store from a thread of its own.

    Args:
        store: what to look after.
        every: seconds between two looks; the first one waits as long.
    """

    def __init__(self, store: Retaining, every: float = LOOK_SECONDS) -> None:
        self._store = store
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cairn-upkeep", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Break off what is being done, between two runs, and wait for it."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        ACTOR.set("retention")
        while not self._stop.wait(self._every):
            try:
                purged = self._store.apply_retention(self._stop.is_set)
            except CairnError as error:
                log.warning("Retention was not applied: %s", error)
            else:
                if purged is not None:
                    _tell(purged)


def _tell(purged: Purged) -> None:
    if purged.runs + purged.experiments:
        log.info(
            "Retention purged %d runs and %d experiments: %d files, %d bytes.",
            purged.runs,
            purged.experiments,
            purged.files,
            purged.bytes,
        )
    if purged.kept:
        first = purged.kept[0]
        log.warning(
            "Retention could not purge %d, the first is %s: %s",
            len(purged.kept),
            first.id,
            first.problem,
        )
