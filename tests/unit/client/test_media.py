from __future__ import annotations

import collections
import datetime as dt
import enum
import io
import json
from typing import Any

import numpy as np
import pytest
import yaml

from cairn.client.media import File, dict_file, figure_file, text_file
from cairn.errors import InvalidValue


def test_text_keeps_its_line_ends() -> None:
    assert text_file("hé\r\nllo\n", "a/t.txt") == File("a/t.txt", "hé\r\nllo\n".encode())


@pytest.mark.parametrize(("text", "says"), [(3, r"str\(value\)"), ("\ud800", "surrogate")])
def test_what_is_no_text_is_refused(text: Any, says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        text_file(text, "t.txt")


@pytest.mark.parametrize("path", ["d.json", "d.txt", "d", "D.JSON"])
def test_dictionary_is_json_in_its_order(path: str) -> None:
    value = {"b": 1, "a": [1, {"x": None}], "é": "ü"}
    expected = b'{\n  "b": 1,\n  "a": [\n    1,\n    {\n      "x": null\n    }\n  ],\n'
    assert dict_file(value, path).content == expected + b'  "\\u00e9": "\\u00fc"\n}'


def test_dictionary_is_yaml_sorted_by_key() -> None:
    value = {"b": 1, "a": [1, {"x": None}], "é": "ü"}
    expected = b'a:\n- 1\n- x: null\nb: 1\n"\\xE9": "\\xFC"\n'
    assert dict_file(value, "d.yaml").content == dict_file(value, "d.yml").content == expected


class Colour(enum.IntEnum):
    RED = 1


@pytest.mark.parametrize("path", ["d.json", "d.yaml"])
def test_numbers_of_numpy_stay_numbers_and_the_unknown_becomes_text(path: str) -> None:
    value = {
        "scalar": np.int64(3),
        "half": np.float32(0.5),
        "array": np.arange(2),
        "path": dt.timedelta(1),
        "tuple": (1, 2),
        "ordered": collections.OrderedDict(a=1),
        "enum": Colour.RED,
    }
    assert yaml.safe_load(dict_file(value, path).content) == {
        "scalar": 3,
        "half": 0.5,
        "array": [0, 1],
        "path": "1 day, 0:00:00",
        "tuple": [1, 2],
        "ordered": {"a": 1},
        "enum": 1,
    }


def test_dictionary_that_holds_itself_is_refused() -> None:
    value: dict[str, Any] = {}
    value["self"] = value
    with pytest.raises(InvalidValue, match="cannot be written"):
        dict_file(value, "d.json")


def figure() -> Any:
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(2, 1))
    drawn.subplots().plot([1, 2])
    return drawn


@pytest.mark.parametrize(
    ("path", "starts"), [("f.png", b"\x89PNG"), ("f.svg", b"<?xml"), ("F.PDF", b"%PDF")]
)
def test_matplotlib_figure_is_of_the_format_of_its_path(path: str, starts: bytes) -> None:
    assert figure_file(figure(), path).content.startswith(starts)


def test_figure_is_saved_as_asked() -> None:
    from PIL import Image

    content = figure_file(figure(), "f.png", {"dpi": 10}).content
    assert Image.open(io.BytesIO(content)).size == (20, 10)


@pytest.mark.parametrize(("path", "says"), [("f", "no extension"), ("f.xyz", "xyz")])
def test_figure_without_a_known_format_is_refused(path: str, says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        figure_file(figure(), path)


def test_what_is_no_figure_is_refused() -> None:
    with pytest.raises(InvalidValue, match=r"str\. Pass a"):
        figure_file("x", "f.png")
    with pytest.raises(InvalidValue, match="Axes"):
        figure_file(figure().axes[0], "f.png")


def test_plotly_figure_is_a_page_or_an_error_that_says_what_it_needs() -> None:
    graph_objects = pytest.importorskip("plotly.graph_objects")
    drawn = graph_objects.Figure(graph_objects.Scatter(x=[1], y=[2]))
    page = figure_file(drawn, "p.html").content
    assert page.startswith(b"<!doctype html>")
    assert len(page) < 100_000  # plotly.js is not in it
    assert b"<html>" not in figure_file(drawn, "p.html", {"full_html": False}).content
    with pytest.raises(InvalidValue, match=r"cannot write \.json"):
        figure_file(drawn, "p.json")


def test_json_with_nan_reads_back() -> None:
    assert "NaN" in dict_file({"a": float("nan")}, "d.json").content.decode()
    assert json.loads(dict_file({"a": float("inf")}, "d.json").content) == {"a": float("inf")}
