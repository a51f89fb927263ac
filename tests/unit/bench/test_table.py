from __future__ import annotations

import pytest
from bench.report import summary
from bench.table import KEPT, MISSED, Budget, Row, figure, markdown, plain, ratio_text


def row(cairn: float, peer: float | None, budget: Budget | None) -> Row:
    return Row("a measure", "ms", cairn, peer, budget)


@pytest.mark.parametrize(
    ("cairn", "peer", "budget", "verdict"),
    [
        (400.0, 10.0, Budget("times", 40), KEPT),
        (399.0, 10.0, Budget("times", 40), MISSED),
        (1.0, 10.0, Budget("part", 10), KEPT),
        (1.01, 10.0, Budget("part", 10), MISSED),
        (60.0, 1900.0, Budget("limit", 60), KEPT),
        (61.0, 1900.0, Budget("limit", 60), MISSED),
        (0.0, 0.0, Budget("limit", 0), KEPT),
        (5.0, None, Budget("times", 40), MISSED),
        (5.0, 1.0, None, ""),
    ],
)
def test_a_budget_is_kept_up_to_its_value_and_missed_beyond(
    cairn: float, peer: float | None, budget: Budget | None, verdict: str
) -> None:
    assert row(cairn, peer, budget).verdict == verdict


def test_the_summary_names_what_misses_its_budget() -> None:
    rows = [
        Row("speed", "points/s", 10.0, 1.0, Budget("times", 40)),
        Row("size", "MB", 1.0, 10.0, Budget("part", 6)),
        Row("note", "ms", 1.0, 2.0),
    ]
    assert summary(rows) == "1 of 2 budgets are kept. Missed: speed."
    assert summary(rows[1:]) == "All 1 budgets are kept."


def test_every_row_is_in_both_tables_with_its_verdict() -> None:
    rows = [row(500.0, 10.0, Budget("times", 40)), row(1.0, 2.0, None)]
    for text in (plain(rows), markdown(rows)):
        lines = text.splitlines()
        assert len(lines) == 4
        assert "500" in lines[2]
        assert "50 x" in lines[2]
        assert KEPT in lines[2]
        assert KEPT not in lines[3]


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (0.4721, "0.472"), (8.649, "8.65"), (231307.2, "231,307")]
)
def test_figures_keep_three_digits_that_count(value: float, text: str) -> None:
    assert figure(value) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(39.61, "39.6 x"), (1.5, "1.5 x"), (0.1, "1/10"), (0.0704, "1/14.2"), (0.0, "0")],
)
def test_ratios_are_times_or_parts(ratio: float, text: str) -> None:
    assert ratio_text(ratio) == text
