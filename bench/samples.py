"""The runs that are searched and charted: the same, to the last bit, in both stores."""

from __future__ import annotations

import contextlib
import json
import random
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.points import FIRST_TIME, JITTER_MS, STEP_MS, noisy

METRICS = PARAMS = 20
TAGS = 10
PARAM_VALUES = 10

Point = tuple[str, float, int, int]
"""Key, value, time in ms, step."""


@dataclass(frozen=True)
class Sample:
    """A run that has ended; `points` by key, the last of a key being its latest."""

    run_id: str
    name: str
    start_time: int
    params: dict[str, str]
    tags: dict[str, str]
    points: list[Point]


def small_runs(count: int) -> Iterator[Sample]:
    """Runs with one point of each of 20 metrics, 20 params and 10 tags."""
    rng = random.Random(count)
    for number in range(count):
        time = FIRST_TIME + number * 1000
        yield Sample(
            f"{rng.getrandbits(128):032x}",
            f"run-{number}",
            time,
            {f"p{i}": str(rng.randrange(PARAM_VALUES)) for i in range(PARAMS)},
            {f"t{i}": f"tag {rng.randrange(100)}" for i in range(TAGS)},
            [(f"m{i}", rng.random(), time + 500, 1) for i in range(METRICS)],
        )


def long_runs(count: int, steps: int) -> Iterator[Sample]:
    """Runs with one metric, `loss`, of many steps."""
    rng = random.Random(count * steps)
    for number in range(count):
        points = [
            ("loss", noisy(rng, s), FIRST_TIME + s * STEP_MS + rng.randrange(JITTER_MS), s)
            for s in range(steps)
        ]
        yield Sample(f"{rng.getrandbits(128):032x}", f"long-{number}", FIRST_TIME, {}, {}, points)


def write_lines(file: Path, samples: Iterable[Sample]) -> None:
    """Write runs for `scripts/fill.py`, one JSON object a line."""
    with file.open("w", encoding="utf-8") as lines:
        lines.writelines(json.dumps(asdict(sample)) + "\n" for sample in samples)


def fill_peer(file: Path, experiment_id: str, samples: Iterable[Sample]) -> None:
    """Insert runs into a database of the peer's schema."""
    with contextlib.closing(sqlite3.connect(file, timeout=60)) as connection, connection:
        for sample in samples:
            _insert(connection, experiment_id, sample)


def _insert(connection: sqlite3.Connection, experiment_id: str, sample: Sample) -> None:
    id_ = sample.run_id
    connection.execute(
        "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id,"
        " status, start_time, end_time, source_version, lifecycle_stage, artifact_uri,"
        " experiment_id) VALUES (?, ?, 'UNKNOWN', '', '', 'bench', 'FINISHED', ?, ?, '', 'active',"
        " ?, ?)",
        (
            *(id_, sample.name, sample.start_time, sample.start_time + 900),
            *(f"mlflow-artifacts:/{experiment_id}/{id_}/artifacts", int(experiment_id)),
        ),
    )
    tags = sample.tags | {"mlflow.runName": sample.name}
    for table, pairs in (("params", sample.params), ("tags", tags)):
        connection.executemany(
            f"INSERT INTO {table} (run_uuid, key, value) VALUES (?, ?, ?)",
            [(id_, key, value) for key, value in pairs.items()],
        )
    latest = {point[0]: point for point in sample.points}
    for table, points in (("metrics", sample.points), ("latest_metrics", latest.values())):
        connection.executemany(
            f"INSERT INTO {table} (run_uuid, key, value, timestamp, step, is_nan)"
            " VALUES (?, ?, ?, ?, ?, 0)",
            [(id_, *point) for point in points],
        )
