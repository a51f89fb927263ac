"""The rows of the result: figures, their ratio, the budget, and how they are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

KEPT, MISSED, INFORMATION = "kept", "MISSED", ""

HEADINGS = ("measure", "unit", "Cairn", "MLflow", "ratio", "budget", "verdict")
RIGHT = {"Cairn", "MLflow", "ratio"}


@dataclass(frozen=True)
class Budget:
    """What is promised: ``times`` the peer at least, ``part`` of the peer at most, or a limit.

    Attributes:
        kind: what `value` limits.
        value: 40 for 40 times the peer, 10 for a tenth of it, or the limit in the row's unit.
    """

    kind: Literal["times", "part", "limit"]
    value: float

    def __str__(self) -> str:
        if self.kind == "times":
            return f"at least {self.value:g} x"
        return f"at most 1/{self.value:g}" if self.kind == "part" else f"at most {self.value:g}"


@dataclass(frozen=True)
class Row:
    """One measure. Figures are medians; `samples` holds what they are the medians of.

    Attributes:
        measure: what was measured.
        unit: of both figures.
        cairn: our figure.
        peer: the peer's; None when there is nothing to compare with.
        budget: None for information.
        samples: every repetition, by product.
    """

    measure: str
    unit: str
    cairn: float
    peer: float | None = None
    budget: Budget | None = None
    samples: dict[str, list[float]] | None = None

    @property
    def ratio(self) -> float | None:
        """Our figure divided by the peer's."""
        return self.cairn / self.peer if self.peer else None

    @property
    def verdict(self) -> str:
        """Whether the budget is kept; empty for information."""
        if self.budget is None:
            return INFORMATION
        limit, ratio = self.budget.value, self.ratio
        if self.budget.kind == "limit":
            return KEPT if self.cairn <= limit else MISSED
        if ratio is None:
            return MISSED
        kept = ratio >= limit if self.budget.kind == "times" else ratio <= 1 / limit
        return KEPT if kept else MISSED

    def cells(self) -> tuple[str, ...]:
        """The row as texts, in the order of `HEADINGS`."""
        return (
            self.measure,
            self.unit,
            figure(self.cairn),
            "" if self.peer is None else figure(self.peer),
            "" if self.ratio is None else ratio_text(self.ratio),
            str(self.budget or ""),
            self.verdict,
        )


def figure(value: float) -> str:
    """A number with three digits that count, thousands apart."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def ratio_text(ratio: float) -> str:
    """``52.3 x`` or ``1/14.1``, with three digits that count below a hundred."""
    if ratio == 0:
        return "0"
    return f"{figure(ratio)} x" if ratio >= 1 else f"1/{figure(1 / ratio)}"


def plain(rows: Sequence[Row]) -> str:
    """The table for a terminal."""
    lines = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADINGS))]
    texts = [
        "  ".join(
            cell.rjust(width) if heading in RIGHT else cell.ljust(width)
            for cell, width, heading in zip(line, widths, HEADINGS, strict=True)
        ).rstrip()
        for line in lines
    ]
    return "\n".join([texts[0], "  ".join("-" * width for width in widths), *texts[1:]])


def markdown(rows: Sequence[Row]) -> str:
    """The table for a page."""
    rules = ["--:" if heading in RIGHT else "---" for heading in HEADINGS]
    lines = [HEADINGS, rules, *(row.cells() for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
