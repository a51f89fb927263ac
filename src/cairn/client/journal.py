"""What was logged to a run and is not delivered yet, in files that outlive the process.

A journal is a folder: ``head.json`` says which run of which store it is for, ``state`` how far it
was delivered, and segments hold the records. A record is a frame: number (uint64), length and
CRC-32 (uint32 each, little-endian), then the payload; the checksum is of number and payload.
Segments are mapped into memory, so that appending is a copy, which the death of the process cannot
undo; a frame that is torn ends its segment for who reads it. Where the disk takes no more,
segments are kept in memory alone.

The owner holds a lock on ``state`` until it ends, however it ends, so that nobody takes over a
journal that is in use.
"""

from __future__ import annotations

import mmap
import os
import shutil
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

SEGMENT_BYTES = 1024 * 1024
"""Bytes of a segment; more when one record needs more."""

FIRST_BYTES = 64 * 1024
"""The same of the first one: most runs need no more, and many may wait at once."""

HEAD, STATE, FILES = "head.json", "state", "files"

_FRAME = struct.Struct("<QII")
_NUMBER = struct.Struct("<Q")
_PLACE = struct.Struct("<QQQ")
_SEGMENT = ".segment"

Record = tuple[int, bytes]


class Head(msgspec.Struct, kw_only=True):
    """What a journal is for.

    Attributes:
        store: tracking URI without password.
        run_id: run as the process knows it that logs to it.
        source: random name of the journal, which its batches carry.
        began: when, in ms since epoch.
        host: name of the machine.
        pid: process that wrote it.
        target: run as the store knows it, when it chose another id.
    """

    store: str
    run_id: str
    source: str
    began: int
    host: str = ""
    pid: int = 0
    target: str | None = None


class Segment:
    """Consecutive records: `used` bytes of frames, then zeros.

    Attributes:
        path: its file; None for one in memory alone.
        last: number of its newest record.
    """

    __slots__ = ("data", "last", "path", "used")

    def __init__(self, path: Path | None, data: mmap.mmap | bytearray | None, used: int) -> None:
        self.path = path
        self.data = data
        self.used = used
        self.last = -1

    @classmethod
    def make(cls, path: Path | None, size: int) -> Segment:
        """An empty segment; in memory where the disk has no room for it."""
        if path is not None:
            try:
                return cls(path, _room(path, size), 0)
            except OSError:
                with suppress(OSError):
                    path.unlink()
        return cls(None, bytearray(size), 0)

    @classmethod
    def find(cls, path: Path) -> Segment:
        """A segment that another process left."""
        found = cls(path, None, 0)
        data = found.open()
        for number, payload, after in _frames(data, 0, len(data)):
            del payload
            found.last, found.used = number, after
        found.let_go()
        return found

    def open(self) -> mmap.mmap | bytearray:
        """Its bytes, mapped now if they are not."""
        if self.data is None and self.path is not None:
            with self.path.open("r+b") as file:
                whole = os.fstat(file.fileno()).st_size
                self.data = mmap.mmap(file.fileno(), 0) if whole else bytearray()
        return b"" if self.data is None else self.data  # type: ignore[return-value]

    def let_go(self) -> None:
        """Unmap the file; what is only in memory stays."""
        if isinstance(self.data, mmap.mmap):
            self.data.close()
            self.data = None

    def remove(self) -> None:
        """Delete it."""
        self.let_go()
        if self.path is not None:
            with suppress(OSError):
                self.path.unlink()


