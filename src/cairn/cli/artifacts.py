"""``cairn artifacts``: upload, list and download the files of runs."""

from __future__ import annotations

from pathlib import Path

import click

from cairn.cli.errors import usage
from cairn.cli.output import json_text

RUN_ID = click.option("--run-id", "-r", required=True, help="Id of the run.")
FOLDER = click.option("--artifact-path", "-a", help="Folder among the run's artifacts.")


@click.group()
def artifacts() -> None:
    """Upload, list and download the files of runs."""


@artifacts.command(name="log-artifact")
@click.option(
    "--local-file",
    "-l",
    required=True,
    type=click.Path(exists=True, dir_okay=False),
    help="File to upload.",
)
@RUN_ID
@FOLDER
def log_artifact(local_file: str, run_id: str, artifact_path: str | None) -> None:
    """Upload a file to a run."""
    from cairn.client.client import Client

    Client().log_artifact(run_id, local_file, artifact_path)
    _say_logged(local_file, run_id, artifact_path)


@artifacts.command(name="log-artifacts")
@click.option(
    "--local-dir",
    "-l",
    required=True,
    type=click.Path(exists=True, file_okay=False),
    help="Folder whose files are uploaded.",
)
@RUN_ID
@FOLDER
def log_artifacts(local_dir: str, run_id: str, artifact_path: str | None) -> None:
    """Upload what is in a folder to a run."""
    from cairn.client.client import Client

    Client().log_artifacts(run_id, local_dir, artifact_path)
    _say_logged(local_dir, run_id, artifact_path)


def _say_logged(source: str, run_id: str, folder: str | None) -> None:
    below = f" in {folder}" if folder else ""
    click.echo(f"Logged {source} to run {run_id}{below}.", err=True)


@artifacts.command(name="list")
@RUN_ID
@FOLDER
def list_files(run_id: str, artifact_path: str | None) -> None:
    """Print the files and folders in a folder of a run as JSON."""
    from cairn.client.client import Client

    found = Client().list_artifacts(run_id, artifact_path)
    click.echo(
        json_text([{k: v for k, v in dict(info).items() if v is not None} for info in found])
    )


@artifacts.command()
@click.option("--run-id", "-r", help="Run to download from; or name the place by its URI.")
@FOLDER
@click.option("--artifact-uri", "-u", help="What to download, such as runs:/RUN_ID/folder/file.")
@click.option(
    "--dst-path", "-d", type=click.Path(), help="Folder to download to. Default: a temporary one."
)
def download(
    run_id: str | None, artifact_path: str | None, artifact_uri: str | None, dst_path: str | None
) -> None:
    """Download a file or folder and print its local path."""
    from cairn.client.artifacts import download_artifacts

    if (run_id is None) == (artifact_uri is None):
        usage("Give one of --run-id and --artifact-uri.")
    if artifact_uri is not None and artifact_path is not None:
        usage("Give --artifact-path with --run-id; a URI has its own path.")
    path = download_artifacts(
        artifact_uri=artifact_uri, run_id=run_id, artifact_path=artifact_path, dst_path=dst_path
    )
    click.echo(str(Path(path).absolute()))
