"""Every table of the store. Integer keys inside; public ids are columns of their own."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect

from cairn.store.columns import BYTES, REAL, ROW_ID, SORTED_CHARACTERS, TEXT, name

RUN_NAME = "mlflow.runName"
"""The tag that is the name of a run."""
PARENT_RUN_ID = "mlflow.parentRunId"
"""The tag that names the run that a run is nested in."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def owner(table: str, column: str, *, primary_key: bool = False) -> Column[int]:
    """The column of a table whose rows go with the row of another table that it names."""
    return Column(
        column,
        ROW_ID,
        ForeignKey(f"{table}.id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
    )


def _cuts_texts(*_: object, dialect: Dialect, **__: object) -> bool:
    """Whether an index of the database may hold the result of a function."""
    return dialect.name != "mysql"


def _index_of_values(table: Table) -> None:
    """Index the beginnings of texts: an entry of an index cannot be of any length."""
    name = f"ix_{table.name}_key_value"
    beginning = text(f"substr(value, 1, {SORTED_CHARACTERS})")
    Index(name, table.c.key, beginning).ddl_if(callable_=_cuts_texts)
    beginnings = {"value": SORTED_CHARACTERS}
    Index(name, table.c.key, table.c.value, mysql_length=beginnings).ddl_if(dialect="mysql")


experiment = Table(
    "experiment",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("name", name(500), nullable=False, unique=True),
    Column("artifact_location", name(2048), nullable=False),
    Column("lifecycle_stage", name(8), nullable=False),
    Column("creation_time", BigInteger, nullable=False),
    Column("last_update_time", BigInteger, nullable=False),
    Column("deleted_time", BigInteger),
    sqlite_autoincrement=True,
)

experiment_tag = Table(
    "experiment_tag",
    metadata,
    owner("experiment", "experiment", primary_key=True),
    Column("key", name(250), primary_key=True),
    Column("value", TEXT, nullable=False),
    sqlite_with_rowid=False,
)

run = Table(
    "run",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("run_id", name(32), nullable=False, unique=True),
    owner("experiment", "experiment"),
    Column("name", TEXT, nullable=False),
    Column("user_id", name(256), nullable=False),
    Column("status", name(16), nullable=False),
    Column("start_time", BigInteger, nullable=False),
    Column("end_time", BigInteger),
    Column("artifact_uri", TEXT, nullable=False),
    Column("lifecycle_stage", name(8), nullable=False),
    Column("deleted_time", BigInteger),
    Index(None, "experiment", "lifecycle_stage", "start_time"),
    sqlite_autoincrement=True,
)

param = Table(
    "param",
    metadata,
    owner("run", "run", primary_key=True),
    Column("key", name(250), primary_key=True),
    Column("value", TEXT, nullable=False),
    sqlite_with_rowid=False,
)

tag = Table(
    "tag",
    metadata,
    owner("run", "run", primary_key=True),
    Column("key", name(250), primary_key=True),
    Column("value", TEXT, nullable=False),
    sqlite_with_rowid=False,
)

for table_of_texts in (param, tag):
    _index_of_values(table_of_texts)

# Which runs are nested in one; MySQL has no index of some rows.
Index(
    "ix_tag_parent",
    tag.c.value,
    sqlite_where=tag.c.key == PARENT_RUN_ID,
    postgresql_where=tag.c.key == PARENT_RUN_ID,
    mysql_length={"value": 36},
)

dataset = Table(
    "dataset",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    owner("experiment", "experiment"),
    Column("name", name(500), nullable=False),
    Column("digest", name(36), nullable=False),
    Column("source_type", TEXT, nullable=False),
    Column("source", TEXT, nullable=False),
    Column("schema", TEXT),
    Column("profile", TEXT),
    UniqueConstraint("experiment", "name", "digest"),
)

run_input = Table(
    "run_input",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    owner("run", "run"),
    owner("dataset", "dataset"),
    UniqueConstraint("run", "dataset"),
)

input_tag = Table(
    "input_tag",
    metadata,
    owner("run_input", "input", primary_key=True),
    Column("key", name(255), primary_key=True),
    Column("value", name(500), nullable=False),
    sqlite_with_rowid=False,
)

run_model = Table(
    "run_model",
    metadata,
    owner("run", "run", primary_key=True),
    Column("direction", name(6), primary_key=True, comment="input or output"),
    Column("model_id", name(64), primary_key=True),
    Column("step", BigInteger, nullable=False),
    Index(None, "model_id"),
    sqlite_with_rowid=False,
)

metric_latest = Table(
    "metric_latest",
    metadata,
    owner("run", "run", primary_key=True),
    Column("key", name(250), primary_key=True),
    Column("value", REAL, comment="NULL stands for NaN"),
    Column("step", BigInteger, nullable=False),
    Column("timestamp", BigInteger, nullable=False),
    Column("low", REAL, comment="smallest value that is a number"),
    Column("high", REAL, comment="largest value that is a number"),
    Column("points", BigInteger, nullable=False, server_default="0"),
    Index(None, "key", "value"),
    sqlite_with_rowid=False,
)

metric_batch = Table(
    "metric_batch",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    owner("run", "run"),
    Column("source", name(64)),
    Column("sequence", BigInteger),
    Column("points", Integer, nullable=False),
    Column("payload", BYTES, nullable=False),
    UniqueConstraint("run", "source", "sequence"),
    sqlite_autoincrement=True,  # ids are never used again: cursors tell new rows by them
)

metric_chunk = Table(
    "metric_chunk",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    owner("run", "run"),
    Column("key", name(250), nullable=False),
    Column("points", Integer, nullable=False),
    Column("first_step", BigInteger, nullable=False),
    Column("last_step", BigInteger, nullable=False),
    Column("payload", BYTES, nullable=False),
    Index(None, "run", "key"),
    sqlite_autoincrement=True,  # the same
)

metric_source = Table(
    "metric_source",
    metadata,
    owner("run", "run", primary_key=True),
    Column("source", name(64), primary_key=True),
    Column("folded", TEXT, nullable=False, comment="JSON list of [first, last] sequences"),
    sqlite_with_rowid=False,
)

logged_model = Table(
    "logged_model",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("model_id", name(64), nullable=False, unique=True),
    owner("experiment", "experiment"),
    Column("name", name(500), nullable=False),
    Column("model_type", name(500), nullable=False),
    Column("source_run_id", name(256), nullable=False, comment="empty when no run made it"),
    Column("status", name(8), nullable=False),
    Column("status_message", TEXT),
    Column("artifact_uri", TEXT, nullable=False),
    Column("creation_timestamp", BigInteger, nullable=False),
    Column("last_updated_timestamp", BigInteger, nullable=False),
    Column("lifecycle_stage", name(8), nullable=False),
    Column("deleted_time", BigInteger),
    Index(None, "experiment", "lifecycle_stage", "creation_timestamp"),
    Index(None, "source_run_id"),
    sqlite_autoincrement=True,
)

model_param = Table(
    "model_param",
    metadata,
    owner("logged_model", "model", primary_key=True),
    Column("key", name(255), primary_key=True),
    Column("value", TEXT, nullable=False),
    sqlite_with_rowid=False,
)

model_tag = Table(
    "model_tag",
    metadata,
    owner("logged_model", "model", primary_key=True),
    Column("key", name(255), primary_key=True),
    Column("value", TEXT, nullable=False),
    sqlite_with_rowid=False,
)

model_metric = Table(
    "model_metric",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    owner("logged_model", "model"),
    owner("run", "run"),
    Column("key", name(250), nullable=False),
    Column("value", REAL, comment="NULL stands for NaN"),
    Column("step", BigInteger, nullable=False),
    Column("timestamp", BigInteger, nullable=False),
    Column("dataset_name", name(500)),
    Column("dataset_digest", name(36)),
    Index(None, "model", "key"),
    Index(None, "run"),
)

evaluation_dataset = Table(
    "evaluation_dataset",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("dataset_id", name(64), nullable=False, unique=True),
    Column("name", name(255), nullable=False),
    Column("schema", TEXT),
    Column("profile", TEXT),
    Column("digest", name(64), nullable=False),
    Column("created_time", BigInteger, nullable=False),
    Column("last_update_time", BigInteger, nullable=False),
    Column("created_by", name(255)),
    Column("last_updated_by", name(255)),
    Index(None, "name"),
    Index(None, "created_time"),
    sqlite_autoincrement=True,
)

evaluation_dataset_tag = Table(
    "evaluation_dataset_tag",
    metadata,
    owner("evaluation_dataset", "dataset", primary_key=True),
    Column("key", name(255), primary_key=True),
    Column("value", TEXT, nullable=False),
    sqlite_with_rowid=False,
)

evaluation_dataset_experiment = Table(
    "evaluation_dataset_experiment",
    metadata,
    owner("evaluation_dataset", "dataset", primary_key=True),
    owner("experiment", "experiment", primary_key=True),
    Index(None, "experiment"),
    sqlite_with_rowid=False,
)

evaluation_record = Table(
    "evaluation_record",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("record_id", name(64), nullable=False, unique=True),
    owner("evaluation_dataset", "dataset"),
    Column("input_hash", name(64), nullable=False),
    Column("inputs", TEXT, nullable=False, comment="JSON, as all but times and names"),
    Column("outputs", TEXT),
    Column("expectations", TEXT),
    Column("tags", TEXT),
    Column("source", TEXT),
    Column("source_type", name(64)),
    Column("source_id", name(64)),
    Column("created_time", BigInteger, nullable=False),
    Column("last_update_time", BigInteger, nullable=False),
    Column("created_by", name(255)),
    Column("last_updated_by", name(255)),
    UniqueConstraint("dataset", "input_hash"),
    sqlite_autoincrement=True,
)

change = Table(
    "change",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("time", BigInteger, nullable=False),
    Column("actor", name(256), nullable=False, comment="empty when nobody is known"),
    Column("kind", name(16), nullable=False),
    Column("entity", name(256), nullable=False, comment="public id"),
    # No foreign key: a line outlives what it tells of.
    Column("experiment", ROW_ID),
    Column("what", name(32), nullable=False),
    Column("detail", TEXT, nullable=False, comment="JSON"),
    Index(None, "experiment", "id"),
    Index(None, "entity", "id"),
    sqlite_autoincrement=True,
)

upkeep = Table(
    "upkeep",
    metadata,
    Column("name", name(32), primary_key=True, comment="what a server does by itself"),
    Column("due", BigInteger, nullable=False, comment="when it is done next"),
    sqlite_with_rowid=False,
)
