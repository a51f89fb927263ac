"""Video: files as they are, and frames where imageio can encode them."""

from __future__ import annotations

import importlib
import os
import tempfile
from pathlib import Path
from typing import Any

from cairn.client.media import suffix
from cairn.errors import InvalidValue

FOLDER = "video"
"""Folder of the series of video."""

_BEGINNINGS = (
    (4, b"ftyp", "mp4"),
    (0, b"\x1aE\xdf\xa3", "webm"),
    (0, b"GIF8", "gif"),
    (8, b"AVI ", "avi"),
)


def video(film: Any, fps: float | None = None) -> tuple[bytes, str]:
    """The content of a file of video, and its extension.

    Args:
        film: the bytes or the path of a file; or frames as an array of bytes of shape (frames,
            height, width, 3), which needs ``imageio`` with ``imageio-ffmpeg`` or ``av``.
        fps: frames a second of an array, 24 by default.

    Raises:
        InvalidValue: it is no video, or nothing is installed that encodes frames.
    """
    if isinstance(film, (str, os.PathLike)):
        path = Path(film)
        try:
            return path.read_bytes(), suffix(path.name) or "mp4"
        except OSError as error:
            raise InvalidValue(f"The video in '{path}' cannot be read: {error}.") from None
    if isinstance(film, (bytes, bytearray, memoryview)):
        content = bytes(film)
        for at, beginning, kind in _BEGINNINGS:
            if content.startswith(beginning, at):
                return content, kind
        raise InvalidValue("The bytes are no MP4, WebM, GIF or AVI. Pass the path of a file.")
    if isinstance(film, (list, tuple)) or hasattr(film, "__array__"):
        return _encoded(film, 24.0 if fps is None else fps), "mp4"
    raise InvalidValue(
        f"Video of type {type(film).__name__} cannot be logged. Pass bytes, a path, or frames."
    )


def _encoded(film: Any, fps: float) -> bytes:
    try:
        imageio: Any = importlib.import_module("imageio.v3")
        import numpy as np
    except ImportError:
        raise InvalidValue(
            "Frames are encoded with imageio. Run `pip install imageio[ffmpeg]`, or pass the path"
            " or the bytes of a video file."
        ) from None
    frames = np.asarray(film)
    if frames.ndim != 4 or frames.shape[3] != 3 or frames.dtype != np.uint8:
        raise InvalidValue(
            f"Frames of shape {frames.shape} and type {frames.dtype} cannot be encoded. Pass"
            " (frames, height, width, 3) of type uint8."
        )
    with tempfile.TemporaryDirectory(prefix="cairn-") as folder:
        path = Path(folder, "video.mp4")
        try:
            imageio.imwrite(path, frames, fps=fps)
        except (OSError, ValueError, TypeError, ImportError) as error:
            raise InvalidValue(
                f"imageio cannot encode the frames: {error}. Run `pip install imageio[ffmpeg]`."
            ) from error
        return path.read_bytes()
