"""Where artifacts are, and fetching them by URI."""

from __future__ import annotations

from cairn.client.artifacts import download_artifacts
from cairn.client.client import Client


def get_artifact_uri(
    run_id: str, artifact_path: str | None = None, tracking_uri: str | None = None
) -> str:
    """URI of an artifact of a run, or of all of them.

    Raises:
        cairn.errors.DoesNotExist: there is no such run.
    """
    root = Client(tracking_uri).get_run(run_id).info.artifact_uri or ""
    return f"{root.rstrip('/')}/{artifact_path.strip('/')}" if artifact_path else root


def _download_artifact_from_uri(
    artifact_uri: str, output_path: str | None = None, tracking_uri: str | None = None
) -> str:
    return download_artifacts(artifact_uri, dst_path=output_path, tracking_uri=tracking_uri)


__all__ = ["get_artifact_uri"]
