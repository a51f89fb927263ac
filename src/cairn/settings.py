"""Every setting: name, environment variables, type, default, one line.

A setting is read from the first of its environment variables that is set: ours (``CAIRN_*``)
first, then the one of the compatible API. Command-line flags win over both.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from cairn.errors import InvalidValue

T = TypeVar("T")

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


@dataclass(frozen=True)
class Setting(Generic[T]):
    """One setting.

    Attributes:
        name: the variable in this module, in lower case.
        env: environment variables that set it, first one wins.
        parse: makes a value of the text in the environment.
        default: value when none of them is set.
        doc: one line that says what it does, with its unit.
    """

    name: str
    env: tuple[str, ...]
    parse: Callable[[str], T]
    default: T
    doc: str

    def get(self) -> T:
        """Value in force now.

        Raises:
            InvalidValue: the environment holds a text that is not of the setting's type.
        """
        for name in self.env:
            text = os.environ.get(name)
            if text is not None and text != "":
                try:
                    return self.parse(text)
                except ValueError as error:
                    raise InvalidValue(f"{name}={text!r} is not valid: {error}.") from None
        return self.default

    def is_set(self) -> bool:
        """Whether the environment sets it."""
        return any(os.environ.get(name) for name in self.env)


SETTINGS: list[Setting[object]] = []


def _add(
    name: str,
    parse: Callable[[str], T],
    default: T,
    doc: str,
    *,
    mlflow: str | None = None,
) -> Setting[T]:
    env = (f"CAIRN_{name.upper()}", *((f"MLFLOW_{mlflow}",) if mlflow else ()))
    setting = Setting(name, env, parse, default, doc)
    SETTINGS.append(setting)  # type: ignore[arg-type]
    return setting


def _bool(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise ValueError("expected true or false")


def _optional_text(text: str) -> str | None:
    return text


def _optional_int(text: str) -> int | None:
    return int(text)


def _texts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"expected one of {', '.join(choices)}")
        return text

    return parse


NO_TEXT: str | None = None
NO_INT: int | None = None
NO_TEXTS: tuple[str, ...] = ()

# Client
TRACKING_URI = _add(
    "tracking_uri",
    _optional_text,
    NO_TEXT,
    "Where runs are kept: a server URL, sqlite:///file.db, or a folder."
    " Default: sqlite:///cairn.db in the working folder.",
    mlflow="TRACKING_URI",
)
TRACKING_USERNAME = _add(
    "tracking_username",
    _optional_text,
    NO_TEXT,
    "User for HTTP basic authentication.",
    mlflow="TRACKING_USERNAME",
)
TRACKING_PASSWORD = _add(
    "tracking_password",
    _optional_text,
    NO_TEXT,
    "Password for HTTP basic authentication.",
    mlflow="TRACKING_PASSWORD",
)
TRACKING_TOKEN = _add(
    "tracking_token",
    _optional_text,
    NO_TEXT,
    "Bearer token sent to the server.",
    mlflow="TRACKING_TOKEN",
)
TRACKING_INSECURE_TLS = _add(
    "tracking_insecure_tls",
    _bool,
    False,
    "Do not verify the server's TLS certificate.",
    mlflow="TRACKING_INSECURE_TLS",
)
TRACKING_SERVER_CERT_PATH = _add(
    "tracking_server_cert_path",
    _optional_text,
    NO_TEXT,
    "CA bundle that verifies the server.",
    mlflow="TRACKING_SERVER_CERT_PATH",
)
TRACKING_CLIENT_CERT_PATH = _add(
    "tracking_client_cert_path",
    _optional_text,
    NO_TEXT,
    "Client certificate, PEM with its key.",
    mlflow="TRACKING_CLIENT_CERT_PATH",
)
EXPERIMENT_NAME = _add(
    "experiment_name",
    _optional_text,
    NO_TEXT,
    "Experiment of new runs; made when missing.",
    mlflow="EXPERIMENT_NAME",
)
EXPERIMENT_ID = _add(
    "experiment_id",
    _optional_text,
    NO_TEXT,
    "Experiment of new runs, by id.",
    mlflow="EXPERIMENT_ID",
)
RUN_ID = _add(
    "run_id",
    _optional_text,
    NO_TEXT,
    "Run that the next start_run() resumes.",
    mlflow="RUN_ID",
)
RUN_CONTEXT = _add(
    "run_context",
    _optional_text,
    NO_TEXT,
    "JSON object of tags added to every new run.",
    mlflow="RUN_CONTEXT",
)
HTTP_REQUEST_TIMEOUT = _add(
    "http_request_timeout",
    float,
    120.0,
    "Seconds to wait for an answer of the server.",
    mlflow="HTTP_REQUEST_TIMEOUT",
)
HTTP_REQUEST_MAX_RETRIES = _add(
    "http_request_max_retries",
    int,
    5,
    "Times a failed request is tried again.",
    mlflow="HTTP_REQUEST_MAX_RETRIES",
)
HTTP_REQUEST_BACKOFF_FACTOR = _add(
    "http_request_backoff_factor",
    float,
    0.5,
    "Seconds before the second retry; doubled each time.",
    mlflow="HTTP_REQUEST_BACKOFF_FACTOR",
)
FLUSH_INTERVAL = _add(
    "flush_interval",
    float,
    0.5,
    "Seconds that logged values may wait to be sent together.",
)
JOURNAL = _add(
    "journal",
    _optional_text,
    NO_TEXT,
    "Folder where what is logged waits until it is delivered; off for memory alone."
    " Default: cairn/journal in the user's folder for states, ~/.local/state.",
)
JOURNAL_MAX_BYTES = _add(
    "journal_max_bytes",
    int,
    1024 * 1024 * 1024,
    "Bytes that the journals of one process may take.",
)
JOURNAL_WHEN_FULL = _add(
    "journal_when_full",
    _one_of("drop", "block", "raise"),
    "drop",
    "What a log call does when the journals have reached their bound: drop the oldest points,"
    " block until there is room, or raise an error.",
)
OFFLINE = _add(
    "offline",
    _bool,
    False,
    "Send nothing: what is logged waits in journals until `cairn sync` delivers it.",
)
RANKS = _add(
    "ranks",
    _one_of("one", "each"),
    "one",
    "Runs of a distributed training: one for all its ranks, or each rank its own.",
)
ENABLE_SYSTEM_METRICS_LOGGING = _add(
    "enable_system_metrics_logging",
    _bool,
    False,
    "Log CPU, memory, disk, network and GPU use.",
    mlflow="ENABLE_SYSTEM_METRICS_LOGGING",
)
SYSTEM_METRICS_SAMPLING_INTERVAL = _add(
    "system_metrics_sampling_interval",
    float,
    10.0,
    "Seconds between two samples.",
    mlflow="SYSTEM_METRICS_SAMPLING_INTERVAL",
)
SYSTEM_METRICS_SAMPLES_BEFORE_LOGGING = _add(
    "system_metrics_samples_before_logging",
    int,
    1,
    "Samples averaged into one point.",
    mlflow="SYSTEM_METRICS_SAMPLES_BEFORE_LOGGING",
)
SYSTEM_METRICS_NODE_ID = _add(
    "system_metrics_node_id",
    _optional_text,
    NO_TEXT,
    "Name of this node in its metric keys.",
    mlflow="SYSTEM_METRICS_NODE_ID",
)

# Store
TRUNCATE_LONG_VALUES = _add(
    "truncate_long_values",
    _bool,
    True,
    "Cut param values over 6,000 and tag values over 8,000 characters instead of refusing them.",
    mlflow="TRUNCATE_LONG_VALUES",
)
ARTIFACT_ROOT = _add(
    "artifact_root",
    _optional_text,
    NO_TEXT,
    "Where a store without a server keeps artifacts. Default: cairn-artifacts beside the database.",
)

# Server
BACKEND_STORE_URI = _add(
    "backend_store_uri",
    _optional_text,
    NO_TEXT,
    "Database of the server. Default: sqlite:///cairn.db in the working folder.",
    mlflow="BACKEND_STORE_URI",
)
DEFAULT_ARTIFACT_ROOT = _add(
    "default_artifact_root",
    _optional_text,
    NO_TEXT,
    "Where new experiments keep artifacts. Default: through the server's proxy.",
    mlflow="DEFAULT_ARTIFACT_ROOT",
)
ARTIFACTS_DESTINATION = _add(
    "artifacts_destination",
    _optional_text,
    NO_TEXT,
    "Where the server's artifact proxy keeps files. Default: cairn-artifacts.",
    mlflow="ARTIFACTS_DESTINATION",
)
SERVE_ARTIFACTS = _add(
    "serve_artifacts",
    _bool,
    True,
    "Offer the artifact proxy.",
    mlflow="SERVE_ARTIFACTS",
)
HOST = _add("host", str, "127.0.0.1", "Address that the server listens on.", mlflow="HOST")
PORT = _add("port", int, 5000, "Port that the server listens on.", mlflow="PORT")
STATIC_PREFIX = _add(
    "static_prefix",
    str,
    "",
    "Path before every URL of the server, behind a proxy.",
    mlflow="STATIC_PREFIX",
)
ALLOWED_HOSTS = _add(
    "allowed_hosts",
    _texts,
    NO_TEXTS,
    "Host headers answered besides loopback and private addresses, comma separated; * for any.",
    mlflow="SERVER_ALLOWED_HOSTS",
)
CORS_ALLOWED_ORIGINS = _add(
    "cors_allowed_origins",
    _texts,
    NO_TEXTS,
    "Origins of other sites that may call the server from a browser, comma separated.",
    mlflow="SERVER_CORS_ALLOWED_ORIGINS",
)
X_FRAME_OPTIONS = _add(
    "x_frame_options",
    str,
    "SAMEORIGIN",
    "Which sites may show the server in a frame: SAMEORIGIN, DENY, or NONE for any.",
    mlflow="SERVER_X_FRAME_OPTIONS",
)
ARTIFACTS_ONLY = _add(
    "artifacts_only",
    _bool,
    False,
    "Offer only the artifact proxy, without a database.",
    mlflow="ARTIFACTS_ONLY",
)
ARTIFACT_ROOTS = _add(
    "artifact_roots",
    _texts,
    NO_TEXTS,
    "Folders besides its own from which the server may show artifacts of runs, comma separated.",
)
MAX_REQUEST_BYTES = _add(
    "max_request_bytes",
    int,
    64 * 1024 * 1024,
    "Largest body of an API request, in bytes.",
)
MAX_WAITING_REQUESTS = _add(
    "max_waiting_requests",
    int,
    512,
    "API requests that may wait for their turn; more are told to try again later (503).",
)
LOG_FORMAT = _add(
    "log_format",
    str,
    "",
    "Write a line to the server's log for each request: json or text. Default: none.",
)

# Command line
DEBUG = _add("debug", _bool, False, "Show where an error of a command comes from.")
