"""Logged models and evaluation datasets; room for the registry and for traces."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cairn.store.columns import BYTES, REAL, ROW_ID, TEXT, name

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Logged models and evaluation datasets; room for the registry and for traces."""
    op.drop_table("metric_link")  # it told which model was measured, but not the value
    op.create_index(op.f("ix_run_model_model_id"), "run_model", ["model_id"])
    _logged_model()
    _model_metric()
    _model_param()
    _model_tag()
    _evaluation_dataset()
    _evaluation_dataset_experiment()
    _evaluation_dataset_tag()
    _evaluation_record()
    _registered_model()
    _model_version()
    _registered_model_tag()
    _model_version_tag()
    _registered_model_alias()
    _trace()
    _trace_metadata()
    _trace_run()
    _trace_tag()
    _assessment()
    _span()
    _span_batch()


def _go_with(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    """Rows go when the row of another table that a column names goes."""
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name, ondelete="CASCADE")


def _logged_model() -> None:
    op.create_table(
        "logged_model",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("model_id", name(64), nullable=False),
        sa.Column("experiment", ROW_ID, nullable=False),
        sa.Column("name", name(500), nullable=False),
        sa.Column("model_type", name(500), nullable=False),
        sa.Column("source_run_id", name(256), nullable=False, comment="empty when no run made it"),
        sa.Column("status", name(8), nullable=False),
        sa.Column("status_message", TEXT),
        sa.Column("artifact_uri", TEXT, nullable=False),
        sa.Column("creation_timestamp", sa.BigInteger(), nullable=False),
        sa.Column("last_updated_timestamp", sa.BigInteger(), nullable=False),
        sa.Column("lifecycle_stage", name(8), nullable=False),
        sa.Column("deleted_time", sa.BigInteger()),
        _go_with("logged_model", "experiment", "experiment"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logged_model")),
        sa.UniqueConstraint("model_id", name=op.f("uq_logged_model_model_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_logged_model_experiment_lifecycle_stage_creation_timestamp"),
        "logged_model",
        ["experiment", "lifecycle_stage", "creation_timestamp"],
    )
    op.create_index(op.f("ix_logged_model_source_run_id"), "logged_model", ["source_run_id"])


def _model_metric() -> None:
    op.create_table(
        "model_metric",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("model", ROW_ID, nullable=False),
        sa.Column("run", ROW_ID, nullable=False),
        sa.Column("key", name(250), nullable=False),
        sa.Column("value", REAL, comment="NULL stands for NaN"),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("timestamp", sa.BigInteger(), nullable=False),
        sa.Column("dataset_name", name(500)),
        sa.Column("dataset_digest", name(36)),
        _go_with("model_metric", "model", "logged_model"),
        _go_with("model_metric", "run", "run"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_metric")),
    )
    op.create_index(op.f("ix_model_metric_model_key"), "model_metric", ["model", "key"])
    op.create_index(op.f("ix_model_metric_run"), "model_metric", ["run"])


def _model_param() -> None:
    op.create_table(
        "model_param",
        sa.Column("model", ROW_ID, nullable=False),
        sa.Column("key", name(255), nullable=False),
        sa.Column("value", TEXT, nullable=False),
        _go_with("model_param", "model", "logged_model"),
        sa.PrimaryKeyConstraint("model", "key", name=op.f("pk_model_param")),
        sqlite_with_rowid=False,
    )


def _model_tag() -> None:
    op.create_table(
        "model_tag",
        sa.Column("model", ROW_ID, nullable=False),
        sa.Column("key", name(255), nullable=False),
        sa.Column("value", TEXT, nullable=False),
        _go_with("model_tag", "model", "logged_model"),
        sa.PrimaryKeyConstraint("model", "key", name=op.f("pk_model_tag")),
        sqlite_with_rowid=False,
    )


def _evaluation_dataset() -> None:
    op.create_table(
        "evaluation_dataset",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("dataset_id", name(64), nullable=False),
        sa.Column("name", name(255), nullable=False),
        sa.Column("schema", TEXT),
        sa.Column("profile", TEXT),
        sa.Column("digest", name(64), nullable=False),
        sa.Column("created_time", sa.BigInteger(), nullable=False),
        sa.Column("last_update_time", sa.BigInteger(), nullable=False),
        sa.Column("created_by", name(255)),
        sa.Column("last_updated_by", name(255)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_dataset")),
        sa.UniqueConstraint("dataset_id", name=op.f("uq_evaluation_dataset_dataset_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_evaluation_dataset_created_time"), "evaluation_dataset", ["created_time"]
    )
    op.create_index(op.f("ix_evaluation_dataset_name"), "evaluation_dataset", ["name"])


def _evaluation_dataset_experiment() -> None:
    op.create_table(
        "evaluation_dataset_experiment",
        sa.Column("dataset", ROW_ID, nullable=False),
        sa.Column("experiment", ROW_ID, nullable=False),
        _go_with("evaluation_dataset_experiment", "dataset", "evaluation_dataset"),
        _go_with("evaluation_dataset_experiment", "experiment", "experiment"),
        sa.PrimaryKeyConstraint(
            "dataset", "experiment", name=op.f("pk_evaluation_dataset_experiment")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_evaluation_dataset_experiment_experiment"),
        "evaluation_dataset_experiment",
        ["experiment"],
    )


def _evaluation_dataset_tag() -> None:
    op.create_table(
        "evaluation_dataset_tag",
        sa.Column("dataset", ROW_ID, nullable=False),
        sa.Column("key", name(255), nullable=False),
        sa.Column("value", TEXT, nullable=False),
        _go_with("evaluation_dataset_tag", "dataset", "evaluation_dataset"),
        sa.PrimaryKeyConstraint("dataset", "key", name=op.f("pk_evaluation_dataset_tag")),
        sqlite_with_rowid=False,
    )


def _evaluation_record() -> None:
    op.create_table(
        "evaluation_record",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("record_id", name(64), nullable=False),
        sa.Column("dataset", ROW_ID, nullable=False),
        sa.Column("input_hash", name(64), nullable=False),
        sa.Column("inputs", TEXT, nullable=False, comment="JSON, as all but times and names"),
        sa.Column("outputs", TEXT),
        sa.Column("expectations", TEXT),
        sa.Column("tags", TEXT),
        sa.Column("source", TEXT),
        sa.Column("source_type", name(64)),
        sa.Column("source_id", name(64)),
        sa.Column("created_time", sa.BigInteger(), nullable=False),
        sa.Column("last_update_time", sa.BigInteger(), nullable=False),
        sa.Column("created_by", name(255)),
        sa.Column("last_updated_by", name(255)),
        _go_with("evaluation_record", "dataset", "evaluation_dataset"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_record")),
        sa.UniqueConstraint(
            "dataset", "input_hash", name=op.f("uq_evaluation_record_dataset_input_hash")
        ),
        sa.UniqueConstraint("record_id", name=op.f("uq_evaluation_record_record_id")),
        sqlite_autoincrement=True,
    )


def _registered_model() -> None:
    op.create_table(
        "registered_model",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("name", name(256), nullable=False),
        sa.Column("kind", name(8), nullable=False, comment="model or prompt"),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("user_id", name(256), nullable=False),
        sa.Column("creation_time", sa.BigInteger(), nullable=False),
        sa.Column("last_updated_time", sa.BigInteger(), nullable=False),
        sa.Column(
            "next_version", sa.Integer(), nullable=False, comment="numbers are never used again"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registered_model")),
        sa.UniqueConstraint("name", name=op.f("uq_registered_model_name")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_registered_model_kind_name"), "registered_model", ["kind", "name"])
    op.create_index(
        op.f("ix_registered_model_last_updated_time"), "registered_model", ["last_updated_time"]
    )


def _model_version() -> None:
    op.create_table(
        "model_version",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("model", ROW_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("user_id", name(256), nullable=False),
        sa.Column("creation_time", sa.BigInteger(), nullable=False),
        sa.Column("last_updated_time", sa.BigInteger(), nullable=False),
        sa.Column("stage", name(20), nullable=False),
        sa.Column("status", name(32), nullable=False),
        sa.Column("status_message", TEXT),
        sa.Column("source", TEXT, nullable=False, comment="what the user named, such as runs:/..."),
        sa.Column("storage_location", TEXT, nullable=False, comment="where the files are"),
        sa.Column("run_id", name(64), nullable=False, comment="empty when no run made it"),
        sa.Column("run_link", TEXT, nullable=False),
        sa.Column("model_id", name(64), nullable=False, comment="the logged model, or empty"),
        sa.Column("source_version", ROW_ID, comment="row of the version that it is a copy of"),
        _go_with("model_version", "model", "registered_model"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_version")),
        sa.UniqueConstraint("model", "version", name=op.f("uq_model_version_model_version")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_model_version_last_updated_time"), "model_version", ["last_updated_time"]
    )
    op.create_index(op.f("ix_model_version_model_id"), "model_version", ["model_id"])
    op.create_index(op.f("ix_model_version_model_stage"), "model_version", ["model", "stage"])
    op.create_index(op.f("ix_model_version_run_id"), "model_version", ["run_id"])


def _registered_model_tag() -> None:
    op.create_table(
        "registered_model_tag",
        sa.Column("model", ROW_ID, nullable=False),
        sa.Column("key", name(250), nullable=False),
        sa.Column("value", TEXT, nullable=False),
        _go_with("registered_model_tag", "model", "registered_model"),
        sa.PrimaryKeyConstraint("model", "key", name=op.f("pk_registered_model_tag")),
        sqlite_with_rowid=False,
    )


def _model_version_tag() -> None:
    op.create_table(
        "model_version_tag",
        sa.Column("version", ROW_ID, nullable=False),
        sa.Column("key", name(250), nullable=False),
        sa.Column("value", TEXT, nullable=False),
        _go_with("model_version_tag", "version", "model_version"),
        sa.PrimaryKeyConstraint("version", "key", name=op.f("pk_model_version_tag")),
        sqlite_with_rowid=False,
    )


def _registered_model_alias() -> None:
    op.create_table(
        "registered_model_alias",
        sa.Column("model", ROW_ID, nullable=False),
        sa.Column("alias", name(256), nullable=False),
        sa.Column("version", ROW_ID, nullable=False),
        _go_with("registered_model_alias", "model", "registered_model"),
        _go_with("registered_model_alias", "version", "model_version"),
        sa.PrimaryKeyConstraint("model", "alias", name=op.f("pk_registered_model_alias")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_registered_model_alias_version"), "registered_model_alias", ["version"]
    )


def _trace() -> None:
    op.create_table(
        "trace",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("trace_id", name(64), nullable=False),
        sa.Column("experiment", ROW_ID, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("timestamp", sa.BigInteger(), nullable=False, comment="ms since epoch"),
        sa.Column("duration", sa.BigInteger(), comment="ms; NULL while it runs"),
        sa.Column("state", name(24), nullable=False),
        sa.Column("client_request_id", name(250)),
        sa.Column("session_id", name(250)),
        sa.Column("user_id", name(250)),
        sa.Column("source_run_id", name(64)),
        sa.Column("model_id", name(64)),
        sa.Column("request_preview", TEXT),
        sa.Column("response_preview", TEXT),
        sa.Column("input_tokens", sa.BigInteger()),
        sa.Column("output_tokens", sa.BigInteger()),
        sa.Column("total_tokens", sa.BigInteger()),
        sa.Column("input_cost", REAL),
        sa.Column("output_cost", REAL),
        sa.Column("total_cost", REAL),
        sa.Column("archive", TEXT, comment="where the spans are when they are not here"),
        _go_with("trace", "experiment", "experiment"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace")),
        sa.UniqueConstraint("trace_id", name=op.f("uq_trace_trace_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_trace_client_request_id"), "trace", ["client_request_id"])
    op.create_index(
        op.f("ix_trace_experiment_session_id_timestamp"),
        "trace",
        ["experiment", "session_id", "timestamp"],
    )
    op.create_index(op.f("ix_trace_experiment_timestamp"), "trace", ["experiment", "timestamp"])
    op.create_index(op.f("ix_trace_model_id"), "trace", ["model_id"])
    op.create_index(op.f("ix_trace_source_run_id"), "trace", ["source_run_id"])


def _trace_metadata() -> None:
    op.create_table(
        "trace_metadata",
        sa.Column("trace", ROW_ID, nullable=False),
        sa.Column("key", name(250), nullable=False),
        sa.Column("value", TEXT, nullable=False),
        _go_with("trace_metadata", "trace", "trace"),
        sa.PrimaryKeyConstraint("trace", "key", name=op.f("pk_trace_metadata")),
        sqlite_with_rowid=False,
    )


def _trace_run() -> None:
    op.create_table(
        "trace_run",
        sa.Column("trace", ROW_ID, nullable=False),
        sa.Column("run", ROW_ID, nullable=False),
        _go_with("trace_run", "run", "run"),
        _go_with("trace_run", "trace", "trace"),
        sa.PrimaryKeyConstraint("trace", "run", name=op.f("pk_trace_run")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_trace_run_run"), "trace_run", ["run"])


def _trace_tag() -> None:
    op.create_table(
        "trace_tag",
        sa.Column("trace", ROW_ID, nullable=False),
        sa.Column("key", name(250), nullable=False),
        sa.Column("value", TEXT, nullable=False),
        _go_with("trace_tag", "trace", "trace"),
        sa.PrimaryKeyConstraint("trace", "key", name=op.f("pk_trace_tag")),
        sqlite_with_rowid=False,
    )


def _assessment() -> None:
    op.create_table(
        "assessment",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("assessment_id", name(64), nullable=False),
        sa.Column("trace", ROW_ID, nullable=False),
        sa.Column("name", name(250), nullable=False),
        sa.Column("kind", name(16), nullable=False, comment="feedback, expectation or issue"),
        sa.Column("value", TEXT, comment="JSON"),
        sa.Column(
            "number",
            REAL,
            comment="the value, where it is a number or true or false",
        ),
        sa.Column("error", TEXT, comment="JSON"),
        sa.Column("rationale", TEXT),
        sa.Column("metadata", TEXT, comment="JSON"),
        sa.Column("source_type", name(50), nullable=False),
        sa.Column("source_id", name(250), nullable=False),
        sa.Column("span_id", name(50)),
        sa.Column("run_id", name(64)),
        sa.Column("overrides", name(64), comment="the assessment that it replaces"),
        sa.Column("valid", sa.Boolean(), nullable=False),
        sa.Column("create_time", sa.BigInteger(), nullable=False),
        sa.Column("last_update_time", sa.BigInteger(), nullable=False),
        _go_with("assessment", "trace", "trace"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment")),
        sa.UniqueConstraint(
            "trace", "assessment_id", name=op.f("uq_assessment_trace_assessment_id")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_assessment_run_id"), "assessment", ["run_id"])
    op.create_index(op.f("ix_assessment_trace_name"), "assessment", ["trace", "name"])


def _span() -> None:
    op.create_table(
        "span",
        sa.Column("trace", ROW_ID, nullable=False),
        sa.Column("span_id", name(50), nullable=False),
        sa.Column("parent_id", name(50)),
        sa.Column("experiment", ROW_ID, nullable=False),
        sa.Column("name", name(500), nullable=False),
        sa.Column("type", name(100), nullable=False),
        sa.Column("status", name(24), nullable=False),
        sa.Column("start_time", sa.BigInteger(), nullable=False, comment="ns since epoch"),
        sa.Column("end_time", sa.BigInteger(), comment="ns since epoch"),
        sa.Column("model_name", name(250)),
        sa.Column("model_provider", name(250)),
        sa.Column("total_cost", REAL),
        _go_with("span", "experiment", "experiment"),
        _go_with("span", "trace", "trace"),
        sa.PrimaryKeyConstraint("trace", "span_id", name=op.f("pk_span")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_span_experiment_start_time"), "span", ["experiment", "start_time"])
    op.create_index(
        op.f("ix_span_experiment_type_status"), "span", ["experiment", "type", "status"]
    )


def _span_batch() -> None:
    op.create_table(
        "span_batch",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("trace", ROW_ID, nullable=False),
        sa.Column("spans", sa.BigInteger(), nullable=False, comment="how many"),
        sa.Column(
            "payload", BYTES, nullable=False, comment="compressed; a later one of an id replaces"
        ),
        _go_with("span_batch", "trace", "trace"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_span_batch")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_span_batch_trace"), "span_batch", ["trace"])
