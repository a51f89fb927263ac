"""Fetch and read artifacts by URI, or by run and path; public as `cairn.artifacts`.

A URI is ``runs:/<run id>/<path>``, a path or ``file:`` URI of this machine,
``mlflow-artifacts:/<path>``, or the http(s) URL of an artifact proxy.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cairn.artifact.base import ArtifactStore
from cairn.artifact.local import local_folder
from cairn.client import connect
from cairn.client.client import Client
from cairn.client.client_artifacts import fetch, read
from cairn.client.entities import FileInfo
from cairn.client.run_files import open_artifacts
from cairn.errors import InvalidValue

if TYPE_CHECKING:
    import PIL.Image


def download_artifacts(
    artifact_uri: str | None = None,
    run_id: str | None = None,
    artifact_path: str | None = None,
    dst_path: str | None = None,
    tracking_uri: str | None = None,
    registry_uri: str | None = None,  # noqa: ARG001 - models are not fetched here
) -> str:
    """Copy a file or folder of artifacts to this machine, and return where it is.

    Args:
        artifact_uri: what to fetch; or else give `run_id`.
        run_id: run whose artifact to fetch.
        artifact_path: file or folder of that run; all of them when None.
        dst_path: folder for the copy; a new temporary one when None. Without it, what is on
            this machine already is not copied.
        tracking_uri: where the run is kept; the URI in force when None.
        registry_uri: taken for compatibility.

    Raises:
        InvalidValue: not exactly one of `artifact_uri` and `run_id` is given.
        DoesNotExist: there is nothing there.
    """
    _one_of(artifact_uri, run_id)
    if run_id is not None:
        return Client(tracking_uri).download_artifacts(run_id, artifact_path or "", dst_path)
    uri = str(artifact_uri)
    if artifact_path:
        uri = f"{uri.rstrip('/')}/{artifact_path}"
    local = _on_this_machine(uri)
    if local is not None and dst_path is None and local.exists():
        return str(local)
    store, path = _open(uri, tracking_uri)
    return fetch(store, path, dst_path)


def list_artifacts(
    artifact_uri: str | None = None,
    run_id: str | None = None,
    artifact_path: str | None = None,
    tracking_uri: str | None = None,
) -> list[FileInfo]:
    """What a folder of artifacts holds, sorted by path; nothing for a file.

    Raises:
        InvalidValue: not exactly one of `artifact_uri` and `run_id` is given.
        DoesNotExist: there is no such run.
    """
    _one_of(artifact_uri, run_id)
    if run_id is not None:
        return Client(tracking_uri).list_artifacts(run_id, artifact_path)
    uri = str(artifact_uri)
    parts = urlsplit(uri)
    if parts.scheme == "runs":
        run, path = _run_and_path(uri)
        return Client(tracking_uri).list_artifacts(run, path)
    from cairn.artifact.paths import ArtifactPath

    store = open_artifacts(uri, connect.resolve_uri(tracking_uri))
    found = store.list(ArtifactPath.folder(artifact_path))
    return [FileInfo.from_message(info) for info in found]


def load_text(artifact_uri: str) -> str:
    """Content of an artifact as text in UTF-8.

    Raises:
        DoesNotExist: there is nothing there.
        InvalidValue: it is not text in UTF-8.
    """
    try:
        return _content(artifact_uri).decode()
    except UnicodeDecodeError as error:
        raise InvalidValue(f"{artifact_uri!r} is not text in UTF-8: {error}.") from None


def load_dict(artifact_uri: str) -> dict[str, Any]:
    """Content of a JSON artifact.

    Raises:
        DoesNotExist: there is nothing there.
        InvalidValue: it is not JSON.
    """
    try:
        found: dict[str, Any] = json.loads(_content(artifact_uri))
    except ValueError as error:
        raise InvalidValue(f"{artifact_uri!r} is not JSON: {error}.") from None
    return found


def load_image(artifact_uri: str) -> PIL.Image.Image:
    """Content of an image artifact as a PIL image.

    Raises:
        DoesNotExist: there is nothing there.
        InvalidValue: it is not an image, or Pillow is not installed.
    """
    import io

    try:
        import PIL.Image
    except ImportError:
        raise InvalidValue("load_image() needs Pillow. Run `pip install pillow`.") from None
    try:
        return PIL.Image.open(io.BytesIO(_content(artifact_uri)))
    except OSError as error:
        raise InvalidValue(f"{artifact_uri!r} is not an image: {error}.") from None


def _one_of(artifact_uri: str | None, run_id: str | None) -> None:
    if (artifact_uri is None) == (run_id is None):
        raise InvalidValue("Give exactly one of artifact_uri and run_id.")


def _content(uri: str) -> bytes:
    store, path = _open(uri, None)
    return read(store, path)


def _open(uri: str, tracking_uri: str | None) -> tuple[ArtifactStore, str]:
    """The store that a URI lies in, and the path in it."""
    if urlsplit(uri).scheme == "runs":
        run_id, path = _run_and_path(uri)
        client = Client(tracking_uri)
        root = client.get_run(run_id).info.artifact_uri or ""
        return open_artifacts(root, connect.resolve_uri(tracking_uri)), path
    folder, _, name = uri.rstrip("/").rpartition("/")
    if not folder:
        folder = "/" if uri.startswith("/") else "."
    return open_artifacts(folder, connect.resolve_uri(tracking_uri)), name


def _run_and_path(uri: str) -> tuple[str, str]:
    run_id, _, path = urlsplit(uri).path.strip("/").partition("/")
    if not run_id:
        raise InvalidValue(f"{uri!r} names no run. Write runs:/<run id>/<path>.")
    return run_id, path


def _on_this_machine(uri: str) -> Path | None:
    return local_folder(uri) if urlsplit(uri).scheme.lower() in {"", "file"} else None
