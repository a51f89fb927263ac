"""The artifact store of a run, and copies of files that wait until it can be reached."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from cairn.artifact import transfer
from cairn.artifact.base import BLOCK_BYTES, ArtifactStore
from cairn.artifact.find import find_store
from cairn.artifact.local import LocalStore
from cairn.artifact.paths import HIDDEN, ROOT, ArtifactPath
from cairn.client import connect, table
from cairn.client.record import AppendTable, StoreFile
from cairn.contract.runs import RunRef, SetTag
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

    A copy that was replaced meanwhile stays.

    Raises:
        DoesNotExist: the copy is gone.
        Unavailable: the store cannot be reached.
    """
    if not copy.is_file():
        raise DoesNotExist(f"The copy of '{path}' that waited for run '{run_id}' is gone.")
    before = copy.stat().st_ino
    transfer.upload_file(copy, of_run(place, run_id, retries=0), ArtifactPath.parse(path))
    with suppress(FileNotFoundError):
        if copy.stat().st_ino == before:
            copy.unlink()


def deliver(place: connect.Place, request: StoreFile | AppendTable, files: Path | None) -> None:
    """Do what waited for the artifact store of a run: store a copy, or append to a table.

    Args:
        place: where the run is kept.
        request: what waited.
        files: folder of the copies.

    Raises:
        DoesNotExist: the copy is gone.
        InvalidValue: what is at the path of the table is no table.
        Unavailable: the store cannot be reached.
    """
    if isinstance(request, AppendTable):
        _append(place, request)
    elif files is None:
        raise DoesNotExist(f"The copy of '{request.path}' is not there any more.")
    elif request.hidden and _is_elsewhere(place, of_run(place, request.run_id, retries=0)):
        raise DoesNotExist(f"'{request.path}' belongs into a folder of the server's machine.")
    else:
        store_copy(place, request.run_id, request.path, files / request.copy)


def _is_elsewhere(place: connect.Place, store: ArtifactStore) -> bool:
    """Whether a server keeps artifacts in a folder that this machine does not have.

    What is logged on purpose is written there all the same, as MLflow does.
    """
    if not place.is_server or not isinstance(store, LocalStore):
        return False
    return not any(folder.is_dir() for folder in store.local_path(ROOT).parents[:3])


def _append(place: connect.Place, request: AppendTable) -> None:
    """Append rows to a table, if they are not in it yet.

    How many rows came before is written down first: where there are more then, these were appended,
    and the answer was lost.
    """
    store = of_run(place, request.run_id, retries=0)
    path = ArtifactPath.parse(request.path)
    noted = ArtifactPath.parse(f"{HIDDEN}/tables/{path}.json")
    marks: dict[str, int] = json.loads(content(store, noted) or b"{}")
    before, joined = table.joined(str(path), content(store, path), request.rows)
    if before <= marks.get(request.mark, before):
        marks[request.mark] = before
        store.write(noted, blocks(json.dumps(marks).encode()))
        store.write(path, blocks(joined))
    service = connect.tracking(place, retries=0)
    tags = service.get_run(RunRef(run_id=request.run_id)).run.data.tags
    current = next((tag.value for tag in tags if tag.key == table.LOGGED_ARTIFACTS), None)
    listed = table.logged_artifacts(current, str(path))
    if listed != current:
        service.set_tag(SetTag(run_id=request.run_id, key=table.LOGGED_ARTIFACTS, value=listed))


def blocks(whole: bytes) -> Iterable[bytes]:
    """A content in blocks."""
    view = memoryview(whole)
    return (bytes(view[at : at + BLOCK_BYTES]) for at in range(0, len(view), BLOCK_BYTES))


def content(store: ArtifactStore, path: ArtifactPath) -> bytes | None:
    """Content of a file; None when it is not there."""
    try:
        with store.open(path) as reader:
            return b"".join(reader)
    except DoesNotExist:
        return None


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
