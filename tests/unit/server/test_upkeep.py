from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cairn.contract.changes import SearchChanges
from cairn.contract.lifecycle import Kept, Purged, SomeRuns
from cairn.contract.runs import CreateRun
from cairn.errors import Unavailable
from cairn.server.upkeep import Upkeep
from cairn.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/cairn.db")
    yield store
    store.close()


class Watched:
    """A store that tells when retention was applied; the answers can be given."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.done = threading.Event()

    def apply_retention(self, stop: Callable[[], bool]) -> Purged | None:
        answer = self.answers.pop(0)
        if not self.answers:
            self.done.set()
            self.answers.append(None)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Store):
            return answer.apply_retention(stop)
        assert answer is None or isinstance(answer, Purged)
        return answer


def test_the_server_purges_by_itself_what_the_policy_says(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CAIRN_RETENTION_DELETED_AFTER", "0s")
    run_id = store.create_run(CreateRun(experiment_id="0")).run.info.run_id
    store.delete_runs(SomeRuns(run_ids=[run_id]))
    watched = Watched(Unavailable("not now"), store, Purged(kept=[Kept(id="r", problem="far")]))
    upkeep = Upkeep(watched, every=0.001)
    with caplog.at_level(logging.INFO, "cairn.server"):
        upkeep.start()
        assert watched.done.wait(30)
        upkeep.stop()
    assert "Retention was not applied: not now" in caplog.text
    assert "Retention purged 1 runs and 0 experiments" in caplog.text
    assert "could not purge 1, the first is r: far" in caplog.text
    last = store.search_changes(SearchChanges(entity_id=run_id)).changes[0]
    assert (last.what, last.actor) == ("purge", "retention")
    assert store.restore_runs(SomeRuns(run_ids=[run_id])).not_found == [run_id]


def test_a_server_that_stops_does_not_wait_for_the_next_look() -> None:
    upkeep = Upkeep(Watched(None), every=3600)
    upkeep.start()
    upkeep.stop()
    Upkeep(Watched(None)).stop()  # never started: the server was stopped before
