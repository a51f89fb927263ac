"""``cairn runs``: create, list, show, change, move, copy, delete and purge runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cairn import settings
from cairn.cli.errors import usage
from cairn.cli.experiments import VIEW, runs_of
from cairn.cli.many_runs import COMMANDS, tags_of
from cairn.cli.output import json_text, table, utc

if TYPE_CHECKING:
    from cairn.client.client import Client

RUN_ID = click.option("--run-id", required=True, help="Id of the run.")


@click.group()
def runs() -> None:
    """Create, list, show, change, move, copy, delete and purge runs."""


@runs.command()
@click.option("--experiment-id", help="Id of its experiment.  [env: CAIRN_EXPERIMENT_ID]")
@click.option(
    "--experiment-name", help="Or its name; made when missing.  [env: CAIRN_EXPERIMENT_NAME]"
)
@click.option("--run-name", help="Name of the run. Default: one is made.")
@click.option("--description", help="What the run is, as Markdown.")
@click.option("--tags", "-t", multiple=True, metavar="KEY=VALUE", help="A tag; may be repeated.")
@click.option(
    "--status",
    type=click.Choice(["FINISHED", "FAILED", "KILLED"], case_sensitive=False),
    default="FINISHED",
    show_default=True,
    help="Status it ends with.",
)
@click.option("--parent-run-id", help="Run that it is nested under.")
def create(
    experiment_id: str | None,
    experiment_name: str | None,
    run_name: str | None,
    description: str | None,
    tags: tuple[str, ...],
    status: str,
    parent_run_id: str | None,
) -> None:
    """Create a run that has ended already, and print it as JSON."""
    from cairn.client.client import Client
    from cairn.client.context import resolve_tags

    given = tags_of(tags)
    client = Client()
    experiment = _experiment(client, experiment_id, experiment_name)
    if description is not None:
        given["mlflow.note.content"] = description
    if parent_run_id is not None:
        given["mlflow.parentRunId"] = client.get_run(parent_run_id).info.run_id
    made = client.create_run(experiment, tags=resolve_tags(given), run_name=run_name)
    client.set_terminated(made.info.run_id, status)
    click.echo(
        json_text(
            {
                "run_id": made.info.run_id,
                "experiment_id": made.info.experiment_id,
                "status": status,
                "run_name": made.info.run_name,
            }
        )
    )


def _experiment(client: Client, experiment_id: str | None, name: str | None) -> str:
    """Id of the experiment that options, else settings name."""
    if experiment_id is None and name is None:
        experiment_id, name = settings.EXPERIMENT_ID.get(), settings.EXPERIMENT_NAME.get()
    if (experiment_id is None) == (name is None):
        usage("Give one of --experiment-id and --experiment-name.")
    if name is None:
        return str(experiment_id)
    found = client.get_experiment_by_name(name)
    return client.create_experiment(name) if found is None else found.experiment_id


@runs.command(name="list")
@click.option("--experiment-id", help="Id of the experiment.  [env: CAIRN_EXPERIMENT_ID]")
@VIEW
def list_runs(experiment_id: str | None, view: str) -> None:
    """List the runs of an experiment, the newest first."""
    from cairn.client.client import Client

    experiment = experiment_id or settings.EXPERIMENT_ID.get()
    if experiment is None:
        usage("Give --experiment-id, or set CAIRN_EXPERIMENT_ID.")
    rows = [
        (
            f"{utc(run.info.start_time):%Y-%m-%d %H:%M:%S} UTC",
            run.info.run_name or "",
            run.info.run_id,
        )
        for run in runs_of(Client(), experiment, view)
    ]
    click.echo(table(("Date", "Name", "ID"), rows))


@runs.command()
@RUN_ID
def describe(run_id: str) -> None:
    """Print everything about a run as JSON."""
    from cairn.client.client import Client

    click.echo(json_text(Client().get_run(run_id).to_dictionary(), indent=4))


for _command in COMMANDS:
    runs.add_command(_command)
