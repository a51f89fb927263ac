"""``cairn backup`` and ``cairn restore``: copies of a SQLite database."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cairn import settings
from cairn.cli.errors import usage

STORE_URI = click.option(
    "--backend-store-uri",
    metavar="URI",
    help="The database or its folder.  [default: sqlite:///cairn.db; env: CAIRN_BACKEND_STORE_URI]",
)
FORCE = click.option("--force", is_flag=True, help="Replace what is there.")


@click.command(short_help="Copy the database while it is in use.")
@click.argument("dest", metavar="DEST", type=click.Path(path_type=Path, dir_okay=False))
@STORE_URI
@FORCE
def backup(dest: Path, backend_store_uri: str | None, force: bool) -> None:
    """Copy the database to the file DEST as it is at one moment, while others write.

    The copy is checked before it appears. Artifacts are not in it: copy their folder afterwards.
    """
    from cairn.store.backup import back_up

    database = database_file(backend_store_uri)
    size = back_up(database, dest.absolute(), force=force, progress=_told)
    click.echo(f"Backed up {database} to {dest}: {size} bytes.")


@click.command(short_help="Put a backup back as the database.")
@click.argument("src", metavar="SRC", type=click.Path(path_type=Path, dir_okay=False))
@STORE_URI
@FORCE
def restore(src: Path, backend_store_uri: str | None, force: bool) -> None:
    """Put the backup SRC in the place of the database, which no process may have open."""
    from cairn.store import backup as copies

    database = database_file(backend_store_uri)
    size = copies.restore(src.absolute(), database, force=force, progress=_told)
    click.echo(f"Restored {database} from {src}: {size} bytes.")


def database_file(uri: str | None) -> Path:
    """The file of the SQLite database that is meant.

    Raises:
        click.UsageError: it is no SQLite database.
    """
    from cairn.client.connect import resolve_uri

    place = resolve_uri(uri or settings.BACKEND_STORE_URI.get() or "sqlite:///cairn.db")
    kind, sqlite, path = place.uri.partition("sqlite:///")
    if kind or not sqlite:
        usage(
            "Only SQLite databases are copied by Cairn. Use the tools of the database, such as "
            "pg_dump, or run this where the server keeps its file."
        )
    return Path(path)


def _told(copied: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if copied == total else ""
        click.echo(f"\r{copied} of {total} pages{end}", nl=False, err=True)
