from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cairn.errors import InvalidValue
from cairn.store import filter as language
from cairn.store.entities import EXPERIMENTS, RUNS, Entity, Field, Type
from cairn.store.filter import And, Comparison, Not, Or, Order, Present, parse, parse_order

TEXT = Type.TEXT
ACC = Field("metric", "acc", "", Type.NUMBER)
LR = Field("param", "lr", "", Type.MIXED)
TEAM = Field("tag", "team", "", Type.TEXT)
STATUS = Field("attribute", "status", "", Type.TEXT)
START = Field("attribute", "start_time", "", Type.NUMBER)
RUN_ID = Field("attribute", "run_id", "", Type.TEXT)


def metric(key: str, aspect: str = "", step: int | None = None) -> Field:
    return Field("metric", key, aspect, Type.NUMBER, step)


def attribute(key: str) -> Field:
    return Field("attribute", key, "", TEXT)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("metrics.acc > 0.85", Comparison(ACC, ">", (0.85,))),
        ("metrics.acc>-.5", Comparison(ACC, ">", (-0.5,))),
        ("metrics.acc < 1e0", Comparison(ACC, "<", (1.0,))),
        ("metrics.acc < 5.", Comparison(ACC, "<", (5.0,))),
        ("metrics.acc != 3", Comparison(ACC, "=", (3,), negated=True)),
        ("metric.acc IN (1, 2.5,)", Comparison(ACC, "IN", (1, 2.5))),
        ("metrics.acc between -1 and 1", Comparison(ACC, "BETWEEN", (-1, 1))),
        ("metrics.acc NOT BETWEEN 1 AND 2", Comparison(ACC, "BETWEEN", (1, 2), negated=True)),
        ("metrics.`f 1` = 1", Comparison(metric("f 1"), "=", (1,))),
        ('metrics."f 1" = 1', Comparison(metric("f 1"), "=", (1,))),
        ("metrics.'f 1' = 1", Comparison(metric("f 1"), "=", (1,))),
        ("`metrics.f 1` = 1", Comparison(metric("f 1"), "=", (1,))),
        ("metrics.val/loss-a.b_1 = 1", Comparison(metric("val/loss-a.b_1"), "=", (1,))),
        ("metrics.größe = 1", Comparison(metric("größe"), "=", (1,))),
        ("metrics.loss:min = 1", Comparison(metric("loss", "min"), "=", (1,))),
        ("metrics.`a:max`:max = 1", Comparison(metric("a:max", "max"), "=", (1,))),
        ("metrics.loss:last = 1", Comparison(metric("loss"), "=", (1,))),
        ("metrics.loss:count > 100", Comparison(metric("loss", "count"), ">", (100,))),
        ("metrics.loss@100 < 0.5", Comparison(metric("loss", step=100), "<", (0.5,))),
        ("metrics.`my loss`@-5>1", Comparison(metric("my loss", step=-5), ">", (1,))),
        ("metrics.loss@0 IS NULL", Not(Present(metric("loss", step=0)))),
        ("params.lr = ''", Comparison(LR, "=", ("",))),
        ("tags.team = 'it''s'", Comparison(TEAM, "=", ("it's",))),
        ('tags.team = "say ""hi"""', Comparison(TEAM, "=", ('say "hi"',))),
        ("tags.team = ''''", Comparison(TEAM, "=", ("'",))),
        ("tags.team RLIKE '^a.*[0-9]$'", Comparison(TEAM, "RLIKE", ("^a.*[0-9]$",))),
        ("tags.team not rlike 'a|b'", Comparison(TEAM, "RLIKE", ("a|b",), negated=True)),
        ("parent_run_id = 'a'", Comparison(attribute("parent_run_id"), "=", ("a",))),
        ("inputs.model_id = 'm'", Comparison(Field("input", "model_id", "", TEXT), "=", ("m",))),
        ("outputs.model_id = 'm'", Comparison(Field("output", "model_id", "", TEXT), "=", ("m",))),
        ("params.lr > 0.01", Comparison(LR, ">", (0.01,))),
        ("parameters.lr in ('a', \"b\")", Comparison(LR, "IN", ("a", "b"))),
        ("param.lr IN (1, 2)", Comparison(LR, "IN", (1, 2))),
        ("tag.team ilike 'X%'", Comparison(TEAM, "ILIKE", ("X%",))),
        ("tags.team NOT LIKE 'X%'", Comparison(TEAM, "LIKE", ("X%",), negated=True)),
        ('tags.team = "it\'s"', Comparison(TEAM, "=", ("it's",))),
        ("tags.team IS NULL", Not(Present(TEAM))),
        ("tags.team is  not\tnull", Present(TEAM)),
        ("attr.status='KILLED'", Comparison(STATUS, "=", ("KILLED",))),
        ("Created > 9223372036854775807", Comparison(START, ">", (9223372036854775807,))),
        ("Created > 9223372036854775808", Comparison(START, ">", (9223372036854775808.0,))),
        ("start_time > 1e999", Comparison(START, ">", (float("inf"),))),
        ("NOT tags.team IS NULL", Not(Not(Present(TEAM)))),
        ("tags.team IS NULL AND", Not(Present(TEAM))),
        (
            "tags.team IS NULL OR params.lr > 1 AND NOT (metrics.acc = 1 OR metrics.acc = 2)",
            Or(
                (
                    Not(Present(TEAM)),
                    And(
                        (
                            Comparison(LR, ">", (1,)),
                            Not(
                                Or((Comparison(ACC, "=", (1,)), Comparison(ACC, "=", (2,)))),
                            ),
                        )
                    ),
                )
            ),
        ),
    ],
)
def test_filter_is_read_as_a_tree(text: str, tree: language.Tree) -> None:
    assert parse(text, RUNS) == tree


