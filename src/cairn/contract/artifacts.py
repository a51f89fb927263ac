"""Artifacts: the files of a run, as the tracking server lists them."""

from __future__ import annotations

from typing import Protocol

from cairn.contract.kinds import PageToken, RunId
from cairn.contract.op import Message, op


class FileInfo(Message, omit_defaults=True):
    """A file or folder; `path` is relative to the artifact root of the run, size in bytes."""

    path: str
    is_dir: bool
    file_size: int | None = None


class ListArtifacts(Message):
    """Request for the direct children of a folder of a run."""

    run_id: RunId
    path: str | None = None
    page_token: PageToken | None = None


class ArtifactsPage(Message):
    """Files and folders sorted by path, below the run's artifact URI."""

    root_uri: str
    files: list[FileInfo] = []
    next_page_token: str | None = None


class Artifacts(Protocol):
    """List the artifacts of runs. Bytes move through the server's raw routes."""

    @op("GET artifacts/list", needs="read run")
    def list_artifacts(self, request: ListArtifacts) -> ArtifactsPage:
        """Return what a folder of a run holds; a file or a missing folder holds nothing."""
        ...
