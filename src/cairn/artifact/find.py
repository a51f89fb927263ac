"""Which store a URI names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cairn.errors import InvalidValue

if TYPE_CHECKING:
    from cairn.artifact.base import ArtifactStore
    from cairn.artifact.http import Connect


def find_store(
    uri: str, *, tracking_url: str | None = None, connect: Connect | None = None
) -> ArtifactStore:
    """The store whose root is `uri`.

    Args:
        uri: a folder, ``file:///folder``, ``mlflow-artifacts:/path`` (the proxy of the tracking
            server), ``mlflow-artifacts://host:port/path``, or the http(s) URL of such a proxy.
        tracking_url: base URL of the tracking server, for the proxy.
        connect: makes a transport for a base URL, for the proxy.

    Raises:
        InvalidValue: no store has this scheme, or what it needs is missing.
    """
    scheme = urlsplit(uri).scheme
    make = _STORES.get(scheme.lower())
    if make is None:
        raise InvalidValue(
            f"Artifacts cannot be kept at {uri!r}: no store for '{scheme}:' is known. Use a "
            "folder, 'file:', 'mlflow-artifacts:', 'http:' or 'https:'. Object stores come in a "
            "later release."
        )
    return make(uri, tracking_url, connect)


def _local(uri: str, _tracking_url: str | None, _connect: Connect | None) -> ArtifactStore:
    from cairn.artifact.local import LocalStore, local_folder

    return LocalStore(local_folder(uri))


def _proxy(uri: str, tracking_url: str | None, connect: Connect | None) -> ArtifactStore:
    from cairn.artifact.http import open_proxy

    return open_proxy(uri, tracking_url, connect)


_STORES: dict[str, Callable[[str, str | None, Connect | None], ArtifactStore]] = {
    "": _local,
    "file": _local,
    "http": _proxy,
    "https": _proxy,
    "mlflow-artifacts": _proxy,
}