def test_empty_filter_is_no_tree() -> None:
    assert parse("", RUNS) is None


@pytest.mark.parametrize(
    ("text", "position", "expected", "got"),
    [
        ("metrics.acc > 'x'", 14, "a number", "'x'"),
        ("metrics.acc = '0.8'", 14, "a number", "'0.8'"),
        ("metrics.acc = NaN", 14, "a number", "NaN"),
        ("metrics.acc > +1", 14, "a number", "+"),
        ("metrics.acc > 0x1", 14, "a number", "0x1"),
        ("metrics.acc > 1_0", 14, "a number", "1_0"),
        ("metrics.acc == 0.8", 12, "=, !=, <, <=, >, >=, IN, BETWEEN or IS", "=="),
        ("metrics.acc <> 0.8", 12, "=, !=, <, <=, >, >=, IN, BETWEEN or IS", "<>"),
        ("metrics.acc LIKE 'x'", 12, "=, !=, <, <=, >, >=, IN, BETWEEN or IS", "LIKE"),
        ("metrics.acc", 11, "=, !=, <, <=, >, >=, IN, BETWEEN or IS", "the end"),
        ("metrics.acc =", 13, "a number", "the end"),
        ("metrics.acc:mean > 1", 12, "min, max, last or count", "mean"),
        ("metrics.acc@ > 1", 13, "a step, which is a whole number", ">"),
        ("metrics.acc@ 1 > 1", 13, "a step, which is a whole number", "1"),
        ("metrics.acc@1.5 > 1", 12, "a step, which is a whole number", "1.5"),
        ("metrics.acc@x > 1", 12, "a step, which is a whole number", "x"),
        ("metrics.acc@99999999999999999999 > 1", 12, "a step, which", "99999999999999999999"),
        ("metrics.acc@9223372036854775808 > 1", 12, "a step from -92", "9223372036854775808"),
        ("metrics.acc:min@1 > 1", 15, "=, !=, <, <=, >, >=, IN, BETWEEN or IS", "@"),
        ("metrics.acc@1:min > 1", 13, "=, !=, <, <=, >, >=, IN, BETWEEN or IS", ":"),
        ("params.lr@1 > 1", 9, "=, !=, <, <=, >, >=, LIKE", "@"),
        ("params.lr:count > 1", 9, "=, !=, <, <=, >, >=, LIKE", ":"),
        ("tags.team RLIKE '('", 16, "a regular expression", "'('"),
        ("tags.team RLIKE '(?i)a'", 16, "a regular expression", "'(?i)a'"),
        ("metrics.acc RLIKE '1'", 12, "=, !=, <, <=, >, >=, IN, BETWEEN or IS", "RLIKE"),
        ("inputs.name = 'a'", 0, "one of model_id, run_id", "inputs.name"),
        ("metrics.acc : min > 1", 12, "=, !=, <, <=, >, >=, IN, BETWEEN or IS", ":"),
        ("metrics. > 1", 0, "a key after metrics.", "metrics."),
        ("metrics.`` > 1", 8, "a key after metrics.", "``"),
        ("metrics. `a` > 1", 0, "a key after metrics.", "metrics."),
        ("METRICS.a > 1", 0, "a field that begins with one of attributes., metrics.", "METRICS.a"),
        ("foo.bar = 'x'", 0, "a field that begins with one of attributes.", "foo.bar"),
        ("0.5 < metrics.acc", 0, "a field of a run, such as run_id", "0.5"),
        ("'run_name' = 'a'", 0, "a field of a run", "'run_name'"),
        ("AND metrics.acc > 1", 0, "a field of a run", "AND"),
        ("   ", 3, "a field of a run", "the end"),
        ("params.lr > '0.05'", 12, "a number", "'0.05'"),
        ("params.lr = x", 12, "a quoted text or a number", "x"),
        ("params.lr = `x`", 12, "a quoted text or a number", "`x`"),
        ("params.lr = NULL", 12, "a quoted text or a number", "NULL"),
        ("params.lr IN ('a', 1)", 19, "a quoted text", "1"),
        ("params.lr IN (1, 'a')", 17, "a number", "'a'"),
        ("params.lr BETWEEN 1 AND 'a'", 24, "a number", "'a'"),
        ("params.lr BETWEEN 1, 2", 19, "AND and the upper bound", ","),
        ("params.lr IS 'x'", 13, "NULL or NOT NULL", "'x'"),
        ("params.lr IS NOT 'x'", 17, "NULL", "'x'"),
        ("params.lr NOT 'x'", 14, "LIKE, ILIKE, RLIKE, IN or BETWEEN", "'x'"),
        ("tags.team > 'x'", 10, "=, !=, LIKE, ILIKE, RLIKE, IN, BETWEEN or IS", ">"),
        ("tags.team = 1", 12, "a quoted text", "1"),
        ("tags.team = 'x", 12, "a closing '", "'x"),
        ("status LIKE 5", 12, "a quoted text", "5"),
        ("run_id IN ()", 11, "a quoted text", ")"),
        ("run_id IN 'a'", 10, "( and a list of values", "'a'"),
        ("run_id IN ('a' 'b')", 15, ", or )", "'b'"),
        ("run_id IN ('a'", 14, ", or )", "the end"),
        ("start_time = '2000'", 13, "a number", "'2000'"),
        ("lifecycle_stage = 'active'", 0, "one of run_id, run_name, status", "lifecycle_stage"),
        ("experiment_id = '1'", 0, "one of run_id, run_name, status", "experiment_id"),
        ("attributes.`x y` = '1'", 11, "one of run_id, run_name, status", "`x y`"),
        ("dataset.foo = '1'", 0, "one of name, digest, context", "dataset.foo"),
        ("run name = 'x'", 0, "one of run_id", "run"),
        ("status = 'a' status = 'b'", 13, "AND, OR or the end", "status"),
        ("status = 'a';", 12, "AND, OR or the end", ";"),
        ("status = 'a' -- c", 13, "AND, OR or the end", "-"),
        ("(status = 'a'", 13, "AND, OR or )", "the end"),
        ("(status = 'a' AND)", 17, "a field of a run", ")"),
        ("status = 'a')", 12, "AND, OR or the end", ")"),
        ("status = 'a' OR", 15, "a field of a run", "the end"),
    ],
)
def test_error_points_at_the_word(text: str, position: int, expected: str, got: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        parse(text, RUNS)
    message = caught.value.message
    assert message.startswith(f"Invalid filter at position {position}: expected {expected}")
    assert f", got {got}." in message
    assert message.endswith(text.rstrip())


@pytest.mark.parametrize(
    "text",
    [
        "attributes.name = 'x'",
        "params.a = '1'",
        "lifecycle_stage = 'active'",
        "creation_time > 1e3",
        "creation_time > 1500.5",
        "creation_time > '1500'",
        "experiment_id = 1",
        "experiment_id > '1'",
        "Name = 'x'",
        "tags.k:count > 1",
        "tags.k@1 = 'x'",
        "metrics.a@1 > 1",
        "parent_run_id = 'x'",
    ],
)
def test_experiments_have_fields_of_their_own(text: str) -> None:
    with pytest.raises(InvalidValue, match=r"position \d+: expected"):
        parse(text, EXPERIMENTS)


def test_error_repeats_only_the_text_around_the_word() -> None:
    text = " AND ".join(["metrics.acc > 1"] * 50)
    with pytest.raises(InvalidValue) as caught:
        parse(text.replace("> 1", "> x", 30).replace("> x", "> 1", 29), RUNS)
    assert len(caught.value.message) < 250
    assert "position 594: expected a number, got x. ..." in caught.value.message


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("(" * 21 + "status = 'a'" + ")" * 21, "20 parentheses"),
        ("NOT " * 21 + "status = 'a'", "20 parentheses"),
        (" AND ".join(["status = 'a'"] * 201), "200 comparisons"),
        (f"run_id IN ({','.join(['1'] * 10001)})".replace("1", "'1'"), "10000 values"),
        (f"status LIKE '{'a' * 10001}'", "10000 characters"),
        ("a" * 500_001, "500000"),
        (f"status RLIKE '{'a' * 251}'", "250 characters"),
        ("1" * 400_000 + "x", "a field"),
        ("status = '\ud800'", "surrogate"),
    ],
)
def test_filter_has_limits(text: str, limit: str) -> None:
    with pytest.raises(InvalidValue, match=limit):
        parse(text, RUNS)


