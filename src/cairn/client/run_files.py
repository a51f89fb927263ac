"""The artifact store of a run, and copies of files that wait until it can be reached."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path

from cairn.artifact import transfer
from cairn.artifact.base import ArtifactStore
from cairn.artifact.find import find_store
from cairn.artifact.paths import ArtifactPath
from cairn.client import connect
from cairn.client.record import StoreFile
from cairn.contract.runs import RunRef
from cairn.errors import DoesNotExist, Unavailable

_MOST_KNOWN = 1000

_artifact_uris: dict[tuple[str, str], str] = {}


def open_artifacts(uri: str, place: connect.Place, *, retries: int | None = None) -> ArtifactStore:
    """The artifact store at a URI, which the runs of a tracking store name; see `of_run`.

    Raises:
        InvalidValue: no store is known for it.
    """
    return find_store(
        uri,
        tracking_url=place.uri if place.is_server else None,
        connect=lambda url: connect.artifact_transport(place, url, retries=retries),
    )


def of_run(place: connect.Place, run_id: str, *, retries: int | None = None) -> ArtifactStore:
    """The store whose root is the artifact URI of a run.

    Args:
        place: where the run is kept.
        run_id: the run.
        retries: how often a failed request to a server is tried again; the setting when None.

    Raises:
        DoesNotExist: there is no such run.
    """
    key = (place.uri, run_id)
    uri = _artifact_uris.get(key)
    if uri is None:
        service = connect.tracking(place, retries=retries)
        uri = service.get_run(RunRef(run_id=run_id)).run.info.artifact_uri
        if len(_artifact_uris) < _MOST_KNOWN:
            _artifact_uris[key] = uri
    return open_artifacts(uri, place, retries=retries)


def store_copy(place: connect.Place, run_id: str, path: str, copy: Path) -> None:
    """Store the copy of a file that waited among the artifacts of its run, and delete it.

    Raises:
        DoesNotExist: the copy is gone.
        Unavailable: the store cannot be reached.
    """
    if not copy.is_file():
        raise DoesNotExist(f"The copy of '{path}' that waited for run '{run_id}' is gone.")
    transfer.upload_file(copy, of_run(place, run_id, retries=0), ArtifactPath.parse(path))
    copy.unlink(missing_ok=True)


def keep_file(folder: Path | None, run_id: str, source: Path, path: ArtifactPath) -> StoreFile:
    """Copy a file beside the journal of its run; returns what is to be delivered later.

    Raises:
        Unavailable: there is no folder to keep it in, or no room.
    """
    request = _request(run_id, path)
    try:
        shutil.copyfile(source, _place(folder, request))
    except OSError as error:
        raise _cannot_wait(path, error) from None
    return request


def keep_blocks(
    folder: Path | None, run_id: str, blocks: Iterable[bytes], path: ArtifactPath
) -> StoreFile:
    """As `keep_file`, of a content that comes in blocks.

    Raises:
        Unavailable: there is no folder to keep it in, or no room.
    """
    request = _request(run_id, path)
    try:
        with _place(folder, request).open("wb") as file:
            file.writelines(blocks)
    except OSError as error:
        raise _cannot_wait(path, error) from None
    return request


def _request(run_id: str, path: ArtifactPath) -> StoreFile:
    return StoreFile(run_id=run_id, path=str(path), copy=secrets.token_hex(8))


def _place(folder: Path | None, request: StoreFile) -> Path:
    if folder is None:
        raise Unavailable(
            f"The store of '{request.path}' cannot be reached, and there is no folder where a copy "
            "could wait. Set CAIRN_JOURNAL to one."
        )
    return folder / request.copy


def _cannot_wait(path: ArtifactPath, error: OSError) -> Unavailable:
    return Unavailable(
        f"The store of '{path}' cannot be reached, and a copy cannot wait here: {error}."
    )
