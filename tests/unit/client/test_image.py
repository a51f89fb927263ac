from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cairn.client.image import Image, image_file, image_files, is_image
from cairn.client.media import choose
from cairn.errors import InvalidValue

PIL = pytest.importorskip("PIL.Image")


def opened(content: bytes) -> Any:
    return PIL.open(io.BytesIO(content))


def pixels(image: Any, path: str = "x.png") -> list[Any]:
    return np.asarray(opened(image_file(image, path).content)).tolist()


@pytest.mark.parametrize(
    ("array", "shown"),
    [
        (np.array([[0, 128, 255]]), [[0, 128, 255]]),
        (np.array([[0, 25]], dtype="i1"), [[0, 25]]),
        (np.array([[0, 255]], dtype="u2"), [[0, 255]]),
        (np.array([[True, False]]), [[255, 0]]),
        (np.array([[0, 0.5, 1]]), [[0, 127, 255]]),
        (np.array([[0, 0.5, 1]], dtype="f2"), [[0, 127, 255]]),
        (np.array([[-1, 0.5, 1]]), [[0, 191, 255]]),
        (np.array([[0, 0.5, 2]]), [[0, 63, 255]]),
        (np.array([[np.nan, 0.5, np.inf]]), [[0, 127, 255]]),
        (np.array([[2.0, 2.0]]), [[0, 0]]),
        (np.array([[[7], [9]]], dtype="u1"), [[7, 9]]),
        (np.array([[[1, 2, 3]]], dtype="u1"), [[[1, 2, 3]]]),
        (np.array([[[1, 2, 3, 4]]], dtype="u1"), [[[1, 2, 3, 4]]]),
    ],
)
def test_array_is_shown_as_the_pixels_it_means(array: np.ndarray, shown: list[Any]) -> None:
    assert pixels(array) == shown


@pytest.mark.parametrize(
    ("array", "says"),
    [
        (np.zeros((1, 2, 2, 3)), "4 dimensions"),
        (np.zeros(3), "1 dimensions"),
        (np.zeros((3, 8, 8)), "8 channels"),
        (np.array([[0, 256]]), "0 to 256"),
        (np.array([[-1, 25]]), "-1 to 25"),
        (np.array([[1j]]), "complex128"),
        (np.array([["a"]]), "<U1"),
        (np.zeros((0, 3)), "no pixels"),
        ([[1], [2, 3]], "no regular array"),
        (3, "type int"),
        (None, "NoneType"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_reason(array: Any, says: str) -> None:
    with pytest.raises(InvalidValue, match=re.escape(says)):
        image_file(array, "x.png")


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I", "F", "I;16"]
)
@pytest.mark.parametrize(
    ("path", "name"), [("x.png", "PNG"), ("x.jpg", "JPEG"), ("x.WEBP", "WEBP")]
)
def test_pil_image_of_any_mode_is_written(mode: str, path: str, name: str) -> None:
    content = image_file(PIL.new(mode, (3, 2)), path).content
    assert (opened(content).format, opened(content).size) == (name, (3, 2))


@pytest.mark.parametrize("path", ["x", "x.xyz"])
def test_unknown_format_is_refused(path: str) -> None:
    with pytest.raises(InvalidValue, match="cannot be written as"):
        image_file(PIL.new("L", (1, 1)), path)


def test_image_of_a_series_is_a_png_and_a_small_preview() -> None:
    full, small = image_files(np.zeros((600, 1000, 3), dtype="u1"), "epoch/grid 1", 3, 1234)
    stem = r"images/epoch~grid 1\+step\+3\+timestamp\+1234\+[0-9a-f-]{36}"
    assert re.fullmatch(stem + r"\.png", full.path)
    assert small.path == full.path.removesuffix(".png") + "+compressed.webp"
    assert opened(full.content).size == (1000, 600)
    assert opened(small.content).format == "WEBP"
    assert max(opened(small.content).size) == 256


@pytest.mark.parametrize("mode", ["1", "LA", "P", "CMYK", "I", "F", "I;16"])
def test_preview_is_made_of_any_mode(mode: str) -> None:
    _, small = image_files(PIL.new(mode, (3, 2)), "k")
    assert opened(small.content).size == (3, 2)


def test_series_begins_at_step_0_and_now() -> None:
    (full, _) = image_files(PIL.new("L", (1, 1)), "k")
    found = re.match(r"images/k\+step\+0\+timestamp\+(\d+)\+", full.path)
    assert found
    assert int(found[1]) > 1_500_000_000_000


@pytest.mark.parametrize("key", ["", "a+b", "é", "a#b", "a:b", "a\\b", "a~b", "a\nb", 3, None])
def test_key_with_other_characters_is_refused(key: Any) -> None:
    with pytest.raises(InvalidValue, match="The key .* of a series"):
        image_files(PIL.new("L", (1, 1)), key)


@pytest.mark.parametrize("field", ["step", "timestamp"])
@pytest.mark.parametrize("value", [1.5, "1", True])
def test_step_and_time_are_whole_numbers(field: str, value: Any) -> None:
    with pytest.raises(InvalidValue, match=field):
        image_files(PIL.new("L", (1, 1)), "k", **{field: value})


def test_numbers_of_numpy_are_steps() -> None:
    (full, _) = image_files(PIL.new("L", (1, 1)), "k", np.int64(4))
    assert "+step+4+" in full.path


def test_image_converts_to_what_users_ask_for(tmp_path: Path) -> None:
    image = Image([[0, 1], [2, 3]])
    assert image.size == (2, 2)
    assert image.to_array().tolist() == [[0, 1], [2, 3]]
    assert image.to_list() == [0, 1, 2, 3]
    assert Image(np.ones((1, 1, 3), dtype="u1")).to_list() == [(1, 1, 1)]
    assert image.resize((4, 6)).to_pil().size == (4, 6)
    image.save(tmp_path / "x.png")
    assert Image(str(tmp_path / "x.png")).to_list() == [0, 1, 2, 3]
    assert Image(tmp_path / "x.png").size == (2, 2)


def test_image_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_text("no image")
    for name in ("x.png", "missing.png"):
        with pytest.raises(InvalidValue, match=name):
            Image(tmp_path / name)


def test_image_or_its_series_but_not_both() -> None:
    choose("log_image", "a.png", None)
    choose("log_image", None, "k", (1, 2))
    for wrong in (("a.png", "k"), (None, None), ("a.png", None, (1, None))):
        with pytest.raises(InvalidValue, match="artifact_file"):
            choose("log_image", *wrong)


def test_pictures_are_known_without_loading_pillow() -> None:
    assert is_image(Image([[1]]))
    assert is_image(PIL.new("L", (1, 1)))
    assert not is_image(np.zeros((2, 2)))
    assert not is_image("x.png")


def test_without_pillow_the_error_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(InvalidValue, match="pip install pillow"):
        image_file(np.zeros((2, 2)), "x.png")
