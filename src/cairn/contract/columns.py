"""Columns: many values of one kind in a message.

They travel as a list in JSON, or as bytes where the caller asks for that: see
`cairn.wire.columns`. A column of numbers is a buffer, which numpy reads without a copy:
``np.asarray(column.view)``.
"""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from array import array
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from msgspec import inspect as shapes

from cairn.contract.kinds import NUMBER_FORMAT

if TYPE_CHECKING:
    from typing_extensions import Buffer

MEDIA_TYPE = "application/vnd.cairn.columns"
"""What a message with columns as bytes is called in HTTP."""
MAGIC = b"CCO1"
"""How such bytes begin; no JSON does."""

T = TypeVar("T", int, float, str)


class Column(ABC, Generic[T]):
    """Values of one kind, one after the other.

    Attributes:
        items: JSON schema of a value.
    """

    items: ClassVar[dict[str, Any]]
    __slots__ = ()

    @classmethod
    @abstractmethod
    def of(cls, values: Iterable[Any]) -> Column[T]:
        """The column of some values as JSON has them.

        Raises:
            ValueError: a value is not of this kind.
            TypeError: the same.
            OverflowError: it is too large.
        """

    @abstractmethod
    def plain(self) -> list[T]:
        """The values as a list."""

    @abstractmethod
    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[T]:
        return iter(self.plain())

    def __repr__(self) -> str:
        return f"{type(self).__name__}.of({self.plain()!r})"


class Numbers(Column[T]):
    """Numbers of 64 bits, side by side; two columns are equal when all bits are.

    Args:
        buffer: the numbers in this machine's order of bytes.

    Attributes:
        code: what `struct` calls such a number.
        view: the numbers as a memoryview.

    Raises:
        TypeError: the buffer is no multiple of eight bytes, or not in one piece.
    """

    code: ClassVar[str]
    __slots__ = ("view",)

    def __init__(self, buffer: Buffer) -> None:
        self.view = memoryview(buffer).cast("B").cast(self.code)  # type: ignore[call-overload]

    def plain(self) -> list[T]:
        """The numbers as a list."""
        return cast("list[T]", self.view.tolist())

    def __len__(self) -> int:
        return len(self.view)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.view.tobytes() == other.view.tobytes()

    def __hash__(self) -> int:
        return hash(self.view.tobytes())


class Ints(Numbers[int]):
    """Integers of 64 bits."""

    code = "q"
    items: ClassVar[dict[str, Any]] = {"type": "integer"}
    __slots__ = ()

    @classmethod
    def of(cls, values: Iterable[Any]) -> Ints:
        """The column of some integers.

        Raises:
            TypeError: a value is not an integer.
            OverflowError: it has more than 64 bits.
        """
        return cls(array("q", values))


class Floats(Numbers[float]):
    """Floats of 64 bits."""

    code = "d"
    items: ClassVar[dict[str, Any]] = {"type": "number", "format": NUMBER_FORMAT}
    __slots__ = ()

    @classmethod
    def of(cls, values: Iterable[Any]) -> Floats:
        """The column of some numbers, or of texts that spell them, such as ``"NaN"``.

        Raises:
            ValueError: a value is not a number.
            TypeError: the same.
            OverflowError: it is an integer beyond all floats.
        """
        return cls(array("d", map(float, values)))


class Texts(Column[str]):
    """Texts."""

    items: ClassVar[dict[str, Any]] = {"type": "string"}
    __slots__ = ("_texts",)

    def __init__(self, texts: list[str]) -> None:
        self._texts = texts

    @classmethod
    def of(cls, values: Iterable[Any]) -> Texts:
        """The column of some texts.

        Raises:
            TypeError: a value is no text.
        """
        texts = list(values)
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("expected texts")
        return cls(texts)

    def plain(self) -> list[str]:
        """The texts as a list."""
        return self._texts

    def __len__(self) -> int:
        return len(self._texts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Texts) and self._texts == other._texts

    def __hash__(self) -> int:
        return hash(tuple(self._texts))


@functools.cache
def has_columns(kind: type | None) -> bool:
    """Whether a message of this kind holds columns, itself or in its parts; None does not."""
    return _holds(shapes.type_info(kind))


def _holds(info: shapes.Type) -> bool:
    match info:
        case shapes.CustomType(cls=kind):
            return issubclass(kind, Column)
        case shapes.StructType(fields=fields):
            return any(_holds(field.type) for field in fields)
        case shapes.ListType(item_type=item):
            return _holds(item)
        case shapes.UnionType(types=types):
            return any(map(_holds, types))
    return False
