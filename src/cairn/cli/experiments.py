"""``cairn experiments``: create, find, change and delete experiments."""

from __future__ import annotations

import csv as csv_format
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from cairn.cli.errors import usage
from cairn.cli.many_runs import DRY_RUN, FORCE, YES, run_purge
from cairn.cli.output import facts, json_text, table, utc

if TYPE_CHECKING:
    from cairn.client.client import Client
    from cairn.client.entities import Experiment, Run
    from cairn.contract.lifecycle import Purged

PAGE = 1000

VIEW = click.option(
    "--view",
    "-v",
    type=click.Choice(["active_only", "deleted_only", "all"], case_sensitive=False),
    default="active_only",
    show_default=True,
    help="Which to show.",
)

EXPERIMENT_ID = click.option("--experiment-id", "-x", required=True, help="Id of the experiment.")


@click.group()
def experiments() -> None:
    """Create, find, change, delete and purge experiments."""


@experiments.command()
@click.option("--experiment-name", "-n", required=True, help="Name; no other one may have it.")
@click.option(
    "--artifact-location",
    "-l",
    help="Where its runs keep artifacts. Default: chosen by the store.",
)
def create(experiment_name: str, artifact_location: str | None) -> None:
    """Create an experiment and print its id."""
    from cairn.client.client import Client

    made = Client().create_experiment(experiment_name, artifact_location)
    click.echo(f"Created experiment '{experiment_name}' with id {made}")


@experiments.command()
@VIEW
@click.option("--max-results", type=click.IntRange(min=1), help="How many. Default: all.")
def search(view: str, max_results: int | None) -> None:
    """List experiments."""
    from cairn.client.client import Client

    found: list[tuple[str, str, str]] = []
    for experiment in _experiments(Client(), view):
        if max_results is not None and len(found) == max_results:
            break
        found.append((experiment.experiment_id, experiment.name, experiment.artifact_location))
    click.echo(table(("Experiment Id", "Name", "Artifact Location"), found))


def _experiments(client: Client, view: str) -> Iterator[Experiment]:
    from cairn.client.entities import ViewType

    token = None
    while True:
        page = client.search_experiments(
            view_type=ViewType.from_string(view), max_results=PAGE, page_token=token
        )
        yield from page
        token = page.token
        if not token:
            return


@experiments.command()
@click.option("--experiment-id", "-x", help="Its id.")
@click.option("--experiment-name", "-n", help="Its name.")
@click.option(
    "--output",
    type=click.Choice(["json", "table"]),
    default="table",
    show_default=True,
    help="Form.",
)
def get(experiment_id: str | None, experiment_name: str | None, output: str) -> None:
    """Show one experiment, found by its id or its name."""
    if (experiment_id is None) == (experiment_name is None):
        usage("Give one of --experiment-id and --experiment-name.")
    found = _found(experiment_id, str(experiment_name))
    if output == "json":
        click.echo(json_text(dict(found), sort_keys=True))
        return
    tags = ", ".join(f"{key}={value}" for key, value in sorted(found.tags.items()))
    click.echo(
        facts(
            [
                ("Experiment ID", found.experiment_id),
                ("Name", found.name),
                ("Artifact Location", found.artifact_location),
                ("Lifecycle Stage", found.lifecycle_stage),
                ("Creation Time", str(found.creation_time)),
                ("Last Update Time", str(found.last_update_time)),
                ("Tags", tags),
            ]
        )
    )


def _found(experiment_id: str | None, name: str) -> Experiment:
    from cairn.client.client import Client
    from cairn.errors import DoesNotExist

    if experiment_id is not None:
        return Client().get_experiment(experiment_id)
    found = Client().get_experiment_by_name(name)
    if found is None:
        raise DoesNotExist(
            f"No experiment is named {name!r}. List them with `cairn experiments search`."
        )
    return found


@experiments.command()
@EXPERIMENT_ID
@click.option("--new-name", required=True, help="Its new name.")
def rename(experiment_id: str, new_name: str) -> None:
    """Give an active experiment another name."""
    from cairn.client.client import Client

    Client().rename_experiment(experiment_id, new_name)
    click.echo(f"Experiment with id {experiment_id} has been renamed to '{new_name}'.")


@experiments.command()
@EXPERIMENT_ID
def delete(experiment_id: str) -> None:
    """Hide an experiment and its runs; `restore` brings them back."""
    from cairn.client.client import Client

    Client().delete_experiment(experiment_id)
    click.echo(f"Experiment with ID {experiment_id} has been deleted.")


@experiments.command()
@EXPERIMENT_ID
def restore(experiment_id: str) -> None:
    """Bring back a deleted experiment and the runs deleted with it."""
    from cairn.client.client import Client

    Client().restore_experiment(experiment_id)
    click.echo(f"Experiment with id {experiment_id} has been restored.")


@experiments.command()
@EXPERIMENT_ID
@FORCE
@DRY_RUN
@YES
def purge(experiment_id: str, force: bool, dry_run: bool, yes: bool) -> None:
    """Remove a deleted experiment and its runs for good; its name is free at once."""
    from cairn.client.client import Client

    client = Client()

    def call(dry_run: bool) -> Purged:
        return client.purge_experiments([experiment_id], force, dry_run)

    run_purge(call, dry_run, yes)


@experiments.command()
@EXPERIMENT_ID
@click.option("--filename", "-o", type=click.Path(dir_okay=False), help="Default: standard output.")
def csv(experiment_id: str, filename: str | None) -> None:
    """Write the active runs of an experiment as CSV, one row a run, the newest first."""
    from cairn.client.client import Client

    client = Client()
    client.get_experiment(experiment_id)
    found = list(runs_of(client, experiment_id, "active_only"))
    if filename is None:
        _write_csv(sys.stdout, found)
        return
    with Path(filename).open("w", encoding="utf-8", newline="") as file:
        _write_csv(file, found)
    click.echo(f"Experiment with ID {experiment_id} has been exported as CSV to file: {filename}.")


def runs_of(client: Client, experiment_id: str, view: str) -> Iterator[Run]:
    """Every run of an experiment that a view shows, the newest first."""
    from cairn.client.entities import ViewType

    token = None
    while True:
        page = client.search_runs(
            [experiment_id],
            run_view_type=ViewType.from_string(view),
            max_results=PAGE,
            page_token=token,
        )
        yield from page
        token = page.token
        if not token:
            return


_FACTS = ("run_id", "experiment_id", "status", "artifact_uri")
_TIMES = ("start_time", "end_time")
_DATA = ("metrics", "params", "tags")


def _write_csv(file: IO[str], found: Sequence[Run]) -> None:
    keys = {
        kind: sorted({key for run in found for key in getattr(run.data, kind)}) for kind in _DATA
    }
    writer = csv_format.writer(file, lineterminator="\n")
    writer.writerow([*_FACTS, *_TIMES, *(f"{kind}.{key}" for kind in _DATA for key in keys[kind])])
    for run in found:
        times = (getattr(run.info, name) for name in _TIMES)
        writer.writerow(
            [
                *(getattr(run.info, name) for name in _FACTS),
                *("" if t is None else utc(t).isoformat(" ", "milliseconds") for t in times),
                *(getattr(run.data, kind).get(key, "") for kind in _DATA for key in keys[kind]),
            ]
        )
