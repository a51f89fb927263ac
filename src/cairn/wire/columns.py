"""Messages with columns as bytes: the format that docs/guide/columns.md describes.

A header, the JSON of the message, in which each column is a reference to bytes behind it. Numbers
stand there little endian, in the narrowest form that keeps every bit.
"""

from __future__ import annotations

import struct
from typing import Any, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from cairn.contract.columns import MAGIC, Column, Floats, Ints, Texts
from cairn.contract.op import Message
from cairn.errors import InvalidValue
from cairn.wire import dialect

_HEAD = struct.Struct("<4sI")
_ALIGNED = 8
_SAFE = 2**53
"""JavaScript adds integers exactly up to here, so differences stay below."""
_INTS = {1: "$i8", 2: "$i16", 4: "$i32", 8: "$i64"}
_DIFFERENT = {1: "$d8", 2: "$d16", 4: "$d32"}
_PLAIN = {"$i8": "<i1", "$i16": "<i2", "$i32": "<i4", "$i64": "<i8", "$f32": "<f4", "$f64": "<f8"}
_DIFFERENCES = {"$d8": "<i1", "$d16": "<i2", "$d32": "<i4"}

Kind = TypeVar("Kind", bound=Message)
Array = npt.NDArray[Any]
Reference = dict[str, Any]


def encode(message: Message) -> bytes:
    """The bytes of a message, its columns behind its header."""
    bodies = _Bodies()
    header = dialect.encode(msgspec.to_builtins(message, enc_hook=bodies.add))
    header += b" " * (-len(header) % _ALIGNED)
    return b"".join([_HEAD.pack(MAGIC, len(header)), header, *bodies.parts])