def test_filter_at_its_limits_is_read() -> None:
    assert parse("(" * 19 + "status = 'a'" + ")" * 19, RUNS)
    assert parse(" OR ".join(["status = 'a'"] * 200), RUNS)
    assert parse(f"run_id IN ({','.join(['1'] * 10000)})".replace("1", "'1'"), RUNS)


@pytest.mark.parametrize(
    ("text", "field", "descending"),
    [
        ("metrics.acc DESC", ACC, True),
        ("metrics.acc", ACC, False),
        ("  metrics.acc\tdesc ", ACC, True),
        ("`metrics.acc` DESC", ACC, True),
        ("metrics.'acc' asc", ACC, False),
        ("metrics.acc:max DESC", metric("acc", "max"), True),
        ("metrics.acc:count", metric("acc", "count"), False),
        ("metrics.`a b`@10 DESC", metric("a b", step=10), True),
        ("metrics.DESC", metric("DESC"), False),
        ("Created DESC", START, True),
        ("attributes.status ASC", STATUS, False),
    ],
)
def test_order_is_a_field_and_a_direction(text: str, field: Field, descending: bool) -> None:
    assert parse_order([text], RUNS)[0] == Order(field, descending)


@pytest.mark.parametrize(
    ("entity", "text"),
    [
        (RUNS, ""),
        (RUNS, "  "),
        (RUNS, "foo"),
        (RUNS, "foo.bar"),
        (RUNS, "dataset.name"),
        (RUNS, "inputs.model_id"),
        (RUNS, "metrics.acc@"),
        (RUNS, "metrics.acc@1 @2"),
        (RUNS, "metrics.f 1 DESC"),
        (RUNS, "metrics.acc FOO"),
        (RUNS, "metrics.acc DESC ASC"),
        (RUNS, "metrics.acc DESC NULLS LAST"),
        (RUNS, "metrics.acc DESC, status"),
        (RUNS, "DESC"),
        (RUNS, "experiment_id"),
        (EXPERIMENTS, "tags.k"),
        (EXPERIMENTS, "lifecycle_stage"),
    ],
)
def test_order_error_points_at_the_word(entity: Entity, text: str) -> None:
    with pytest.raises(InvalidValue, match=r"Invalid order_by at position \d+: expected"):
        parse_order([text], entity)


