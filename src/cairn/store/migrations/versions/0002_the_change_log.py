"""The change log; rows of metric histories never get an id a second time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cairn.store.columns import BYTES, ROW_ID, TEXT, name

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """The change log; rows of metric histories never get an id a second time."""
    op.create_table(
        "change",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("actor", name(256), nullable=False, comment="empty when nobody is known"),
        sa.Column("kind", name(16), nullable=False),
        sa.Column("entity", name(256), nullable=False, comment="public id"),
        sa.Column("experiment", ROW_ID, nullable=True),
        sa.Column("what", name(32), nullable=False),
        sa.Column("detail", TEXT, nullable=False, comment="JSON"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_change_experiment_id"), "change", ["experiment", "id"])
    op.create_index(op.f("ix_change_entity_id"), "change", ["entity", "id"])
    if op.get_bind().dialect.name == "sqlite":  # the others never use an id again
        _number_batches_anew()
        _number_chunks_anew()


def _number_batches_anew() -> None:
    op.rename_table("metric_batch", "old_metric_batch")
    op.create_table(
        "metric_batch",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("run", ROW_ID, nullable=False),
        sa.Column("source", name(64), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("payload", BYTES, nullable=False),
        sa.ForeignKeyConstraint(
            ["run"], ["run.id"], name=op.f("fk_metric_batch_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_metric_batch")),
        sa.UniqueConstraint(
            "run", "source", "sequence", name=op.f("uq_metric_batch_run_source_sequence")
        ),
        sqlite_autoincrement=True,
    )
    _move_rows("metric_batch", "id, run, source, sequence, points, payload")


def _number_chunks_anew() -> None:
    op.drop_index(op.f("ix_metric_chunk_run_key"), "metric_chunk")
    op.rename_table("metric_chunk", "old_metric_chunk")
    op.create_table(
        "metric_chunk",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("run", ROW_ID, nullable=False),
        sa.Column("key", name(250), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("first_step", sa.BigInteger(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("payload", BYTES, nullable=False),
        sa.ForeignKeyConstraint(
            ["run"], ["run.id"], name=op.f("fk_metric_chunk_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_metric_chunk")),
        sqlite_autoincrement=True,
    )
    _move_rows("metric_chunk", "id, run, key, points, first_step, last_step, payload")
    op.create_index(op.f("ix_metric_chunk_run_key"), "metric_chunk", ["run", "key"])


def _move_rows(table: str, columns: str) -> None:
    op.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM old_{table} ORDER BY id")  # noqa: S608 - names of this file
    op.drop_table(f"old_{table}")