class Journal:
    """The journal of one run, written by one process.

    Attributes:
        head: what it is for.
        folder: where it is; None when it is in memory alone.
        end: number that the next record gets; they count from 0.
        done: number after those that were delivered.
        sealed: number after those of the batch that is on its way; `done` when none is.
        batches: how many batches were delivered.
        size: bytes that it takes.
    """

    def __init__(self, head: Head, folder: Path | None, state: int | None) -> None:
        self.head = head
        self.folder = folder
        self.end = self.done = self.sealed = self.batches = 0
        self.size = 0
        self._state = state
        self._segments: list[Segment] = []
        self._at = 0  # where the first record that is not done starts in the first segment

    @classmethod
    def begin(cls, root: Path, head: Head) -> Journal:
        """A new journal below a folder; in memory alone where none can be made."""
        folder = root / f"{head.run_id}.{head.source}"
        try:
            root.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder.mkdir(mode=0o700)
            made = cls(head, folder, _take(folder / STATE))
            made._write_head()
        except OSError:
            return cls(head, None, None)
        return made

    @classmethod
    def take_over(cls, folder: Path) -> Journal | None:
        """The journal in a folder; None while its owner lives, and when it is none.

        Raises:
            OSError: it cannot be read.
        """
        try:
            state = _take(folder / STATE) if (folder / HEAD).is_file() else None
        except FileNotFoundError:  # its owner removes it just now
            return None
        if state is None:
            return None
        head = read_head(folder)
        if head is None:
            os.close(state)
            return None
        found = cls(head, folder, state)
        found._restore()
        return found

    def aim(self, target: str) -> None:
        """Remember that the store gave the run another id."""
        self.head.target = target
        with suppress(OSError):
            self._write_head()

    def files(self) -> Path | None:
        """Folder for copies of files that wait with the records; None in memory."""
        if self.folder is None:
            return None
        folder = self.folder / FILES
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def append(self, payload: bytes) -> int:
        """Add a record and return the number after it."""
        number = self.end
        check = zlib.crc32(payload, zlib.crc32(_NUMBER.pack(number)))
        frame = _FRAME.pack(number, len(payload), check) + payload
        segment = self._segments[-1] if self._segments else self._grow(len(frame))
        stop = segment.used + len(frame)
        if segment.data is None or stop > len(segment.data):
            segment = self._grow(len(frame))
            stop = len(frame)
        segment.data[segment.used : stop] = frame  # type: ignore[index]
        segment.used, segment.last = stop, number
        self.end = number + 1
        return self.end

    def peek(self, most: int) -> list[Record]:
        """The next records that are not done; of the sealed batch alone if there is one.

        At most `most`.
        """
        found: list[Record] = []
        stop = self.sealed if self.sealed > self.done else self.end
        at = self._at
        for segment in self._segments:
            for number, payload, _ in _frames(segment.open(), at, segment.used):
                if number >= stop or len(found) >= most:
                    return found
                if number >= self.done:
                    found.append((number, payload))
            at = 0
        return found

    def seal(self, upto: int) -> None:
        """Remember that the records before `upto` are sent now, as one batch."""
        self.sealed = upto
        self._keep_place()

    def acknowledge(self, upto: int) -> None:
        """Let go of the records before `upto`, which were delivered as one batch."""
        self.done = self.sealed = max(self.done, upto)
        self.batches += 1
        while len(self._segments) > 1 and self._segments[0].last < self.done:
            self._at = 0
            gone = self._segments.pop(0)
            self.size -= len(gone.open())
            gone.remove()
        if self._segments:
            first = self._segments[0]
            for number, _, after in _frames(first.open(), self._at, first.used):
                if number >= self.done:
                    break
                self._at = after
        self._keep_place()

    def thin(self, spare: Callable[[bytes], int]) -> int:
        """Give up what can be spared of the oldest full segment, and return how much that was.

        Args:
            spare: says how many points a payload holds; those with none stay.
        """
        for place in range(1, len(self._segments) - 1):  # the first one is being delivered
            segment = self._segments[place]
            data = segment.open()
            kept, lost = bytearray(), 0
            for number, payload, after in _frames(data, 0, segment.used):
                points = spare(payload) if number >= max(self.done, self.sealed) else 0
                lost += points
                if not points:
                    kept += data[after - _FRAME.size - len(payload) : after]
            if lost:
                self._replace(place, bytes(kept))
                return lost
        return 0

    def close(self) -> None:
        """Leave it to whoever takes it over."""
        for segment in self._segments:
            segment.let_go()
        if self._state is not None:
            os.close(self._state)
            self._state = None

    def remove(self) -> None:
        """Close it and delete its files."""
        gone = None
        if self.folder is not None:
            gone = self.folder.with_name(f".{self.folder.name}")
            with suppress(OSError):  # nobody is to find half of it
                self.folder.rename(gone)
        self.close()
        self._segments.clear()
        self.size = 0
        if gone is not None:
            shutil.rmtree(gone, ignore_errors=True)

    def _write_head(self) -> None:
        if self.folder is not None:
            written = self.folder / f"{HEAD}.new"
            written.write_bytes(msgspec.json.encode(self.head))
            written.replace(self.folder / HEAD)

    def _grow(self, least: int) -> Segment:
        if len(self._segments) > 1:
            self._segments[-1].let_go()
        path = None if self.folder is None else self.folder / f"{self.end:020d}{_SEGMENT}"
        usual = SEGMENT_BYTES if self._segments else FIRST_BYTES
        segment = Segment.make(path, max(usual, least))
        self._segments.append(segment)
        self.size += len(segment.open())
        return segment

    def _replace(self, place: int, content: bytes) -> None:
        old = self._segments[place]
        self.size += len(content) - len(old.open())
        new = Segment(old.path, None, len(content))
        new.last = old.last
        if old.path is None:
            new.data = bytearray(content)
        else:
            written = old.path.with_suffix(".new")
            written.write_bytes(content or b"\x00")
            old.let_go()
            written.replace(old.path)
        self._segments[place] = new

    def _keep_place(self) -> None:
        if self._state is None:
            return
        place = _PLACE.pack(self.done, self.sealed, self.batches)
        with suppress(OSError):  # then a batch is sent once more, and stored once all the same
            os.lseek(self._state, 0, os.SEEK_SET)
            os.write(self._state, place + zlib.crc32(place).to_bytes(4, "little"))

    def _restore(self) -> None:
        """Find what the process that owned it left."""
        folder = self.folder or Path()
        for path in sorted(folder.glob(f"*{_SEGMENT}")):
            segment = Segment.find(path)
            self._segments.append(segment)
            self.size += len(segment.open())
            self.end = max(self.end, segment.last + 1)
            segment.let_go()
        kept = (folder / STATE).read_bytes()
        place, check = kept[: _PLACE.size], kept[_PLACE.size :]
        if len(check) == 4 and zlib.crc32(place) == int.from_bytes(check, "little"):
            self.done, self.sealed, self.batches = _PLACE.unpack(place)
            self.end = max(self.end, self.done)
            self.sealed = min(self.sealed, self.end)
        elif kept:  # its batches cannot be made again as they were: those that come are others
            self.head.source += "~"
            self._write_head()


