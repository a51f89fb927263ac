"""SQL finds what a plain reading of the filter finds, on random runs, filters and orders."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Connection

from cairn.errors import InvalidValue
from cairn.store import codec, narrow, schema, search
from cairn.store.db import open_database
from cairn.store.entities import RUNS, Field, Group, Type
from cairn.store.filter import And, Comparison, Not, Or, Order, Present, Tree, parse, parse_order
from cairn.store.homes import PARENT

EXPERIMENT_ROWS = (1, 2)
KEYS = ("a", "b c", "d/e.f")
NUMBERS = (0, 1, -2, 0.5, 1e-3, 2.5e300, -(2**62), 10**30)
TEXTS = ("", "a", "A", "aé", "AÉ", "it's", "a%b", "a_", "0.5", "5e-1", "-2", "+1.", "1x", "nan")
EXPRESSIONS = ("a", "^a", "a$", "^$", "[0-9]", "a|A", "^[^a]+$", "(a|5).?e?", "[.]5")
STEPS = (-3, 7, 9)
LAST_STEP = 7
PATTERNS = (*TEXTS, "%", "_", "a%", "%É", "__", "%'_", "%_%")

Lower = Callable[[str], str]


@dataclass(frozen=True)
class Run:
    """A run with what filters can ask for; NaN stands for a metric that is no number.

    Attributes:
        metrics: by key; the value, the smallest, the largest, the count, and the value at a step
            before the last if there is one.
        models: by direction.
        sources: the ids of the runs that made the models it read.
    """

    id: int
    attributes: dict[str, Any]
    experiment: int
    metrics: dict[str, dict[str | int, float]]
    params: dict[str, str]
    tags: dict[str, str]
    inputs: list[dict[str, str | None]]
    models: dict[str, set[str]]
    sources: list[str] = field(default_factory=list)

    def values(self, field: Field) -> list[Any]:
        """The values of the field: none, one, or one for each input."""
        if field.group == "attribute":
            found = [self.attributes[field.key]]
        elif field.group == "metric":
            at = "value" if field.step == LAST_STEP else field.step
            at = field.aspect or "value" if field.step is None else at
            found = [self.metrics.get(field.key, {}).get(at)]
        elif field.group == "dataset":
            found = [used[field.key] for used in self.inputs]
        elif field.key == "run_id":
            found = [*self.sources]
        elif field.group in ("input", "output"):
            found = [*self.models[field.group]]
        else:
            found = [(self.params if field.group == "param" else self.tags).get(field.key)]
        return [value for value in found if value is not None]


def holds(tree: Tree, run: Run, lower: Lower) -> bool:
    match tree:
        case And(parts):
            return all(holds(part, run, lower) for part in parts)
        case Or(parts):
            return any(holds(part, run, lower) for part in parts)
        case Not(part):
            return not holds(part, run, lower)
        case Present(field):
            return bool(run.values(field))
        case Comparison(field):
            values = run.values(field)
            if field.type is Type.MIXED and not isinstance(tree.values[0], str):
                number = r"[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?"
                values = [float(text) for text in values if re.fullmatch(number, text)]
            return any(compare(tree, value, lower) is not tree.negated for value in values)


def compare(wanted: Comparison, value: Any, lower: Lower) -> bool:
    first, last = wanted.values[0], wanted.values[-1]
    match wanted.operator:
        case "=" | "IN":
            return value in wanted.values
        case "<":
            return value < first
        case "<=":
            return value <= first
        case ">":
            return value > first
        case ">=":
            return value >= first
        case "BETWEEN":
            return first <= value <= last
        case "LIKE":
            return like(str(first), value)
        case "ILIKE":
            return like(lower(str(first)), lower(value))
        case "RLIKE":
            return re.search(str(first), value) is not None
    raise AssertionError(wanted)


def lower_ascii(text: str) -> str:
    return re.sub("[A-Z]", lambda letter: letter.group().lower(), text)


def like(pattern: str, text: str) -> bool:
    parts = {"%": ".*", "_": "."}
    regex = "".join(parts.get(letter, re.escape(letter)) for letter in pattern)
    return re.fullmatch(regex, text, re.DOTALL) is not None


def in_order(runs: list[Run], orders: tuple[Order, ...]) -> list[int]:
    found = list(runs)
    for order in reversed(orders):
        # Sorting is stable: what has no number comes behind what has, and nothing last.
        found.sort(key=lambda run, o=order: sort_value(run, o)[1], reverse=order.descending)
        found.sort(key=lambda run, o=order: sort_value(run, o)[0])
    return [run.id for run in found]


def sort_value(run: Run, order: Order) -> tuple[int, Any]:
    blank: Any = "" if order.field.type in (Type.TEXT, Type.MIXED) else 0
    values = run.values(order.field)
    if not values:
        return 2, blank
    return (1, blank) if values[0] != values[0] else (0, values[0])


def write(tree: Tree) -> str:
    match tree:
        case And(parts):
            return " AND ".join(f"({write(part)})" for part in parts)
        case Or(parts):
            return " or ".join(f"({write(part)})" for part in parts)
        case Not(Present(field)):
            return f"{name(field)} IS NULL"
        case Not(part):
            return f"not ({write(part)})"
        case Present(field):
            return f"{name(field)} is not null"
        case Comparison(field, "=", values):
            return f"{name(field)} {'!=' if tree.negated else '='} {literal(values[0])}"
        case Comparison(field, operator, values):
            sign = f"NOT {operator}" if tree.negated else operator
            written = [literal(value) for value in values]
            if operator == "IN":
                return f"{name(field)} {sign} ({', '.join(written)})"
            return f"{name(field)} {sign} {' AND '.join(written)}"


def name(field: Field) -> str:
    prefix = {"attribute": "", "dataset": "dataset."}.get(field.group, f"{field.group}s.")
    key = f"`{field.key}`" if " " in field.key else field.key
    at = "" if field.step is None else f"@{field.step}"
    return f"{prefix}{key}{':' if field.aspect else ''}{field.aspect}{at}"


def literal(value: str | float) -> str:
    if isinstance(value, str):
        return "'{}'".format(value.replace("'", "''"))
    return repr(value)


def fields_of(group: Group) -> list[Field]:
    if isinstance(group.keys, Type):
        aspects = ["", *(aspect for aspect in group.aspects if aspect != "last")]
        found = [Field(group.name, key, aspect, group.keys) for key in KEYS for aspect in aspects]
        steps = STEPS if group.steps else ()
        return found + [Field(group.name, KEYS[0], "", group.keys, step) for step in steps]
    return [Field(group.name, key, "", kind) for key, kind in group.keys.items()]


FIELDS = st.sampled_from(RUNS.groups).flatmap(lambda group: st.sampled_from(fields_of(group)))
SORTABLE = [field for group in RUNS.groups if group.sortable for field in fields_of(group)]


@st.composite
def comparisons(draw: st.DrawFn) -> Tree:
    field = draw(FIELDS)
    is_text = field.type is Type.TEXT or (field.type is Type.MIXED and draw(st.booleans()))
    values = st.sampled_from(TEXTS if is_text else (*NUMBERS[:6], float(NUMBERS[7])))
    signs = ["=", "IN", "BETWEEN", "PRESENT"]
    signs += ["LIKE", "ILIKE", "RLIKE"] if is_text else ["<", "<=", ">", ">="]
    operator = draw(st.sampled_from(signs))
    if operator == "PRESENT":
        return Present(field)
    if operator.endswith("LIKE"):
        values = st.sampled_from(EXPRESSIONS if operator == "RLIKE" else PATTERNS)
    count = {"IN": draw(st.integers(1, 3)), "BETWEEN": 2}.get(operator, 1)
    chosen = tuple(draw(values) for _ in range(count))
    return Comparison(field, operator, chosen, operator[0] not in "<>" and draw(st.booleans()))


TREES = st.recursive(
    comparisons(),
    lambda parts: st.one_of(
        parts.map(Not),
        st.lists(parts, min_size=2, max_size=3).map(lambda found: And(tuple(found))),
        st.lists(parts, min_size=2, max_size=3).map(lambda found: Or(tuple(found))),
    ),
    max_leaves=6,
)
KEYED = st.sampled_from(KEYS)
TEXT = st.sampled_from(TEXTS)
METRIC = st.sampled_from([*map(float, NUMBERS), math.inf, -math.inf, math.nan])
INPUTS = st.lists(
    st.fixed_dictionaries({"name": TEXT, "digest": TEXT, "context": TEXT | st.none()}), max_size=2
)


MODELS = st.sets(st.sampled_from(["a", "aé", "0.5"]), max_size=2)


@st.composite
def metrics(draw: st.DrawFn) -> dict[str | int, float]:
    found: dict[str | int, float] = {name: draw(METRIC) for name in ("value", "min", "max")}
    found["count"] = draw(st.sampled_from([0, 1, 2**62]))
    if draw(st.booleans()):
        found[STEPS[0]] = draw(METRIC)
    return found


@st.composite
def stored_runs(draw: st.DrawFn) -> list[Run]:
    found = [
        Run(
            id=row,
            experiment=draw(st.sampled_from(EXPERIMENT_ROWS)),
            attributes={
                "run_id": draw(st.sampled_from("0123456789abcdef")) + f"{row:031}",
                "run_name": draw(TEXT),
                "status": draw(TEXT),
                "artifact_uri": draw(TEXT),
                "user_id": draw(TEXT),
                "start_time": draw(st.sampled_from([0, 1, 2])),
                "end_time": draw(st.sampled_from([None, 0, 1, 2**62])),
                "parent_run_id": draw(st.none() | TEXT),
            },
            metrics=draw(st.dictionaries(KEYED, metrics())),
            params=draw(st.dictionaries(KEYED, TEXT)),
            tags=draw(st.dictionaries(KEYED, TEXT)),
            inputs=draw(INPUTS),
            models={"input": draw(MODELS), "output": draw(MODELS)},
        )
        for row in range(1, draw(st.integers(1, 8)) + 1)
    ]
    return [replace(run, sources=sources_of(run, found)) for run in found]


def sources_of(run: Run, runs: list[Run]) -> list[str]:
    """The ids of the runs that made what a run read."""
    read = run.models["input"]
    return [other.attributes["run_id"] for other in runs if read & other.models["output"]]


def add(connection: Connection, run: Run) -> None:
    columns = {"name": "run_name"}
    known = {"id": run.id, "experiment": run.experiment, "lifecycle_stage": "active"}
    for column in ("run_id", "name", "status", "artifact_uri", "user_id", "start_time", "end_time"):
        known[column] = run.attributes[columns.get(column, column)]
    connection.execute(schema.run.insert(), known)
    for key, point in run.metrics.items():
        value, low, high = (None if n != n else n for n in map(point.get, ("value", "min", "max")))
        row = {"run": run.id, "key": key, "value": value, "low": low, "high": high}
        row |= {"step": LAST_STEP, "timestamp": 0, "points": point["count"]}
        connection.execute(schema.metric_latest.insert(), row)
        if STEPS[0] in point:
            early = {key: codec.columns([STEPS[0]], [0], [point[STEPS[0]]])}
            row = {"run": run.id, "points": 1, "payload": codec.encode_keyed(early)}
            connection.execute(schema.metric_batch.insert(), row)
    parent = run.attributes["parent_run_id"]
    tags = run.tags if parent is None else run.tags | {PARENT: parent}
    for direction, models in run.models.items():
        for model in models:
            row = {"run": run.id, "direction": direction, "model_id": model, "step": 0}
            connection.execute(schema.run_model.insert(), row)
    for table, texts in ((schema.param, run.params), (schema.tag, tags)):
        for key, text in texts.items():
            connection.execute(table.insert(), {"run": run.id, "key": key, "value": text})
    for number, used in enumerate(run.inputs):
        # The experiment is only there to make the pair of name and digest unique.
        dataset = {"id": run.id * 10 + number, "experiment": run.id * 10 + number}
        dataset |= {"name": used["name"], "digest": used["digest"], "source_type": "", "source": ""}
        connection.execute(schema.dataset.insert(), dataset)
        link = {"id": dataset["id"], "run": run.id, "dataset": dataset["id"]}
        connection.execute(schema.run_input.insert(), link)
        if used["context"] is not None:
            row = {"input": dataset["id"], "key": search.CONTEXT, "value": used["context"]}
            connection.execute(schema.input_tag.insert(), row)


own = schema.run.c
SCOPE = search.Scope(
    own.experiment.in_(EXPERIMENT_ROWS), [own.experiment == row for row in EXPERIMENT_ROWS]
)
NO_FOREIGN_KEYS = {
    "sqlite": "PRAGMA defer_foreign_keys=ON",
    "postgresql": "SET LOCAL session_replication_role = replica",
    "mysql": "SET SESSION foreign_key_checks = 0",
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "mariadb"])
def empty(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Connection]:
    with ExitStack() as stack:
        if request.param == "sqlite":
            uri = f"sqlite:///{tmp_path_factory.mktemp('search')}/cairn.db"
        else:
            uri = stack.enter_context(request.getfixturevalue(request.param).database())
        db = open_database(uri)
        stack.callback(db.close)
        db.write(schema.metadata.create_all)
        yield stack.enter_context(db._connect(write=True))


@contextmanager
def holding(empty: Connection, runs: list[Run]) -> Iterator[Connection]:
    """The database with these runs, for as long as the block lasts."""
    with empty.begin() as transaction:
        # Never checked, as nothing is committed: the experiments of the runs are not there.
        empty.exec_driver_sql(NO_FOREIGN_KEYS[empty.dialect.name])
        for run in runs:
            add(empty, run)
        yield empty
        transaction.rollback()


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    stored_runs(),
    TREES,
    st.lists(st.sampled_from(SORTABLE), max_size=3),
    st.lists(st.sampled_from(["", " ASC", " desc"]), min_size=3, max_size=3),
    st.integers(1, 9),
    st.tuples(st.sampled_from([0, 2, 1000]), st.sampled_from([0, 2, 5000]), st.booleans()),
)
def test_search_finds_what_a_plain_reading_finds_in_pages_of_any_size(
    empty: Connection,
    runs: list[Run],
    tree: Tree,
    sorted_by: list[Field],
    directions: list[str],
    size: int,
    limits: tuple[int, int, bool],
) -> None:
    """Whichever way it goes: `limits` say how long it passes entries, and what are few rows."""
    text = write(tree)
    assert parse(text, RUNS) == tree
    order_by = [name(field) + way for field, way in zip(sorted_by, directions, strict=False)]
    lower = str.lower if empty.dialect.name == "mysql" else lower_ascii
    wanted = in_order([run for run in runs if holds(tree, run, lower)], parse_order(order_by, RUNS))
    found: list[int] = []
    token = None
    if empty.dialect.name == "sqlite" and "RLIKE" in text:
        with holding(empty, []), pytest.raises(InvalidValue, match="RLIKE needs a store on"):
            search.matching(empty, RUNS, sa.true(), text).compile(empty)
        return
    with holding(empty, runs) as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "MAX_PASSED", limits[0])
        patch.setattr(narrow, "FEW", limits[1])
        patch.setattr(narrow, "VERY_FEW", limits[1] // 2)
        for _ in range(len(wanted) // size + 1):
            ids, token = search.page(
                connection,
                RUNS,
                base=SCOPE if limits[2] else SCOPE.condition,
                filter=text,
                order_by=order_by,
                max_results=size,
                page_token=token,
            )
            found += ids
            assert len(ids) <= size
            if token is None:
                break
    assert token is None
    assert found == wanted


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(TREES)
def test_not_turns_every_filter_around(empty: Connection, tree: Tree) -> None:
    assume(empty.dialect.name != "sqlite" or "RLIKE" not in write(tree))
    query = sa.select(schema.run.c.id)
    with holding(empty, EVERYTHING) as connection:
        some, rest = (
            set(connection.scalars(query.where(search.matching(connection, RUNS, sa.true(), text))))
            for text in (write(tree), f"NOT ({write(tree)})")
        )
        assert search.count(connection, RUNS, sa.true(), write(tree)) == len(some)
    assert some | rest == {run.id for run in EVERYTHING}
    assert not some & rest


def _run(row: int, *, end: int | None, metrics: dict[str, float], text: str) -> Run:
    texts = dict.fromkeys(("run_name", "status", "artifact_uri", "user_id"), text)
    return Run(
        id=row,
        experiment=1,
        attributes={
            "run_id": f"{row:032}",
            "start_time": row,
            "end_time": end,
            "parent_run_id": None,
            **texts,
        },
        metrics={
            key: {"value": n, "min": n, "max": n, "count": 1, STEPS[0]: n}
            for key, n in metrics.items()
        },
        params={} if end is None else {KEYS[0]: text},
        tags={} if end is None else {KEYS[0]: text},
        inputs=[] if end is None else [{"name": text, "digest": text, "context": None}],
        models={"input": set() if end is None else {"a"}, "output": set()},
    )


EVERYTHING = [
    _run(1, end=None, metrics={}, text=""),
    _run(2, end=1, metrics={"a": math.nan, "b c": 0.5}, text="a"),
    _run(3, end=2, metrics={"a": math.inf, "d/e.f": -2.0}, text="0.5"),
]
