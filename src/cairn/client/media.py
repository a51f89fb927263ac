"""User objects as files to upload: text, dictionaries, figures; and the names of series.

Images are in `cairn.client.image`, tables in `cairn.client.table`, sound, video and histograms in
modules of their own. Everything here is pure: it
returns `File`, and the caller uploads. Heavy libraries are those that made the object, so they
are looked up in ``sys.modules`` and never loaded for a type check.
"""

from __future__ import annotations

import io
import json
import re
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from cairn.errors import InvalidValue

_KEY = re.compile(r"[a-zA-Z0-9_\-./ ]+")
_YAML_TYPES: tuple[type[Any], ...] = (bool, int, float, str, list, tuple, dict)
_PLOTLY_IMAGES = frozenset({"png", "jpeg", "jpg", "webp", "svg", "pdf"})


@dataclass(frozen=True)
class File:
    """A file to upload.

    Attributes:
        path: where it belongs below the run's artifact root, with ``/`` between segments.
        content: its bytes.
    """

    path: str
    content: bytes


def suffix(path: str) -> str:
    """Extension of an artifact path in lower case, without the dot; "" when it has none."""
    return PurePosixPath(path).suffix.lower().removeprefix(".")


def series_path(
    folder: str, key: Any, step: int | None, timestamp: int | None, kind: str = ""
) -> str:
    """Where one of a series belongs: ``<folder>/<key>+step+<step>+timestamp+<ms>+<random>``.

    Args:
        folder: of all series of this kind of media.
        key: name of the series: letters, digits and ``_-./`` and spaces; ``/`` is written as ``~``.
        step: place in the series, 0 by default.
        timestamp: ms since epoch, now by default.
        kind: the extension, with its dot.

    Raises:
        InvalidValue: key, step or timestamp are not allowed.
    """
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise InvalidValue(
            f"The key {key!r} of a series is not allowed. Use letters, digits, spaces and the"
            " characters _ - . / only."
        )
    step = _whole("step", 0 if step is None else step)
    timestamp = _whole("timestamp", int(time.time() * 1000) if timestamp is None else timestamp)
    name = key.replace("/", "~")
    return f"{folder}/{name}+step+{step}+timestamp+{timestamp}+{uuid.uuid4()}{kind}"


def _whole(field: str, value: Any) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise InvalidValue(f"The {field} in a series is {value!r}; pass a whole number.")
    return int(value)


def choose(
    name: str, artifact_file: str | None, key: str | None, others: Sequence[object] = ()
) -> None:
    """Check that something is logged either to a path alone, or to a series.

    Args:
        name: of the function that was called.
        artifact_file: path of a single file.
        key: name of a series.
        others: step and timestamp as given, which only a series has.

    Raises:
        InvalidValue: both or neither, or a path with a step or timestamp.
    """
    if (artifact_file is None) == (key is None):
        raise InvalidValue(
            f"{name}() takes either artifact_file, for a single file, or key, for a series;"
            f" got artifact_file={artifact_file!r} and key={key!r}."
        )
    if artifact_file is not None and any(other is not None for other in others):
        raise InvalidValue(
            f"{name}(artifact_file={artifact_file!r}) takes no step or timestamp. Pass key"
            " instead of artifact_file to log a series."
        )


def text_file(text: str, path: str) -> File:
    """`text` as UTF-8, line ends as they are.

    Raises:
        InvalidValue: `text` is no string, or holds half of a surrogate pair.
    """
    if not isinstance(text, str):
        raise InvalidValue(
            f"The text for '{path}' is of type {type(text).__name__}. Pass a string, for example"
            " str(value)."
        )
    try:
        return File(path, text.encode())
    except UnicodeEncodeError as error:
        raise InvalidValue(
            f"The text for '{path}' cannot be written as UTF-8: character {error.start} is half of"
            " a surrogate pair. Remove it, or log the bytes with log_artifact()."
        ) from None


