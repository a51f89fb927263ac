"""What tests of upgrades share: pictures of a database, and two migrations that ours never had."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

HEAD_OF_LATER = "9002"

LATER = {
    "9001_later.py": """
import sqlalchemy as sa
from alembic import op
from cairn.store.columns import ROW_ID, TEXT, name

revision, down_revision = "9001", "$HEAD"

def upgrade():
    op.create_table(
        "extra",
        sa.Column("run", ROW_ID, nullable=False),
        sa.Column("label", name(200), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name="fk_extra_run", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "label", name="pk_extra"),
    )
    op.execute("INSERT INTO extra (run, label) SELECT id, run_id FROM run ORDER BY id")
    op.create_index("ix_extra_label", "extra", ["label", "run"])
    with op.batch_alter_table("run") as table:  # SQLite makes the table anew
        table.alter_column(
            "user_id", type_=name(300), existing_type=name(256), existing_nullable=False
        )
    op.add_column("run", sa.Column("note", TEXT))
    op.execute("UPDATE run SET note = name")
    extra = sa.table("extra", sa.column("run"), sa.column("label", sa.String))
    op.bulk_insert(extra, [{"run": 1, "label": f"more {n}"} for n in range(3)])
    op.rename_table("extra", "extras")
    extras = sa.table("extras", sa.column("run"), sa.column("label", sa.String))
    op.execute(extras.update().values(label=extras.c.label + "!"))
""",
    "9002_even_later.py": """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "9002", "9001"

def upgrade():
    run = sa.table("run", sa.column("user_id", sa.String), sa.column("note"))
    op.execute(run.update().values(user_id=run.c.user_id + "?"))
    op.drop_column("run", "note")
    op.create_index("ix_run_user_id", "run", ["user_id"])
    op.execute(run.update().values(user_id=run.c.user_id + "."))
""",
}

# argv: folder of the later migrations, URI, and when to be killed: "", "each", or "random".
DRIVER = """
import os, random, signal, sys, time
from collections.abc import Iterator
from pathlib import Path
import sqlalchemy as sa
from cairn.store import backup, migrate, upgrade
from cairn.store.db import base, open_database

folder, uri, when = sys.argv[1:]
base.HEAD = backup.HEAD = upgrade.HEAD = "9002"
ours = migrate.config

def config(connection):
    settings = ours(connection)
    own = Path(migrate.__file__).parent / "migrations" / "versions"
    settings.set_main_option("path_separator", "os")
    settings.set_main_option("version_locations", f"{own}{os.pathsep}{folder}")
    return settings

migrate.config = config

def child(kill_at, delay):
    \"\"\"Upgrade in a child; whether it came to its end before it was killed.\"\"\"
    pid = os.fork()
    if pid == 0:
        seen = 0
        @sa.event.listens_for(sa.Engine, "before_cursor_execute")
        def step(connection, cursor, statement, *_):
            nonlocal seen
            seen += not migrate._READS.match(statement) and not statement.startswith("PRAGMA")
            if kill_at and seen == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
        db = open_database(uri)
        upgrade.bring_up(db, None)
        db.close()
        os._exit(0)
    if delay is not None:
        time.sleep(delay)
        os.kill(pid, signal.SIGKILL)
    status = os.waitpid(pid, 0)[1]
    assert status in (0, signal.SIGKILL), status
    return status == 0

kills = 0
if when == "each":
    last, version = 0, None
    while not child(last := last + 1, None):
        kills += 1
        db = open_database(uri)
        if version != (version := db.version()):  # on MySQL each migration is committed
            last = 0
        db.close()
elif when == "random":
    for delay in sorted(random.uniform(0.005, 0.25) for _ in range(8)):
        kills += not child(0, delay)
assert child(0, None)
print(kills)
"""


def write_later(folder: Path, head: str) -> Path:
    """Write the two migrations after `head` into a new folder."""
    folder.mkdir()
    for name, text in LATER.items():
        (folder / name).write_text(text.replace("$HEAD", head), "utf-8")
    return folder


def know_later(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let this process know the later migrations, as `DRIVER` does for its own."""
    from cairn.store import backup, migrate, upgrade
    from cairn.store import db as package
    from cairn.store.db import base

    ours = migrate.config

    def config(connection: sa.Connection) -> Any:
        settings = ours(connection)
        own = Path(migrate.__file__).parent / "migrations" / "versions"
        settings.set_main_option("path_separator", "os")
        settings.set_main_option("version_locations", f"{own}{os.pathsep}{folder}")
        return settings

    patch.setattr(migrate, "config", config)
    for module in (base, package, backup, upgrade):
        patch.setattr(module, "HEAD", HEAD_OF_LATER)


def asked(uri: str, question: Callable[[sa.Connection], Any]) -> Any:
    """What `question` finds in a database, on a connection of its own."""
    url = sa.make_url(uri)
    drivers = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql"}
    engine = sa.create_engine(url.set(drivername=drivers[url.get_backend_name()]))
    with engine.connect() as connection:
        answer = question(connection)
    engine.dispose()
    return answer


def rows(uri: str) -> dict[str, list[Any]]:
    """Every row of every table, sorted; columns by name."""

    def read(connection: sa.Connection) -> dict[str, list[Any]]:
        tables = sa.MetaData()
        tables.reflect(connection)
        return {
            table.name: sorted(
                sorted(dict(row).items()).__repr__()
                for row in connection.execute(sa.select(table)).mappings()
            )
            for table in tables.tables.values()
        }

    return asked(uri, read)


def schema(uri: str) -> dict[str, Any]:
    """Tables, columns, keys and indexes with all that the database says about them."""
    return asked(uri, _schema)


def _schema(connection: sa.Connection) -> dict[str, Any]:
    look = sa.inspect(connection)
    found: dict[str, Any] = {}
    for table in look.get_table_names():
        found[table] = {
            "columns": sorted(map(_plain, look.get_columns(table))),
            "key": _plain(look.get_pk_constraint(table)),
            "foreign": sorted(map(_plain, look.get_foreign_keys(table))),
            "unique": sorted(map(_plain, look.get_unique_constraints(table))),
            "indexes": sorted(map(_plain, look.get_indexes(table))),
            "checks": sorted(map(_plain, look.get_check_constraints(table))),
            "options": _plain(look.get_table_options(table)),
        }
    if connection.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'table'"
        for name, text in connection.exec_driver_sql(query):
            if name in found:
                found[name]["kind"] = re.findall("WITHOUT ROWID|AUTOINCREMENT|STRICT", text)
    else:
        place = "current_schema()" if connection.dialect.name == "postgresql" else "database()"
        query = (
            "SELECT table_name, column_name, data_type, collation_name, column_default "
            f"FROM information_schema.columns WHERE table_schema = {place} ORDER BY 1, 2"
        )
        found["described"] = [tuple(row) for row in connection.exec_driver_sql(query)]
    return found


def _plain(facts: Any) -> str:
    return repr(sorted((name, _told(value)) for name, value in facts.items() if name != "oid"))


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return repr(sorted((name, _told(inner)) for name, inner in value.items()))
    return str(value) if isinstance(value, sa.ClauseElement) else repr(value)  # as an index's WHERE
