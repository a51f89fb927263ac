"""What is recorded of the program beside a run: code, environment, hardware and console.

Kept among the artifacts of the run in the folder ``.cairn``, which lists leave out. A thread finds
the facts and has them stored through the journal, so that neither the start of a run nor training
waits for it, and nothing that goes wrong here is an error of the run.
"""

from __future__ import annotations

import os
import threading
import time
import traceback
from typing import TYPE_CHECKING

from cairn.artifact.paths import HIDDEN
from cairn.client.console import Console, leave, listen
from cairn.client.quiet import quietly
from cairn.settings import CAPTURE

if TYPE_CHECKING:
    from cairn.client.client_artifacts import ArtifactsClient, Beside
    from cairn.client.ranks import Rank

CONSOLE = "console.log"

_CONSOLE_SECONDS = 5.0
_CONSOLE_RATE = 50_000  # bytes a second that the growing console may cost, as it is sent whole


def start(
    client: ArtifactsClient,
    run_id: str,
    rank: Rank | None = None,
    *,
    resumed: bool = False,
    inner: bool = False,
) -> Capture | None:
    """Begin to capture, as the setting says; None when the system has no thread for it.

    Args:
        client: speaks to the store of the run.
        run_id: the run.
        rank: which of the processes that make the run together this is; the first has the facts.
        resumed: whether the run was there before; its earlier capture stays.
        inner: whether it is nested in another; that one has the facts.
    """
    wanted = set(CAPTURE.get())
    console = listen() if "console" in wanted else None
    follows = rank is not None and rank.follows
    asked = () if follows or inner else tuple(sorted(wanted - {"console"}))
    log = f"console-rank-{rank.number}.log" if rank and follows else CONSOLE
    made = Capture(client, run_id, asked, console, log=log, resumed=resumed)
    if quietly("The capture of the program", made.begin) is None:
        made.stop()
        return None
    return made


class Capture:
    """Records the program beside one run, in a thread.

    Args:
        client: speaks to the store of the run.
        run_id: the run.
        asked: which facts to record.
        console: where the printed text is taken from.
        log: name of the file that it is stored in.
        resumed: whether the run may have a capture already.
    """

    def __init__(
        self,
        client: ArtifactsClient,
        run_id: str,
        asked: tuple[str, ...],
        console: Console | None,
        *,
        log: str = CONSOLE,
        resumed: bool = False,
    ) -> None:
        self._client, self._run_id = client, run_id
        self._log = log
        self._asked = asked
        self._console = console
        self._resumed = resumed
        self._folder = HIDDEN
        self._stored = 0  # version of the console that was stored
        self._beside: Beside | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="cairn-capture", daemon=True)

    def begin(self) -> bool:
        """Start the thread.

        Raises:
            RuntimeError: the system has none to give.
        """
        self._thread.start()
        return True

    def note(self, error: BaseException) -> None:
        """Add an exception that ends the run to its console, as the program prints it later."""
        if self._console is not None:
            lines = traceback.format_exception(type(error), error, error.__traceback__)
            self._console.take("".join(lines))

    def stop(self) -> None:
        """Take no more; the thread stores what is left."""
        if self._console is not None:
            leave(self._console)
        self._stop.set()

    def join(self, seconds: float) -> None:
        """Wait until all is on its way, so long at most."""
        self._thread.join(max(seconds, 0.0))

    def _work(self) -> None:
        quietly("The capture of the program", self._store_facts)
        size: int | None = 0
        while self._console is not None:
            self._stop.wait(_CONSOLE_SECONDS + (size or 0) / _CONSOLE_RATE)
            size = quietly("The capture of the console", self._store_console)
            if size is None and self._stop.is_set():
                return

    def _store_facts(self) -> None:
        if self._resumed and not self._is_first():
            stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
            self._folder = f"{HIDDEN}/resumed-{stamp}-{os.getpid()}"
        if not self._asked:
            return
        from cairn.client.facts import facts  # what it needs is loaded beside training, too

        for name, content in facts(self._asked).items():
            self._client.store_beside(self._run_id, f"{self._folder}/{name}", content)

    def _is_first(self) -> bool:
        """Whether nothing was captured of a run that is resumed, as far as can be known now."""
        client = self._client.impatient()
        if client.away:
            return False
        return all(found.is_dir for found in client.list_artifacts(self._run_id, HIDDEN))

    def _store_console(self) -> int | None:
        """Store the console as it is now; returns its size, None after the end."""
        console, last = self._console, self._stop.is_set()
        if console is None or not console.changed_since(self._stored):
            return None if last else 0
        content = console.content()
        version = console.version
        waits = None if last else self._beside
        if waits is not None and self._client.replace_beside(self._run_id, waits, content):
            return len(content)  # not noted as stored, as what waits may be on its way just now
        path = f"{self._folder}/{self._log}"
        self._beside = self._client.store_beside(self._run_id, path, content)
        self._stored = version
        return None if last else len(content)
