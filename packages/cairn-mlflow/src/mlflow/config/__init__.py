"""Choices for the whole process."""

from cairn.client.connect import get_tracking_uri, is_tracking_uri_set, set_tracking_uri
from cairn.client.run import (
    disable_system_metrics_logging,
    enable_system_metrics_logging,
    set_system_metrics_node_id,
    set_system_metrics_samples_before_logging,
    set_system_metrics_sampling_interval,
)
from mlflow.registry_uri import get_registry_uri, set_registry_uri

__all__ = [
    "disable_system_metrics_logging",
    "enable_system_metrics_logging",
    "get_registry_uri",
    "get_tracking_uri",
    "is_tracking_uri_set",
    "set_registry_uri",
    "set_system_metrics_node_id",
    "set_system_metrics_samples_before_logging",
    "set_system_metrics_sampling_interval",
    "set_tracking_uri",
]
