"""One point of a metric."""

from cairn.client.entities import Metric

__all__ = ["Metric"]
