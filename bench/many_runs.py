"""A store of very many runs, filled by the database itself: each run 5 metrics, params and tags.

Values are a hash of the run's number, so they are the same in every database and in both schemas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

FIRST_TIME = 1_760_000_000_000
_MODULUS = 1_000_003

Execute = Callable[[str], object]


def mixed(salt: int) -> str:
    """SQL for a number from 0 to 1,000,002 that the run `n` has."""
    first, second = 7919 + 104_729 * salt, 15_485_863 * (salt + 1)
    return f"((n * n % {_MODULUS} * {first} + n * {second}) % {_MODULUS})"


def text(number: str) -> str:
    """SQL for a number as a text."""
    return f"CAST({number} AS VARCHAR(20))"


METRICS = {f"m{i}": f"({mixed(i)} / 1000003.0)" for i in range(5)}
"""Key -> value; m4 is missing in every other run."""
PARAMS = {
    "unique": f"'u' || {text(mixed(11))}",
    "lr": f"'0.' || {text(mixed(12) + ' % 1000')}",
    "p100": f"'v' || {text(mixed(13) + ' % 100')}",
    "p10": f"'v' || {text(mixed(14) + ' % 10')}",
    "p2": f"'v' || {text(mixed(15) + ' % 2')}",
}
TAGS = {
    "unique": f"'u' || {text(mixed(21))}",
    "team": f"'team ' || {text(mixed(22) + ' % 10')}",
    "t1000": f"'v' || {text(mixed(23) + ' % 1000')}",
    "t3": f"'v' || {text(mixed(24) + ' % 3')}",
    "mlflow.runName": f"'run ' || {text('n')}",
}


def statements(count: int, experiments: int, dialect: str) -> Iterator[str]:
    """What fills the tables of Cairn with runs 1 to `count` of experiments 1 to `experiments`."""
    numbers = (
        f"(WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE"
        f" n < {count}) SELECT n FROM number) numbers"
        if dialect == "sqlite"
        else f"(SELECT n::bigint AS n FROM generate_series(1, {count}) AS n) numbers"
    )
    run_id = (
        f"printf('%08x%024x', {mixed(31)}, n)"
        if dialect == "sqlite"
        else f"lpad(to_hex({mixed(31)}), 8, '0') || lpad(to_hex(n), 24, '0')"
    )
    yield (
        "INSERT INTO run (id, run_id, experiment, name, user_id, status, start_time, end_time,"
        " artifact_uri, lifecycle_stage)"
        f" SELECT n, {run_id}, 1 + n % {experiments}, 'run ' || {text('n')}, 'bench',"
        f" 'FINISHED', {FIRST_TIME} + n * 1000, {FIRST_TIME} + n * 1000 + 900, '/data/' ||"
        f" {text('n')}, 'active' FROM {numbers} ORDER BY n"
    )
    for table, values in (("param", PARAMS), ("tag", TAGS)):
        rows = " UNION ALL ".join(f"SELECT n, '{k}', {v} FROM {numbers}" for k, v in values.items())
        yield f"INSERT INTO {table} (run, key, value) SELECT * FROM ({rows}) r ORDER BY 1, 2"
    rows = " UNION ALL ".join(
        f"SELECT n, '{key}', {value}, {FIRST_TIME} + n FROM {numbers}"
        f" WHERE '{key}' != 'm4' OR n % 2 = 0"
        for key, value in METRICS.items()
    )
    yield (
        "INSERT INTO metric_latest (run, key, value, step, timestamp, low, high, points)"
        f" SELECT n, k, v, 1, t, v, v, 1 FROM (SELECT n, k, v, t FROM (SELECT 0 AS n, '' AS k,"
        f" 0.0 AS v, 0 AS t WHERE 1 = 0 UNION ALL {rows}) s) r ORDER BY 1, 2"
    )