def test_order_has_at_most_ten_entries() -> None:
    with pytest.raises(InvalidValue, match="at most 10"):
        parse_order(["status"] * 11, RUNS)


def test_order_ends_with_what_decides_between_equals() -> None:
    def shown(*order_by: str, entity: Entity = RUNS) -> list[str]:
        orders = parse_order(order_by, entity)
        return [f"{o.field.key}{' DESC' if o.descending else ''}" for o in orders]

    assert shown() == ["start_time DESC", "run_id"]
    assert shown("status") == ["status", "start_time DESC", "run_id"]
    assert shown("start_time", "status", "created DESC") == ["start_time", "status", "run_id"]
    assert shown(entity=EXPERIMENTS) == ["creation_time DESC", "experiment_id"]
    assert shown("name", entity=EXPERIMENTS) == ["name", "experiment_id DESC"]
    assert shown("experiment_id", "name", entity=EXPERIMENTS) == ["experiment_id", "name"]


WORDS = [
    *("metrics.a", "params.lr", "tags.`x y`", "status", "start_time", "dataset.name", "metrics."),
    *("inputs.run_id", "outputs.model_id", "parent_run_id", "@", "@3", "@-9223372036854775809"),
    *("AND", "or", "NOT", "IN", "LIKE", "ILIKE", "RLIKE", "BETWEEN", "IS", "NULL", "DESC", ":min"),
    *("=", "!=", "<", ">=", "==", "(", ")", ",", "'a'", '"b"', "1", "-2.5", "1e3", "'", "`", "."),
    *(":", ":count", "''", '""', "1e999", "0x1", "--", ";", "\\", "\x00", "\n", "é", "٣", "\u2028"),
]
RIGHT = [
    "metrics.a@3 > 1e3 AND NOT (params.lr IN (1, 2.5,) OR tags.`x y` IS NOT NULL)",
    "status NOT LIKE 'a%' OR metrics.\"f 1\":count BETWEEN -1 AND 2 and dataset.name = 'it''s'",
    "start_time DESC",
    "metrics.a:min asc",
]


@st.composite
def nearly_right(draw: st.DrawFn) -> str:
    """A right text in which some places were cut out, doubled or overwritten."""
    text = draw(st.sampled_from(RIGHT))
    for _ in range(draw(st.integers(1, 4))):
        first, last = sorted(draw(st.integers(0, len(text))) for _ in range(2))
        new = draw(st.sampled_from(["", text[first:last] * 2]) | st.sampled_from(WORDS) | st.text())
        text = text[:first] + new + text[last:]
    return text


@settings(max_examples=500)
@given(
    st.one_of(
        st.text(),
        st.lists(st.sampled_from(WORDS)).map(" ".join),
        st.lists(st.sampled_from(WORDS)).map("".join),
        nearly_right(),
    )
)
def test_any_text_is_read_or_refused(text: str) -> None:
    refused = []
    for entity in (RUNS, EXPERIMENTS):
        for read in (parse, lambda text, entity: parse_order([text], entity)):
            try:
                read(text, entity)
            except InvalidValue as error:
                refused.append(error.message)
    assert all(" at position " in message for message in refused)
