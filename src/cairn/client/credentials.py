"""Who we are to a tracking server: user and password, or a token, and TLS settings."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from cairn import settings
from cairn.errors import InvalidValue

CREDENTIALS_FILE = Path(".mlflow", "credentials")
"""Below the home folder: an INI file with a section ``[mlflow]``."""


@dataclass(frozen=True)
class Server:
    """A tracking server as its URL names it.

    Attributes:
        url: without user, password and the ``/`` at the end.
        prefix: path of the URL, put before the path of every request.
        authorization: value of the header that says who we are, None when the URL does not.
    """

    url: str
    prefix: str
    authorization: str | None

    @classmethod
    def parse(cls, url: str) -> Server:
        """Read an http or https URL.

        Raises:
            InvalidValue: there is no host in it.
        """
        parts = urlsplit(url)
        if not parts.hostname:
            raise InvalidValue(f"{url!r} names no host. Write http://host:port.")
        prefix = parts.path.rstrip("/")
        host = parts.netloc.rpartition("@")[2]
        user = parts.username
        own = _basic(unquote(user), unquote(parts.password or "")) if user else None
        return cls(f"{parts.scheme}://{host}{prefix}", prefix, own)

    def same_origin(self, other: Server) -> bool:
        """Whether both are reached at one scheme, host and port."""
        return urlsplit(self.url)[:2] == urlsplit(other.url)[:2]


def authorization() -> str | None:
    """The header that says who we are: user and password win over a token.

    Read from the environment, else from the credentials file in the home folder; None for nobody.
    """
    user, password = settings.TRACKING_USERNAME.get(), settings.TRACKING_PASSWORD.get()
    if user is not None and password is not None:
        return _basic(user, password)
    token = settings.TRACKING_TOKEN.get()
    if token is not None:
        return f"Bearer {token}"
    return _from_file()


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def _from_file() -> str | None:
    path = Path(os.path.expanduser("~")) / CREDENTIALS_FILE  # noqa: PTH111 - never raises
    if not path.is_file():
        return None
    import configparser

    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(path, "utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        raise InvalidValue(f"{path} cannot be read: {error}. Mend or remove it.") from None
    section = parser["mlflow"] if parser.has_section("mlflow") else {}
    user, password = (section.get(f"mlflow_tracking_{name}") for name in ("username", "password"))
    return _basic(user, password) if user is not None and password is not None else None


def tls() -> dict[str, Any]:
    """How urllib3 verifies the server and proves who we are, as arguments of its pool.

    Raises:
        InvalidValue: the settings contradict each other.
    """
    bundle = settings.TRACKING_SERVER_CERT_PATH.get()
    ours = settings.TRACKING_CLIENT_CERT_PATH.get()
    found: dict[str, Any] = {"cert_reqs": "CERT_REQUIRED"}
    if settings.TRACKING_INSECURE_TLS.get():
        if bundle is not None:
            raise InvalidValue(
                "CAIRN_TRACKING_INSECURE_TLS and CAIRN_TRACKING_SERVER_CERT_PATH are both set, "
                "but only one can hold: do not verify, or verify with this bundle."
            )
        found = {"cert_reqs": "CERT_NONE", "assert_hostname": False}
    elif bundle is not None:
        found["ca_cert_dir" if Path(bundle).is_dir() else "ca_certs"] = bundle
    if ours is not None:
        found["cert_file"] = ours
    return found
