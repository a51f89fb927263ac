"""The one type for the name of an artifact.

Whatever comes from the wire, from a tag or from a listing becomes an `ArtifactPath` before it
comes near a file system. The name is the text as given, after the one percent-decoding that
belongs to its transport (a URL or a query string), so ``100%.txt`` and ``a%20b`` stay what they
are. What it would become if somebody decoded it further is only checked: as some proxies and
other servers do decode again, no form of the name may climb or escape.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from cairn.errors import InvalidValue

MAX_BYTES = 4096
MAX_SEGMENT_BYTES = 255
MAX_DEPTH = 100
PART_PREFIX = ".cairn-part-"
"""Begins the names of files that are still being written; no artifact may be named so."""

HIDDEN = ".cairn"
"""Folder of what was captured of a run; listed and fetched only by who names it."""

_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\\]")
_DRIVE = re.compile(r"[A-Za-z]:")
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")
_MAX_DECODINGS = 8


@dataclass(frozen=True, order=True)
class ArtifactPath:
    """The place of a file or folder below an artifact root; `ROOT` is the root itself.

    Make one with `parse` or `folder`, which check it.

    Attributes:
        parts: the names from the root down.
    """

    parts: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> ArtifactPath:
        """The path that `text` names, segments separated by ``/``.

        At most 4,096 bytes in UTF-8, 255 in a segment, 100 segments.

        Raises:
            InvalidValue: it is empty, absolute or too long, or in it or in a percent-decoded
                form of it a segment is empty, ``.``, ``..``, begins like a drive (``C:``), or holds
                a backslash or a control character.
        """
        _check_size(text)
        form = text
        for _ in range(_MAX_DECODINGS):
            _check_segments(text, form)
            if not _ENCODED.search(form):
                return cls(tuple(text.split("/")))
            form = unquote(form)
        raise _invalid(text, "it is percent-encoded too many times")

    @classmethod
    def folder(cls, text: str | None) -> ArtifactPath:
        """As `parse`, but nothing means the root, and one ``/`` at the end is allowed.

        Raises:
            InvalidValue: as for `parse`.
        """
        if not text:
            return ROOT
        return cls.parse(text.removesuffix("/") if len(text) > 1 else text)

    @classmethod
    def of(cls, names: Iterable[str]) -> ArtifactPath:
        """The path made of these names, each one segment; none is the root.

        Raises:
            InvalidValue: as for `parse`, or a name holds a ``/``.
        """
        return ROOT.join(*names)

    def join(self, *names: str) -> ArtifactPath:
        """The path of a file or folder below this one.

        Raises:
            InvalidValue: as for `parse`, or a name holds a ``/``.
        """
        if not names:
            return self
        for name in names:
            if "/" in name:
                raise _invalid(name, "a name may not hold '/'")
        return ArtifactPath.parse("/".join((*self.parts, *names)))

    def __truediv__(self, other: ArtifactPath) -> ArtifactPath:
        return ArtifactPath(self.parts + other.parts)

    def __str__(self) -> str:
        return "/".join(self.parts)

    @property
    def name(self) -> str:
        """The last segment; empty for the root."""
        return self.parts[-1] if self.parts else ""

    @property
    def parent(self) -> ArtifactPath:
        """The folder that holds it; the root is its own parent."""
        return ArtifactPath(self.parts[:-1])

    @property
    def is_root(self) -> bool:
        """Whether this is the artifact root itself."""
        return not self.parts


ROOT = ArtifactPath()


def _check_size(text: str) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise _invalid(text, "it is not valid Unicode") from None
    if size > MAX_BYTES:
        raise _invalid(text, f"it has {size} bytes, at most {MAX_BYTES} are allowed")
    segments = text.split("/")
    if len(segments) > MAX_DEPTH:
        raise _invalid(text, f"it is {len(segments)} deep, at most {MAX_DEPTH} are allowed")
    if any(len(segment.encode()) > MAX_SEGMENT_BYTES for segment in segments):
        raise _invalid(text, f"a name has at most {MAX_SEGMENT_BYTES} bytes")


def _check_segments(text: str, form: str) -> None:
    if _FORBIDDEN.search(form):
        raise _invalid(text, "it may not hold '\\' or control characters")
    for segment in form.split("/"):
        if segment in {"", ".", ".."}:
            raise _invalid(text, "it must be relative, without empty segments, '.' or '..'")
        if _DRIVE.match(segment):
            raise _invalid(text, f"a name may not begin like a drive, as '{segment[:2]}' does")
        if segment.startswith(PART_PREFIX):
            raise _invalid(text, f"names that begin with '{PART_PREFIX}' are reserved")


def _invalid(text: str, why: str) -> InvalidValue:
    shown = ascii(text if len(text) <= 200 else f"{text[:197]}...")
    return InvalidValue(f"Invalid path {shown}: {why}.")
