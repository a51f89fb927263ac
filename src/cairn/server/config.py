"""How a server is set up."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from cairn import settings
from cairn.artifact.local import local_folder
from cairn.artifact.places import PROXY_ROOT, is_folder
from cairn.errors import InvalidValue

_ARTIFACTS = "cairn-artifacts"
_PREFIX = re.compile(r"(/[\w.~-]+)*")


@dataclass
class ServerConfig:
    """Everything that can be chosen about a server; what is not given comes from the settings.

    Attributes:
        backend_store_uri: database; None for ``sqlite:///cairn.db`` in the working folder.
        default_artifact_root: where new experiments keep artifacts; None for the proxy.
        artifacts_destination: where the proxy keeps files.
        serve_artifacts: whether there is a proxy.
        artifacts_only: whether there is nothing else.
        artifact_roots: more folders from which artifacts of runs may be shown.
        host: address to listen on.
        port: port to listen on; 0 for a free one.
        static_prefix: path before every URL, such as ``/cairn``.
        allowed_hosts: Host headers answered besides loopback and private addresses.
        cors_allowed_origins: other sites that may call the server from a browser.
        x_frame_options: SAMEORIGIN, DENY or NONE.
        max_request_bytes: largest body of an API request.
        max_waiting_requests: API requests that may wait for a free thread.
        log_format: json or text for a line in the log for each request; empty for none.

    Raises:
        InvalidValue: a value is not allowed, or the proxy would hand out the database.
    """

    backend_store_uri: str | None = field(default_factory=settings.BACKEND_STORE_URI.get)
    default_artifact_root: str | None = field(default_factory=settings.DEFAULT_ARTIFACT_ROOT.get)
    artifacts_destination: str | None = field(default_factory=settings.ARTIFACTS_DESTINATION.get)
    serve_artifacts: bool = field(default_factory=settings.SERVE_ARTIFACTS.get)
    artifacts_only: bool = field(default_factory=settings.ARTIFACTS_ONLY.get)
    artifact_roots: tuple[str, ...] = field(default_factory=settings.ARTIFACT_ROOTS.get)
    host: str = field(default_factory=settings.HOST.get)
    port: int = field(default_factory=settings.PORT.get)
    static_prefix: str = field(default_factory=settings.STATIC_PREFIX.get)
    allowed_hosts: tuple[str, ...] = field(default_factory=settings.ALLOWED_HOSTS.get)
    cors_allowed_origins: tuple[str, ...] = field(default_factory=settings.CORS_ALLOWED_ORIGINS.get)
    x_frame_options: str = field(default_factory=settings.X_FRAME_OPTIONS.get)
    max_request_bytes: int = field(default_factory=settings.MAX_REQUEST_BYTES.get)
    max_waiting_requests: int = field(default_factory=settings.MAX_WAITING_REQUESTS.get)
    log_format: str = field(default_factory=settings.LOG_FORMAT.get)

    def __post_init__(self) -> None:
        self.static_prefix = self.static_prefix.rstrip("/")
        if not _PREFIX.fullmatch(self.static_prefix):
            raise InvalidValue(
                f"--static-prefix {self.static_prefix!r} is not a path. Write it like /cairn."
            )
        self.x_frame_options = self.x_frame_options.upper()
        if self.x_frame_options not in {"SAMEORIGIN", "DENY", "NONE"}:
            raise InvalidValue(
                f"--x-frame-options {self.x_frame_options!r} is not known. "
                "Use SAMEORIGIN, DENY or NONE."
            )
        if self.artifacts_only and not self.serve_artifacts:
            raise InvalidValue(
                "--artifacts-only and --no-serve-artifacts together leave nothing to serve. "
                "Use one of them."
            )
        self._check_database_is_not_served()

    @property
    def store_uri(self) -> str:
        """The database that is opened."""
        return self.backend_store_uri or "sqlite:///cairn.db"

    @property
    def destination(self) -> str:
        """Where the proxy keeps files."""
        return self.artifacts_destination or _ARTIFACTS

    @property
    def artifact_root(self) -> str:
        """Below which new experiments keep artifacts; a folder is absolute."""
        if self.default_artifact_root is None:
            return PROXY_ROOT if self.serve_artifacts else str(local_folder(_ARTIFACTS))
        if is_folder(self.default_artifact_root):
            return str(local_folder(self.default_artifact_root))
        return self.default_artifact_root

    def _check_database_is_not_served(self) -> None:
        scheme, found, path = self.store_uri.partition("sqlite:///")
        if scheme or not found or self.artifacts_only:
            return
        database = local_folder(unquote(path.partition("?")[0]))
        for name in (self.destination, self.artifact_root, *self.artifact_roots):
            if is_folder(name) and local_folder(name).resolve() in database.resolve().parents:
                raise InvalidValue(
                    f"The database {str(database)!r} lies in the artifact folder {name!r}, so "
                    "clients could fetch or replace it. Give artifacts a folder of their own."
                )
