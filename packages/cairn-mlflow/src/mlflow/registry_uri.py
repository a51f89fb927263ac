"""Where models are registered: remembered for later, as this release has no registry."""

from __future__ import annotations

import os

from cairn.client.connect import get_tracking_uri

_VARIABLE = "MLFLOW_REGISTRY_URI"
_chosen = ""


def set_registry_uri(uri: str | None) -> None:
    """Remember a registry URI for `get_registry_uri`; nothing else reads it in this release.

    Args:
        uri: the URI; an empty one, or None, goes back to the default.
    """
    global _chosen  # noqa: PLW0603 - the choice is one for the whole process
    _chosen = uri or ""


def get_registry_uri() -> str:
    """The registry URI: the one set here, else that of the environment, else the tracking URI."""
    return _chosen or os.environ.get(_VARIABLE) or get_tracking_uri()
