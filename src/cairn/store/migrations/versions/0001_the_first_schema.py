"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cairn.store.columns import BYTES, REAL, ROW_ID, TEXT, name

revision = "0001"
down_revision = None


def upgrade() -> None:
    """The first schema."""
    op.create_table(
        "experiment",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("name", name(500), nullable=False),
        sa.Column("artifact_location", name(2048), nullable=False),
        sa.Column("lifecycle_stage", name(8), nullable=False),
        sa.Column("creation_time", sa.BigInteger(), nullable=False),
        sa.Column("last_update_time", sa.BigInteger(), nullable=False),
        sa.Column("deleted_time", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experiment")),
        sa.UniqueConstraint("name", name=op.f("uq_experiment_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "dataset",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("experiment", ROW_ID, nullable=False),
        sa.Column("name", name(500), nullable=False),
        sa.Column("digest", name(36), nullable=False),
        sa.Column("source_type", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("schema", TEXT, nullable=True),
        sa.Column("profile", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["experiment"],
            ["experiment.id"],
            name=op.f("fk_dataset_experiment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dataset")),
        sa.UniqueConstraint(
            "experiment", "name", "digest", name=op.f("uq_dataset_experiment_name_digest")
        ),
    )
    op.create_table(
        "experiment_tag",
        sa.Column("experiment", ROW_ID, nullable=False),
        sa.Column("key", name(250), nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment"],
            ["experiment.id"],
            name=op.f("fk_experiment_tag_experiment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("experiment", "key", name=op.f("pk_experiment_tag")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "run",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("run_id", name(32), nullable=False),
        sa.Column("experiment", ROW_ID, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("user_id", name(256), nullable=False),
        sa.Column("status", name(16), nullable=False),
        sa.Column("start_time", sa.BigInteger(), nullable=False),
        sa.Column("end_time", sa.BigInteger(), nullable=True),
        sa.Column("artifact_uri", TEXT, nullable=False),
        sa.Column("lifecycle_stage", name(8), nullable=False),
        sa.Column("deleted_time", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["experiment"], ["experiment.id"], name=op.f("fk_run_experiment"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
        sa.UniqueConstraint("run_id", name=op.f("uq_run_run_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_run_experiment_lifecycle_stage_start_time"),
            ["experiment", "lifecycle_stage", "start_time"],
            unique=False,
        )

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
    )
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
    )
    with op.batch_alter_table("metric_chunk", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_metric_chunk_run_key"), ["run", "key"], unique=False)

    op.create_table(
        "metric_latest",
        sa.Column("run", ROW_ID, nullable=False),
        sa.Column("key", name(250), nullable=False),
        sa.Column("value", REAL, nullable=True, comment="NULL stands for NaN"),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("timestamp", sa.BigInteger(), nullable=False),
        sa.Column("low", REAL, nullable=True, comment="smallest value that is a number"),
        sa.Column("high", REAL, nullable=True, comment="largest value that is a number"),
        sa.ForeignKeyConstraint(
            ["run"], ["run.id"], name=op.f("fk_metric_latest_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run", "key", name=op.f("pk_metric_latest")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "metric_link",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("run", ROW_ID, nullable=False),
        sa.Column("key", name(250), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("timestamp", sa.BigInteger(), nullable=False),
        sa.Column("model_id", name(64), nullable=True),
        sa.Column("dataset_name", name(500), nullable=True),
        sa.Column("dataset_digest", name(36), nullable=True),
        sa.ForeignKeyConstraint(
            ["run"], ["run.id"], name=op.f("fk_metric_link_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_metric_link")),
    )
    with op.batch_alter_table("metric_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_metric_link_run"), ["run"], unique=False)

    op.create_table(
        "metric_source",
        sa.Column("run", ROW_ID, nullable=False),
        sa.Column("source", name(64), nullable=False),
        sa.Column("folded", TEXT, nullable=False, comment="JSON list of [first, last] sequences"),
        sa.ForeignKeyConstraint(
            ["run"], ["run.id"], name=op.f("fk_metric_source_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run", "source", name=op.f("pk_metric_source")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "param",
        sa.Column("run", ROW_ID, nullable=False),
        sa.Column("key", name(250), nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name=op.f("fk_param_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "key", name=op.f("pk_param")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "run_input",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("run", ROW_ID, nullable=False),
        sa.Column("dataset", ROW_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset"], ["dataset.id"], name=op.f("fk_run_input_dataset"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["run"], ["run.id"], name=op.f("fk_run_input_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_input")),
        sa.UniqueConstraint("run", "dataset", name=op.f("uq_run_input_run_dataset")),
    )
    op.create_table(
        "run_model",
        sa.Column("run", ROW_ID, nullable=False),
        sa.Column("direction", name(6), nullable=False, comment="input or output"),
        sa.Column("model_id", name(64), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run"], ["run.id"], name=op.f("fk_run_model_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run", "direction", "model_id", name=op.f("pk_run_model")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tag",
        sa.Column("run", ROW_ID, nullable=False),
        sa.Column("key", name(250), nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name=op.f("fk_tag_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "key", name=op.f("pk_tag")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "input_tag",
        sa.Column("input", ROW_ID, nullable=False),
        sa.Column("key", name(255), nullable=False),
        sa.Column("value", name(500), nullable=False),
        sa.ForeignKeyConstraint(
            ["input"], ["run_input.id"], name=op.f("fk_input_tag_input"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("input", "key", name=op.f("pk_input_tag")),
        sqlite_with_rowid=False,
    )
