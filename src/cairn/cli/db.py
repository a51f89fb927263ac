"""``cairn db``: the schema of the database."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import click

from cairn import settings
from cairn.cli.errors import usage

if TYPE_CHECKING:
    from cairn.store.db import Database

URL = click.argument("url", metavar="[URL]", required=False)


@click.group(short_help="See and upgrade the schema of the database.")
def db() -> None:
    """See and upgrade the schema of the database.

    URL is the database, such as sqlite:///cairn.db or postgresql://user@host/name, or the folder
    of one. Without it, it is CAIRN_BACKEND_STORE_URI, else sqlite:///cairn.db.
    """


@db.command(short_help="Bring the database to the newest schema.")
@URL
def upgrade(url: str | None) -> None:
    """Bring the database to the newest schema, as a server does when it starts.

    A SQLite file is backed up beside itself first; `cairn restore` puts that back. Before you
    upgrade PostgreSQL or MySQL, take a backup with its own tools and stop every older server.
    A migration that was cut off goes on where it was.
    """
    from cairn.store.upgrade import upgrade as migrate

    with closing(_database(url)) as database:
        done, found = migrate(database), database.version()
    if done is not None:
        click.echo(str(done))
    elif found:
        click.echo(f"{database.name} has schema {found}, the newest. There is nothing to do.")
    else:
        click.echo(f"{database.name} is empty. It is made when a server or a script first uses it.")


@db.command(short_help="Print the schema of the database.")
@URL
def version(url: str | None) -> None:
    """Print the schema that the database has, and whether it is the newest."""
    from cairn.store.db import HEAD

    with closing(_database(url)) as database:
        found = database.version()
    if found is None:
        click.echo(f"{database.name} is empty.")
    elif found == HEAD:
        click.echo(f"{found}, the newest.")
    else:
        click.echo(
            f"{found or 'half made'}, the newest is {HEAD}. It is upgraded by the next start of a "
            "server, or by `cairn db upgrade`."
        )


def _database(url: str | None) -> Database:
    """The database that is meant.

    Raises:
        click.UsageError: it is behind a server of ours, which upgrades its own.
    """
    from cairn.client.connect import resolve_uri
    from cairn.store.db import open_database

    uri = resolve_uri(url or settings.BACKEND_STORE_URI.get() or "sqlite:///cairn.db").uri
    if uri.startswith(("http://", "https://")):
        usage(f"{uri} is a server, which upgrades its database itself. Name the database.")
    return open_database(uri)
