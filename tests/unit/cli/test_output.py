from __future__ import annotations

import json
import math

from cairn.cli.output import facts, json_text, table, utc


def test_a_table_aligns_its_columns() -> None:
    assert table(("Id", "Name"), [("1", "a"), ("234", "bcd")]) == (
        "Id   Name\n---  ----\n1    a\n234  bcd"
    )


def test_an_empty_table_has_its_head() -> None:
    assert table(("Id", "Name"), []) == "Id  Name\n--  ----"


def test_a_cell_cannot_command_the_terminal() -> None:
    assert "\x1b" not in table(("Name",), [("evil\x1b[2J\nname",)])
    assert "\x1b" not in facts([("Name", "evil\x1b[2J")])


def test_facts_have_their_colons_in_one_column() -> None:
    assert facts([("A", "1"), ("Long", "")]) == "A    : 1\nLong :"


def test_json_is_valid_whatever_the_numbers() -> None:
    text = json_text({"b": [math.nan, math.inf, -math.inf, 0.5], "a": "é"}, sort_keys=True)
    found = json.loads(text, parse_constant=lambda name: 1 / 0)
    assert found == {"a": "é", "b": ["NaN", "Infinity", "-Infinity", 0.5]}
    assert text.startswith('{\n  "a": "é"')


def test_times_are_shown_in_utc() -> None:
    assert utc(1_700_000_000_123).isoformat(" ", "milliseconds") == "2023-11-14 22:13:20.123+00:00"