def dict_file(value: Any, path: str) -> File:
    """A dictionary (or list) as YAML when the path ends in .yml or .yaml, else as JSON.

    NumPy numbers and arrays become plain ones, what neither format knows becomes its text.
    JSON is indented by 2 and writes NaN as ``NaN``; YAML is sorted by key and safe to load.

    Raises:
        InvalidValue: the value contains itself, or a JSON key is no text, number, bool or None.
    """
    try:
        if suffix(path) in {"yml", "yaml"}:
            return File(path, _yaml(value).encode())
        return File(path, json.dumps(value, indent=2, default=_plain).encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidValue(
            f"The dictionary for '{path}' cannot be written: {error}. Make its keys text, and"
            " break references from an object to itself."
        ) from None


def _plain(value: Any) -> Any:
    """A value that JSON does not know, as one that it knows."""
    if type(value).__module__.partition(".")[0] == "numpy" and hasattr(value, "tolist"):
        plain = value.tolist()
        if isinstance(plain, (bool, int, float, str, list)):
            return plain
    return str(value)


def _yaml(value: Any) -> str:
    import yaml

    class Dumper(yaml.SafeDumper):
        """Writes only what every safe loader reads."""

    def other(dumper: yaml.SafeDumper, unknown: Any) -> yaml.Node:
        for kind in _YAML_TYPES:
            if isinstance(unknown, kind):
                return dumper.represent_data(kind(unknown))
        return dumper.represent_data(_plain(unknown))

    Dumper.add_multi_representer(object, other)
    return yaml.dump(value, Dumper=Dumper, default_flow_style=False)


def figure_file(figure: Any, path: str, save_kwargs: Mapping[str, Any] | None = None) -> File:
    """A matplotlib or plotly figure in the format that the path's extension names.

    matplotlib: what ``savefig`` can (png, svg, pdf, jpg, ...). plotly: html (which loads
    plotly.js from its CDN unless `save_kwargs` says otherwise), png, jpeg, webp, svg, pdf
    (these need kaleido).

    Args:
        figure: ``matplotlib.figure.Figure`` or ``plotly.graph_objects.Figure``.
        path: artifact path with an extension.
        save_kwargs: passed to ``savefig``, ``write_html`` or ``to_image``.

    Raises:
        InvalidValue: not a figure, or a format that the library cannot write.
    """
    kind = suffix(path)
    options = dict(save_kwargs or {})
    if not kind and "format" not in options:
        raise InvalidValue(
            f"The figure's path '{path}' has no extension, so its format is unknown. Name it"
            f" '{path}.png', or another format."
        )
    try:
        if _is_a(figure, "matplotlib.figure", "Figure"):
            buffer = io.BytesIO()
            figure.savefig(buffer, **{"format": kind, **options})
            return File(path, buffer.getvalue())
        if _is_a(figure, "plotly.basedatatypes", "BaseFigure"):
            return File(path, _plotly(figure, kind, options))
    except (ValueError, RuntimeError, ImportError) as error:
        raise InvalidValue(f"The figure for '{path}' could not be written: {error}") from error
    raise InvalidValue(
        f"The figure for '{path}' is of type {_type_name(figure)}. Pass a"
        " matplotlib.figure.Figure (of an axes: axes.figure) or a plotly.graph_objects.Figure."
    )


def _plotly(figure: Any, kind: str, options: dict[str, Any]) -> bytes:
    if kind == "html":
        buffer = io.StringIO()
        figure.write_html(buffer, **{"include_plotlyjs": "cdn", "auto_open": False, **options})
        return buffer.getvalue().encode()
    if kind not in _PLOTLY_IMAGES:
        raise ValueError(
            f"plotly cannot write .{kind}. Use .html, or one of"
            f" {', '.join(sorted(_PLOTLY_IMAGES))} with `pip install kaleido`."
        )
    image: bytes = figure.to_image(**{"format": kind, **options})
    return image


def _is_a(value: Any, module: str, name: str) -> bool:
    """Whether `value` is of a class of a module, without loading that module."""
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(value, getattr(loaded, name))


def _type_name(value: Any) -> str:
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
