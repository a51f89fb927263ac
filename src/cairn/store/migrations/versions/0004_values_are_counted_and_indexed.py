"""Points of a metric are counted, and values are indexed."""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa
from alembic import op

from cairn.store import codec

revision = "0004"
down_revision = "0003"

BLOCK = 1000
"""How many rows are counted, and changed, together."""


def upgrade() -> None:
    """Add `metric_latest.points`, count what is there, and make the indexes that searches use."""
    op.add_column(
        "metric_latest",
        sa.Column("points", sa.BigInteger(), nullable=False, server_default="0"),
    )
    _count_points(op.get_bind())
    op.create_index("ix_metric_latest_key_value", "metric_latest", ["key", "value"])
    is_mysql = op.get_bind().dialect.name == "mysql"
    beginning = "value" if is_mysql else sa.text("substr(value, 1, 250)")
    for table in ("param", "tag"):
        op.create_index(
            f"ix_{table}_key_value", table, ["key", beginning], mysql_length={"value": 250}
        )


def _count_points(connection: sa.Connection) -> None:
    """Count the points in chunks by their rows, and those in batches by reading them."""
    chunk = sa.table("metric_chunk", sa.column("run"), sa.column("key"), sa.column("points"))
    batch = sa.table("metric_batch", sa.column("id"), sa.column("run"), sa.column("payload"))
    counts: Counter[tuple[int, str]] = Counter()
    of_chunks = sa.select(chunk.c.run, chunk.c.key, sa.func.sum(chunk.c.points))
    for run, key, points in connection.execute(of_chunks.group_by(chunk.c.run, chunk.c.key)):
        counts[run, key] += int(points)
    last = 0
    while True:
        query = sa.select(batch).where(batch.c.id > last).order_by(batch.c.id).limit(BLOCK)
        rows = connection.execute(query).all()
        if not rows:
            break
        last = rows[-1].id
        for row in rows:
            for key, series in codec.decode_keyed(row.payload).items():
                counts[row.run, key] += len(series)
    _store(connection, counts)


def _store(connection: sa.Connection, counts: Counter[tuple[int, str]]) -> None:
    latest = sa.table("metric_latest", sa.column("run"), sa.column("key"), sa.column("points"))
    change = (
        sa.update(latest)
        .where(latest.c.run == sa.bindparam("of_run"), latest.c.key == sa.bindparam("of_key"))
        .values(points=sa.bindparam("count"))
    )
    found = [{"of_run": run, "of_key": key, "count": count} for (run, key), count in counts.items()]
    for at in range(0, len(found), BLOCK):
        connection.execute(change, found[at : at + BLOCK])
