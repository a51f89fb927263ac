"""A server as a process of its own that can be killed, and a relay that fails on purpose."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.databases import free_port
from typing_extensions import Self

START_SECONDS = 60
STOP_SECONDS = 2
"""How long these servers let requests finish when they are stopped."""

COMMIT = rb"COMMIT(?!T)"
"""The statement, and not READ COMMITTED."""

_PROGRAM = f"""
import os, sys
from cairn.server import app, patience
from cairn.server.config import ServerConfig
app.STOP_SECONDS = {STOP_SECONDS}
patience.BODY_SECONDS = float(os.environ.get("BODY_SECONDS", patience.BODY_SECONDS))
app.serve(ServerConfig(backend_store_uri=sys.argv[1], artifacts_destination=sys.argv[2],
                       port=int(sys.argv[3])))
"""


class ServerProcess:
    """A server on a port that stays the same when it is started again.

    Args:
        uri: its database.
        folder: where its log and its artifacts are.
        environment: set for it beside what this process has.
    """

    def __init__(
        self, uri: str, folder: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.artifacts = folder / "artifacts"
        self._log = folder / f"server-{self.port}.log"
        self._uri = uri
        self._environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("CAIRN_", "MLFLOW_"))
        } | dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it answers."""
        arguments = [self._uri, str(self.artifacts), str(self.port)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, *arguments],
                stdout=log,
                stderr=log,
                env=self._environment,
            )
        deadline = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/health")
                answered = connection.getresponse().status
                connection.close()
                if answered == 200:
                    return
            time.sleep(0.02)
        raise AssertionError(f"The server did not start:\n{self.log()}")

    def kill(self) -> None:
        """End it at once, as a power cut of the process would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Ask it to end; its exit status. It fails when it needs much longer than it may."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(STOP_SECONDS + 30)

    def log(self) -> str:
        return self._log.read_text("utf-8", "replace") if self._log.exists() else ""

    def faults(self) -> int:
        """How many failures it has logged that it did not expect.

        The pool tells of each connection that was lost when it got it back; that is expected.
        """
        log = self.log()
        return log.count("Traceback") - log.count("Exception during reset or similar")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()


class Relay:
    """Carries connections to the first of some ports that takes them; may fail on purpose.

    Attributes:
        trigger: pattern of the bytes at which the next fault strikes; None for no fault.
        fault: what happens then. ``before``: the connection is cut and the bytes are lost.
            ``after``: they are delivered, and the connection is cut when the answer is there.
            ``hold``: they wait until `release` is set.
        struck: set when a fault has struck.
    """

    def __init__(self, *ports: int) -> None:
        self._ports = ports
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._open: set[socket.socket] = set()
        self._closed = False
        self.port = int(self._listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.trigger: re.Pattern[bytes] | None = None
        self.fault = ""
        self.struck = threading.Event()
        self.release = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, fault: str, trigger: bytes) -> None:
        """Let the next bytes that match `trigger` fail, once."""
        self.struck.clear()
        self.release.clear()
        self.fault, self.trigger = fault, re.compile(trigger)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closed = True
        self.release.set()
        self._listener.close()
        for each in list(self._open):
            _shut(each)

    def _accept(self) -> None:
        while not self._closed:
            try:
                client = self._listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        server = self._connect()
        if server is None:
            client.close()
            return
        self._open |= {client, server}
        try:
            for sock in (client, server):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._pump(client, server)
        except OSError:
            pass
        finally:
            for sock in (client, server):
                self._open.discard(sock)
                sock.close()

    def _pump(self, client: socket.socket, server: socket.socket) -> None:
        while True:
            for source in select.select([client, server], [], [])[0]:
                data = source.recv(1 << 16)
                if not data:
                    return
                if source is client and self.trigger is not None and self.trigger.search(data):
                    self.trigger = None
                    if not self._strike(data, server):
                        return
                else:
                    (server if source is client else client).sendall(data)

    def _strike(self, data: bytes, server: socket.socket) -> bool:
        """Let the fault happen; whether the connection goes on."""
        if self.fault == "hold":
            self.struck.set()
            self.release.wait(60)
            server.sendall(data)
            return True
        if self.fault == "after":
            server.sendall(data)
            server.recv(1 << 16)
        self.struck.set()
        return False

    def _connect(self) -> socket.socket | None:
        for port in self._ports:
            with contextlib.suppress(OSError):
                return socket.create_connection(("127.0.0.1", port), timeout=5)
        return None


def _shut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def serving(
    uri: str, folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[ServerProcess]:
    """A server that answers; killed at the end if it still runs."""
    with ServerProcess(uri, folder, environment) as server:
        yield server
