"""The points that are logged: noisy values and times as a training loop makes them."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator
from typing import Any

KEYS = 20
BATCH_STEPS = 50
BATCH_POINTS = KEYS * BATCH_STEPS
STEP_MS = 250
JITTER_MS = 40
FIRST_TIME = 1_760_000_000_000

Value = Callable[[random.Random, int], float]


def noisy(rng: random.Random, step: int) -> float:
    """A falling curve with noise in every bit of a float64."""
    return 1.0 / (1.0 + step / 1000) + rng.gauss(0.0, 0.05)


def single(rng: random.Random, step: int) -> float:
    """The same, as a float32 makes it: what most frameworks log."""
    value: float = struct.unpack("f", struct.pack("f", noisy(rng, step)))[0]
    return value


def batches(count: int, *, value: Value = noisy, first_step: int = 0) -> Iterator[list[Any]]:
    """Metrics of `count` requests of `BATCH_POINTS` points, all keys at each step."""
    rng = random.Random(first_step)
    for number in range(count):
        start = first_step + number * BATCH_STEPS
        yield [
            metric
            for step in range(start, start + BATCH_STEPS)
            for metric in points_of_step(rng, step, value)
        ]


def points_of_step(rng: random.Random, step: int, value: Value = noisy) -> list[dict[str, Any]]:
    """One point of each key, all at one time."""
    time = FIRST_TIME + step * STEP_MS + rng.randrange(JITTER_MS)
    return [
        {"key": f"train/m{key:02}", "value": value(rng, step), "timestamp": time, "step": step}
        for key in range(KEYS)
    ]
