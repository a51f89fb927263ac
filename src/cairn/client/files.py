"""Artifacts of the active run: files, texts, dictionaries, tables, and media of every kind.

Without an active run, one is started. A call returns when the artifact is stored.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cairn.client.active import top
from cairn.client.client import Client
from cairn.client.experiments import active_experiment_id
from cairn.client.run import current

if TYPE_CHECKING:
    import io

    import pandas as pd


def _target(run_id: str | None) -> tuple[Client, str]:
    if run_id is not None:
        return Client(), run_id
    run = current()
    return run.client, run.info.run_id


def log_artifact(
    local_path: str | os.PathLike[str],
    artifact_path: str | None = None,
    run_id: str | None = None,
) -> None:
    """Store a file, or a folder under its own name, in a folder of the run's artifacts.

    Raises:
        CairnError: there is nothing at `local_path`, or the store refused it.
    """
    client, target = _target(run_id)
    client.log_artifact(target, local_path, artifact_path)


def log_artifacts(
    local_dir: str | os.PathLike[str],
    artifact_path: str | None = None,
    run_id: str | None = None,
) -> None:
    """Store what a folder holds in a folder of the run's artifacts.

    Raises:
        CairnError: there is nothing at `local_dir`, or the store refused a file.
    """
    client, target = _target(run_id)
    client.log_artifacts(target, local_dir, artifact_path)


def log_text(text: str, artifact_file: str, run_id: str | None = None) -> None:
    """Store a text as a file in UTF-8.

    Raises:
        CairnError: it is no text, or the store refused it.
    """
    client, target = _target(run_id)
    client.log_text(target, text, artifact_file)


def log_dict(dictionary: Any, artifact_file: str, run_id: str | None = None) -> None:
    """Store a dictionary as YAML or, for every other extension, as JSON.

    Raises:
        CairnError: it cannot be written so, or the store refused it.
    """
    client, target = _target(run_id)
    client.log_dict(target, dictionary, artifact_file)


def log_stream(
    stream: io.BufferedIOBase | io.RawIOBase, artifact_file: str, run_id: str | None = None
) -> None:
    """Store what an open binary file gives, block by block.

    Raises:
        CairnError: the store refused it.
    """
    client, target = _target(run_id)
    client.log_stream(target, stream, artifact_file)


def log_figure(
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
    client, target = _target(None)
    client.log_figure(
        target,
        figure,
        artifact_file,
        save_kwargs=save_kwargs,
        key=key,
        step=step,
        timestamp=timestamp,
    )


def log_image(
    image: Any,
    artifact_file: str | None = None,
    key: str | None = None,
    step: int | None = None,
    timestamp: int | None = None,
    synchronous: bool | None = False,
) -> None:
    """Store an image as a file, or as one of a series (`key`) with a step and a time.

    Raises:
        CairnError: it is no image, or the store refused it.
    """
    client, target = _target(None)
    client.log_image(target, image, artifact_file, key, step, timestamp, synchronous)


def log_audio(
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
        sound: an array of shape (samples,) or (samples, channels), floats from -1 to 1 or
            integers; or the bytes or the path of a file.
        artifact_file: path of a single file.
        key: name of a series.
        step: place in the series.
        timestamp: ms since epoch; now by default.
        sample_rate: samples a second of an array.

    Raises:
        CairnError: it is no sound, or the store refused it.
    """
    client, target = _target(None)
    client.log_audio(target, sound, artifact_file, key, step, timestamp, sample_rate=sample_rate)


def log_video(
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
        film: the bytes or the path of a file; or frames of shape (frames, height, width, 3), which
            need imageio.
        artifact_file: path of a single file.
        key: name of a series.
        step: place in the series.
        timestamp: ms since epoch; now by default.
        fps: frames a second of an array; 24 by default.

    Raises:
        CairnError: it is no video, or the store refused it.
    """
    client, target = _target(None)
    client.log_video(target, film, artifact_file, key, step, timestamp, fps=fps)


def log_histogram(
    values: Any = None,
    artifact_file: str | None = None,
    key: str | None = None,
    step: int | None = None,
    timestamp: int | None = None,
    **how: Any,
) -> None:
    """Store how values are distributed, as a file or as one of a series (`key`).

    Args:
        values: numbers of any shape; or else give counts and edges.
        artifact_file: path of a single file, which ends in .json.
        key: name of a series.
        step: place in the series.
        timestamp: ms since epoch; now by default.
        how: `bins`, how many bins values are put into (64); or `counts` of each bin, and `edges`
            where the bins begin and the last one ends.

    Raises:
        CairnError: they do not make a histogram, or the store refused it.
    """
    client, target = _target(None)
    client.log_histogram(target, values, artifact_file, key, step, timestamp, **how)


def log_table(data: Any, artifact_file: str, run_id: str | None = None) -> None:
    """Store a table, or append its rows to the one that is there.

    Args:
        data: a dictionary of columns, or a data frame of pandas or polars.
        artifact_file: path that ends in .json or .parquet.
        run_id: another run than the active one.

    Raises:
        CairnError: it is no table, or the store refused it.
    """
    client, target = _target(run_id)
    client.log_table(target, data, artifact_file)


def load_table(
    artifact_file: str,
    run_ids: list[str] | None = None,
    extra_columns: list[str] | None = None,
) -> pd.DataFrame:
    """The tables that the runs of the active experiment have at one path, as one data frame.

    Args:
        artifact_file: path that ends in .json or .parquet.
        run_ids: look at these runs only.
        extra_columns: facts of each run to add as columns: ``run_id``, attributes of its info, or
            its params, metrics and tags by key.

    Raises:
        DoesNotExist: no run has a table there.
    """
    return Client().load_table(active_experiment_id(), artifact_file, run_ids, extra_columns)


def get_artifact_uri(artifact_path: str | None = None) -> str:
    """Where the artifacts of the active run are, or one of them."""
    root = (top() or current()).info.artifact_uri or ""
    return f"{root.rstrip('/')}/{artifact_path}" if artifact_path else root
