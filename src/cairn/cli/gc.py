"""``cairn gc``: purge what was deleted, for good."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cairn import settings
from cairn.cli.errors import usage
from cairn.errors import CairnError, InvalidValue, Unavailable

if TYPE_CHECKING:
    from cairn.artifact.base import ArtifactStore
    from cairn.artifact.paths import ArtifactPath
    from cairn.client.connect import Place
    from cairn.server.artifacts import Roots
    from cairn.store import Store
    from cairn.store.base import Find
    from cairn.store.model_purge import PurgedModel
    from cairn.store.purge import Purge, PurgedRun, Selection

HELP = """Purge deleted runs and experiments for good: rows, metrics, artifacts, disk.

All of them, or those that are named. Artifacts are only deleted below the places where a server
or a local store keeps them; a run whose artifacts cannot be deleted is kept, and told.

\b
    cairn gc --older-than 30d --dry-run
    cairn gc --run-ids RUN_ID,RUN_ID --yes
    cairn gc --retention --dry-run
    cairn gc --orphans --dry-run
"""

_EVERY = 1000
"""Runs between two lines of progress."""


@click.command(help=HELP, short_help="Purge deleted runs and experiments for good.")
@click.option("--older-than", metavar="AGE", help="Only what was deleted before: 30d, 12h, 1d6h.")
@click.option("--run-ids", metavar="IDS", help="Only these runs, comma separated.")
@click.option(
    "--experiment-ids", metavar="IDS", help="Only these experiments and their deleted runs."
)
@click.option(
    "--retention", is_flag=True, help="Only what the servers' retention policy takes now."
)
@click.option(
    "--orphans",
    is_flag=True,
    help="Artifact folders of runs that do not exist, unchanged for a day or --older-than.",
)
@click.option(
    "--backend-store-uri",
    metavar="URI",
    help="The database, as given to the server.  [env: CAIRN_BACKEND_STORE_URI]",
)
@click.option(
    "--artifacts-destination",
    metavar="FOLDER",
    help="Where the server's proxy keeps files.  [env: CAIRN_ARTIFACTS_DESTINATION]",
)
@click.option(
    "--tracking-uri",
    metavar="URI",
    help="A database or folder to purge when --backend-store-uri is not given.",
)
@click.option("--dry-run", is_flag=True, help="List the same and change nothing.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask; without a terminal nobody is asked.")
@click.option("--vacuum/--no-vacuum", default=True, help="Shrink the file.  [default: vacuum]")
@click.option(
    "--list-left",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Purge runs whose artifacts cannot be deleted, too, and append what is left to FILE.",
)
def command(
    older_than: str | None,
    run_ids: str | None,
    experiment_ids: str | None,
    retention: bool,
    orphans: bool,
    backend_store_uri: str | None,
    artifacts_destination: str | None,
    tracking_uri: str | None,
    dry_run: bool,
    yes: bool,
    vacuum: bool,
    list_left: str | None,
) -> None:
    """Purge what was deleted."""
    from cairn.cli.orphans import remove_orphans
    from cairn.store import open_store
    from cairn.store.purge import Purge

    named = bool(run_ids or experiment_ids)
    if retention + orphans + named > 1 or (retention and older_than):
        usage("Give one of --run-ids and --experiment-ids, --retention, and --orphans.")
    before = _before(older_than, orphans)
    place = _place(backend_store_uri, tracking_uri)
    store = open_store(place.uri, artifact_root=place.artifact_root)
    try:
        find = _found_in(_roots(place, artifacts_destination, store))
        if orphans:
            complete = remove_orphans(store.db, find, before, dry_run=dry_run, yes=yes)
        else:
            selection = _selection(store, before, run_ids, experiment_ids, retention)
            leave = None if list_left is None else _Left(Path(list_left))
            complete = _purge(Purge(store.db, find, selection, dry_run, leave), yes)
            if vacuum and not dry_run:
                _shrink(store)
    finally:
        store.close()
    if not complete:
        sys.exit(1)


def _before(older_than: str | None, orphans: bool) -> int:
    from cairn.store.orphans import GRACE

    least = GRACE if orphans and older_than is None else _age(older_than)
    return time.time_ns() // 1_000_000 - least


def _selection(
    store: Store, before: int, run_ids: str | None, experiment_ids: str | None, retention: bool
) -> Selection:
    from cairn.store.purge import Selection
    from cairn.store.retention import read_policy

    if not retention:
        return Selection(before, _ids(run_ids), _ids(experiment_ids))
    with store.db.read() as connection:
        return read_policy(connection).selection(before)


def _purge(purge: Purge, yes: bool) -> bool:
    """Purge, if that is what is wanted; whether nothing had to be kept."""
    purge.check()
    count = purge.count()
    if not purge.dry_run and not yes and count and sys.stdin.isatty():
        click.confirm(f"Purge {count} deleted runs for good?", abort=True, err=True)
    return _run(purge, count)


def _age(text: str | None) -> int:
    """Milliseconds that an age such as ``1d12h`` stands for."""
    if text is None:
        return 0
    try:
        return settings.age(text)
    except ValueError as error:
        usage(f"--older-than {text!r} is no age: {error}.")


def _ids(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _place(backend: str | None, tracking: str | None) -> Place:
    """The database that is meant; it must be there, as a new one holds nothing to purge."""
    from cairn.client.connect import resolve_uri

    uri = backend or settings.BACKEND_STORE_URI.get() or tracking
    if uri is None and settings.TRACKING_URI.is_set():
        uri = settings.TRACKING_URI.get()
    place = resolve_uri(uri or "sqlite:///cairn.db")
    if place.is_server:
        usage(
            f"{uri!r} is a server, and gc works on the database and the files themselves. Run it "
            "where the server runs, with --backend-store-uri and --artifacts-destination."
        )
    _, sqlite, path = place.uri.partition("sqlite:///")
    if sqlite and not Path(path).is_file():
        usage(f"There is no database {path!r}. Name it with --backend-store-uri.")
    return place


def _roots(place: Place, destination: str | None, store: Store) -> Roots:
    """The places of a server, and that of a local store; the proxy only where it is known.

    With a wrong folder for the proxy nothing would be found there, so the rows would go and the
    files stay.
    """
    from cairn.artifact.places import is_folder
    from cairn.server.artifacts import Roots
    from cairn.server.config import ServerConfig

    destination = destination or settings.ARTIFACTS_DESTINATION.get() or place.artifact_root
    if destination is not None and place.folder is None and not Path(destination).is_dir():
        usage(f"There is no folder {destination!r}. Name that of the server.")
    beside = Path(place.uri.partition("sqlite:///")[2]).parent == Path.cwd()
    own = (store.artifact_root,) if is_folder(store.artifact_root) else ()
    return Roots(
        ServerConfig(
            backend_store_uri=place.uri,
            artifacts_destination=destination,
            serve_artifacts=destination is not None or beside,
            artifacts_only=False,
            artifact_roots=(*settings.ARTIFACT_ROOTS.get(), *own),
        )
    )


def _found_in(roots: Roots) -> Find:
    from cairn.artifact.places import PROXY_ROOT

    def find(uri: str) -> tuple[ArtifactStore, ArtifactPath]:
        try:
            return roots.find(uri)
        except CairnError as error:
            if error.error_code != "FEATURE_DISABLED":
                raise
            raise InvalidValue(
                f"The artifacts are kept at {uri!r}, in the folder of a server's proxy. Name it "
                f"with --artifacts-destination; {PROXY_ROOT} stands for it."
            ) from None

    return find


class _Left:
    """Appends to a file what is left behind; on the disk before the rows of the run go."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, found: PurgedRun) -> None:
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(file, f"{found.run_id}\t{found.artifact_uri}\n".encode())
            os.fsync(file)
        finally:
            os.close(file)


