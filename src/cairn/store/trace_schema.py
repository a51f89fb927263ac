"""The tables of traces, their spans and assessments."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, UniqueConstraint

from cairn.store.columns import BYTES, REAL, ROW_ID, TEXT, name
from cairn.store.schema import metadata, owner

trace = Table(
    "trace",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("trace_id", name(64), nullable=False, unique=True),
    owner("experiment", "experiment"),
    Column("name", TEXT, nullable=False),
    Column("timestamp", BigInteger, nullable=False, comment="ms since epoch"),
    Column("duration", BigInteger, comment="ms; NULL while it runs"),
    Column("state", name(24), nullable=False),
    Column("client_request_id", name(250)),
    Column("session_id", name(250)),
    Column("user_id", name(250)),
    Column("source_run_id", name(64)),
    Column("model_id", name(64)),
    Column("request_preview", TEXT),
    Column("response_preview", TEXT),
    Column("input_tokens", BigInteger),
    Column("output_tokens", BigInteger),
    Column("total_tokens", BigInteger),
    Column("input_cost", REAL),
    Column("output_cost", REAL),
    Column("total_cost", REAL),
    Column("archive", TEXT, comment="where the spans are when they are not here"),
    Index(None, "experiment", "timestamp"),
    Index(None, "experiment", "session_id", "timestamp"),
    Index(None, "client_request_id"),
    Index(None, "source_run_id"),
    Index(None, "model_id"),
    sqlite_autoincrement=True,
)

trace_tag = Table(
    "trace_tag",
    metadata,
    owner("trace", "trace", primary_key=True),
    Column("key", name(250), primary_key=True),
    Column("value", TEXT, nullable=False),
    sqlite_with_rowid=False,
)

trace_metadata = Table(
    "trace_metadata",
    metadata,
    owner("trace", "trace", primary_key=True),
    Column("key", name(250), primary_key=True),
    Column("value", TEXT, nullable=False),
    sqlite_with_rowid=False,
)

trace_run = Table(
    "trace_run",
    metadata,
    owner("trace", "trace", primary_key=True),
    owner("run", "run", primary_key=True),
    Index(None, "run"),
    sqlite_with_rowid=False,
)

# What filters and lists read of a span; all of it is in the batch that it came with.
span = Table(
    "span",
    metadata,
    owner("trace", "trace", primary_key=True),
    Column("span_id", name(50), primary_key=True),
    Column("parent_id", name(50)),
    owner("experiment", "experiment"),
    Column("name", name(500), nullable=False),
    Column("type", name(100), nullable=False),
    Column("status", name(24), nullable=False),
    Column("start_time", BigInteger, nullable=False, comment="ns since epoch"),
    Column("end_time", BigInteger, comment="ns since epoch"),
    Column("model_name", name(250)),
    Column("model_provider", name(250)),
    Column("total_cost", REAL),
    Index(None, "experiment", "start_time"),
    Index(None, "experiment", "type", "status"),
    sqlite_with_rowid=False,
)

span_batch = Table(
    "span_batch",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    owner("trace", "trace"),
    Column("spans", BigInteger, nullable=False, comment="how many"),
    Column("payload", BYTES, nullable=False, comment="compressed; a later one of an id replaces"),
    Index(None, "trace"),
    sqlite_autoincrement=True,
)

assessment = Table(
    "assessment",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("assessment_id", name(64), nullable=False),
    owner("trace", "trace"),
    Column("name", name(250), nullable=False),
    Column("kind", name(16), nullable=False, comment="feedback, expectation or issue"),
    Column("value", TEXT, comment="JSON"),
    Column("number", REAL, comment="the value, where it is a number or true or false"),
    Column("error", TEXT, comment="JSON"),
    Column("rationale", TEXT),
    Column("metadata", TEXT, comment="JSON"),
    Column("source_type", name(50), nullable=False),
    Column("source_id", name(250), nullable=False),
    Column("span_id", name(50)),
    Column("run_id", name(64)),
    Column("overrides", name(64), comment="the assessment that it replaces"),
    Column("valid", Boolean, nullable=False),
    Column("create_time", BigInteger, nullable=False),
    Column("last_update_time", BigInteger, nullable=False),
    UniqueConstraint("trace", "assessment_id"),
    Index(None, "trace", "name"),
    Index(None, "run_id"),
    sqlite_autoincrement=True,
)
