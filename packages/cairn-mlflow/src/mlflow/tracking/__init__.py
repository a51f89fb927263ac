"""The client, the fluent functions, and where runs are kept."""

from __future__ import annotations

from cairn.client.connect import get_tracking_uri, is_tracking_uri_set, set_tracking_uri
from mlflow._lazy import lazy
from mlflow.registry_uri import get_registry_uri, set_registry_uri
from mlflow.tracking.client import MlflowClient

__getattr__, __dir__ = lazy(
    __name__, {}, ["artifact_utils", "client", "context", "fluent", "multimedia"]
)

__all__ = [
    "MlflowClient",
    "get_registry_uri",
    "get_tracking_uri",
    "is_tracking_uri_set",
    "set_registry_uri",
    "set_tracking_uri",
]
