"""Where the server finds the artifacts of runs and models, and the operations that list them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from cairn.artifact.base import ArtifactStore
from cairn.artifact.local import LocalStore, local_folder
from cairn.artifact.paths import ArtifactPath
from cairn.contract.artifacts import ArtifactsPage, FileInfo, ListArtifacts
from cairn.contract.models import GetLoggedModel, ListModelArtifacts, LoggedModels
from cairn.contract.runs import RunRef, Runs
from cairn.errors import CairnError, InvalidValue, PermissionDenied
from cairn.server.config import PROXY_ROOT, ServerConfig, is_folder


class Roots:
    """The places where the server reads and writes files: those that were configured, no other.

    URIs in runs and requests are references that are resolved against them.

    Raises:
        InvalidValue: a configured place is no folder.
    """

    def __init__(self, config: ServerConfig) -> None:
        self._proxy: LocalStore | None = None
        names = list(config.artifact_roots)
        if config.serve_artifacts:
            names.append(config.destination)
        if is_folder(config.artifact_root):
            names.append(config.artifact_root)
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
        if config.serve_artifacts:
            self._proxy = LocalStore(local_folder(config.destination))

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

    def list(self, uri: str, path: str | None) -> ArtifactsPage:
        """What a folder below a URI holds.

        Raises:
            CairnError: as for `find`, or the path is not allowed.
        """
        store, root = self.find(uri)
        depth = len(root.parts)
        files = [_below(info, depth) for info in store.list(root / ArtifactPath.folder(path))]
        return ArtifactsPage(root_uri=uri, files=files)


class RunArtifacts:
    """Lists the artifacts of runs.

    Args:
        runs: where runs are looked up.
        roots: where their artifacts are looked up.
    """

    def __init__(self, runs: Runs, roots: Roots) -> None:
        self._runs = runs
        self._roots = roots

    def find(self, run_id: str) -> tuple[ArtifactStore, ArtifactPath]:
        """The store and the folder in it that hold the artifacts of a run.

        Raises:
            DoesNotExist: there is no such run.
            CairnError: as for `Roots.find`.
        """
        return self._roots.find(self._uri(run_id))

    def list_artifacts(self, request: ListArtifacts) -> ArtifactsPage:
        return self._roots.list(self._uri(request.run_id), request.path)

    def _uri(self, run_id: str) -> str:
        return self._runs.get_run(RunRef(run_id=run_id)).run.info.artifact_uri


class ModelArtifacts:
    """Lists the artifacts of logged models.

    Args:
        models: where models are looked up.
        roots: where their artifacts are looked up.
    """

    def __init__(self, models: LoggedModels, roots: Roots) -> None:
        self._models = models
        self._roots = roots

    def find(self, model_id: str) -> tuple[ArtifactStore, ArtifactPath]:
        """The store and the folder in it that hold the artifacts of a logged model.

        Raises:
            DoesNotExist: there is no such model.
            CairnError: as for `Roots.find`.
        """
        return self._roots.find(self._uri(model_id))

    def list_logged_model_artifacts(self, request: ListModelArtifacts) -> ArtifactsPage:
        return self._roots.list(self._uri(request.model_id), request.artifact_directory_path)

    def _uri(self, model_id: str) -> str:
        return self._models.get_logged_model(
            GetLoggedModel(model_id=model_id)
        ).model.info.artifact_uri


def _below(info: FileInfo, depth: int) -> FileInfo:
    path = "/".join(info.path.split("/")[depth:])
    return FileInfo(path=path, is_dir=info.is_dir, file_size=info.file_size)
