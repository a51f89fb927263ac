"""``cairn server`` (or ``cairn ui``): the tracking server with its web UI."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any, TypeVar

import click

from cairn import settings
from cairn.cli.errors import usage
from cairn.settings import Setting

HELP = """Start the tracking server with its web UI, and serve until Ctrl-C.

Only this machine reaches it unless --host says otherwise, and everyone who reaches it may do
everything.

\b
    cairn server
    cairn server --backend-store-uri sqlite:////srv/cairn.db --artifacts-destination /srv/files
    cairn server --host 0.0.0.0 --allowed-hosts tracking.example.com
"""

Command = TypeVar("Command", bound=Callable[..., object])

# Options of other servers that change nothing here; anything else is refused, not dropped.
HARMLESS = {
    "-k",
    "-t",
    "-w",
    "--access-logfile",
    "--access-logformat",
    "--channel-timeout",
    "--connection-limit",
    "--error-logfile",
    "--http",
    "--keep-alive",
    "--log-level",
    "--loop",
    "--max-requests",
    "--no-access-log",
    "--preload",
    "--reload",
    "--threads",
    "--timeout",
    "--timeout-keep-alive",
    "--use-colors",
    "--worker-class",
    "--workers",
}


def _setting(*flags: str, of: Setting[Any], **more: Any) -> Callable[[Command], Command]:
    """An option whose help and default are those of a setting."""
    facts = f"env: {of.env[0]}"
    if isinstance(of.default, bool):
        more["is_flag"] = True
    elif of.default not in {None, "", ()}:
        facts = f"default: {of.default}; {facts}"
    return click.option(*flags, default=None, help=f"{of.doc}  [{facts}]", **more)


def _parsed(value: str | None, of: Setting[Any]) -> Any:
    """What a setting makes of an option's text; None when the option was not given."""
    return None if value is None else of.parse(value)


@click.command(help=HELP, short_help="Start the tracking server with its web UI.")
@_setting("--backend-store-uri", of=settings.BACKEND_STORE_URI, metavar="URI")
@click.option(
    "--registry-store-uri",
    metavar="URI",
    help="Accepted when it is the same as --backend-store-uri: there is one database.",
)
@_setting("--default-artifact-root", of=settings.DEFAULT_ARTIFACT_ROOT, metavar="URI")
@_setting("--serve-artifacts/--no-serve-artifacts", of=settings.SERVE_ARTIFACTS)
@_setting("--artifacts-only", of=settings.ARTIFACTS_ONLY)
@_setting("--artifacts-destination", of=settings.ARTIFACTS_DESTINATION, metavar="FOLDER")
@_setting("--host", "-h", of=settings.HOST)
@_setting("--port", "-p", of=settings.PORT, type=click.IntRange(0, 65535))
@click.option(
    "--workers",
    "-w",
    type=click.IntRange(min=1),
    help="Accepted; one process serves all requests, whatever the number.",
)
@_setting("--static-prefix", of=settings.STATIC_PREFIX, metavar="PATH")
@_setting("--allowed-hosts", of=settings.ALLOWED_HOSTS)
@_setting("--cors-allowed-origins", of=settings.CORS_ALLOWED_ORIGINS)
@_setting("--x-frame-options", of=settings.X_FRAME_OPTIONS)
@click.option("--gunicorn-opts", help="Accepted where they change nothing; else refused.")
@click.option("--waitress-opts", help="The same.")
@click.option("--uvicorn-opts", help="The same.")
@click.option("--dev", is_flag=True, help="Accepted; the server is the same.")
def server(
    backend_store_uri: str | None,
    registry_store_uri: str | None,
    default_artifact_root: str | None,
    serve_artifacts: bool | None,
    artifacts_only: bool | None,
    artifacts_destination: str | None,
    host: str | None,
    port: int | None,
    workers: int | None,
    static_prefix: str | None,
    allowed_hosts: str | None,
    cors_allowed_origins: str | None,
    x_frame_options: str | None,
    gunicorn_opts: str | None,
    waitress_opts: str | None,
    uvicorn_opts: str | None,
    dev: bool,
) -> None:
    """Start the tracking server with its web UI."""
    _check_options_of_other_servers("--gunicorn-opts", gunicorn_opts)
    _check_options_of_other_servers("--waitress-opts", waitress_opts)
    _check_options_of_other_servers("--uvicorn-opts", uvicorn_opts)
    if dev or (workers or 1) > 1:
        click.echo(
            "One process serves everything, so --workers and --dev change nothing.", err=True
        )
    given = {
        **_database(backend_store_uri, registry_store_uri, artifacts_destination),
        "default_artifact_root": default_artifact_root,
        "serve_artifacts": serve_artifacts,
        "artifacts_only": artifacts_only,
        "host": host,
        "port": port,
        "static_prefix": static_prefix,
        "allowed_hosts": _parsed(allowed_hosts, settings.ALLOWED_HOSTS),
        "cors_allowed_origins": _parsed(cors_allowed_origins, settings.CORS_ALLOWED_ORIGINS),
        "x_frame_options": x_frame_options,
    }
    _start({name: value for name, value in given.items() if value is not None})


def _check_options_of_other_servers(flag: str, text: str | None) -> None:
    try:
        names = [word.partition("=")[0] for word in shlex.split(text or "") if word[0:1] == "-"]
    except ValueError as error:
        usage(f"{flag} {text!r} cannot be read: {error}.")
    for name in names:
        if name not in HARMLESS:
            usage(
                f"{flag} {name} is not offered. Address and port are --host and --port; TLS and "
                "the rest belong to a proxy in front of the server."
            )
    if names:
        click.echo(f"{flag} {text!r} changes nothing: one process serves everything.", err=True)


def _database(
    uri: str | None, registry: str | None, destination: str | None
) -> dict[str, str | None]:
    """Where the database and the proxy's files are; a folder holds both, as for clients."""
    from cairn.artifact.places import is_folder
    from cairn.client.connect import resolve_uri

    uri = uri or settings.BACKEND_STORE_URI.get()
    if registry is not None and registry != uri:
        usage(
            f"--registry-store-uri {registry!r} is not --backend-store-uri: everything is kept in "
            "one database. Leave it away."
        )
    if uri is not None and is_folder(uri):
        place = resolve_uri(uri)
        destination = destination or settings.ARTIFACTS_DESTINATION.get() or place.artifact_root
        uri = place.uri
    return {"backend_store_uri": uri, "artifacts_destination": destination}


def _start(given: dict[str, Any]) -> None:
    from cairn.server.app import serve
    from cairn.server.config import ServerConfig

    serve(ServerConfig(**given))
