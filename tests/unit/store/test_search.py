"""What filters and orders find. The expected values are those that MLflow 3.17 gives, where the
text is in its language."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Connection

from cairn.errors import InvalidValue
from cairn.store import schema, search
from cairn.store.db import Database, open_database
from cairn.store.entities import EXPERIMENTS, RUNS

NAN, INF = math.nan, math.inf
# name: (start, end, status, metrics, params, tags, inputs as (name, digest, context))
STORED: dict[str, tuple[Any, ...]] = {
    "a": (
        *(1000, 5000, "FINISHED"),
        {"acc": 0.8, "f 1": 0.5, "val/loss": 1, "m": 0.5, "loss": -1.5},
        {"lr": "0.1", "model": "cnn", "p q": "x"},
        {"team": "x", "a.b": "dot", "it": "it's", "mlflow.source.name": "train.py"},
        [("d1", "dig1", "train"), ("d2", "dig2", "eval")],
    ),
    "b": (
        *(1000, 6000, "FAILED", {"acc": NAN, "m": 0.5}, {"lr": "0.01", "model": "Cat"}),
        *({"team": "y"}, [("d1", "dig1", None)]),
    ),
    "c": (2000, None, "RUNNING", {"acc": INF, "m": 0.5}, {"lr": "adam"}, {}, []),
    "d": (3000, 7000, "KILLED", {"m": 0.1}, {}, {}, []),
    "e": (2000, None, "RUNNING", {"acc": -1.5, "m": 0.5}, {"lr": ""}, {}, []),
    "f": (500, None, "SCHEDULED", {"acc": -INF}, {"lr": "1e-1"}, {}, [("d3", "dig3", "test")]),
}
NAMES = dict(enumerate(STORED, 1))
# Run ids sort in another order than names.
RUN_IDS = {"a": "6" * 32, "b": "5" * 32, "c": "4" * 32, "d": "3" * 32, "e": "2" * 32, "f": "1" * 32}
EXPERIMENT_ROWS = [
    {"id": 3, "name": "Default", "creation_time": 1000, "last_update_time": 0},
    {"id": 17, "name": "alpha", "creation_time": 2000, "last_update_time": 10},
    {"id": 18, "name": "Beta", "creation_time": 2000, "last_update_time": 20},
    {"id": 19, "name": "proj1", "creation_time": 1000, "last_update_time": 30},
    {"id": 20, "name": "proj2", "creation_time": 1000, "last_update_time": 40},
]
EXPERIMENT_TAGS = [(17, "k", "v1"), (18, "k", "v2"), (18, "a b", "z"), (20, "k", "")]


EVERYTHING = search.Scope(schema.run.c.experiment == 3, [schema.run.c.experiment == 3])


def add_run(
    connection: Connection, row: int, name: str, run_id: str, stored: Sequence[Any]
) -> None:
    start, end, status, metrics, params, tags, inputs = stored
    known = {"id": row, "run_id": run_id, "name": name, "status": status}
    known |= {"start_time": start, "end_time": end, "experiment": 3, "lifecycle_stage": "active"}
    known |= {"user_id": f"u_{name}", "artifact_uri": f"/data/{run_id}/artifacts"}
    connection.execute(schema.run.insert(), known)
    for key, value in metrics.items():
        kept = None if math.isnan(value) else value
        known = {"run": row, "key": key, "value": kept, "low": kept, "high": kept}
        connection.execute(schema.metric_latest.insert(), known | {"step": 1, "timestamp": 1})
    for table, texts in ((schema.param, params), (schema.tag, tags)):
        for key, value in texts.items():
            connection.execute(table.insert(), {"run": row, "key": key, "value": value})
    for name, digest, context in inputs:
        one = {"experiment": 3, "name": name, "digest": digest, "source_type": "", "source": ""}
        known_ids = sa.select(schema.dataset.c.id).where(schema.dataset.c.digest == digest)
        dataset = connection.execute(known_ids).scalar()
        if dataset is None:
            dataset = connection.execute(schema.dataset.insert(), one).inserted_primary_key[0]
        link = {"run": row, "dataset": dataset}
        used = connection.execute(schema.run_input.insert(), link).inserted_primary_key[0]
        if context is not None:
            tagged = {"input": used, "key": search.CONTEXT, "value": context}
            connection.execute(schema.input_tag.insert(), tagged)


def fill(connection: Connection) -> None:
    schema.metadata.create_all(connection)
    same = {"artifact_location": "/data", "lifecycle_stage": "active"}
    connection.execute(schema.experiment.insert(), [row | same for row in EXPERIMENT_ROWS])
    for owner, key, value in EXPERIMENT_TAGS:
        tag = {"experiment": owner, "key": key, "value": value}
        connection.execute(schema.experiment_tag.insert(), tag)
    for row, name in NAMES.items():
        add_run(connection, row, name, RUN_IDS[name], STORED[name])


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "mariadb"])
def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    with ExitStack() as stack:
        if request.param == "sqlite":
            uri = f"sqlite:///{tmp_path_factory.mktemp('search')}/cairn.db"
        else:
            uri = stack.enter_context(request.getfixturevalue(request.param).database())
        db = open_database(uri)
        stack.callback(db.close)
        db.write(fill)
        yield db


@pytest.fixture
def connection(filled: Database) -> Iterator[Connection]:
    with filled._connect(write=True) as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


def page(connection: Connection, text: str = "", *order_by: str, **options: Any) -> Any:
    entity = options.pop("entity", RUNS)
    known = {"base": sa.true(), "max_results": 100, "page_token": None} | options
    return search.page(connection, entity, filter=text, order_by=order_by, **known)


def runs(connection: Connection, text: str = "", *order_by: str) -> str:
    ids, token = page(connection, text, *order_by)
    assert token is None
    return "".join(NAMES[id_] for id_ in ids)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "decbaf"),
        ("metrics.acc > 0.5", "ca"),
        ("metric.acc = 0.8", "a"),
        ("metrics.acc != 0.8", "ecbf"),
        ("metrics.acc < 1e0", "eaf"),
        ("metrics.acc = 0", ""),
        ("metrics.acc >= 1e308", "c"),
        ("metrics.acc < -99999999999999999999999", "f"),
        ("metrics.loss = -1.5", "a"),
        ("metrics.`f 1` = 0.5", "a"),
        ('metrics."f 1" = 0.5', "a"),
        ("metrics.val/loss > 0", "a"),
        ("params.lr = '0.1'", "a"),
        ("params.lr != '0.1'", "ecbf"),
        ("params.model LIKE 'c%'", "a"),
        ("params.model ILIKE 'C%'", "ba"),
        ("params.lr IS NULL", "d"),
        ("params.lr IS NOT NULL", "ecbaf"),
        ("params.lr = ''", "e"),
        ("tags.team != 'x'", "b"),
        ("tags.team IS NOT NULL", "ba"),
        ("tags.mlflow.source.name = 'train.py'", "a"),
        ("tags.`a.b` = 'dot'", "a"),
        ("tags.a.b = 'dot'", "a"),
        ('tags.it = "it\'s"', "a"),
        ("tags.it LIKE 'it_s'", "a"),
        ("status = 'FINISHED'", "a"),
        ("status = 'finished'", ""),
        ("run.status='KILLED'", "d"),
        ("status LIKE 'F%'", "ba"),
        ("status ILIKE 'f%'", "ba"),
        ("status LIKE 'f%'", ""),
        ("start_time >= 2000 AND start_time <= 3000", "dec"),
        ("created > 2000", "d"),
        ("start_time > 1999.5", "dec"),
        ("start_time > -1", "decbaf"),
        ("end_time < 6500", "ba"),
        ("end_time != 6000", "da"),
        ("attributes.run_name LIKE 'a'", "a"),
        ("`run name` = 'a'", "a"),
        (f"run_id IN ('{RUN_IDS['a']}','{RUN_IDS['f']}')", "af"),
        (f"run_id NOT IN ('{RUN_IDS['a']}')", "decbf"),
        ("user_id = 'u_a'", "a"),
        ("artifact_uri LIKE '/data/66%'", "a"),
        ("datasets.name = 'd1'", "ba"),
        ("dataset.digest = 'dig2'", "a"),
        ("dataset.context LIKE 't%'", "af"),
        ("dataset.name = 'd1' AND dataset.context = 'eval'", "a"),
        ("dataset.name != 'd1'", "af"),
        ("dataset.context NOT IN ('train', 'eval')", "f"),
        ("params.lr = '0.1' AND", "a"),
    ],
)
def test_filter_finds_what_it_finds_in_mlflow(
    connection: Connection, text: str, found: str
) -> None:
    assert runs(connection, text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("metrics.acc > 0.5 OR params.lr = '0.01'", "cba"),
        ("(metrics.acc > 0.5 OR start_time = 3000) AND metrics.m < 0.6", "dca"),
        ("NOT tags.team = 'x'", "decbf"),
        ("NOT end_time < 6500", "decf"),
        ("end_time IS NULL", "ecf"),
        ("start_time IS NULL", ""),
        ("metrics.acc IS NULL", "d"),
        ("metrics.acc IN (0.8, -1.5)", "ea"),
        ("metrics.acc NOT IN (0.8, -1.5)", "cbf"),
        ("metrics.acc BETWEEN -2 AND 1", "ea"),
        ("metrics.acc NOT BETWEEN -2 AND 1", "cbf"),
        ("NOT metrics.acc BETWEEN -2 AND 1", "dcbf"),
        ("params.lr = 0.1", "af"),
        ("params.lr != 0.1", "b"),
        ("params.lr < 0.1", "b"),
        ("params.lr IN (0.1, 0.01)", "baf"),
        ("params.lr BETWEEN 0 AND 0.05", "b"),
        ("params.lr IN ('0.1', 'adam')", "ca"),
        ("params.lr BETWEEN '0' AND '0.1'", "ba"),
        ("params.lr NOT LIKE '%1'", "ec"),
        ("status IN ('FAILED', 'KILLED')", "db"),
        ("dataset.name IS NULL", "dec"),
        ("dataset.context IS NOT NULL", "af"),
        ("NOT dataset.name = 'd1'", "decf"),
    ],
)
def test_filter_may_say_more_than_in_mlflow(connection: Connection, text: str, found: str) -> None:
    assert runs(connection, text) == found


def test_filter_asks_for_the_smallest_and_largest_value_of_a_metric(connection: Connection) -> None:
    latest = schema.metric_latest
    for row, low, high in ((1, 0.1, 0.9), (2, None, None), (3, -1.0, INF)):
        wanted = sa.and_(latest.c.run == row, latest.c.key == "acc")
        connection.execute(sa.update(latest).where(wanted).values(low=low, high=high))
    assert runs(connection, "metrics.acc:min BETWEEN -1 AND 0.5") == "ca"
    assert runs(connection, "metrics.`acc`:max = 0.9") == "a"
    assert runs(connection, "metrics.acc:min != 0.1") == "ecbf"
    assert runs(connection, "", "metrics.acc:max DESC") == "caefbd"


@pytest.mark.parametrize(
    ("order_by", "found"),
    [
        (["metrics.acc DESC"], "caefbd"),
        (["metrics.acc"], "feacbd"),
        (["params.lr"], "ebafcd"),
        (["params.lr DESC"], "cfabed"),
        (["tags.team"], "abdecf"),
        (["end_time"], "abdecf"),
        (["end_time DESC"], "dbaecf"),
        (["status", "start_time"], "badecf"),
        (["start_time"], "fbaecd"),
        (["run.start_time DESC"], "decbaf"),
        (["Created"], "fbaecd"),
        (["metrics.`f 1` DESC"], "adecbf"),
        (["metrics.m DESC", "metrics.acc"], "eacbdf"),
        (["metrics.m DESC", "metric.m"], "ecbadf"),
        (["run_name"], "abcdef"),
        (["run_id"], "fedcba"),
        (["artifact_uri DESC"], "abcdef"),
        (["metrics.nope DESC"], "decbaf"),
    ],
)
def test_order_is_that_of_mlflow(connection: Connection, order_by: list[str], found: str) -> None:
    assert runs(connection, "", *order_by) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [17, 18, 3, 19, 20]),
        ("name = 'alpha'", [17]),
        ("attribute.name LIKE 'proj%'", [19, 20]),
        ("name ILIKE '%BETA'", [18]),
        ("name != 'alpha'", [18, 3, 19, 20]),
        ("experiment_id IN ('17','18')", [17, 18]),
        ("experiment_id NOT IN ('17','18')", [3, 19, 20]),
        ("experiment_id = '17'", [17]),
        ("experiment_id != '17'", [18, 3, 19, 20]),
        ("tags.k = 'v1'", [17]),
        ("tag.k != 'v1'", [18, 20]),
        ("tags.`a b` = 'z'", [18]),
        ("tags.k IS NULL", [3, 19]),
        ("tags.k IS NOT NULL", [17, 18, 20]),
        ("creation_time > 1500", [17, 18]),
        ("attribute.last_update_time >= 20", [18, 19, 20]),
        ("name IN ('alpha', 'Beta') OR tags.k = ''", [17, 18, 20]),
    ],
)
def test_filter_finds_experiments(connection: Connection, text: str, found: list[int]) -> None:
    assert page(connection, text, entity=EXPERIMENTS) == (found, None)


@pytest.mark.parametrize(
    ("order_by", "found"),
    [
        (["name"], [18, 3, 17, 19, 20]),
        (["name DESC"], [20, 19, 17, 3, 18]),
        (["creation_time"], [20, 19, 3, 18, 17]),
        (["creation_time DESC"], [18, 17, 20, 19, 3]),
        (["last_update_time DESC"], [20, 19, 18, 17, 3]),
        (["experiment_id"], [3, 17, 18, 19, 20]),
        (["creation_time", "experiment_id"], [3, 19, 20, 17, 18]),
    ],
)
def test_order_of_experiments_is_that_of_mlflow(
    connection: Connection, order_by: list[str], found: list[int]
) -> None:
    assert page(connection, "", *order_by, entity=EXPERIMENTS) == (found, None)


def test_only_rows_of_the_base_are_found(connection: Connection) -> None:
    base = schema.run.c.start_time < 2000
    assert page(connection, "metrics.acc != 0", base=base) == ([2, 1, 6], None)


def test_page_stays_in_place_while_runs_are_added(connection: Connection) -> None:
    order = ("metrics.m DESC",)
    first, token = page(connection, "", *order, max_results=2)
    assert first == [5, 3]
    add_run(connection, 7, "g", "0" * 32, (9000, None, "RUNNING", {"m": 0.7}, {}, {}, []))
    add_run(connection, 8, "h", "9" * 32, (100, None, "RUNNING", {"m": 0.3}, {}, {}, []))
    second, token = page(connection, "", *order, max_results=2, page_token=token)
    assert second == [2, 1]
    third, token = page(connection, "", *order, max_results=9, page_token=token)
    assert (third, token) == ([8, 4, 6], None)


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize(
    "order_by", [[], ["metrics.acc"], ["metrics.acc DESC"], ["metrics.m", "params.lr DESC"]]
)
def test_pages_join_to_the_whole_list(
    connection: Connection, order_by: list[str], size: int
) -> None:
    found, token = page(connection, "", *order_by, max_results=size)
    while token is not None:
        ids, token = page(connection, "", *order_by, max_results=size, page_token=token)
        found += ids
    assert "".join(NAMES[id_] for id_ in found) == runs(connection, "", *order_by)


def test_last_page_has_no_token(connection: Connection) -> None:
    _, token = page(connection, max_results=3)
    ids, token = page(connection, max_results=3, page_token=token)
    assert (ids, token) == ([2, 1, 6], None)
    assert page(connection, "status = 'nothing'") == ([], None)


def test_texts_are_sorted_by_their_beginning_so_that_tokens_stay_small(
    connection: Connection,
) -> None:
    for row, start in ((1, "b"), (2, "a"), (3, "a")):
        wanted = sa.update(schema.run).where(schema.run.c.id == row)
        connection.execute(wanted.values(name=start + "é" * 8000))
    seen, token = [], None
    for _ in range(3):
        ids, token = page(connection, "", "run_name", max_results=1, page_token=token)
        assert len(token) < 1000
        seen += ids
    assert seen == [3, 2, 1]


QUERIES = 12
"""Most statements of one page."""


@pytest.mark.parametrize("text", ["", "metrics.acc != 1 AND params.lr != 'x' AND tags.team = 'y'"])
@pytest.mark.parametrize(
    "order_by", [[], ["metrics.m"], ["params.lr DESC", "tags.team"], ["status"]]
)
def test_number_of_queries_does_not_grow_with_runs(
    connection: Connection, text: str, order_by: list[str]
) -> None:
    statements: list[str] = []
    sa.event.listen(connection, "before_cursor_execute", lambda *event: statements.append(event[2]))
    counts = []
    for row in (50, 150):
        page(connection, text, *order_by, base=EVERYTHING, max_results=3)
        counts.append(len(statements))
        for number in range(row, row + 100):
            stored = (number, None, "RUNNING", {"m": 1 / number}, {"lr": "1"}, {"team": "y"}, [])
            add_run(connection, number, "x", f"{number:032}", stored)
        statements.clear()
    assert max(counts) <= QUERIES


@pytest.mark.parametrize("filled", ["sqlite"], indirect=True)
def test_first_page_in_the_order_of_start_reads_no_more_than_it_returns(
    connection: Connection,
) -> None:
    c = schema.run.c
    part = sa.and_(c.experiment == 3, c.lifecycle_stage == "active")
    base = search.Scope(part, [part])
    plans: list[str] = []

    def explain(_: Any, cursor: Any, statement: str, given: Any, *_rest: Any) -> None:
        rows = cursor.execute(f"EXPLAIN QUERY PLAN {statement}", given).fetchall()
        plans.append("\n".join(row[-1] for row in rows))

    _, token = page(connection, base=base, max_results=1)
    sa.event.listen(connection, "before_cursor_execute", explain)
    page(connection, base=base, max_results=1)
    first = plans[0]
    plans.clear()
    page(connection, base=base, max_results=1, page_token=token)
    index = "SEARCH run USING INDEX ix_run_experiment_lifecycle_stage_start_time "
    assert f"{index}(experiment=? AND lifecycle_stage=?)" in first
    assert f"{index}(experiment=? AND lifecycle_stage=? AND start_time<?)" in plans[0]


@pytest.mark.parametrize(
    "text",
    [
        " OR ".join(f"metrics.k{number} > 1" for number in range(199)) + " OR status != ''",
        "(" * 19 + "status != ''" + ")" * 19,
        "NOT " * 18 + "status != ''",
        f"run_id NOT IN ({', '.join(repr(str(number)) for number in range(10_000))})",
        f"NOT status LIKE '{'é' * 10_000}'",
    ],
)
def test_filter_at_its_limits_can_be_run(connection: Connection, text: str) -> None:
    order_by = [f"metrics.k{number}:min" for number in range(10)]
    assert runs(connection, text, *order_by) == "decbaf"


def test_token_of_another_search_is_refused(connection: Connection) -> None:
    _, token = page(connection, "metrics.m > 0", "metrics.m", max_results=1)
    for text, order in (("metrics.m > 1", "metrics.m"), ("metrics.m > 0", "metrics.m DESC")):
        with pytest.raises(InvalidValue, match="page_token"):
            page(connection, text, order, page_token=token)
    with pytest.raises(InvalidValue, match="page_token"):
        page(connection, page_token=token)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(min_size=1), st.binary(min_size=1).map(base64.urlsafe_b64encode)))
def test_token_that_no_search_returned_is_refused(connection: Connection, token: Any) -> None:
    given_token = token if isinstance(token, str) else token.decode()
    with pytest.raises(InvalidValue, match="page_token"):
        page(connection, page_token=given_token)


def test_token_with_other_types_is_refused(connection: Connection) -> None:
    _, token = page(connection, max_results=1)
    raw = base64.urlsafe_b64decode(token)
    # start_time 3000 becomes the text "xy", then more than a column holds.
    for bad in (b"\xa2xy", b"\xcf" + b"\xff" * 8):
        forged = base64.urlsafe_b64encode(raw.replace(b"\xcd\x0b\xb8", bad)).decode()
        assert forged != token
        with pytest.raises(InvalidValue, match="page_token"):
            page(connection, page_token=forged)
