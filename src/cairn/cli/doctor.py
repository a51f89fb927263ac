"""``cairn doctor``: what is installed and set, and whether the pieces can be reached."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import click

import cairn
from cairn import settings
from cairn.errors import CairnError, InvalidState, Unavailable
from cairn.version import COMPATIBLE_VERSION, __version__

DISTRIBUTION = "cairn-ml"
MASK = "***"
_SECRETS = re.compile(r"PASSWORD|TOKEN|SECRET|_KEY$")
_USER_IN_URL = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_LITTLE_SPACE = 1024**3


@click.command(name="doctor")
@click.option("--mask-envs", is_flag=True, help="Show which variables are set, not their values.")
def command(mask_envs: bool) -> None:
    """Show what is installed and set, and check that it works.

    Passwords and tokens are never shown. The exit status is 1 when a check fails.
    """
    if not doctor(mask_envs):
        click.get_current_context().exit(1)


def doctor(mask_envs: bool = False) -> bool:
    """Print what is installed and set, and whether the pieces can be reached.

    Args:
        mask_envs: show which variables are set, but no value.

    Returns:
        Whether every check passed.
    """
    for name, value in _facts():
        click.echo(f"{name}: {value}")
    click.echo("Cairn environment variables:")
    for name, value in _variables():
        click.echo(f"  {name}: {MASK if mask_envs else value}")
    click.echo("Cairn dependencies:")
    for name, version in _dependencies():
        click.echo(f"  {name}: {version}")
    click.echo("Checks:")
    well = True
    for name, check in _checks():
        try:
            found = check()
        except (CairnError, OSError) as error:
            found, well = f"FAILED: {' '.join(str(error).split())}", False
        click.echo(f"  {name}: {without_user(found)}")
    return well


def without_user(text: str) -> str:
    """`text` with user and password of every URL in it masked."""
    return _USER_IN_URL.sub(MASK, text)


def _facts() -> Iterator[tuple[str, str]]:
    yield "System information", " ".join(platform.uname()[i] for i in (0, 2, 4))
    yield "Python version", platform.python_version()
    yield "Cairn version", __version__
    yield "Compatible with MLflow", COMPATIBLE_VERSION
    yield "Cairn module location", str(cairn.__file__)
    yield "Tracking URI", without_user(cairn.get_tracking_uri())
    yield "Working folder", str(Path.cwd())


def _variables() -> Iterator[tuple[str, str]]:
    """Variables that are set: those of settings, and those that look like one but are none."""
    known = {name for setting in settings.SETTINGS for name in setting.env}
    for name in sorted(os.environ):
        if name in known:
            yield name, MASK if _SECRETS.search(name) else without_user(os.environ[name])
        elif name.startswith(("CAIRN_", "MLFLOW_")):
            yield name, "is not a setting of this release, so it has no effect"


def _dependencies() -> Iterator[tuple[str, str]]:
    try:
        required = importlib.metadata.requires(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        yield DISTRIBUTION, "not installed; it runs from its source"
        return
    for requirement in sorted(required, key=str.lower):
        if "extra ==" in requirement:
            continue
        name = re.split(r"[\s<>=!~;\[(]", requirement, maxsplit=1)[0]
        try:
            yield name, importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            if ";" not in requirement:  # else it is for another system or Python
                yield name, "MISSING"


def _checks() -> Iterator[tuple[str, Callable[[], str]]]:
    from cairn.client.connect import resolve_uri

    try:
        place = resolve_uri()
    except CairnError as error:
        yield "Tracking URI", _raiser(error)
        return
    if place.is_server:
        yield "Server", lambda: _check_server(place.uri)
        return
    database = Path(place.uri.partition(":///")[2]) if place.uri.startswith("sqlite") else None
    if database is not None and not database.exists():
        yield "Store", lambda: _check_new_store(database)
        return
    yield "Store", _check_store
    yield "Artifact folder", _check_artifacts


def _raiser(error: CairnError) -> Callable[[], str]:
    def check() -> str:
        raise error

    return check


def _check_server(url: str) -> str:
    from cairn.client.connect import transport

    line = transport(url, retries=0)
    status, body = line.request("GET", "/version", query=[], body=None)
    if status != 200:
        raise Unavailable(f"{url}/version answered {status}, so this is no tracking server.")
    version = body.decode(errors="replace").strip()[:40]
    cairn.Client(url).search_experiments(max_results=1)
    return f"{url} answers, and speaks the protocol of MLflow {version}"


def _check_new_store(database: Path) -> str:
    return f"none yet; {database} is made on first use. {_check_folder(database.parent)}"


def _check_store() -> str:
    cairn.Client().search_experiments(max_results=1)
    return "opens"


def _check_artifacts() -> str:
    from cairn.artifact.local import local_folder
    from cairn.artifact.places import is_folder

    root = cairn.Client().get_experiment("0").artifact_location
    if not is_folder(root):
        return f"{root} is reached through a server"
    return _check_folder(local_folder(root))


def _check_folder(folder: Path) -> str:
    there = next(place for place in (folder, *folder.parents) if place.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise InvalidState(f"{there} cannot be written to. Change its owner or its mode.")
    free = shutil.disk_usage(there).free
    if free < _LITTLE_SPACE:
        raise InvalidState(f"{there} has only {free // 1024**2} MiB left. Make room.")
    return f"{folder} is writable, {free // 1024**3} GiB free"
