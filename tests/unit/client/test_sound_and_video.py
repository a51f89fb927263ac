from __future__ import annotations

import io
import json
import os
import sys
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cairn
from cairn.client.audio import audio
from cairn.client.histogram import histogram
from cairn.client.video import video
from cairn.errors import InvalidValue


def opened(content: bytes) -> tuple[int, int, int, bytes]:
    with wave.open(io.BytesIO(content)) as file:
        frames = file.readframes(file.getnframes())
        return file.getnchannels(), file.getsampwidth(), file.getframerate(), frames


def test_samples_become_a_wav_file() -> None:
    content, kind = audio(np.array([0.0, 1.0, -1.0, 2.0, np.nan]), 16000)
    channels, width, rate, frames = opened(content)
    assert (kind, channels, width, rate) == ("wav", 1, 2, 16000)
    assert np.frombuffer(frames, "<i2").tolist() == [0, 32767, -32767, 32767, 0]


@pytest.mark.parametrize(
    ("samples", "width"),
    [
        (np.array([[1, -2], [3, 4]], np.int16), 2),
        (np.array([[1, 2], [3, 4]], np.uint8), 1),
        (np.array([[1, -(2**31)], [3, 4]], np.int32), 4),
        (np.array([[1, -2], [3, 4]], ">i2"), 2),
        ([[1, -2], [3, 4]], 2),
    ],
)
def test_whole_samples_keep_their_values(samples: Any, width: int) -> None:
    content, _ = audio(samples, 8000)
    channels, found, _, frames = opened(content)
    kind = {1: "u1", 2: "<i2", 4: "<i4"}[width]
    assert (channels, found) == (2, width)
    assert np.frombuffer(frames, kind).tolist() == np.asarray(samples).ravel().tolist()


def test_files_of_sound_and_video_stay_as_they_are(tmp_path: Path) -> None:
    content, _ = audio(np.zeros(4), 8000)
    (tmp_path / "a.wav").write_bytes(content)
    assert audio(tmp_path / "a.wav") == (content, "wav")
    assert audio(content) == (content, "wav")
    film = b"\0\0\0\x18ftypmp42"
    (tmp_path / "a.mp4").write_bytes(film)
    assert video(str(tmp_path / "a.mp4")) == (film, "mp4")
    assert video(film) == (film, "mp4")
    assert video(b"GIF89a..")[1] == "gif"


@pytest.mark.parametrize(
    ("sound", "rate", "why"),
    [
        (np.zeros(3), None, "sample rate is None"),
        (np.zeros(3), 0, "sample rate is 0"),
        (np.zeros((3, 2, 2)), 8000, "shape"),
        (np.zeros((2, 100)), 8000, "array.T"),
        (np.array([2**40]), 8000, "int64"),
        (np.array(["a"]), 8000, "<U1"),
        (b"no sound", None, "no WAV"),
        ("missing.wav", None, "cannot be read"),
        (3, None, "type int"),
    ],
)
def test_what_is_no_sound_is_refused(sound: Any, rate: int | None, why: str) -> None:
    with pytest.raises(InvalidValue, match=why):
        audio(sound, rate)


def test_what_is_no_video_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong, why in ((b"no", "no MP4"), ("missing.mp4", "cannot be read"), (3, "type int")):
        with pytest.raises(InvalidValue, match=why):
            video(wrong)
    monkeypatch.setitem(sys.modules, "imageio", None)
    with pytest.raises(InvalidValue, match="pip install imageio"):
        video(np.zeros((2, 4, 4, 3), np.uint8))


def test_frames_are_encoded_where_imageio_is_there() -> None:
    pytest.importorskip("imageio.v3")
    pytest.importorskip("imageio_ffmpeg")
    assert video(np.zeros((4, 32, 32, 3), np.uint8))[0][4:8] == b"ftyp"


def test_values_are_counted() -> None:
    found = json.loads(histogram([[0, 1], [2, 4]], bins=4))
    assert found == {
        "counts": [1, 1, 1, 1],
        "edges": [0.0, 1.0, 2.0, 3.0, 4.0],
        "total": 4,
        "left_out": 0,
    }
    strange = json.loads(histogram([1.0, float("nan"), float("inf")]))
    assert (strange["total"], strange["left_out"], len(strange["edges"])) == (1, 2, 65)
    assert json.loads(histogram([]))["total"] == 0


def test_counts_and_edges_are_taken_as_they_are() -> None:
    found = json.loads(histogram(counts=np.array([3, 0.5]), edges=[0, 1, 10]))
    assert found["counts"] == [3, 0.5]
    assert found["edges"] == [0, 1, 10]
    assert found["total"] == 3.5


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"values": [1], "counts": [1], "edges": [0, 1]},
        {"counts": [1]},
        {"counts": [1, 2], "edges": [0, 1]},
        {"counts": [1], "edges": [1, 1]},
        {"counts": [-1], "edges": [0, 1]},
        {"counts": ["x"], "edges": [0, 1]},
        {"counts": [1], "edges": [0, float("inf")]},
        {"counts": "1", "edges": [0, 1]},
        {"values": ["x"]},
        {"values": [1], "bins": 0},
        {"values": [1], "bins": 1000},
    ],
)
def test_what_is_no_histogram_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        histogram(**given)


def test_series_of_media_lie_in_their_folders_with_key_and_step(tmp_path: Path) -> None:
    plt = pytest.importorskip("matplotlib.figure")
    cairn.set_tracking_uri(tmp_path / "store")
    figure = plt.Figure()
    figure.subplots().plot([1, 2])
    with cairn.start_run() as run:
        cairn.log_audio(np.zeros(10), key="say/it", step=3, timestamp=7, sample_rate=8000)
        cairn.log_video(b"GIF89a..", key="film", step=1)
        cairn.log_histogram([1, 2, 3], key="weights", step=2)
        cairn.log_figure(figure, key="plot", step=4)
        cairn.log_audio(np.zeros(10), "one.wav", sample_rate=8000)
        cairn.log_histogram(artifact_file="h.json", counts=[1], edges=[0, 1])
        with pytest.raises(InvalidValue, match="either artifact_file"):
            cairn.log_video(b"GIF89a..")
        with pytest.raises(InvalidValue, match="key"):
            cairn.log_histogram([1], key="no+plus")
    client = cairn.Client()
    found = [info.path for info in client.list_artifacts(run.info.run_id)]
    assert found == ["audio", "h.json", "histograms", "images", "one.wav", "video"]
    (sound,) = [info.path for info in client.list_artifacts(run.info.run_id, "audio")]
    assert sound.startswith("audio/say~it+step+3+timestamp+7+")
    assert sound.endswith(".wav")
    images = [info.path for info in client.list_artifacts(run.info.run_id, "images")]
    assert len(images) == 2
    assert all("images/plot+step+4+" in image for image in images)
    (film,) = [info.path for info in client.list_artifacts(run.info.run_id, "video")]
    assert os.path.splitext(film)[1] == ".gif"
