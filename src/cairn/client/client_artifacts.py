"""Artifacts of runs, as the client offers them: files, folders, texts, figures, images, tables."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cairn.artifact import transfer
from cairn.artifact.base import BLOCK_BYTES, ArtifactStore
from cairn.artifact.paths import ArtifactPath
from cairn.client import media, run_files, table
from cairn.client.client_base import ClientBase
from cairn.client.entities import FileInfo, Run
from cairn.client.image import LOGGED_IMAGES, choose, image_file, image_files
from cairn.client.record import StoreFile
from cairn.contract.runs import RunRef, RunTag, SearchRuns
from cairn.errors import DoesNotExist, InvalidValue, Unavailable

if TYPE_CHECKING:
    import io

    import pandas as pd

Store = Callable[[ArtifactStore], object]
Keep = Callable[["Path | None"], Iterable[StoreFile]]


class ArtifactsClient(ClientBase):
    """Log, list and fetch the artifacts of runs."""

    def _artifacts(self, run_id: str) -> ArtifactStore:
        """The store whose root is the artifact URI of a run."""
        return run_files.of_run(self._place, run_id)

    def _store(self, run_id: str, direct: Store, keep: Keep) -> None:
        """Store files now; while the store is away, keep copies that are stored later."""
        writer = self._writer
        if writer.is_muted(run_id):
            return
        if not writer.away:
            try:
                direct(self._ready_store(run_id))
            except Unavailable as error:
                writer.missed(error)
            else:
                return
        for request in keep(writer.files(run_id)):
            writer.submit(request)

    def _ready_store(self, run_id: str) -> ArtifactStore:
        try:
            return run_files.of_run(self._place, run_id, retries=1)
        except DoesNotExist:  # it was begun while the store was away, and waits to be made
            self._writer.flush(run_id)
            return run_files.of_run(self._place, run_id, retries=1)

    def _upload(self, run_id: str, files: Iterable[media.File]) -> None:
        parsed = [(ArtifactPath.parse(file.path), file.content) for file in files]

        def direct(store: ArtifactStore) -> None:
            for path, content in parsed:
                store.write(path, _blocks(content))

        def keep(folder: Path | None) -> Iterator[StoreFile]:
            for path, content in parsed:
                yield run_files.keep_blocks(folder, run_id, [content], path)

        self._store(run_id, direct, keep)

    def _upload_local(self, run_id: str, source: Path, folder: ArtifactPath) -> None:
        def keep(kept: Path | None) -> Iterator[StoreFile]:
            for file, path in transfer.files(source, folder):
                yield run_files.keep_file(kept, run_id, file, path)

        self._store(run_id, lambda store: transfer.upload(source, store, folder), keep)

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

    def log_figure(
        self,
        run_id: str,
        figure: Any,
        artifact_file: str,
        *,
        save_kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        """Store a matplotlib or plotly figure in the format that the extension names.

        Raises:
            CairnError: it is no figure, or the store refused it.
        """
        self._upload(run_id, [media.figure_file(figure, artifact_file, save_kwargs)])

    def log_image(
        self,
        run_id: str,
        image: Any,
        artifact_file: str | None = None,
        key: str | None = None,
        step: int | None = None,
        timestamp: int | None = None,
        synchronous: bool | None = None,
    ) -> None:
        """Store an image as a file, or as one of a series (`key`) with a step and a time.

        Raises:
            CairnError: it is no image, or the store refused it.
        """
        choose(artifact_file, key, (step, timestamp))
        if artifact_file is not None:
            self._upload(run_id, [image_file(image, artifact_file)])
            return
        self._upload(run_id, image_files(image, key, step, timestamp))
        self._set_tag(run_id, *LOGGED_IMAGES, synchronous)

    def log_table(self, run_id: str, data: Any, artifact_file: str) -> None:
        """Store a table, or append its rows to the one that is there.

        Args:
            run_id: the run.
            data: a dictionary of columns, or a data frame of pandas or polars.
            artifact_file: path that ends in .json or .parquet.

        Raises:
            CairnError: it is no table, or the store refused it.
        """
        store = self._artifacts(run_id)
        path = ArtifactPath.parse(artifact_file)
        existing = _content(store, path)
        self._upload(run_id, table.table_files(data, artifact_file, existing))
        tags = self._get(run_id).data.tags
        current = tags.get(table.LOGGED_ARTIFACTS)
        listed = table.logged_artifacts(current, artifact_file)
        if listed != current:
            self._set_tag(run_id, table.LOGGED_ARTIFACTS, listed)

    def load_table(
        self,
        experiment_id: str,
        artifact_file: str,
        run_ids: list[str] | None = None,
        extra_columns: list[str] | None = None,
    ) -> pd.DataFrame:
        """The tables that the runs of an experiment have at one path, as one data frame.

        Args:
            experiment_id: the experiment.
            artifact_file: path that ends in .json or .parquet.
            run_ids: look at these runs only.
            extra_columns: facts of each run to add as columns: ``run_id``, attributes of its
                info, or its params, metrics and tags by key.

        Raises:
            DoesNotExist: no run has a table there.
            InvalidValue: a run does not have what an extra column names.
        """
        found = []
        for run in self._runs_with_table(experiment_id, artifact_file, run_ids):
            content = _content(self._artifacts(run.info.run_id), ArtifactPath.parse(artifact_file))
            if content is None:
                continue
            frame = table.read_table(artifact_file, content)
            for column in extra_columns or ():
                frame[column] = _fact(run, column)
            found.append(frame)
        if not found:
            raise DoesNotExist(
                f"No run of experiment {experiment_id} has a table '{artifact_file}'. "
                "Log one with log_table()."
            )
        import pandas as pd

        return pd.concat(found, ignore_index=True)

    def _runs_with_table(
        self, experiment_id: str, artifact_file: str, run_ids: list[str] | None
    ) -> Iterable[Run]:
        if run_ids is not None:
            yield from (self._get(run_id) for run_id in run_ids)
            return
        service = self._fresh()
        request = SearchRuns(
            experiment_ids=[experiment_id],
            filter=f"tags.`{table.LOGGED_ARTIFACTS}` LIKE '%table%'",
        )
        while True:
            page = service.search_runs(request)
            for run in map(Run.from_message, page.runs):
                if artifact_file in run.data.tags[table.LOGGED_ARTIFACTS]:
                    yield run
            request.page_token = page.next_page_token
            if not page.next_page_token:
                return

    def _get(self, run_id: str) -> Run:
        return Run.from_message(self._fresh(run_id).get_run(RunRef(run_id=run_id)).run)

    def _set_tag(self, run_id: str, key: str, value: str, synchronous: bool | None = None) -> None:
        number = self._writer.log_batch(run_id, tags=[RunTag(key=key, value=value)])
        self._delivered(run_id, number, synchronous)

    def list_artifacts(self, run_id: str, path: str | None = None) -> list[FileInfo]:
        """What a folder of the artifacts holds, sorted by path; nothing for a file.

        Raises:
            CairnError: the run does not exist, or the path is not allowed.
        """
        found = self._artifacts(run_id).list(ArtifactPath.folder(path))
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
    return str(transfer.download(store, ArtifactPath.folder(path), target))


def read(store: ArtifactStore, path: str) -> bytes:
    """Content of a file of a store.

    Raises:
        DoesNotExist: there is none.
    """
    with store.open(ArtifactPath.parse(path)) as reader:
        return b"".join(reader)


def _blocks(content: bytes) -> Iterable[bytes]:
    view = memoryview(content)
    return (bytes(view[at : at + BLOCK_BYTES]) for at in range(0, len(view), BLOCK_BYTES))


def _content(store: ArtifactStore, path: ArtifactPath) -> bytes | None:
    try:
        with store.open(path) as reader:
            return b"".join(reader)
    except DoesNotExist:
        return None


def _fact(run: Any, column: str) -> Any:
    info = dict(run.info)
    for facts in (info, run.data.params, run.data.metrics, run.data.tags):
        if column in facts:
            return facts[column]
    raise InvalidValue(
        f"Run '{run.info.run_id}' has no '{column}' for an extra column. Use an attribute of its "
        f"info ({', '.join(info)}), or the key of a param, metric or tag."
    )
