"""Limits and defaults of the tracking store."""

from cairn.client.connect import DEFAULT_DATABASE
from cairn.contract.kinds import MAX_POINTS_PER_HISTORY as GET_METRIC_HISTORY_MAX_RESULTS
from cairn.contract.kinds import MAX_RESULTS as SEARCH_MAX_RESULTS_THRESHOLD

DEFAULT_TRACKING_URI = f"sqlite:///{DEFAULT_DATABASE}"
SEARCH_MAX_RESULTS_DEFAULT = 1000

__all__ = [
    "DEFAULT_TRACKING_URI",
    "GET_METRIC_HISTORY_MAX_RESULTS",
    "SEARCH_MAX_RESULTS_DEFAULT",
    "SEARCH_MAX_RESULTS_THRESHOLD",
]
