"""Where files of runs may be read, written and deleted: the places that were configured."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from cairn.artifact.base import ArtifactStore
from cairn.artifact.local import LocalStore, local_folder
from cairn.artifact.paths import ArtifactPath
from cairn.errors import CairnError, InvalidValue, PermissionDenied

PROXY_ROOT = "mlflow-artifacts:/"
"""What stands for the root of a server's own proxy in the URIs of artifacts."""


def is_folder(uri: str) -> bool:
    """Whether a URI names a folder of this machine."""
    return uri.startswith("file:") or not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", uri)


class Places:
    """The configured places. URIs in runs and requests are references that are resolved here.

    Args:
        folders: folders of this machine, as paths or ``file:`` URIs.
        proxy: the folder in which the server's own proxy keeps files; None without one.

    Raises:
        InvalidValue: a configured place is no folder.
    """

    def __init__(self, folders: Iterable[str], proxy: str | None = None) -> None:
        names = [*folders, *([] if proxy is None else [proxy])]
        for name in names:
            if not is_folder(name):
                raise InvalidValue(
                    f"Artifacts cannot be kept at {name!r}: this release keeps them in folders. "
                    "Name a folder."
                )
        # The longest first, so that a run is found below the innermost root.
        self._folders = sorted(
            {local_folder(name) for name in names}, key=lambda p: len(p.parts), reverse=True
        )
        self._proxy = None if proxy is None else LocalStore(local_folder(proxy))

    @property
    def written(self) -> list[Path]:
        """The folders that the server itself writes to."""
        return [] if self._proxy is None else [self._proxy.local_path(ArtifactPath())]

    def proxy(self) -> ArtifactStore:
        """What the artifact proxy serves.

        Raises:
            CairnError: FEATURE_DISABLED (503), the proxy is switched off.
        """
        if self._proxy is None:
            raise CairnError(
                "This server does not serve artifacts. Start it without --no-serve-artifacts.",
                error_code="FEATURE_DISABLED",
                status=503,
            )
        return self._proxy

    def find(self, uri: str) -> tuple[ArtifactStore, ArtifactPath]:
        """The store and the folder in it that a URI names.

        Raises:
            CairnError: FEATURE_DISABLED (503), it names the proxy, which is switched off.
            InvalidValue: it climbs, or its scheme is not known.
            PermissionDenied: it lies outside of all configured places.
        """
        if uri.startswith(PROXY_ROOT) and not urlsplit(uri).netloc:
            path = uri.removeprefix(PROXY_ROOT).strip("/")
            return self.proxy(), ArtifactPath.folder(path)
        if not is_folder(uri):
            raise InvalidValue(
                f"The artifacts are kept at {uri!r}, which this server does not read. "
                "Fetch them with a client that has access to that place."
            )
        if ".." in uri.replace("\\", "/").split("/"):
            raise InvalidValue(f"Invalid path {uri!r}: it may not hold '..'.")
        wanted = local_folder(uri)
        for folder in self._folders:
            if wanted.is_relative_to(folder):
                names = wanted.relative_to(folder).parts
                return LocalStore(folder), ArtifactPath.of(names)
        raise PermissionDenied(
            f"The artifacts are kept in {uri!r}, which is outside of the folders that this server "
            "may read. Start it with --default-artifact-root, or with CAIRN_ARTIFACT_ROOTS set "
            "to that folder or one above it, to allow it."
        )
