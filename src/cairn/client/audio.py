"""Sound: arrays as WAV files, and files of sound as they are."""

from __future__ import annotations

import io
import os
import wave
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cairn.client.media import suffix
from cairn.errors import InvalidValue

if TYPE_CHECKING:
    import numpy as np

FOLDER = "audio"
"""Folder of the series of sound."""

_MOST_CHANNELS = 32
_BEGINNINGS = (
    (0, b"fLaC", "flac"),
    (0, b"OggS", "ogg"),
    (0, b"ID3", "mp3"),
    (0, b"\xff\xfb", "mp3"),
    (8, b"WAVE", "wav"),
)


def audio(sound: Any, sample_rate: int | None = None) -> tuple[bytes, str]:
    """The content of a file of sound, and its extension.

    Args:
        sound: samples as an array of shape (samples,) or (samples, channels), floats from -1 to 1
            or integers of 8 (unsigned), 16 or 32 bits; or the bytes or the path of a file.
        sample_rate: samples a second of an array.

    Raises:
        InvalidValue: it is no sound, an array comes without its rate, or a file of unknown kind.
    """
    if isinstance(sound, (str, os.PathLike)):
        path = Path(sound)
        try:
            return path.read_bytes(), suffix(path.name) or "wav"
        except OSError as error:
            raise InvalidValue(f"The sound in '{path}' cannot be read: {error}.") from None
    if isinstance(sound, (bytes, bytearray, memoryview)):
        content = bytes(sound)
        for at, beginning, kind in _BEGINNINGS:
            if content.startswith(beginning, at):
                return content, kind
        raise InvalidValue(
            "The bytes are no WAV, FLAC, Ogg or MP3. Pass a path, or samples as an array with"
            " sample_rate."
        )
    if isinstance(sound, (list, tuple)) or hasattr(sound, "__array__"):
        return _wav(_samples(sound), _rate(sample_rate)), "wav"
    raise InvalidValue(
        f"Sound of type {type(sound).__name__} cannot be logged. Pass an array, bytes or a path."
    )


def _rate(sample_rate: int | None) -> int:
    if isinstance(sample_rate, bool) or not hasattr(sample_rate, "__index__"):
        raise InvalidValue(
            f"The sample rate is {sample_rate!r}. Pass the samples a second, such as 16000."
        )
    rate = int(sample_rate)  # type: ignore[arg-type]
    if not 0 < rate < 2**31:
        raise InvalidValue(f"The sample rate is {rate}. Pass the samples a second, such as 16000.")
    return rate


def _samples(sound: Any) -> np.ndarray[Any, Any]:
    """Samples as 8, 16 or 32 bit integers, of shape (samples, channels)."""
    import numpy as np

    array = np.asarray(sound)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or not 1 <= array.shape[1] <= _MOST_CHANNELS:
        raise InvalidValue(
            f"Sound of shape {np.shape(sound)} cannot be logged. Pass (samples,) or (samples,"
            f" channels) with at most {_MOST_CHANNELS} channels; array.T swaps the two."
        )
    if array.dtype.kind == "f":
        finite = np.nan_to_num(array.astype(np.float64), nan=0.0, posinf=1.0, neginf=-1.0)
        return (np.clip(finite, -1.0, 1.0) * 32767).round().astype("<i2")
    if array.dtype in {np.dtype(np.uint8), np.dtype(np.int16), np.dtype(np.int32)}:
        return array.astype(array.dtype.newbyteorder("<"))
    if array.dtype.kind in "iu" and (not array.size or abs(array.astype(object)).max() < 2**15):
        return array.astype("<i2")
    raise InvalidValue(
        f"Samples of type {array.dtype} cannot be logged. Use floats from -1 to 1, or int16."
    )


def _wav(samples: np.ndarray[Any, Any], rate: int) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(samples.shape[1])
        out.setsampwidth(samples.dtype.itemsize)
        out.setframerate(rate)
        out.writeframes(samples.tobytes())
    return buffer.getvalue()
