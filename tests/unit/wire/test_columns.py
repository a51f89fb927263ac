from __future__ import annotations

import contextlib
import json
import struct
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cairn.contract.columns import MAGIC, Column, Floats, Ints, Texts
from cairn.contract.op import Message
from cairn.errors import InvalidValue
from cairn.wire import columns, dialect

INT64 = st.integers(-(2**63), 2**63 - 1)


class Part(Message):
    name: str
    ints: Ints
    floats: Floats | None = None


class Whole(Message):
    texts: Texts
    parts: list[Part] = []
    note: str | None = None


def part(name: str, ints: list[int], floats: list[float] | None) -> Part:
    return Part(name=name, ints=Ints.of(ints), floats=None if floats is None else Floats.of(floats))


ints = st.one_of(
    st.lists(INT64),
    st.lists(st.integers(-200, 200), min_size=9),
    st.builds(
        lambda first, steps: [first + sum(steps[:n]) for n in range(len(steps))],
        st.integers(-(2**40), 2**53),
        st.lists(st.integers(-300, 70000), min_size=9, max_size=40),
    ),
)
floats = st.one_of(st.none(), st.lists(st.floats()), st.lists(st.floats(width=32)))
texts = st.one_of(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]))),
    st.lists(st.sampled_from(["a", "ü\x00", "😀", ""]), min_size=10),
)
messages = st.builds(
    lambda texts, parts, note: Whole(texts=Texts(texts), parts=parts, note=note),
    texts,
    st.lists(st.builds(part, st.text(st.characters(exclude_categories=["Cs"])), ints, floats)),
    st.sampled_from([None, "null", "$f64"]),
)


@given(messages)
@example(Whole(texts=Texts([]), parts=[part("", [], [])]))
@example(Whole(texts=Texts([]), parts=[part("x", [-(2**63), 2**63 - 1] * 9, None)]))
@example(Whole(texts=Texts([]), parts=[part("x", [2**53 + n for n in range(20)], [-0.0])]))
def test_messages_come_back_from_bytes_to_the_last_bit(message: Whole) -> None:
    assert columns.decode(Whole, columns.encode(message)) == message


@given(messages)
def test_messages_come_back_from_json(message: Whole) -> None:
    found = dialect.decode_reply(Whole, dialect.encode(message))
    assert repr(found) == repr(message)


def test_every_bit_of_a_nan_is_kept() -> None:
    odd = struct.pack("<QQ", 0x7FF0000000000001, 0xFFF8000000000123)
    found = columns.decode(
        Part, columns.encode(Part(name="", ints=Ints.of([]), floats=Floats(odd)))
    )
    assert found.floats is not None
    assert found.floats.view.tobytes() == odd


@pytest.mark.parametrize(
    ("column", "form", "size"),
    [
        (Ints.of([]), "$i8", 0),
        (Ints.of([-128, 127]), "$i8", 8),
        (Ints.of([128]), "$i16", 8),
        (Ints.of(range(1_760_000_000_000, 1_760_000_000_100)), "$d8", 8 + 99 + 5),
        (Ints.of(range(0, 4_000_000, 40_000)), "$i32", 400),
        (Ints.of([2**53 + n for n in range(10)]), "$i64", 80),
        (Floats.of([0.5, -0.0, float("inf")]), "$f32", 16),
        (Floats.of([0.1]), "$f64", 8),
    ],
)
def test_numbers_take_the_narrowest_form(column: Column[Any], form: str, size: int) -> None:
    kind = "ints" if isinstance(column, Ints) else "floats"
    parts: dict[str, Any] = {"name": "", "ints": Ints.of([]), kind: column}
    data = columns.encode(Part(**parts))
    (length,) = struct.unpack_from("<I", data, 4)
    header = json.loads(data[8 : 8 + length])
    assert list(header[kind]) == [form]
    assert len(data) == 8 + length + size
    assert length % 8 == 0


def test_a_text_that_comes_again_and_again_stands_there_once() -> None:
    data = columns.encode(Whole(texts=Texts(["yes", "no"] * 5000)))
    assert len(data) < 10_200


def packed(header: object, bodies: bytes = b"") -> bytes:
    body = json.dumps(header).encode()
    return MAGIC + struct.pack("<I", len(body)) + body + bodies


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        MAGIC,
        b"CCO9\x02\x00\x00\x00{}",
        MAGIC + b"\xff\xff\xff\xff{}",
        packed([]),
        packed({"texts": []}),
        packed({"texts": {"$text": [0, 9]}}),
        packed({"texts": {"$text": [0, 3]}}, b"[1]"),
        packed({"texts": {"$text": [-1, 2]}}, b"[]"),
        packed({"texts": {"$text": ["0", 2]}}, b"[]"),
        packed({"texts": {"$pick": [{"$text": [0, 2]}, {"$i8": [2, 1]}]}}, b"[]\x00"),
        packed({"texts": {"$pick": [{"$text": [0, 5]}, {"$i8": [5, 1]}]}}, b'["a"]\xff'),
        packed({"texts": {"$pick": [{"$text": [0, 2]}]}}, b"[]"),
        packed({"texts": {"$pick": 7}}),
        *(
            packed({"texts": {"$text": [0, 2]}, "parts": [{"name": "", "ints": ints}]}, b"[]")
            for ints in (
                {"$i8": [0, 10**30]},
                {"$i8": [10**30, 0]},
                {"$i8": [0, 3]},
                {"$i8": [0, True]},
                {"$d8": [0, 0]},
                {"$d8": [0, 1]},
                {"$f64": [0, 0]},
                {"$i9": [0, 0]},
                {"$i8": [0, 0], "$i16": [0, 0]},
                None,
                7,
            )
        ),
    ],
)
def test_damaged_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidValue, match="no columns of Whole"):
        columns.decode(Whole, data)


SOUND = columns.encode(
    Whole(texts=Texts(["a", "b"] * 9), parts=[part("p", [*range(0, 9000, 300)], [0.1, 2.0])])
)


def read_or_refuse(data: bytes) -> None:
    with contextlib.suppress(InvalidValue):
        assert isinstance(columns.decode(Whole, data), Whole)


@given(st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.integers(0, 255)), max_size=6))
def test_a_damaged_byte_never_crashes_the_reader(changes: list[tuple[int, int]]) -> None:
    data = bytearray(SOUND)
    for at, byte in changes:
        data[at] = byte
    read_or_refuse(bytes(data))


@given(st.integers(0, len(SOUND) - 1))
def test_cut_bytes_never_crash_the_reader(end: int) -> None:
    read_or_refuse(SOUND[:end])


def test_a_column_of_json_must_be_of_its_kind() -> None:
    for body in (
        b'{"name":"","ints":[1.5]}',
        b'{"name":"","ints":[1e30]}',
        b'{"name":"","ints":7}',
    ):
        with pytest.raises(ValueError, match=r"ints|integer|iterable"):
            dialect.decode_reply(Part, body)
