"""What every implementation of `Tracking` promises about curves, points and tables in columns."""

from __future__ import annotations

import math

from tests.contract.test_runs import new_run, point, refused

from cairn.contract.kinds import RunStatus
from cairn.contract.metrics import GetSeries, ListPoints
from cairn.contract.runs import LogBatch, Metric, Param, SetTag, UpdateRun
from cairn.contract.services import Tracking
from cairn.contract.tables import GetRunTable


def test_chart_of_many_curves_is_reduced_without_being_asked(tracking: Tracking) -> None:
    run = new_run(tracking)
    keys = [f"m{n}" for n in range(60)]
    for key in keys:
        tracking.log_batch(
            LogBatch(run_id=run, metrics=[point(step, key=key) for step in range(450)])
        )
    found = tracking.get_series(GetSeries(run_ids=[run], keys=keys)).series
    assert [(s.key, s.exact, len(s.steps)) for s in found] == [(key, False, 400) for key in keys]
    (alone,) = tracking.get_series(GetSeries(run_ids=[run], keys=["m0"])).series
    assert (alone.exact, alone.total, len(alone.values)) == (True, 450, 450)


ODD = [
    (-(2**63), 5, math.nan),
    (-3, 2**62, math.inf),
    (-3, 0, -math.inf),
    (0, 7, -0.0),
    (0, 7, 0.0),
    (0, 7, math.nan),
    (2**53 + 1, 1, 5e-324),
    (2**63 - 1, 2**63 - 1, 0.1),
]


def test_points_come_page_by_page_to_the_last_bit(tracking: Tracking) -> None:
    runs = [new_run(tracking) for _ in range(2)]
    for run in runs:
        metrics = [
            Metric(key=key, step=s, timestamp=t, value=v) for key in ("ü b", "a") for s, t, v in ODD
        ]
        tracking.log_batch(LogBatch(run_id=run, metrics=metrics[::-1]))
    for keys in ([], ["ü b", "none", "a"]):
        request, found = ListPoints(run_ids=runs[::-1], keys=keys, max_results=3), []
        while True:
            page = tracking.list_points(request)
            owners = [
                (run, key)
                for run, key, n in zip(page.run_ids, page.keys, page.lengths, strict=True)
                for _ in range(n)
            ]
            rows = zip(owners, page.steps, page.timestamps, page.values, strict=True)
            found += [(*owner, s, t, v) for owner, s, t, v in rows]
            if page.next_page_token is None:
                break
            assert len(page.steps) == 3
            request.page_token = page.next_page_token
        wanted = sorted(ODD, key=lambda p: (p[0], p[1], p[2] != p[2], p[2]))
        expected = [(r, k, *p) for r in runs[::-1] for k in ("a", "ü b") for p in wanted]
        assert repr(sorted(found, key=repr)) == repr(sorted(expected, key=repr))
        assert [row[:4] for row in found] == [row[:4] for row in expected]
    narrow = tracking.list_points(
        ListPoints(run_ids=runs[:1], keys=["a"], start_step=-3, end_step=0)
    )
    assert [*narrow.steps] == [-3, -3, 0, 0, 0]


def test_points_refuse_what_they_do_not_know(tracking: Tracking) -> None:
    run = new_run(tracking)
    assert len(tracking.list_points(ListPoints(run_ids=[run])).steps) == 0
    with refused("RESOURCE_DOES_NOT_EXIST"):
        tracking.list_points(ListPoints(run_ids=[run, "f" * 32]))
    for token in ("é", "AAAA", "====", "WyJmIiwibSIsMCwwLDFd"):
        with refused("INVALID_PARAMETER_VALUE"):
            tracking.list_points(ListPoints(run_ids=[run], page_token=token))


def test_table_has_the_fields_that_were_asked_for(tracking: Tracking) -> None:
    runs = [new_run(tracking, f"r{n}") for n in range(4)]
    for n, run in enumerate(runs[:3]):
        metrics = [point(0, 5.0), point(1, n), point(2, [1.5, math.nan, 0.25][n])]
        params = [Param(key="odd", value=str(n % 2))]
        tracking.log_batch(LogBatch(run_id=run, metrics=metrics, params=params))
    tracking.set_tag(SetTag(run_id=runs[1], key="ü b", value="😀"))
    tracking.update_run(UpdateRun(run_id=runs[0], status=RunStatus.FINISHED, end_time=2**53 + 1))
    names = ["run_name", "status", "end_time", "metrics.m", "metrics.m:min", "params.odd"]
    names += ["tags.`ü b`", "metrics.none"]
    request = GetRunTable(experiment_ids=["0"], columns=names, order_by=["run_name DESC"])
    table = tracking.get_run_table(request)
    assert [*table.run_ids] == runs[::-1]
    found = {}
    for column in table.columns:
        (values,) = (
            each for each in (column.integers, column.numbers, column.texts) if each is not None
        )
        rows = range(4) if column.rows is None else column.rows
        found[column.name] = dict(zip(rows, values, strict=True))
    assert [*found] == names
    assert found["run_name"] == {0: "r3", 1: "r2", 2: "r1", 3: "r0"}
    assert found["status"][3] == "FINISHED"
    assert found["end_time"] == {3: 2**53 + 1}
    assert repr(found["metrics.m"]) == "{1: 0.25, 2: nan, 3: 1.5}"
    assert found["metrics.m:min"] == {1: 0.25, 2: 1.0, 3: 0.0}
    assert found["params.odd"] == {1: "0", 2: "1", 3: "0"}
    assert (found["tags.`ü b`"], found["metrics.none"]) == ({2: "😀"}, {})


def test_table_is_filtered_and_paged(tracking: Tracking) -> None:
    runs = [new_run(tracking, f"r{n}") for n in range(5)]
    request = GetRunTable(
        experiment_ids=["0"], filter="run_name != 'r0'", order_by=["run_name"], max_results=3
    )
    first = tracking.get_run_table(request)
    request.page_token = first.next_page_token
    second = tracking.get_run_table(request)
    assert [[*first.run_ids], [*second.run_ids]] == [runs[1:4], runs[4:]]
    assert second.next_page_token is None
    assert len(tracking.get_run_table(GetRunTable(columns=["status"])).run_ids) == 0
    many = [f"params.p{n}" for n in range(100)]
    table = tracking.get_run_table(GetRunTable(experiment_ids=["0"], columns=many))
    assert [column.name for column in table.columns] == many
    for wrong in ("metrics", "dataset.name", "metrics.m > 1", "metrics.m:most", ""):
        with refused("INVALID_PARAMETER_VALUE"):
            tracking.get_run_table(GetRunTable(experiment_ids=["0"], columns=[wrong]))
