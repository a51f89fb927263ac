"""What every artifact store can do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from cairn.artifact.paths import HIDDEN
from cairn.contract.artifacts import FileInfo

if TYPE_CHECKING:
    from cairn.artifact.paths import ArtifactPath

BLOCK_BYTES = 1024 * 1024
"""Size of the blocks in which content is read and sent."""


@dataclass(frozen=True)
class Stat:
    """Facts about one file or folder.

    Attributes:
        is_dir: whether it is a folder.
        size: bytes of a file; 0 for a folder.
        etag: changes whenever the content does, quoted as in HTTP; None when not known.
        modified: ms since epoch of the last change; None when not known.
    """

    is_dir: bool
    size: int
    etag: str | None = None
    modified: int | None = None


class Written(NamedTuple):
    """What was stored: bytes, and their SHA-256 in lower-case hexadecimal digits."""

    size: int
    sha256: str


class Reader(Protocol):
    """An open file; iterating gives the asked range of its content in blocks, once.

    Attributes:
        size: bytes of the whole file.
        etag: as in `Stat`.
    """

    size: int
    etag: str | None

    def __iter__(self) -> Iterator[bytes]: ...


class ArtifactStore(Protocol):
    """A tree of files below one root. All paths are relative to it."""

    def list(self, path: ArtifactPath) -> list[FileInfo]:
        """The direct children of a folder, sorted by path; none for a file or nothing."""
        ...

    def stat(self, path: ArtifactPath) -> Stat:
        """Facts about a file or folder.

        Raises:
            DoesNotExist: there is nothing at `path`.
        """
        ...

    def open(
        self, path: ArtifactPath, start: int = 0, end: int | None = None
    ) -> AbstractContextManager[Reader]:
        """Open a file to read its bytes from `start` up to, not including, `end`.

        Raises:
            DoesNotExist: there is nothing at `path`.
            InvalidValue: a folder is there.
        """
        ...

    def write(self, path: ArtifactPath, blocks: Iterable[bytes]) -> Written:
        """Store a file whole or not at all; one that is there is replaced.

        Raises:
            InvalidValue: a folder is at `path`, or a file where it needs a folder.
            Unavailable: there is no room.
        """
        ...

    def delete(self, path: ArtifactPath) -> None:
        """Remove a file, or a folder with all it holds; for the root, all it holds.

        Nothing being there is no error.
        """
        ...


def visible(files: Iterable[FileInfo]) -> list[FileInfo]:
    """What a list shows: all but the folders of what was captured."""
    return [info for info in files if info.path.rpartition("/")[2] != HIDDEN]
