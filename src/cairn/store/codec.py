"""Columns of metric points as bytes, exactly and small.

Layout of a block of n points (little endian): one byte of format, then, compressed with zstd when
that is smaller: n as varint; the first step and the first time as int64; for steps, times and
values the width in bytes of one entry; the differences of successive steps, those of times, and
the values. Each of the three is stored byte plane by byte plane (all first bytes, all second
bytes, ...), which puts equal bytes beside each other. Differences wrap around at 2**64. Values
are float64, or float32 where all of them come back to the same bits. The bits of NaN are kept.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_PLAIN, _ZSTD = 1, 2
_HEAD = struct.Struct("<qqBBB")
_LEVEL = 3
_INTS = {0: np.int8, 1: np.int8, 2: np.int16, 4: np.int32, 8: np.int64}


@dataclass(frozen=True)
class Columns:
    """Points in columns of equal length: steps, times in ms since epoch, values."""

    steps: Ints
    times: Ints
    values: Floats

    def __len__(self) -> int:
        return len(self.steps)

    def take(self, index: npt.NDArray[np.intp] | npt.NDArray[np.bool_] | slice) -> Columns:
        """The points at `index`, in its order."""
        return Columns(self.steps[index], self.times[index], self.values[index])


def columns(steps: list[int], times: list[int], values: list[float]) -> Columns:
    """Columns of three lists."""
    return Columns(
        np.array(steps, np.int64), np.array(times, np.int64), np.array(values, np.float64)
    )


def concatenate(parts: list[Columns]) -> Columns:
    """The points of all parts, in order."""
    if len(parts) == 1:
        return parts[0]
    return Columns(
        np.concatenate([p.steps for p in parts]) if parts else np.empty(0, np.int64),
        np.concatenate([p.times for p in parts]) if parts else np.empty(0, np.int64),
        np.concatenate([p.values for p in parts]) if parts else np.empty(0, np.float64),
    )


def encode(points: Columns) -> bytes:
    """Bytes of a block; empty columns are allowed."""
    return _pack(_block(points))


def decode(data: bytes) -> Columns:
    """Points of a block that `encode` made."""
    points, _ = _read_block(_unpack(data), 0)
    return points


def encode_keyed(series: Mapping[str, Columns]) -> bytes:
    """Bytes of several series: their keys and lengths, then one block of all points."""
    lengths = {key: len(points) for key, points in series.items()}
    return encode_joined(lengths, concatenate(list(series.values())))


def encode_joined(lengths: Mapping[str, int], points: Columns) -> bytes:
    """The same as `encode_keyed`, of series whose points are one after the other already."""
    head = [_varint(len(lengths))]
    for key, length in lengths.items():
        name = key.encode()
        head += [_varint(len(name)), name, _varint(length)]
    return _pack(b"".join(head) + _block(points))


def decode_keyed(data: bytes) -> dict[str, Columns]:
    """Series that `encode_keyed` wrote, keys in the same order."""
    raw = _unpack(data)
    count, at = _read_varint(raw, 0)
    lengths: dict[str, int] = {}
    for _ in range(count):
        size, at = _read_varint(raw, at)
        key = raw[at : at + size].decode()
        lengths[key], at = _read_varint(raw, at + size)
    points, _ = _read_block(raw, at)
    found: dict[str, Columns] = {}
    start = 0
    for key, length in lengths.items():
        found[key] = points.take(slice(start, start + length))
        start += length
    return found


def _pack(raw: bytes) -> bytes:
    if len(raw) > 48:
        small = zstd.compress(raw, _LEVEL)
        if len(small) < len(raw):
            return bytes([_ZSTD]) + small
    return bytes([_PLAIN]) + raw


def _unpack(data: bytes) -> bytes:
    return zstd.decompress(data[1:]) if data[0] == _ZSTD else data[1:]


def _block(points: Columns) -> bytes:
    count = len(points)
    if count == 0:
        return _varint(0)
    steps, times = np.diff(points.steps), np.diff(points.times)
    step_width, time_width = _width(steps), _width(times)
    values, value_width = _narrow(points.values)
    head = _HEAD.pack(
        int(points.steps[0]), int(points.times[0]), step_width, time_width, value_width
    )
    planes = [
        _planes(steps.astype(_INTS[step_width]), step_width),
        _planes(times.astype(_INTS[time_width]), time_width),
        _planes(values, value_width),
    ]
    return b"".join([_varint(count), head, *planes])


def _read_block(raw: bytes, at: int) -> tuple[Columns, int]:
    count, at = _read_varint(raw, at)
    if count == 0:
        return concatenate([]), at
    step, time, step_width, time_width, value_width = _HEAD.unpack_from(raw, at)
    at += _HEAD.size
    steps, at = _read_differences(raw, at, step, count, step_width)
    times, at = _read_differences(raw, at, time, count, time_width)
    values, at = _read_planes(raw, at, count, np.dtype(f"<f{value_width}"))
    return Columns(steps, times, values.astype(np.float64, copy=False)), at


def _width(differences: Ints) -> int:
    """Bytes that hold every difference; 0 when all are zero."""
    if len(differences) == 0 or not differences.any():
        return 0
    low, high = int(differences.min()), int(differences.max())
    return next(w for w in (1, 2, 4, 8) if -(1 << (8 * w - 1)) <= low and high < 1 << (8 * w - 1))


def _narrow(values: Floats) -> tuple[npt.NDArray[np.floating], int]:
    with np.errstate(over="ignore", invalid="ignore"):
        small = values.astype(np.float32)
    if np.array_equal(small.astype(np.float64).view(np.int64), values.view(np.int64)):
        return small, 4
    return values, 8


def _planes(array: npt.NDArray[np.generic], width: int) -> bytes:
    if width == 0:
        return b""
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return little.view(np.uint8).reshape(-1, width).T.tobytes()


def _read_planes(
    raw: bytes, at: int, count: int, kind: np.dtype[np.generic]
) -> tuple[npt.NDArray[np.generic], int]:
    width = kind.itemsize
    planes = np.frombuffer(raw, np.uint8, count * width, at).reshape(width, count)
    found = np.empty((count, width), np.uint8)
    for number in range(width):  # twice as fast as a transposed copy
        found[:, number] = planes[number]
    return found.view(kind).reshape(count), at + count * width


def _read_differences(raw: bytes, at: int, first: int, count: int, width: int) -> tuple[Ints, int]:
    if width == 0:
        return np.full(count, first, np.int64), at
    differences, at = _read_planes(raw, at, count - 1, np.dtype(f"<i{width}"))
    found = np.empty(count, np.int64)
    found[0] = first
    found[1:] = differences
    return np.cumsum(found, out=found), at


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read_varint(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = raw[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
