"""What names and texts are allowed; checked by the client before it sends and by the store."""

from __future__ import annotations

import posixpath
import re

from cairn.contract.kinds import (
    MAX_KEY_LENGTH,
    MAX_PARAM_VALUE_LENGTH,
    MAX_TAG_VALUE_LENGTH,
)
from cairn.errors import InvalidValue
from cairn.settings import TRUNCATE_LONG_VALUES

_KEY = re.compile(r"^[/\w.\- :]+$")


def check_key(kind: str, key: str) -> None:
    """Refuse a metric, param or tag key that could not be a relative path.

    Allowed are letters and digits of any script, ``_ - . : /`` and space, at most 250 characters,
    and no segment that a path would fold away (``a//b``, ``./a``, ``..``).

    Raises:
        InvalidValue: the key is not allowed.
    """
    if not key:
        raise InvalidValue(f"Missing value for required parameter 'key' of a {kind}.")
    if len(key) > MAX_KEY_LENGTH:
        raise InvalidValue(
            f"The {kind} key {key[:30]!r}... has {len(key)} characters. "
            f"At most {MAX_KEY_LENGTH} are allowed."
        )
    if not _KEY.match(key):
        raise InvalidValue(
            f"Invalid {kind} key {key!r}. Use letters, digits, underscores, dashes, periods, "
            "colons, slashes and spaces."
        )
    if posixpath.normpath(key) != key or key == "." or key.startswith(("..", "/")):
        raise InvalidValue(
            f"Invalid {kind} key {key!r}. It must be a plain relative path; "
            f"{posixpath.normpath(key).lstrip('./')!r} would do."
        )


def fit_param(value: str) -> str:
    """The value of a param as it is stored: cut to 6,000 characters, or refused (a setting)."""
    return _fit("param", value, MAX_PARAM_VALUE_LENGTH)


def fit_tag(value: str) -> str:
    """The value of a run's tag as it is stored: cut to 8,000 characters, or refused (a setting)."""
    return _fit("tag", value, MAX_TAG_VALUE_LENGTH)


def _fit(kind: str, value: str, limit: int) -> str:
    if len(value) <= limit:
        return value
    if TRUNCATE_LONG_VALUES.get():
        return value[:limit]
    raise InvalidValue(
        f"A {kind} value has {len(value)} characters. At most {limit} are allowed; log longer "
        "texts as an artifact, or set CAIRN_TRUNCATE_LONG_VALUES=true to have them cut."
    )
