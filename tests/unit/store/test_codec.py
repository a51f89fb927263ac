from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cairn.contract.kinds import INT64_MAX, INT64_MIN
from cairn.store import codec

steps = st.integers(INT64_MIN, INT64_MAX)
times = st.integers(0, INT64_MAX)
values = st.floats() | st.floats(width=32) | st.sampled_from([0.0, -0.0, math.nan, -math.inf])
points = st.lists(st.tuples(steps, times, values), max_size=300)


def make(rows: list[tuple[int, int, float]]) -> codec.Columns:
    return codec.columns([s for s, _, _ in rows], [t for _, t, _ in rows], [v for *_, v in rows])


def same(a: codec.Columns, b: codec.Columns) -> bool:
    return (
        np.array_equal(a.steps, b.steps)
        and np.array_equal(a.times, b.times)
        and np.array_equal(a.values.view(np.int64), b.values.view(np.int64))
    )


@given(points)
def test_a_block_comes_back_to_the_same_bits(rows: list[tuple[int, int, float]]) -> None:
    before = make(rows)
    assert same(codec.decode(codec.encode(before)), before)


@given(st.dictionaries(st.text(min_size=1, max_size=20), points, max_size=8))
def test_keyed_series_come_back_with_their_keys(
    series: dict[str, list[tuple[int, int, float]]],
) -> None:
    before = {key: make(rows) for key, rows in series.items()}
    after = codec.decode_keyed(codec.encode_keyed(before))
    assert list(after) == list(before)
    assert all(same(after[key], before[key]) for key in before)


def test_a_smooth_curve_takes_at_most_ten_bytes_a_point() -> None:
    noise = np.random.default_rng(0)
    count = 8192
    curve = codec.Columns(
        np.arange(count),
        1_700_000_000_000 + np.cumsum(noise.integers(90, 130, count)),
        np.exp(-np.arange(count) / 3000) + noise.normal(0, 0.01, count),
    )
    assert len(codec.encode(curve)) <= 10 * count


def test_values_that_are_float32_take_half() -> None:
    noise = np.random.default_rng(0)
    count = 8192
    narrow = noise.normal(size=count).astype(np.float32).astype(np.float64)
    even = np.arange(count)
    assert len(codec.encode(codec.Columns(even, even, narrow))) < 5 * count
