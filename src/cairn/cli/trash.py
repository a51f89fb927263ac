"""``cairn trash``: what is deleted, and can be restored or purged."""

from __future__ import annotations

import click

from cairn.cli.output import table, utc

HELP = """List what is deleted: since when, how large, and when retention takes it.

Sizes are in bytes; that of the rows is an estimate. `cairn runs restore` and `cairn experiments
restore` bring back, `cairn runs purge`, `cairn experiments purge` and `cairn gc` remove for good.
"""


@click.command(help=HELP, short_help="List deleted runs and experiments.")
@click.option("--artifacts", is_flag=True, help="Measure the files of each run, too.")
def command(artifacts: bool) -> None:
    """List what is deleted."""
    from cairn.client.client import Client
    from cairn.contract.lifecycle import TrashedExperiment

    rows: list[tuple[str, ...]] = []
    for found in Client().list_trash(artifacts):
        times = (_time(found.deleted_time), _time(found.purge_time))
        if isinstance(found, TrashedExperiment):
            what = ("experiment", found.experiment_id, found.name, "", "")
        else:
            files = "" if found.artifact_size is None else str(found.artifact_size)
            what = ("run", found.run_id, found.run_name, str(found.size), files)
        rows.append((*what, *times))
    click.echo(table(("Kind", "Id", "Name", "Rows", "Artifacts", "Deleted", "Purged"), rows))


def _time(millis: int | None) -> str:
    return "" if millis is None else f"{utc(millis):%Y-%m-%d %H:%M} UTC"
