"""Move files and folders between this machine and an artifact store.

Content goes in blocks, several files at a time, so memory does not grow with the size of a file
or the number of files. A file appears at its destination when it is complete.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import TypeVar

from cairn.artifact.base import BLOCK_BYTES, ArtifactStore, Written
from cairn.artifact.paths import PART_PREFIX, ROOT, ArtifactPath
from cairn.errors import InvalidValue

Progress = Callable[[ArtifactPath, int], None]
"""Called with the artifact and how many more of its bytes were moved, from any thread."""

THREADS = 8
Item = TypeVar("Item")


def upload(
    source: str | os.PathLike[str],
    store: ArtifactStore,
    folder: ArtifactPath = ROOT,
    *,
    threads: int = THREADS,
    progress: Progress | None = None,
) -> None:
    """Store a file below `folder` under its own name, or what a folder holds below `folder`.

    Links to files are stored as the files; links to folders, sockets and devices are left out.

    Args:
        source: file or folder of this machine.
        store: where to.
        folder: folder of the store.
        threads: how many files are moved at a time.
        progress: told about each block.

    Raises:
        InvalidValue: there is nothing at `source`, or a name in it cannot be an artifact's.
        CairnError: the store refused a file; those before it are stored.
    """

    def send(item: tuple[Path, ArtifactPath]) -> None:
        upload_file(item[0], store, item[1], progress)

    _each(send, files(source, folder), threads)


def files(
    source: str | os.PathLike[str], folder: ArtifactPath = ROOT
) -> Iterator[tuple[Path, ArtifactPath]]:
    """Each file that `upload` stores, and where.

    Raises:
        InvalidValue: there is nothing at `source`, or a name in it cannot be an artifact's.
    """
    path = Path(source)
    if path.is_dir():
        yield from ((file, folder / below) for file, below in _files(path))
    elif path.is_file():
        yield path, folder.join(path.name)
    else:
        raise InvalidValue(
            f"There is no file or folder at {str(path)!r}, so it cannot be uploaded. "
            "Check the path."
        )


def upload_file(
    source: str | os.PathLike[str],
    store: ArtifactStore,
    path: ArtifactPath,
    progress: Progress | None = None,
) -> Written:
    """Store one file under a given path; returns its size and SHA-256.

    Raises:
        OSError: `source` cannot be read.
        CairnError: the store refused it.
    """
    with Path(source).open("rb") as file:
        blocks = iter(lambda: file.read(BLOCK_BYTES), b"")
        return store.write(path, _told(blocks, path, progress))


def download(
    store: ArtifactStore,
    path: ArtifactPath,
    destination: str | os.PathLike[str],
    *,
    threads: int = THREADS,
    progress: Progress | None = None,
) -> Path:
    """Copy a file, or a folder with all it holds, to this machine.

    Args:
        store: where from.
        path: file or folder of the store; the root for everything.
        destination: folder of this machine, made when missing. The copy lies in it under its
            own name, without the folders above it.
        threads: how many files are moved at a time.
        progress: told about each block.

    Returns:
        Path of the copy.

    Raises:
        DoesNotExist: there is nothing at `path`.
        OSError: the destination cannot be written.
        CairnError: the store failed; files copied before stay.
    """
    above = max(len(path.parts) - 1, 0)

    def place(file: ArtifactPath) -> Path:
        return Path(destination, *file.parts[above:])

    def fetch(file: ArtifactPath) -> None:
        _download_file(store, file, place(file), progress)

    if store.stat(path).is_dir:
        place(path).mkdir(parents=True, exist_ok=True)
        _each(fetch, walk(store, path), threads)
    else:
        fetch(path)
    return place(path)


def walk(store: ArtifactStore, folder: ArtifactPath = ROOT) -> Iterator[ArtifactPath]:
    """Every file of a store below a folder, folder by folder.

    Raises:
        InvalidValue: the store lists a name that could leave the folder.
    """
    folders = [folder]
    while folders:
        for info in store.list(folders.pop()):
            path = ArtifactPath.parse(info.path)
            if info.is_dir:
                folders.append(path)
            else:
                yield path


def _download_file(
    store: ArtifactStore, path: ArtifactPath, target: Path, progress: Progress | None
) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(PART_PREFIX + secrets.token_hex(8))
    try:
        with store.open(path) as reader, part.open("xb") as out:
            for block in _told(reader, path, progress):
                out.write(block)
        part.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def _files(folder: Path) -> Iterator[tuple[Path, ArtifactPath]]:
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(parent, name)
            if path.is_file():
                yield path, ArtifactPath.of(path.relative_to(folder).parts)


def _told(
    blocks: Iterable[bytes], path: ArtifactPath, progress: Progress | None
) -> Iterator[bytes]:
    for block in blocks:
        yield block
        if progress is not None:
            progress(path, len(block))


def _each(work: Callable[[Item], object], items: Iterable[Item], threads: int) -> None:
    """Do the work on every item, a few at a time; the first failure stops the rest."""
    running: set[Future[object]] = set()
    with ThreadPoolExecutor(threads, "cairn-transfer") as pool:
        try:
            for item in items:
                running.add(pool.submit(work, item))
                if len(running) >= 2 * threads:
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        future.result()
            for future in running:
                future.result()
        finally:
            for future in running:
                future.cancel()
