"""Media and tables of runs, as the client offers them; a series has a key and steps."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from cairn.artifact.paths import ArtifactPath
from cairn.client import audio, histogram, media, run_files, table, video
from cairn.client.client_base import ClientBase
from cairn.client.entities import Run
from cairn.client.image import LOGGED_IMAGES, image_file, image_files, picture
from cairn.client.record import AppendTable
from cairn.contract.runs import RunRef, RunTag, SearchRuns
from cairn.errors import DoesNotExist, InvalidValue, Unavailable

if TYPE_CHECKING:
    import pandas as pd


class MediaClient(ClientBase):
    """Log figures, images, sound, video, histograms and tables; read tables."""

    def log_figure(
        self,
        run_id: str,
        figure: Any,
        artifact_file: str | None = None,
        *,
        save_kwargs: Mapping[str, Any] | None = None,
        key: str | None = None,
        step: int | None = None,
        timestamp: int | None = None,
    ) -> None:
        """Store a matplotlib or plotly figure in the format that the extension names.

        With a `key` it becomes an image of a series, see `log_image`.

        Raises:
            CairnError: it is no figure, or the store refused it.
        """
        media.choose("log_figure", artifact_file, key, (step, timestamp))
        if artifact_file is not None:
            self._upload(run_id, [media.figure_file(figure, artifact_file, save_kwargs)])
            return
        drawn = media.figure_file(figure, "figure.png", save_kwargs).content
        self.log_image(run_id, picture(drawn), None, key, step, timestamp)

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
        media.choose("log_image", artifact_file, key, (step, timestamp))
        if artifact_file is not None:
            self._upload(run_id, [image_file(image, artifact_file)])
            return
        self._upload(run_id, image_files(image, key, step, timestamp))
        self._set_tag(run_id, *LOGGED_IMAGES, synchronous)

    def log_audio(
        self,
        run_id: str,
        sound: Any,
        artifact_file: str | None = None,
        key: str | None = None,
        step: int | None = None,
        timestamp: int | None = None,
        *,
        sample_rate: int | None = None,
    ) -> None:
        """Store sound as a file, or as one of a series (`key`) with a step and a time.

        Args:
            run_id: the run.
            sound: an array of shape (samples,) or (samples, channels), bytes, or a path.
            artifact_file: path of a single file.
            key: name of a series.
            step: place in the series.
            timestamp: ms since epoch; now by default.
            sample_rate: samples a second of an array.

        Raises:
            CairnError: it is no sound, or the store refused it.
        """
        media.choose("log_audio", artifact_file, key, (step, timestamp))
        content, kind = audio.audio(sound, sample_rate)
        path = artifact_file or media.series_path(audio.FOLDER, key, step, timestamp, f".{kind}")
        self._upload(run_id, [media.File(path, content)])

    def log_video(
        self,
        run_id: str,
        film: Any,
        artifact_file: str | None = None,
        key: str | None = None,
        step: int | None = None,
        timestamp: int | None = None,
        *,
        fps: float | None = None,
    ) -> None:
        """Store a video as a file, or as one of a series (`key`) with a step and a time.

        Args:
            run_id: the run.
            film: bytes, a path, or frames of shape (frames, height, width, 3), which need imageio.
            artifact_file: path of a single file.
            key: name of a series.
            step: place in the series.
            timestamp: ms since epoch; now by default.
            fps: frames a second of an array; 24 by default.

        Raises:
            CairnError: it is no video, or the store refused it.
        """
        media.choose("log_video", artifact_file, key, (step, timestamp))
        content, kind = video.video(film, fps)
        path = artifact_file or media.series_path(video.FOLDER, key, step, timestamp, f".{kind}")
        self._upload(run_id, [media.File(path, content)])

    def log_histogram(
        self,
        run_id: str,
        values: Any = None,
        artifact_file: str | None = None,
        key: str | None = None,
        step: int | None = None,
        timestamp: int | None = None,
        *,
        counts: Any = None,
        edges: Any = None,
        bins: int = 64,
    ) -> None:
        """Store how values are distributed, as a file or as one of a series (`key`).

        Args:
            run_id: the run.
            values: numbers of any shape; or else give counts and edges.
            artifact_file: path of a single file, which ends in .json.
            key: name of a series.
            step: place in the series.
            timestamp: ms since epoch; now by default.
            counts: how many values lie in each bin.
            edges: where the bins begin, and where the last one ends.
            bins: how many bins values are put into, at most 512.

        Raises:
            CairnError: they do not make a histogram, or the store refused it.
        """
        media.choose("log_histogram", artifact_file, key, (step, timestamp))
        content = histogram.histogram(values, counts=counts, edges=edges, bins=bins)
        path = artifact_file or media.series_path(histogram.FOLDER, key, step, timestamp, ".json")
        self._upload(run_id, [media.File(path, content)])

    def log_table(self, run_id: str, data: Any, artifact_file: str) -> None:
        """Store a table, or append its rows to the one that is there.

        While the store is away the rows wait, and are appended in order.

        Args:
            run_id: the run.
            data: a dictionary of columns, or a data frame of pandas or polars.
            artifact_file: path that ends in .json or .parquet.

        Raises:
            CairnError: it is no table, or the store refused it.
        """
        path = ArtifactPath.parse(artifact_file)
        *pictures, rows = table.table_files(data, artifact_file)
        self._upload(run_id, pictures)
        writer = self._writer
        request = AppendTable(
            run_id=run_id, path=str(path), rows=rows.content, mark=secrets.token_hex(8)
        )
        number = writer.submit(request)
        if not writer.away:
            with suppress(Unavailable):  # the writer says so
                writer.flush(run_id, upto=number)

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
        path = ArtifactPath.parse(artifact_file)
        found = []
        for run in self._runs_with_table(experiment_id, artifact_file, run_ids):
            content = run_files.content(self._artifacts(run.info.run_id), path)
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


def _fact(run: Any, column: str) -> Any:
    info = dict(run.info)
    for facts in (info, run.data.params, run.data.metrics, run.data.tags):
        if column in facts:
            return facts[column]
    raise InvalidValue(
        f"Run '{run.info.run_id}' has no '{column}' for an extra column. Use an attribute of its "
        f"info ({', '.join(info)}), or the key of a param, metric or tag."
    )
