"""What every implementation of `Tracking` promises about the change log."""

from __future__ import annotations

import json

import pytest

from cairn.contract.changes import GetChangesSince, SearchChanges
from cairn.contract.runs import CreateRun, LogMetric, LogParam
from cairn.contract.services import Tracking
from cairn.errors import CairnError


def test_the_log_is_read_page_by_page_the_newest_first(tracking: Tracking) -> None:
    run = tracking.create_run(CreateRun(experiment_id="0")).run.info.run_id
    for n in range(4):
        tracking.log_param(LogParam(run_id=run, key=f"p{n}", value="1"))
    request = SearchChanges(entity_id=run, max_results=3)
    first = tracking.search_changes(request)
    request.page_token = first.next_page_token
    second = tracking.search_changes(request)
    found = first.changes + second.changes
    assert [c.what for c in found] == ["log params"] * 4 + ["create"]
    assert [json.loads(c.detail)["keys"] for c in found[:4]] == [["p3"], ["p2"], ["p1"], ["p0"]]
    assert second.next_page_token is None
    request.kind = "experiment"
    with pytest.raises(CairnError, match="page_token"):
        tracking.search_changes(request)


def test_the_log_is_narrowed_by_entity_experiment_actor_and_time(tracking: Tracking) -> None:
    run = tracking.create_run(CreateRun(experiment_id="0")).run.info.run_id
    line = tracking.search_changes(SearchChanges(kind="run")).changes[0]
    assert (line.entity_id, line.experiment_id, line.what) == (run, "0", "create")

    def total(**wanted: object) -> int:
        return len(tracking.search_changes(SearchChanges(**wanted)).changes)  # type: ignore[arg-type]

    assert total() == 2  # the run, and the experiment that every store has
    assert total(experiment_id="0") == 2
    assert total(experiment_id="7") == 0
    assert total(actor=line.actor, kind="run") == 1
    assert total(actor="nobody of this name") == 0
    assert total(kind="run", since=line.time, until=line.time) == 1
    assert total(since=line.time + 1) == 0
    assert total(kind="run", until=line.time - 1) == 0


def test_what_is_new_since_a_cursor(tracking: Tracking) -> None:
    run = tracking.create_run(CreateRun(experiment_id="0")).run.info.run_id
    start = tracking.get_changes_since(GetChangesSince()).cursor
    tracking.log_metric(LogMetric(run_id=run, key="m", value=1, timestamp=1))
    tracking.log_param(LogParam(run_id=run, key="p", value="1"))
    found = tracking.get_changes_since(GetChangesSince(cursor=start, run_id=run))
    assert [c.what for c in found.changes] == ["log params"]
    assert [(p.run_id, p.experiment_id) for p in found.points] == [(run, "0")]
    after = tracking.get_changes_since(GetChangesSince(cursor=found.cursor, experiment_id="0"))
    assert (after.changes, after.points) == ([], [])
