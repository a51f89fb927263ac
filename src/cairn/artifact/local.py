"""Artifacts in a folder of this machine.

Below the root no symbolic link is followed: each segment of a path is opened relative to the
folder before it, so nothing that is put into the tree can lead out of it, not even while we look.
Files are 0600 and folders 0700. A file appears under its name when it is complete, never before.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import stat as modes
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from cairn.artifact.base import BLOCK_BYTES, Reader, Stat, Written
from cairn.artifact.paths import PART_PREFIX, ArtifactPath
from cairn.contract.artifacts import FileInfo
from cairn.errors import CairnError, DoesNotExist, InternalError, InvalidValue, Unavailable

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def local_folder(uri: str) -> Path:
    """The absolute folder that a path or a ``file:`` URI names; links are left as they are.

    Raises:
        InvalidValue: the URI names another machine.
    """
    parts = urlsplit(uri)
    if parts.scheme.lower() != "file":
        return Path(os.path.abspath(uri))  # noqa: PTH100 - Path.resolve would follow links
    if parts.netloc not in {"", "localhost"}:
        raise InvalidValue(
            f"{uri!r} names a folder of the machine {parts.netloc!r}, which is not this one. "
            "Write file:///folder for a folder of this machine."
        )
    return Path(os.path.abspath(url2pathname(unquote(parts.path))))  # noqa: PTH100


class LocalStore:
    """The artifacts below a folder, which is made when something is written.

    Args:
        root: absolute path; links in it are followed, as whoever configured it chose it.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def local_path(self, path: ArtifactPath) -> Path:
        """Where a file or folder lies, for callers on this machine that trust the tree."""
        return self._root.joinpath(*path.parts)

    def list(self, path: ArtifactPath) -> list[FileInfo]:
        found: list[FileInfo] = []
        try:
            with self._folder(path) as folder, os.scandir(folder) as entries:
                for entry in entries:
                    info = _info(path, entry)
                    if info is not None:
                        found.append(info)
        except OSError as error:
            if error.errno not in _ABSENT:
                raise _explained(error, path) from error
        return sorted(found, key=lambda info: info.path)

    def stat(self, path: ArtifactPath) -> Stat:
        if path.is_root:
            return Stat(is_dir=True, size=0)
        try:
            with self._folder(path.parent) as folder:
                found = os.stat(path.name, dir_fd=folder, follow_symlinks=False)
        except OSError as error:
            raise _explained(error, path) from error
        if modes.S_ISDIR(found.st_mode):
            return Stat(is_dir=True, size=0, modified=found.st_mtime_ns // 1_000_000)
        if not modes.S_ISREG(found.st_mode):
            raise _absent(path)
        return Stat(
            is_dir=False,
            size=found.st_size,
            etag=_etag(found),
            modified=found.st_mtime_ns // 1_000_000,
        )

    @contextmanager
    def open(self, path: ArtifactPath, start: int = 0, end: int | None = None) -> Iterator[Reader]:
        if path.is_root:
            raise _is_folder(path)
        try:
            with self._folder(path.parent) as folder:
                file = os.open(path.name, _READ, dir_fd=folder)
        except OSError as error:
            raise _explained(error, path) from error
        try:
            found = os.fstat(file)
            if modes.S_ISDIR(found.st_mode):
                raise _is_folder(path)
            if not modes.S_ISREG(found.st_mode):
                raise _absent(path)
            yield _LocalReader(file, found, start, end)
        finally:
            os.close(file)

    def write(self, path: ArtifactPath, blocks: Iterable[bytes]) -> Written:
        if path.is_root:
            raise _is_folder(path)
        try:
            with self._folder(path.parent, create=True) as folder:
                return _write(folder, path, _marked(blocks))
        except _SourceFailed as failed:
            raise failed.error from None
        except OSError as error:
            if error.errno in _ABSENT:
                raise InvalidValue(
                    f"Artifact {str(path)!r} cannot be stored: a file has the name of one of "
                    "its folders. Choose another path, or delete that file."
                ) from error
            raise _explained(error, path) from error

    def delete(self, path: ArtifactPath) -> None:
        try:
            if path.is_root:
                with self._folder(path) as folder:
                    _empty(folder)
            else:
                with self._folder(path.parent) as folder:
                    _remove(folder, path.name)
        except OSError as error:
            if error.errno not in _ABSENT:
                raise _explained(error, path) from error

    @contextmanager
    def _folder(self, path: ArtifactPath, *, create: bool = False) -> Iterator[int]:
        """A descriptor of a folder, reached from the root without following links."""
        if create:
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = os.open(self._root, _FOLDER)
        try:
            for name in path.parts:
                if create:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(name, 0o700, dir_fd=folder)
                inner = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
                os.close(folder)
                folder = inner
            yield folder
        finally:
            os.close(folder)


class _LocalReader:
    def __init__(self, file: int, found: os.stat_result, start: int, end: int | None) -> None:
        self.size = found.st_size
        self.etag: str | None = _etag(found)
        self._file = file
        self._start = start
        self._end = self.size if end is None else min(end, self.size)

    def __iter__(self) -> Iterator[bytes]:
        position = self._start
        while position < self._end:
            block = os.pread(self._file, min(BLOCK_BYTES, self._end - position), position)
            if not block:
                return
            position += len(block)
            yield block


class _SourceFailed(Exception):
    """Carries what the caller's blocks raised past the explanation of our own errors."""

    def __init__(self, error: OSError) -> None:
        self.error = error


def _marked(blocks: Iterable[bytes]) -> Iterator[bytes]:
    try:
        yield from blocks
    except OSError as error:
        raise _SourceFailed(error) from error


def _write(folder: int, path: ArtifactPath, blocks: Iterable[bytes]) -> Written:
    part = PART_PREFIX + secrets.token_hex(8)
    file = os.open(part, _CREATE, 0o600, dir_fd=folder)
    try:
        digest, size = hashlib.sha256(), 0
        with os.fdopen(file, "wb", buffering=0) as out:
            for block in blocks:
                digest.update(block)
                size += len(block)
                rest = memoryview(block)
                while rest:
                    rest = rest[out.write(rest) :]
            os.fsync(file)
        os.rename(part, path.name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(part, dir_fd=folder)
        raise
    os.fsync(folder)
    return Written(size, digest.hexdigest())


def _remove(folder: int, name: str) -> None:
    found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if not modes.S_ISDIR(found.st_mode):
        os.unlink(name, dir_fd=folder)
        return
    inner = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
    try:
        _empty(inner)
    finally:
        os.close(inner)
    os.rmdir(name, dir_fd=folder)


def _empty(folder: int) -> None:
    for name in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError):  # somebody else removed it just now
            _remove(folder, name)


def _info(folder: ArtifactPath, entry: os.DirEntry[str]) -> FileInfo | None:
    """What a list says about an entry; None for links, devices and unfinished files."""
    if entry.name.startswith(PART_PREFIX):
        return None
    path = "/".join((*folder.parts, entry.name))
    try:
        path.encode()
        if entry.is_dir(follow_symlinks=False):
            return FileInfo(path=path, is_dir=True)
        if entry.is_file(follow_symlinks=False):
            size = entry.stat(follow_symlinks=False).st_size
            return FileInfo(path=path, is_dir=False, file_size=size)
    except (FileNotFoundError, UnicodeEncodeError):
        return None  # removed while we looked, or a name that JSON cannot carry
    return None


def _etag(found: os.stat_result) -> str:
    return f'"{found.st_ino:x}-{found.st_mtime_ns:x}-{found.st_size:x}"'


def _absent(path: ArtifactPath) -> DoesNotExist:
    return DoesNotExist(f"No such artifact: {str(path)!r}.")


def _is_folder(path: ArtifactPath) -> InvalidValue:
    return InvalidValue(
        f"Artifact {str(path)!r} is a folder, not a file. Name a file in it, or list it."
    )


def _explained(error: OSError, path: ArtifactPath) -> CairnError:
    if error.errno in _ABSENT:
        return _absent(path)
    if error.errno in {errno.EISDIR, errno.ENOTEMPTY}:
        return _is_folder(path)
    if error.errno == errno.ENAMETOOLONG:
        return InvalidValue(f"Invalid path {str(path)!r}: a name in it is too long.")
    if error.errno in _FULL:
        return Unavailable(
            f"Artifact {str(path)!r} was not stored, there is no room: {error.strerror}. "
            "Free some space where artifacts are kept and try again."
        )
    return InternalError(
        f"Artifact {str(path)!r} cannot be reached: {error.strerror}. Check the folder where "
        "artifacts are kept and its permissions."
    )
