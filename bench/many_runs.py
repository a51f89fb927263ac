"""Very many runs, made by SQLite itself: each has 5 metrics, 5 params and 5 tags.

Values are mixed from the run's number, so they are the same in the tables of both products.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bench.points import FIRST_TIME

_MODULUS = 1_000_003


def _mixed(salt: int) -> str:
    """SQL for a number from 0 to 1,000,002 that the run `n` has."""
    first, second = 7919 + 104_729 * salt, 15_485_863 * (salt + 1)
    return f"((n * n % {_MODULUS} * {first} + n * {second}) % {_MODULUS})"


METRICS = {f"m{i}": f"({_mixed(i)} / {_MODULUS}.0)" for i in range(5)}
PARAMS = {
    "unique": f"'u' || {_mixed(11)}",
    "lr": f"'0.' || ({_mixed(12)} % 1000)",
    "p100": f"'v' || ({_mixed(13)} % 100)",
    "p10": f"'v' || ({_mixed(14)} % 10)",
    "p2": f"'v' || ({_mixed(15)} % 2)",
}
TAGS = {
    "unique": f"'u' || {_mixed(21)}",
    "team": f"'team ' || ({_mixed(22)} % 10)",
    "t1000": f"'v' || ({_mixed(23)} % 1000)",
    "t3": f"'v' || ({_mixed(24)} % 3)",
    "mlflow.runName": "'run ' || n",
}
RUN_ID = f"printf('%08x%024x', {_mixed(31)}, n)"


def statements(count: int) -> Iterator[str]:
    """What adds runs 1 to `count` to experiment 1 in the tables of Cairn."""
    runs = _numbers(count)
    yield (
        "INSERT INTO run (id, run_id, experiment, name, user_id, status, start_time, end_time,"
        f" artifact_uri, lifecycle_stage) SELECT n, {RUN_ID}, 1, 'run ' || n, 'bench', 'FINISHED',"
        f" {FIRST_TIME} + n * 1000, {FIRST_TIME} + n * 1000 + 900, '/data/' || n, 'active'"
        f" FROM {runs} ORDER BY n"
    )
    for table, values in (("param", PARAMS), ("tag", TAGS)):
        rows = _pairs("n", values, runs)
        yield f"INSERT INTO {table} (run, key, value) SELECT * FROM ({rows}) ORDER BY 1, 2"
    yield (
        "INSERT INTO metric_latest (run, key, value, step, timestamp, low, high, points)"
        f" SELECT owner, key, value, 1, {FIRST_TIME}, value, value, 1"
        f" FROM ({_pairs('n', METRICS, runs)}) ORDER BY 1, 2"
    )


def peer_statements(count: int) -> Iterator[str]:
    """What adds the same runs in the tables of the peer."""
    runs = _numbers(count)
    yield (
        "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id,"
        " status, start_time, end_time, source_version, lifecycle_stage, artifact_uri,"
        f" experiment_id) SELECT {RUN_ID}, 'run ' || n, 'UNKNOWN', '', '', 'bench', 'FINISHED',"
        f" {FIRST_TIME} + n * 1000, {FIRST_TIME} + n * 1000 + 900, '', 'active', '/data/' || n, 1"
        f" FROM {runs} ORDER BY n"
    )
    for table, values in (("params", PARAMS), ("tags", TAGS)):
        yield (
            f"INSERT INTO {table} (run_uuid, key, value)"
            f" SELECT * FROM ({_pairs(RUN_ID, values, runs)})"
        )
    for table in ("metrics", "latest_metrics"):
        yield (
            f"INSERT INTO {table} (run_uuid, key, value, timestamp, step, is_nan)"
            f" SELECT owner, key, value, {FIRST_TIME}, 1, 0"
            f" FROM ({_pairs(RUN_ID, METRICS, runs)})"
        )


def _numbers(count: int) -> str:
    return (
        "(WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE"
        f" n < {count}) SELECT n FROM number)"
    )


def _pairs(owner: str, values: Mapping[str, str], runs: str) -> str:
    """A row of owner, key and value for each run and key."""
    return " UNION ALL ".join(
        f"SELECT {owner} AS owner, '{key}' AS key, {value} AS value FROM {runs}"
        for key, value in values.items()
    )
