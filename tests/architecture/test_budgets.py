"""The budgets of the house, one test each; `tools/measure.py` prints them as a table."""

from __future__ import annotations

import pytest

from measure import Budget, measure
from source_graph import ROOT, modules

BUDGETS = measure(modules(), ROOT / "tests", ROOT / "ui" / "src")


@pytest.mark.parametrize("budget", BUDGETS, ids=lambda budget: budget.name)
def test_budget_is_kept(budget: Budget) -> None:
    assert budget.kept, "\n".join([f"{budget.found:g} of at most {budget.limit:g}", *budget.worst])
