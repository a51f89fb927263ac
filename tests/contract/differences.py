"""Where Cairn and MLflow differ on purpose: the test of the contract, and why.

A test listed here must fail on a real MLflow, so that the list stays true.
"""

from __future__ import annotations

_INFINITY = "MLflow keeps an infinity as the largest float; Cairn keeps every value as it is"

OURS: dict[str, str] = {
    "test_run_has_the_id_that_the_client_chose_and_a_repeated_request_finds_it": (
        "MLflow makes a run with each request, and chooses the id"
    ),
    "test_metric_value_comes_back_as_it_was[-0.0]": "MLflow loses the sign of zero",
    "test_metric_value_comes_back_as_it_was[inf]": _INFINITY,
    "test_metric_value_comes_back_as_it_was[-inf]": _INFINITY,
}
