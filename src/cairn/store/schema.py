"""Every table of the store. Integer keys inside; public ids are columns of their own."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

RowId = BigInteger().with_variant(Integer, "sqlite")
"""A surrogate key; on SQLite it must be spelled INTEGER to be the rowid."""


def _owner(table: str, name: str, *, primary_key: bool = False) -> Column[int]:
    return Column(
        name,
        RowId,
        ForeignKey(f"{table}.id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
    )


experiment = Table(
    "experiment",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("name", String(500), nullable=False, unique=True),
    Column("artifact_location", String(2048), nullable=False),
    Column("lifecycle_stage", String(8), nullable=False),
    Column("creation_time", BigInteger, nullable=False),
    Column("last_update_time", BigInteger, nullable=False),
    Column("deleted_time", BigInteger),
    sqlite_autoincrement=True,
)

experiment_tag = Table(
    "experiment_tag",
    metadata,
    _owner("experiment", "experiment", primary_key=True),
    Column("key", String(250), primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

run = Table(
    "run",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("run_id", String(32), nullable=False, unique=True),
    _owner("experiment", "experiment"),
    Column("name", Text, nullable=False),
    Column("user_id", String(256), nullable=False),
    Column("status", String(16), nullable=False),
    Column("start_time", BigInteger, nullable=False),
    Column("end_time", BigInteger),
    Column("artifact_uri", Text, nullable=False),
    Column("lifecycle_stage", String(8), nullable=False),
    Column("deleted_time", BigInteger),
    Index(None, "experiment", "lifecycle_stage", "start_time"),
    sqlite_autoincrement=True,
)

param = Table(
    "param",
    metadata,
    _owner("run", "run", primary_key=True),
    Column("key", String(250), primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

tag = Table(
    "tag",
    metadata,
    _owner("run", "run", primary_key=True),
    Column("key", String(250), primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

dataset = Table(
    "dataset",
    metadata,
    Column("id", RowId, primary_key=True),
    _owner("experiment", "experiment"),
    Column("name", String(500), nullable=False),
    Column("digest", String(36), nullable=False),
    Column("source_type", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("schema", Text),
    Column("profile", Text),
    UniqueConstraint("experiment", "name", "digest"),
)

run_input = Table(
    "run_input",
    metadata,
    Column("id", RowId, primary_key=True),
    _owner("run", "run"),
    _owner("dataset", "dataset"),
    UniqueConstraint("run", "dataset"),
)

input_tag = Table(
    "input_tag",
    metadata,
    _owner("run_input", "input", primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("value", String(500), nullable=False),
    sqlite_with_rowid=False,
)

run_model = Table(
    "run_model",
    metadata,
    _owner("run", "run", primary_key=True),
    Column("direction", String(6), primary_key=True, comment="input or output"),
    Column("model_id", String(64), primary_key=True),
    Column("step", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

metric_latest = Table(
    "metric_latest",
    metadata,
    _owner("run", "run", primary_key=True),
    Column("key", String(250), primary_key=True),
    Column("value", Double, comment="NULL stands for NaN"),
    Column("step", BigInteger, nullable=False),
    Column("timestamp", BigInteger, nullable=False),
    Column("low", Double, comment="smallest value that is a number"),
    Column("high", Double, comment="largest value that is a number"),
    sqlite_with_rowid=False,
)

metric_batch = Table(
    "metric_batch",
    metadata,
    Column("id", RowId, primary_key=True),
    _owner("run", "run"),
    Column("source", String(64)),
    Column("sequence", BigInteger),
    Column("points", Integer, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    UniqueConstraint("run", "source", "sequence"),
)

metric_chunk = Table(
    "metric_chunk",
    metadata,
    Column("id", RowId, primary_key=True),
    _owner("run", "run"),
    Column("key", String(250), nullable=False),
    Column("points", Integer, nullable=False),
    Column("first_step", BigInteger, nullable=False),
    Column("last_step", BigInteger, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Index(None, "run", "key"),
)

metric_source = Table(
    "metric_source",
    metadata,
    _owner("run", "run", primary_key=True),
    Column("source", String(64), primary_key=True),
    Column("folded", Text, nullable=False, comment="JSON list of [first, last] sequences"),
    sqlite_with_rowid=False,
)

metric_link = Table(
    "metric_link",
    metadata,
    Column("id", RowId, primary_key=True),
    _owner("run", "run"),
    Column("key", String(250), nullable=False),
    Column("step", BigInteger, nullable=False),
    Column("timestamp", BigInteger, nullable=False),
    Column("model_id", String(64)),
    Column("dataset_name", String(500)),
    Column("dataset_digest", String(36)),
    Index(None, "run"),
)