def find(root: Path) -> list[Path]:
    """Folders of journals, at or below a folder, in the order of their names."""
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name != FILES and not name.startswith(".")]
        if HEAD in files:
            found.append(Path(folder))
    return sorted(found)


def read_head(folder: Path) -> Head | None:
    """What the journal in a folder is for; None when it is none, or not any more."""
    try:
        return msgspec.json.decode((folder / HEAD).read_bytes(), type=Head)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _frames(data: mmap.mmap | bytearray, at: int, stop: int) -> Iterator[tuple[int, bytes, int]]:
    """(number, payload, offset after it) of each frame, up to the first that is not whole."""
    while at + _FRAME.size <= stop:
        number, length, check = _FRAME.unpack_from(data, at)
        after = at + _FRAME.size + length
        if length == 0 or after > stop:
            return
        payload = data[at + _FRAME.size : after]
        if zlib.crc32(payload, zlib.crc32(_NUMBER.pack(number))) != check:
            return
        yield number, bytes(payload), after
        at = after


def _room(path: Path, size: int) -> mmap.mmap:
    """A new file of zeros that the disk has room for, mapped; writing to it cannot fail."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(fd, 0, size)
        else:
            os.write(fd, bytes(size))
        return mmap.mmap(fd, size)
    finally:
        os.close(fd)


def _take(path: Path) -> int | None:
    """The file of a lock, opened and locked; None while another process has it."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(fd, 1 << 20, os.SEEK_SET)  # not where the state is written
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        return None
    return fd
