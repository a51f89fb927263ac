"""Where models are registered."""

from mlflow.registry_uri import get_registry_uri, set_registry_uri

__all__ = ["get_registry_uri", "set_registry_uri"]
