"""Commands of ``cairn runs`` that take many runs: tag, delete, restore, move, copy, purge."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cairn.cli.errors import usage
from cairn.cli.output import table

if TYPE_CHECKING:
    from cairn.contract.lifecycle import Purged

Command = TypeVar("Command", bound=Callable[..., object])

DRY_RUN = click.option("--dry-run", is_flag=True, help="Tell the same and change nothing.")
FORCE = click.option("--force", is_flag=True, help="Purge what is not deleted, too.")
YES = click.option("--yes", "-y", is_flag=True, help="Do not ask.")
NESTED = click.option(
    "--nested", is_flag=True, help="And the runs nested below them, at every depth."
)
TO = click.option("--experiment-id", "-x", required=True, help="Id of the experiment to go to.")


def _run_ids(command: Command) -> Command:
    """The two options that name runs; the command gets `run_ids`, a list."""
    one = click.option("--run-id", help="Id of one run.")
    many = click.option(
        "--run-ids",
        metavar="IDS",
        callback=_read_ids,
        help="Ids of up to 10,000 runs, comma separated; - reads them from standard input.",
    )
    return one(many(command))


def _read_ids(_context: click.Context, _option: click.Parameter, text: str | None) -> list[str]:
    given = sys.stdin.read() if text == "-" else text or ""
    return given.replace(",", " ").split()


def _chosen(run_id: str | None, run_ids: list[str]) -> list[str]:
    if (run_id is None) == (not run_ids):
        usage("Give one of --run-id and --run-ids.")
    return run_ids if run_id is None else [run_id]


def _tell(verb: str, changed: int, not_found: Sequence[str]) -> None:
    """One line that says how many; what was not found is an error."""
    click.echo(f"{verb} {changed} run{'' if changed == 1 else 's'}.")
    if not_found:
        click.echo(f"Not found: {', '.join(not_found)}", err=True)
        sys.exit(1)


@click.command()
@_run_ids
@click.option("--tags", "-t", multiple=True, metavar="KEY=VALUE", help="A tag; may be repeated.")
@click.option("--remove", multiple=True, metavar="KEY", help="A tag to remove; may be repeated.")
def tag(
    run_id: str | None, run_ids: list[str], tags: tuple[str, ...], remove: tuple[str, ...]
) -> None:
    """Set and remove tags of runs."""
    from cairn.client.client import Client

    if not tags and not remove:
        usage("Give --tags KEY=VALUE or --remove KEY.")
    done = Client().tag_runs(_chosen(run_id, run_ids), tags_of(tags), remove)
    _tell("Tagged", done.changed, done.not_found)


def tags_of(texts: tuple[str, ...]) -> dict[str, str]:
    """The tags that options ``KEY=VALUE`` name."""
    tags: dict[str, str] = {}
    for text in texts:
        key, found, value = text.partition("=")
        if not found or not key:
            usage(f"Tag {text!r} is not KEY=VALUE, for example env=prod.")
        if key in tags:
            usage(f"Tag {key!r} is given twice.")
        tags[key] = value
    return tags


@click.command()
@_run_ids
@NESTED
def delete(run_id: str | None, run_ids: list[str], nested: bool) -> None:
    """Hide runs; `restore` brings them back."""
    from cairn.client.client import Client

    if run_id is not None and not run_ids and not nested:
        Client().delete_run(run_id)
        click.echo(f"Run with ID {run_id} has been deleted.")
        return
    done = Client().delete_runs(_chosen(run_id, run_ids), nested)
    _tell("Deleted", done.changed, done.not_found)


@click.command()
@_run_ids
@NESTED
def restore(run_id: str | None, run_ids: list[str], nested: bool) -> None:
    """Bring back deleted runs."""
    from cairn.client.client import Client

    if run_id is not None and not run_ids and not nested:
        Client().restore_run(run_id)
        click.echo(f"Run with id {run_id} has been restored.")
        return
    done = Client().restore_runs(_chosen(run_id, run_ids), nested)
    _tell("Restored", done.changed, done.not_found)


@click.command()
@_run_ids
@TO
@NESTED
def move(run_id: str | None, run_ids: list[str], experiment_id: str, nested: bool) -> None:
    """Move runs to another experiment; their artifacts stay where they are."""
    from cairn.client.client import Client

    done = Client().move_runs(_chosen(run_id, run_ids), experiment_id, nested)
    _tell("Moved", done.changed, done.not_found)


@click.command()
@_run_ids
@TO
@NESTED
@click.option("--artifacts/--no-artifacts", default=True, help="Copy files.  [default: artifacts]")
def copy(
    run_id: str | None, run_ids: list[str], experiment_id: str, nested: bool, artifacts: bool
) -> None:
    """Copy runs with everything that was logged to them, and print the ids of the copies."""
    from cairn.client.client import Client

    done = Client().copy_runs(_chosen(run_id, run_ids), experiment_id, nested, artifacts)
    rows = [(each.run_id, each.copied_from) for each in done.copies]
    click.echo(table(("Copy", "Copied from"), rows))
    if done.not_found:
        click.echo(f"Not found: {', '.join(done.not_found)}", err=True)
        sys.exit(1)


@click.command()
@_run_ids
@NESTED
@FORCE
@DRY_RUN
@YES
def purge(
    run_id: str | None,
    run_ids: list[str],
    nested: bool,
    force: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Remove deleted runs for good: rows, metrics, artifacts, disk."""
    from cairn.client.client import Client

    client, chosen = Client(), _chosen(run_id, run_ids)

    def call(dry_run: bool) -> Purged:
        return client.purge_runs(chosen, nested, force, dry_run)

    run_purge(call, dry_run, yes)


def run_purge(call: Callable[[bool], Purged], dry_run: bool, yes: bool) -> None:
    """Purge and tell it; on a terminal ask first, with what a dry run finds."""
    if not dry_run and not yes and sys.stdin.isatty():
        click.confirm(f"Purge {_what(call(True))} for good?", abort=True, err=True)
    purged = call(dry_run)
    click.echo(f"{'Would purge' if dry_run else 'Purged'} {_what(purged)}.")
    for kept in purged.kept:
        click.echo(f"Kept {kept.id}: {kept.problem}", err=True)
    if purged.not_found:
        click.echo(f"Not found: {', '.join(purged.not_found)}", err=True)
    if purged.kept or purged.not_found:
        sys.exit(1)


def _what(purged: Any) -> str:
    return (
        f"{purged.runs} runs, {purged.experiments} experiments, "
        f"{purged.files} files ({purged.bytes} bytes)"
    )


COMMANDS = (tag, delete, restore, move, copy, purge)
