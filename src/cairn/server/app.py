"""The server as one ASGI application, and running it."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import signal
import socket
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import unquote

import anyio
import anyio.to_thread
import uvicorn
from starlette.requests import ClientDisconnect

from cairn.contract.artifacts import Artifacts
from cairn.contract.op import Message, Op
from cairn.contract.runs import LogBatch, LogMetric
from cairn.contract.services import Tracking, all_operations
from cairn.errors import CairnError, EndpointNotFound, InternalError, InvalidValue, Unavailable
from cairn.server.access import ANYONE, Gate
from cairn.server.artifacts import Roots, RunArtifacts
from cairn.server.browser import UNCHECKED_PATHS, Browser
from cairn.server.config import ServerConfig
from cairn.server.health import HealthRoutes
from cairn.server.info import InfoRoutes
from cairn.server.meter import Meter
from cairn.server.pages import Pages
from cairn.server.patience import Crew, Patience
from cairn.server.raw import ProxyRoutes, RunFileRoutes
from cairn.server.routing import RawRoutes
from cairn.server.stream import StreamRoutes
from cairn.server.watch import Watch, record_of, set_up_log
from cairn.server.watcher import Followed
from cairn.version import __version__
from cairn.wire.routes import Operations, Receive, Scope, Send, send_error

THREADS = 16
"""How many blocking calls run at a time."""
STOP_SECONDS = 10
"""How long requests may take to finish when the server is stopped."""
KEEP_ALIVE_SECONDS = 75

log = logging.getLogger("cairn.server")


class Store(Tracking, Followed, Protocol):
    """A store of experiments and runs that can be closed."""

    def close(self) -> None:
        """Finish what was accepted and let go of the database."""
        ...

    def check(self) -> None:
        """Read from the database.

        Raises:
            Unavailable: it cannot be read.
        """
        ...

    def queued(self) -> int:
        """How many writes wait."""
        ...


class App:
    """Everything behind the browser checks: prefix, operations, raw routes, pages, life.

    Args:
        config: the choices.
        roots: where artifacts are kept.
        store: experiments and runs; None when only artifacts are served.
        meter: counts requests; a new one when None.
    """

    def __init__(
        self, config: ServerConfig, roots: Roots, store: Store | None, meter: Meter | None = None
    ) -> None:
        self._prefix = config.static_prefix
        self._store = store
        limiter = anyio.CapacityLimiter(THREADS)
        run_sync = functools.partial(_run_sync, limiter)
        self._gate = gate = Gate()
        services: list[tuple[type, object]] = []
        health = HealthRoutes(store, roots.written, meter or Meter())
        owners: list[object] = [InfoRoutes(), health, ProxyRoutes(roots, run_sync)]
        self._streams: StreamRoutes | None = None
        if store is not None:
            artifacts = RunArtifacts(store, roots)
            services = [(Tracking, store), (Artifacts, artifacts)]
            self._streams = StreamRoutes(store)
            owners += [RunFileRoutes(artifacts, run_sync), self._streams]
        self.operations = Operations(
            services,
            allow=self._allow,
            run_sync=Crew(limiter, config.max_waiting_requests),
            max_body=config.max_request_bytes,
        )
        self.raw = RawRoutes(owners, gate)
        self._pages = Pages(config.static_prefix, run_sync)
        self._switched_off: frozenset[str] = frozenset()
        if store is None:
            self._switched_off = frozenset(p for op in all_operations() for p in op.paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            raise RuntimeError(f"No {scope['type']} is served.")

    def stop(self) -> None:
        """End what would go on for as long as the server does."""
        if self._streams is not None:
            self._streams.stop()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False
        client = Patience(receive, send)

        async def watched(event: Any) -> None:
            nonlocal started
            started = True
            await client.send(event)

        try:
            await self._route(scope, client.receive, watched)
        except ClientDisconnect:
            log.debug("The client of %s %s went away.", scope["method"], scope["path"])
        except CairnError as error:
            await _refuse(scope, watched, started, error)
        except asyncio.CancelledError:  # the server stops, and has waited long enough for it
            stopping = Unavailable(
                "The server was stopped before this was done. Send it again in a moment."
            )
            await _refuse(scope, watched, started, stopping)
        except Exception:  # whatever it is, the caller gets an answer and the log the traceback
            number = record_of(scope).request_id
            log.exception("Request %s failed: %s %s", number, scope["method"], scope["path"])
            failure = InternalError(
                f"The server failed to answer. Its log tells why, at request {number}."
            )
            await _refuse(scope, watched, started, failure)

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        record = record_of(scope)
        path = self._path(scope)
        scope = {**scope, "path": path}
        if self.operations.serves(path):
            record.operation = self.operations.name(path, scope["method"])
            await self.operations(scope, receive, send)
        elif self.raw.serves(path):
            record.operation = self.raw.name(path, scope["method"])
            await self.raw(scope, receive, send)
        elif path in self._switched_off:
            raise CairnError(
                "This server only serves artifacts. Start it without --artifacts-only.",
                error_code="FEATURE_DISABLED",
                status=503,
            )
        else:
            record.operation = "page"
            self._gate.allow(scope, ANYONE)
            await self._pages(scope, receive, send)

    def _allow(self, scope: Scope, op: Op, request: Message) -> None:
        self._gate.allow_operation(scope, op, request)
        if isinstance(request, LogBatch):
            record_of(scope).points = len(request.metrics)
        elif isinstance(request, LogMetric):
            record_of(scope).points = 1

    def _path(self, scope: Scope) -> str:
        """The path below the prefix, percent-decoded once."""
        sent = scope.get("raw_path")
        try:
            path = unquote(sent.decode("ascii"), errors="strict") if sent else str(scope["path"])
        except UnicodeDecodeError:
            raise InvalidValue("The path of the URL is not valid UTF-8.") from None
        if not self._prefix or path in UNCHECKED_PATHS:
            return path
        if path == self._prefix:
            return "/"
        if not path.startswith(f"{self._prefix}/"):
            raise EndpointNotFound(
                f"Nothing is served at {path}. Everything is below {self._prefix}/."
            )
        return path[len(self._prefix) :]

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if self._store is not None:
            await anyio.to_thread.run_sync(self._store.close)
        await send({"type": "lifespan.shutdown.complete"})


async def _run_sync(limiter: anyio.CapacityLimiter, call: Callable[..., Any], *args: Any) -> Any:
    return await anyio.to_thread.run_sync(call, *args, limiter=limiter)


async def _refuse(scope: Scope, send: Send, started: bool, error: CairnError) -> None:
    if started:  # too late for an error body; the connection is closed as the answer is cut
        log.warning("%s %s was cut off: %s", scope["method"], scope["path"], error)
        return
    await send_error(send, error)


def create_app(config: ServerConfig, store: Store | None = None) -> Watch:
    """The server as an ASGI application. The store is closed when its lifespan ends.

    Args:
        config: the choices.
        store: what to serve instead of opening `config.backend_store_uri`.

    Raises:
        CairnError: the store cannot be opened, or a choice is not allowed.
    """
    roots = Roots(config)  # before a store is opened, as it may refuse
    if store is None and not config.artifacts_only:
        from cairn.store import open_store

        store = open_store(config.store_uri, artifact_root=config.artifact_root)
    meter = Meter()
    app = App(config, roots, store, meter)
    return Watch(Browser(app, config), meter, app.stop)


class _Server(uvicorn.Server):
    """A uvicorn server that says where it is when it can be reached, and ends streams at once."""

    def __init__(self, config: uvicorn.Config, prefix: str, stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._prefix = prefix
        self._stop = stop

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        for server in getattr(self, "servers", ()):
            for sock in server.sockets:
                host, port = sock.getsockname()[:2]
                name = f"[{host}]" if ":" in host else host
                log.info("Cairn %s is at http://%s:%s%s", __version__, name, port, self._prefix)

    async def shutdown(self, sockets: Any = None) -> None:
        self._stop()
        await super().shutdown(sockets)


def serve(config: ServerConfig) -> None:
    """Serve until SIGTERM or SIGINT; running requests may finish first, for some seconds.

    Raises:
        CairnError: the address is taken, the store cannot be opened, or a choice is not allowed.
    """
    set_up_log(config.log_format)
    log.setLevel(logging.INFO)
    with _listen(config) as sock:  # first, so that no second server touches the database
        app = create_app(config)
        choices = uvicorn.Config(
            app,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
        # uvicorn raises the signal again when it has stopped, with nothing left to do by then.
        signal.signal(signal.SIGTERM, lambda *_: None)
        with contextlib.suppress(KeyboardInterrupt):
            _Server(choices, config.static_prefix, app.stop).run([sock])


def _listen(config: ServerConfig) -> socket.socket:
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    try:
        return socket.create_server((config.host, config.port), family=family, backlog=2048)
    except OSError as error:
        raise InvalidValue(
            f"The server cannot listen on {config.host} port {config.port}: {error.strerror}. "
            "Choose others with --host and --port."
        ) from None
