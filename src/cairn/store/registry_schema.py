"""The tables of the model registry; prompts are registered models, too."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, UniqueConstraint

from cairn.store.columns import ROW_ID, TEXT, name
from cairn.store.schema import metadata, owner

registered_model = Table(
    "registered_model",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("name", name(256), nullable=False, unique=True),
    Column("kind", name(8), nullable=False, comment="model or prompt"),
    Column("description", TEXT, nullable=False),
    Column("user_id", name(256), nullable=False),
    Column("creation_time", BigInteger, nullable=False),
    Column("last_updated_time", BigInteger, nullable=False),
    Column("next_version", Integer, nullable=False, comment="numbers are never used again"),
    Index(None, "kind", "name"),
    Index(None, "last_updated_time"),
    sqlite_autoincrement=True,
)

registered_model_tag = Table(
    "registered_model_tag",
    metadata,
    owner("registered_model", "model", primary_key=True),
    Column("key", name(250), primary_key=True),
    Column("value", TEXT, nullable=False),
    sqlite_with_rowid=False,
)

model_version = Table(
    "model_version",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    owner("registered_model", "model"),
    Column("version", Integer, nullable=False),
    Column("description", TEXT, nullable=False),
    Column("user_id", name(256), nullable=False),
    Column("creation_time", BigInteger, nullable=False),
    Column("last_updated_time", BigInteger, nullable=False),
    Column("stage", name(20), nullable=False),
    Column("status", name(32), nullable=False),
    Column("status_message", TEXT),
    Column("source", TEXT, nullable=False, comment="what the user named, such as runs:/..."),
    Column("storage_location", TEXT, nullable=False, comment="where the files are"),
    # What it was made of; no foreign keys, as a version outlives what is purged.
    Column("run_id", name(64), nullable=False, comment="empty when no run made it"),
    Column("run_link", TEXT, nullable=False),
    Column("model_id", name(64), nullable=False, comment="the logged model, or empty"),
    Column("source_version", ROW_ID, comment="row of the version that it is a copy of"),
    UniqueConstraint("model", "version"),
    Index(None, "model", "stage"),
    Index(None, "run_id"),
    Index(None, "model_id"),
    Index(None, "last_updated_time"),
    sqlite_autoincrement=True,
)

model_version_tag = Table(
    "model_version_tag",
    metadata,
    owner("model_version", "version", primary_key=True),
    Column("key", name(250), primary_key=True),
    Column("value", TEXT, nullable=False),
    sqlite_with_rowid=False,
)

registered_model_alias = Table(
    "registered_model_alias",
    metadata,
    owner("registered_model", "model", primary_key=True),
    Column("alias", name(256), primary_key=True),
    owner("model_version", "version"),
    Index(None, "version"),
    sqlite_with_rowid=False,
)
