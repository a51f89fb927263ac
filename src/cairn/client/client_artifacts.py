"""Artifacts of runs, as the client offers them: files, folders, texts and dictionaries."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cairn.artifact import transfer
from cairn.artifact.base import BLOCK_BYTES, ArtifactStore, visible
from cairn.artifact.paths import ArtifactPath
from cairn.client import media, run_files
from cairn.client.client_base import ClientBase
from cairn.client.entities import FileInfo
from cairn.client.progress import shown
from cairn.client.record import StoreFile

if TYPE_CHECKING:
    import io


class Beside(NamedTuple):
    """A file that waits to be stored: its copy beside the journal, and the number after it."""

    copy: Path
    number: int


class ArtifactsClient(ClientBase):
    """Log, list and fetch the artifacts of runs."""

    def store_beside(self, run_id: str, path: str, content: bytes) -> Beside | None:
        """Have a file stored through the journal, in order with what is logged; nobody waits.

        Without a folder for journals it is stored at once, unless the store is away.

        Raises:
            CairnError: there is no journal, and the store refused it.
            OSError: the copy that is to wait cannot be written.
        """
        writer, place = self._writer, ArtifactPath.parse(path)
        folder = writer.files(run_id)
        if folder is None:
            if not writer.away:
                run_files.of_run(self._place, run_id, retries=0).write(
                    place, run_files.blocks(content)
                )
            return None
        request = run_files.keep_blocks(folder, run_id, [content], place)
        return Beside(folder / request.copy, writer.submit(request))

    def replace_beside(self, run_id: str, beside: Beside, content: bytes) -> bool:
        """Put another content into a file that still waits; returns whether it does.

        Raises:
            OSError: the copy cannot be written.
        """
        if self._writer.is_delivered(run_id, beside.number):
            return False
        written = beside.copy.with_suffix(".new")
        written.write_bytes(content)
        written.replace(beside.copy)
        return True

    def _upload_local(self, run_id: str, source: Path, folder: ArtifactPath) -> None:
        def keep(kept: Path | None) -> Iterator[StoreFile]:
            for file, path in transfer.files(source, folder):
                yield run_files.keep_file(kept, run_id, file, path)

        with shown("Uploading") as tell:
            self._store(
                run_id,
                lambda store: transfer.upload(
                    source, store, folder, progress=lambda _, more: tell(more)
                ),
                keep,
            )

    def log_artifact(
        self, run_id: str, local_path: str | os.PathLike[str], artifact_path: str | None = None
    ) -> None:
        """Store a file, or a folder under its own name, in a folder of the artifacts.

        Raises:
            CairnError: there is nothing at `local_path`, or the store refused it.
        """
        folder = ArtifactPath.folder(artifact_path)
        if Path(local_path).is_dir():
            folder = folder.join(Path(local_path).absolute().name)
        self._upload_local(run_id, Path(local_path), folder)

    def log_artifacts(
        self, run_id: str, local_dir: str | os.PathLike[str], artifact_path: str | None = None
    ) -> None:
        """Store what a folder holds in a folder of the artifacts.

        Raises:
            CairnError: there is nothing at `local_dir`, or the store refused a file.
        """
        self._upload_local(run_id, Path(local_dir), ArtifactPath.folder(artifact_path))

    def log_text(self, run_id: str, text: str, artifact_file: str) -> None:
        """Store a text as a file in UTF-8.

        Raises:
            CairnError: it is no text, or the store refused it.
        """
        self._upload(run_id, [media.text_file(text, artifact_file)])

    def log_dict(self, run_id: str, dictionary: Any, artifact_file: str) -> None:
        """Store a dictionary as YAML or, for every other extension, as JSON.

        Raises:
            CairnError: it cannot be written so, or the store refused it.
        """
        self._upload(run_id, [media.dict_file(dictionary, artifact_file)])

    def log_stream(
        self, run_id: str, stream: io.BufferedIOBase | io.RawIOBase, artifact_file: str
    ) -> None:
        """Store what an open binary file gives, block by block.

        Raises:
            CairnError: the store refused it.
        """
        path = ArtifactPath.parse(artifact_file)
        blocks = iter(lambda: stream.read(BLOCK_BYTES) or b"", b"")
        with tempfile.TemporaryDirectory(prefix="cairn-") as folder:  # it can be read only once
            copy = Path(folder, "stream")
            with copy.open("wb") as file:
                file.writelines(blocks)
            self._store(
                run_id,
                lambda store: transfer.upload_file(copy, store, path),
                lambda kept: [run_files.keep_file(kept, run_id, copy, path)],
            )

    def list_artifacts(self, run_id: str, path: str | None = None) -> list[FileInfo]:
        """What a folder of the artifacts holds, sorted by path; nothing for a file.

        Raises:
            CairnError: the run does not exist, or the path is not allowed.
        """
        found = visible(self._artifacts(run_id).list(ArtifactPath.folder(path)))
        return [FileInfo.from_message(info) for info in found]

    def download_artifacts(self, run_id: str, path: str, dst_path: str | None = None) -> str:
        """Copy a file or folder of the artifacts to this machine, and return where it is.

        Args:
            run_id: the run.
            path: file or folder; empty for all.
            dst_path: folder for the copy; a new temporary one when None.

        Raises:
            DoesNotExist: there is no such run, or nothing at `path`.
        """
        return fetch(self._artifacts(run_id), path, dst_path)


def fetch(store: ArtifactStore, path: str | None, dst_path: str | os.PathLike[str] | None) -> str:
    """Copy a file or folder of a store to a folder; a new temporary one when none is given.

    Raises:
        DoesNotExist: there is nothing at `path`.
    """
    target = tempfile.mkdtemp(prefix="cairn-") if dst_path is None else Path(dst_path).absolute()
    with shown("Downloading") as tell:
        return str(
            transfer.download(
                store, ArtifactPath.folder(path), target, progress=lambda _, more: tell(more)
            )
        )


def read(store: ArtifactStore, path: str) -> bytes:
    """Content of a file of a store.

    Raises:
        DoesNotExist: there is none.
    """
    with store.open(ArtifactPath.parse(path)) as reader:
        return b"".join(reader)
