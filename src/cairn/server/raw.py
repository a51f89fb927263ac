"""The artifact proxy, and the routes that send and receive single artifacts of runs."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from cairn.artifact.base import ArtifactStore, visible
from cairn.artifact.http import SHA256_HEADER
from cairn.artifact.paths import ArtifactPath
from cairn.contract.artifacts import ArtifactsPage, FileInfo
from cairn.contract.op import Message
from cairn.errors import (
    BadRequest,
    EndpointNotFound,
    InvalidValue,
    LimitExceeded,
    NotImplementedHere,
)
from cairn.server.artifacts import ModelArtifacts, Roots, RunArtifacts
from cairn.server.files import FileReceiver, FileSender
from cairn.server.routing import raw, twins
from cairn.wire import dialect
from cairn.wire.routes import RunSync, read_body

MAX_NOTE_BYTES = 10 * 1024 * 1024
_PROXY = "2.0/mlflow-artifacts"


class ProxyList(Message):
    """What a folder of the proxy holds; entries carry base names."""

    files: list[FileInfo]


class ProxyRoutes:
    """``/api/2.0/mlflow-artifacts/...``: files by their path below the proxy's folder.

    Args:
        roots: where the proxy keeps files.
        run_sync: runs a blocking call outside the event loop.
    """

    def __init__(self, roots: Roots, run_sync: RunSync) -> None:
        self._roots = roots
        self._run_sync = run_sync
        self._sender = FileSender(run_sync)
        self._receiver = FileReceiver()

    @raw(*twins("GET", f"{_PROXY}/artifacts"), needs="read run")
    async def list_files(self, request: Request, _tail: str) -> ASGIApp:
        """List a folder by base names."""
        store = self._roots.proxy()
        path = ArtifactPath.folder(one_query(request, "path"))
        files = visible(await self._run_sync(store.list, path))
        for info in files:
            info.path = info.path.rpartition("/")[2]
        return _json(ProxyList(files=files))

    @raw(*twins("GET", f"{_PROXY}/artifacts/*"), needs="read run")
    async def get_file(self, request: Request, tail: str) -> ASGIApp:
        """Send a file."""
        store = self._roots.proxy()
        return await self._sender.send(request, store, ArtifactPath.parse(tail))

    @raw(*twins("PUT", f"{_PROXY}/artifacts/*"), needs="edit run")
    async def put_file(self, request: Request, tail: str) -> ASGIApp:
        """Receive a file; the answer's header tells the SHA-256 of what is stored."""
        store = self._roots.proxy()
        written = await self._receiver.receive(request, store, ArtifactPath.parse(tail))
        return Response(headers={SHA256_HEADER: written.sha256})

    @raw(*twins("DELETE", f"{_PROXY}/artifacts/*"), needs="delete run")
    async def delete_file(self, _request: Request, tail: str) -> ASGIApp:
        """Remove a file or folder."""
        store = self._roots.proxy()
        await self._run_sync(store.delete, ArtifactPath.parse(tail))
        return _json(Message())

    @raw(
        *twins("POST", f"{_PROXY}/mpu/*"),
        *twins("POST", "2.0/mlflow/artifacts/presigned-upload-url"),
        needs="edit run",
    )
    async def upload_in_parts(self, _request: Request, _tail: str) -> ASGIApp:
        """Say that folders take files whole.

        Raises:
            NotImplementedHere: always.
        """
        raise NotImplementedHere(
            "Multipart and presigned uploads need an object store, and artifacts are kept in a "
            "folder here. Send the file with PUT."
        )

    @raw(
        *twins("GET", f"{_PROXY}/presigned/*"),
        *twins("POST", "2.0/mlflow/artifacts/presigned-download-url"),
        needs="read run",
    )
    async def sign_download(self, _request: Request, _tail: str) -> ASGIApp:
        """Say that folders have no signed URLs.

        Raises:
            NotImplementedHere: always.
        """
        raise NotImplementedHere(
            "Presigned downloads need an object store, and artifacts are kept in a folder here. "
            "Fetch the file with GET."
        )


class RunFileRoutes:
    """Single artifacts of a run or logged model, as the web UI fetches and stores them.

    Args:
        artifacts: finds the artifacts of a run.
        models: finds the artifacts of a logged model.
        run_sync: runs a blocking call outside the event loop.
    """

    def __init__(self, artifacts: RunArtifacts, models: ModelArtifacts, run_sync: RunSync) -> None:
        self._artifacts = artifacts
        self._models = models
        self._run_sync = run_sync
        self._sender = FileSender(run_sync)

    @raw("GET /get-artifact", needs="read run")
    async def get_artifact(self, request: Request, _tail: str) -> ASGIApp:
        """Send a file of a run."""
        store, path = await self._find(request)
        return await self._sender.send(request, store, path)

    @raw("POST /ajax-api/2.0/mlflow/upload-artifact", needs="edit run")
    async def upload_artifact(self, request: Request, _tail: str) -> ASGIApp:
        """Receive a small file of a run, such as an image in a note; at most 10 MiB.

        Raises:
            DoesNotExist: there is no such run.
            InvalidValue: the file is empty or too large, or the query names no run and path.
        """
        store, path = await self._find(request)
        try:
            body = await read_body(request.scope, request.receive, MAX_NOTE_BYTES)
        except LimitExceeded as error:
            raise InvalidValue(
                f"The file is larger than {MAX_NOTE_BYTES} bytes. Log it from a client."
            ) from error
        if not body:
            raise InvalidValue("The request has no body. Send the content of the file.")
        await self._run_sync(store.write, path, [body])
        return _json(Message())

    @raw(*twins("GET", "2.0/mlflow/logged-models/*"), needs="read model")
    async def get_model_artifact(self, request: Request, tail: str) -> ASGIApp:
        """Send a file of a logged model.

        Raises:
            EndpointNotFound: the path is not that of a model's files.
            InvalidValue: the query names no file.
        """
        model_id, _, rest = tail.partition("/")
        if rest != "artifacts/files":
            raise EndpointNotFound(f"Nothing is served at {request.scope['path']}.")
        path = one_query(request, "artifact_file_path")
        if not path:
            raise BadRequest(
                "Missing value for required parameter 'artifact_file_path'. Add it to the query."
            )
        store, root = await self._run_sync(self._models.find, model_id)
        return await self._sender.send(request, store, root / ArtifactPath.parse(path))

    async def _find(self, request: Request) -> tuple[ArtifactStore, ArtifactPath]:
        run_id = one_query(request, "run_id") or one_query(request, "run_uuid")
        path = one_query(request, "path")
        if not run_id or not path:
            missing = "path" if run_id else "run_uuid"
            raise InvalidValue(
                f"Missing value for required parameter '{missing}'. Add it to the query."
            )
        found = ArtifactPath.parse(path)
        store, root = await self._run_sync(self._artifacts.find, run_id)
        return store, root / found


def one_query(request: Request, name: str) -> str | None:
    """Value of a query parameter, or None.

    Raises:
        InvalidValue: it is not UTF-8.
    """
    value = request.query_params.get(name)
    if value is not None and "\ufffd" in value:
        raise InvalidValue(f"The query parameter '{name}' is not valid UTF-8.")
    return value


def _json(message: Message | ArtifactsPage) -> Response:
    return Response(dialect.encode(message), media_type="application/json")