class _Bodies:
    """What stands behind the header, and the references to it."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self._end = 0

    def add(self, column: Column[Any]) -> Reference:
        """Store a column and return what stands for it in the header."""
        if isinstance(column, Texts):
            return self._texts(column.plain())
        if isinstance(column, Floats):
            return self._floats(np.frombuffer(column.view, np.float64))
        if isinstance(column, Ints):
            return self._ints(np.frombuffer(column.view, np.int64))
        raise TypeError(f"{column!r} is no column")

    def _texts(self, texts: list[str]) -> Reference:
        distinct = {text: number for number, text in enumerate(dict.fromkeys(texts))}
        body = msgspec.json.encode(list(distinct))
        found = {"$text": [self._place(body), len(body)]}
        if len(distinct) == len(texts):
            return found
        codes = np.fromiter(map(distinct.__getitem__, texts), np.int64, len(texts))
        return {"$pick": [found, self._ints(codes)]}

    def _floats(self, array: Array) -> Reference:
        with np.errstate(over="ignore", invalid="ignore"):
            small = array.astype(np.float32)
        same = np.array_equal(small.astype(np.float64).view(np.int64), array.view(np.int64))
        return self._numbers("$f32" if same else "$f64", array)

    def _ints(self, array: Array) -> Reference:
        low, high = (int(array.min()), int(array.max())) if len(array) else (0, 0)
        width = _width(low, high)
        if width > 1 and len(array) > _ALIGNED and low >= -_SAFE and high <= _SAFE:
            differences = np.diff(array)
            narrow = _width(int(differences.min()), int(differences.max()))
            if narrow < width:
                form = _DIFFERENT[narrow]
                first = array[:1].astype("<i8").tobytes()
                body = first + differences.astype(_DIFFERENCES[form]).tobytes()
                return {form: [self._place(body), len(array)]}
        return self._numbers(_INTS[width], array)

    def _numbers(self, form: str, array: Array) -> Reference:
        return {form: [self._place(array.astype(_PLAIN[form]).tobytes()), len(array)]}

    def _place(self, body: bytes) -> int:
        """Put bytes at the next place and return it."""
        at, rest = self._end, -len(body) % _ALIGNED
        self.parts += [body, bytes(rest)]
        self._end += len(body) + rest
        return at


def _width(low: int, high: int) -> int:
    """Bytes that hold each integer from `low` to `high`."""
    widths = (w for w in (1, 2, 4) if -(1 << (8 * w - 1)) <= low and high < 1 << (8 * w - 1))
    return next(widths, 8)


def decode(kind: type[Kind], data: bytes) -> Kind:
    """The message that `encode` made bytes of.

    Raises:
        InvalidValue: the bytes are cut or damaged, or of another message.
    """
    try:
        header, bodies = _split(memoryview(data))
        decoder = msgspec.json.Decoder(kind, strict=False, dec_hook=_Source(bodies).column)
        return decoder.decode(header)
    except (struct.error, ValueError, msgspec.DecodeError, RecursionError) as error:
        raise InvalidValue(f"These bytes are no columns of {kind.__name__}: {error}.") from None


def _split(data: memoryview) -> tuple[memoryview, memoryview]:
    """The header, and what stands behind it."""
    magic, size = _HEAD.unpack_from(data)
    if magic != MAGIC:
        raise ValueError(f"they begin with {magic!r}, not with {MAGIC!r}")
    end = _HEAD.size + size
    return data[_HEAD.size : end], data[end:]


class _Source:
    """The bytes behind a header."""

    def __init__(self, bodies: memoryview) -> None:
        self._bodies = bodies

    def column(self, kind: type[Column[Any]], found: object) -> Column[Any]:
        """The column that a reference stands for.

        Raises:
            ValueError: it is not a reference to such a column.
        """
        form, place = _opened(found)
        if kind is Texts:
            return Texts(self._texts(form, place))
        array = self._numbers(form, place)
        if (array.dtype.kind == "f") != (kind is Floats):
            raise ValueError(f"{form} cannot be {kind.__name__}")
        if kind is Floats:
            return Floats(array.astype(np.float64).data)
        return Ints(array.astype(np.int64).data)

    def _texts(self, form: str, place: tuple[Any, Any]) -> list[str]:
        if form == "$text":
            return msgspec.json.decode(self._bytes(*place), type=list[str])
        if form != "$pick":
            raise ValueError(f"{form} cannot be Texts")
        texts = self._texts(*_opened(place[0]))
        codes = self._numbers(*_opened(place[1]))
        if codes.dtype.kind != "i" or (
            len(codes) and not 0 <= codes.min() <= codes.max() < len(texts)
        ):
            raise ValueError("a text is picked that is not there")
        return [texts[code] for code in codes.tolist()]

    def _numbers(self, form: str, place: tuple[Any, Any]) -> Array:
        at, count = place
        if form in _PLAIN:
            return self._array(_PLAIN[form], at, count)
        if form not in _DIFFERENCES:
            raise ValueError(f"{form} is not a form of numbers")
        first = self._array("<i8", at, 1)
        rest = self._array(_DIFFERENCES[form], at + _ALIGNED, _whole(count, 1) - 1)
        return np.cumsum(np.concatenate([first, rest.astype(np.int64)]))

    def _array(self, kind: str, at: object, count: object) -> Array:
        width = np.dtype(kind).itemsize
        return np.frombuffer(self._bytes(at, _whole(count, 0) * width), kind)

    def _bytes(self, at: object, size: object) -> memoryview:
        begin, end = _whole(at, 0), _whole(at, 0) + _whole(size, 0)
        if end > len(self._bodies):
            raise ValueError(f"{size} bytes at {at} are beyond the end")
        return self._bodies[begin:end]


def _opened(found: object) -> tuple[str, tuple[Any, Any]]:
    """Form and place of a reference."""
    match found:
        case {**pairs} if len(pairs) == 1:
            ((form, place),) = pairs.items()
            match place:
                case [first, second]:
                    return str(form), (first, second)
    raise ValueError("expected a reference to bytes")


def _whole(value: object, least: int) -> int:
    if type(value) is not int or value < least:
        raise ValueError(f"{value!r} is not a number of bytes or values")
    return value
