"""Where the server finds the artifacts of runs and models, and the operations that list them."""

from __future__ import annotations

from cairn.artifact.base import ArtifactStore, visible
from cairn.artifact.paths import ArtifactPath
from cairn.artifact.places import Places, is_folder
from cairn.contract.artifacts import ArtifactsPage, FileInfo, ListArtifacts
from cairn.contract.models import GetLoggedModel, ListModelArtifacts, LoggedModels
from cairn.contract.runs import RunRef, Runs
from cairn.server.config import ServerConfig


class Roots(Places):
    """The places where a server reads and writes files: those that were configured, no other.

    Raises:
        InvalidValue: a configured place is no folder.
    """

    def __init__(self, config: ServerConfig) -> None:
        names = list(config.artifact_roots)
        if is_folder(config.artifact_root):
            names.append(config.artifact_root)
        super().__init__(names, config.destination if config.serve_artifacts else None)

    def list(self, uri: str, path: str | None) -> ArtifactsPage:
        """What a folder below a URI holds.

        Raises:
            CairnError: as for `find`, or the path is not allowed.
        """
        store, root = self.find(uri)
        depth = len(root.parts)
        files = [
            _below(info, depth) for info in visible(store.list(root / ArtifactPath.folder(path)))
        ]
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