def _run(purge: Purge, count: int) -> bool:
    """Purge and tell it; whether nothing had to be kept."""
    runs = experiments = files = size = kept = 0
    for at, found in enumerate(purge.runs(), 1):
        if found.problem is not None:
            what = "Its rows go, its artifacts stay" if found.purged else "Kept"
            click.echo(f"Run {found.run_id}: {what}: {found.problem}", err=True)
        if found.purged:
            runs += 1
            left = found.problem is not None
            files, size = files + (0 if left else found.files), size + (0 if left else found.size)
            click.echo(
                f"Run {found.run_id} of experiment {found.experiment_id}: "
                f"{found.files} files, {found.size} bytes"
            )
        else:
            kept += 1
        if at % _EVERY == 0:
            click.echo(f"{at} of {count} runs", err=True)
    for each in purge.experiments():
        if each.is_kept:
            kept += 1
            left_over = f"{each.runs_left} runs" if each.runs_left else f"{each.models_left} models"
            click.echo(f"Experiment {each.experiment_id} is kept: {left_over}.", err=True)
        else:
            experiments += 1
            click.echo(f"Experiment {each.experiment_id}: {each.name}")
    gone = _tell_models(purge)
    kept += len(purge.models) - len(gone)
    files, size = files + sum(m.files for m in gone), size + sum(m.size for m in gone)
    verb = "Would purge" if purge.dry_run else "Purged"
    models = f"{len(gone)} logged models, " if purge.models else ""
    click.echo(
        f"{verb} {runs} runs, {experiments} experiments, {models}{files} files ({size} bytes); "
        f"kept {kept}."
    )
    return kept == 0


def _tell_models(purge: Purge) -> list[PurgedModel]:
    """Tell what became of logged models; those that are gone."""
    for each in purge.models:
        if each.problem is not None:
            click.echo(f"Logged model {each.model_id}: Kept: {each.problem}", err=True)
        else:
            click.echo(
                f"Logged model {each.model_id} of experiment {each.experiment_id}: "
                f"{each.files} files, {each.size} bytes"
            )
    return [each for each in purge.models if each.problem is None]


def _shrink(store: Store) -> None:
    from cairn.store.db.sqlite import SQLiteDatabase
    from cairn.store.disk import give_back

    if not isinstance(store.db, SQLiteDatabase):  # servers reuse the room by themselves
        return
    try:
        freed = give_back(store.db.path)
    except Unavailable as error:  # everything that was asked for is done
        click.echo(error.message, err=True)
    else:
        click.echo(f"The database gave back {freed} bytes.")
