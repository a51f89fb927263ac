from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from tests.unit.store.test_series import log

from cairn.contract.runs import LogParam, SetTag
from cairn.contract.tables import GetRunTable
from cairn.store import Store, base


def test_numbers_and_texts_of_every_kind_come_back(
    store: Store, new_run: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "BLOCK", 2)  # several statements for each column
    values = [0.1, math.nan, math.inf, -math.inf, 5e-324]
    runs = [new_run() for _ in values]
    for run_id, value in zip(runs, values, strict=True):
        log(store, run_id, [("m", 1, 1, 3.0), ("m", 2, 2, value)])
    store.log_param(LogParam(run_id=runs[0], key="p q", value="x" * 5000 + "ü😀 "))
    store.set_tag(SetTag(run_id=runs[3], key="t", value=""))
    names = ["metrics.m", "metrics.m:min", "metrics.m:max", "params.`p q`", "tags.t", "end_time"]
    table = store.get_run_table(GetRunTable(experiment_ids=["0"], columns=names))
    place = {run_id: at for at, run_id in enumerate(table.run_ids)}
    assert sorted(place) == sorted(runs)
    last, low, high, params, tags, ended = table.columns
    for column, wanted in (
        (last, values),
        (low, [0.1, 3.0, 3.0, -math.inf, 5e-324]),
        (high, [3.0, 3.0, math.inf, 3.0, 3.0]),
    ):
        assert column.rows is None
        found = list(column.numbers or [])
        assert repr([found[place[run_id]] for run_id in runs]) == repr(wanted)
    assert (list(params.texts or []), list(params.rows or [])) == (
        ["x" * 5000 + "ü😀 "],
        [place[runs[0]]],
    )
    assert (list(tags.texts or []), list(tags.rows or [])) == ([""], [place[runs[3]]])
    assert (list(ended.integers or []), list(ended.rows or [])) == ([], [])


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_table_takes_as_many_queries_for_many_runs_as_for_few(
    store: Store, new_run: Callable[[], str]
) -> None:
    asked: list[str] = []
    with store.db.read() as connection:
        engine = connection.engine

    @sa.event.listens_for(engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    def queries() -> int:
        asked.clear()
        columns = [f"metrics.m{n}" for n in range(8)] + ["status"]
        store.get_run_table(GetRunTable(experiment_ids=["0"], columns=columns))
        return len([text for text in asked if text.startswith("SELECT")])

    new_run()
    few = queries()
    for _ in range(30):
        log(store, new_run(), [("m1", 0, 0, 1.0)])
    many = queries()
    sa.event.remove(engine, "before_cursor_execute", note)
    assert few == many == 2
