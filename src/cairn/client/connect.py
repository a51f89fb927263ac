"""Which tracking store is meant, and the one open connection to it.

A tracking URI is the ``http(s)://`` URL of a server, a database (``sqlite:///runs.db``), or a
folder (a plain path or ``file:``): then the runs are in ``cairn.db`` and the artifacts in
``artifacts`` in that folder. Without any, runs are kept in ``sqlite:///cairn.db`` in the working
folder.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from cairn.client.credentials import Server
from cairn.client.transport import Transport
from cairn.contract.services import Tracking
from cairn.errors import InvalidValue
from cairn.settings import TRACKING_URI

DEFAULT_DATABASE = "cairn.db"
_SERVERS = {"http", "https"}
_DATABASES = {"sqlite", "postgresql", "postgres", "mysql", "mariadb"}
_VENDOR = {"databricks", "databricks-uc", "uc"}


class _Store(Tracking, Protocol):
    def close(self) -> None: ...


@dataclass(frozen=True)
class Place:
    """What a tracking URI names.

    Attributes:
        uri: the URI in the one form that all spellings of it share.
        is_server: whether it is reached over HTTP.
        folder: the folder, when the URI names one.
    """

    uri: str
    is_server: bool = False
    folder: str | None = None

    @property
    def artifact_root(self) -> str | None:
        """Where a store in a folder keeps artifacts; None for the store's own default."""
        return None if self.folder is None else str(Path(self.folder, "artifacts"))

    @property
    def inherited(self) -> str:
        """The URI that means the same in a process with another working folder."""
        return self.folder or self.uri


_lock = threading.Lock()
_chosen: tuple[str, Place] | None = None
_services: dict[tuple[str, int | None], Tracking] = {}
_stores: dict[str, _Store] = {}
_transports: dict[tuple[str, bool, int | None], Transport] = {}
_of_the_parent: list[object] = []


def set_tracking_uri(uri: str | os.PathLike[str]) -> None:
    """Choose the tracking store for this process and those that it starts from now on.

    Args:
        uri: see the module; an empty text goes back to the default.

    Raises:
        InvalidValue: nothing that we know is kept under such a URI.
    """
    global _chosen  # noqa: PLW0603 - the choice is one for the whole process
    given = Path(uri).absolute().as_uri() if isinstance(uri, os.PathLike) else uri
    _chosen = (given, _place(given)) if given else None
    for name in TRACKING_URI.env:
        if _chosen is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = _chosen[1].inherited


def get_tracking_uri() -> str:
    """The tracking URI in force, as it was given; else that of the default database."""
    if _chosen is not None:
        return _chosen[0]
    return TRACKING_URI.get() or f"sqlite:///{Path.cwd() / DEFAULT_DATABASE}"


def is_tracking_uri_set() -> bool:
    """Whether a tracking URI was chosen, by `set_tracking_uri` or in the environment."""
    return _chosen is not None or TRACKING_URI.is_set()


def resolve_uri(uri: str | os.PathLike[str] | None = None) -> Place:
    """What a tracking URI names; the one in force when none is given.

    Raises:
        InvalidValue: nothing that we know is kept under such a URI.
    """
    if uri:
        return _place(os.fspath(uri))
    return _chosen[1] if _chosen is not None else _place(get_tracking_uri())


def _place(uri: str) -> Place:
    parts = urlsplit(uri)
    scheme = parts.scheme.lower()
    family = scheme.partition("+")[0]
    if uri.partition(":")[0].lower() in _VENDOR:
        raise InvalidValue(
            f"The tracking URI {uri!r} names a vendor's own service, which Cairn does not speak "
            "to. Use the http(s) URL of a Cairn or MLflow server."
        )
    if scheme in _SERVERS:
        Server.parse(uri)
        return Place(uri.rstrip("/"), is_server=True)
    if family == "sqlite":
        _, slashes, path = uri.partition(":///")
        if not slashes or not path:
            raise InvalidValue(f"{uri!r} names no file. Write sqlite:///file.db.")
        return Place(f"sqlite:///{Path(path).absolute()}")
    if family in _DATABASES:
        return Place(uri)
    if scheme in {"", "file"} or (len(scheme) == 1 and os.name == "nt"):
        if parts.netloc not in {"", "localhost"}:
            raise InvalidValue(f"{uri!r} is a folder of another machine. Write file:///folder.")
        folder = Path(url2pathname(unquote(parts.path)) if scheme == "file" else uri)
        folder = folder.expanduser().absolute()
        return Place(f"sqlite:///{folder / DEFAULT_DATABASE}", folder=str(folder))
    raise InvalidValue(
        f"The tracking URI {uri!r} has a scheme that is not known. Use http://host:port, "
        "sqlite:///file.db or a folder."
    )


def tracking(place: Place | None = None, *, retries: int | None = None) -> Tracking:
    """The tracking store at a place, opened on first use and shared by the whole process.

    Args:
        place: what a tracking URI names; the one in force when None.
        retries: how often a failed request to a server is tried again; the setting when None.

    Raises:
        InvalidValue: nothing that we know is kept there.
    """
    place = place or resolve_uri()
    service = _services.get((place.uri, retries))
    if service is not None:
        return service
    if place.is_server:
        from cairn.wire.remote import remote

        service = remote(Tracking, transport(place.uri, retries=retries))  # type: ignore[type-abstract]
    else:
        service = _local_store(place)
    return _services.setdefault((place.uri, retries), service)


def transport(url: str, *, credentials: bool = True, retries: int | None = None) -> Transport:
    """HTTP to the server at a URL, shared by the whole process; see `Transport`."""
    with _lock:
        key = (url, credentials, retries)
        if key not in _transports:
            _transports[key] = Transport(url, credentials=credentials, retries=retries)
        return _transports[key]


def artifact_transport(place: Place, url: str, *, retries: int | None = None) -> Transport:
    """HTTP to a server of artifacts, which is told who we are only if it is the tracking server."""
    known = place.is_server and Server.parse(place.uri).same_origin(Server.parse(url))
    at = place.uri if known and url == place.uri else url
    return transport(at, credentials=known, retries=retries)


def _local_store(place: Place) -> Tracking:
    from cairn.store import open_store

    with _lock:
        if place.uri not in _stores:
            _stores[place.uri] = open_store(place.uri, artifact_root=place.artifact_root)
        return _stores[place.uri]


def close() -> None:
    """Close every store and connection that this process opened; they open again on use."""
    with _lock:
        stores, transports = list(_stores.values()), list(_transports.values())
        for table in (_services, _stores, _transports):
            table.clear()
    for store in stores:
        store.close()
    for opened in transports:
        opened.close()


def _start_afresh() -> None:
    """In a forked child: what the parent opened is the parent's, to use and to close."""
    global _lock  # noqa: PLW0603 - another thread of the parent may have held it
    _lock = threading.Lock()
    _of_the_parent.append((dict(_services), dict(_stores), dict(_transports)))
    for table in (_services, _stores, _transports):
        table.clear()


with suppress(AttributeError):  # where there is no fork
    os.register_at_fork(after_in_child=_start_afresh)
