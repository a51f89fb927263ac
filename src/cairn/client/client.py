"""`Client`: everything about experiments, runs, models and artifacts, by explicit ids."""

from __future__ import annotations

from cairn.client.client_artifacts import ArtifactsClient
from cairn.client.client_experiments import ExperimentsClient
from cairn.client.client_lifecycle import LifecycleClient
from cairn.client.client_logging import LoggingClient
from cairn.client.client_media import MediaClient
from cairn.client.client_models import ModelsClient
from cairn.client.client_runs import RunsClient


class Client(
    LoggingClient,
    RunsClient,
    ArtifactsClient,
    MediaClient,
    ExperimentsClient,
    LifecycleClient,
    ModelsClient,
):
    """Speaks to one tracking store; the fluent functions are built on it.

    Args:
        tracking_uri: where runs are kept; the URI in force when None.
        registry_uri: where models are registered; the tracking URI when None.
        workspace_store_uri: taken for compatibility; there are no workspaces.
    """
