"""Variables of a file, for ``--env-file``."""

from __future__ import annotations

import os
import re
from pathlib import Path

from cairn.errors import InvalidValue

_LINE = re.compile(r"(?:export\s+)?(?P<name>[A-Za-z_]\w*)\s*=\s*(?P<value>.*)")


def load(path: str) -> None:
    """Put the variables of a file into the environment, except those that are set already.

    A line is ``NAME=value``, with ``export`` before it or not; a value may be quoted. Empty lines
    and those that begin with ``#`` are skipped.

    Raises:
        InvalidValue: a line is none of these.
    """
    for number, line in enumerate(Path(path).read_text("utf-8").splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        found = _LINE.fullmatch(text)
        if found is None:
            raise InvalidValue(f"Line {number} of {path!r} is not NAME=value: {text!r}.")
        os.environ.setdefault(found["name"], _unquoted(found["value"]))


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return re.sub(r"\s+#.*$", "", value)
