"""What servers do by themselves, and an index of nested runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cairn.store.columns import name

revision = "0005"
down_revision = "0004"

_PARENT = sa.column("key") == "mlflow.parentRunId"


def upgrade() -> None:
    """What servers do by themselves, and an index of nested runs."""
    op.create_table(
        "upkeep",
        sa.Column("name", name(32), nullable=False, comment="what a server does by itself"),
        sa.Column("due", sa.BigInteger(), nullable=False, comment="when it is done next"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_upkeep")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_tag_parent"),
        "tag",
        ["value"],
        sqlite_where=_PARENT,
        postgresql_where=_PARENT,
        mysql_length={"value": 36},
    )
