"""The server as a process of its own."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.wire.serving import PlainTransport

from cairn.artifact.http import PROXY
from cairn.errors import InvalidValue
from cairn.server.app import serve
from cairn.server.config import ServerConfig

PROGRAM = """
import sys
from cairn.server.app import serve
from cairn.server.config import ServerConfig
serve(ServerConfig(artifacts_only=True, artifacts_destination=sys.argv[1], port=0))
"""


@contextmanager
def process(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder)], stderr=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stderr is not None
            line = server.stderr.readline()
            assert "Cairn" in line, line
            yield server, "http://" + line.strip().partition("http://")[2]
        finally:
            if server.poll() is None:
                server.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_and_stops_when_told(tmp_path: Path, number: int) -> None:
    with process(tmp_path / "a") as (server, url):
        assert PlainTransport(url).request("GET", "/health", query=[], body=None) == (200, b"OK")
        server.send_signal(number)
        assert server.wait(20) == 0
        assert server.stderr is not None
        assert server.stderr.read() == ""


def test_a_running_request_may_finish_when_it_is_stopped(tmp_path: Path) -> None:
    with process(tmp_path / "a") as (server, url):
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as sock:
            head = f"PUT {PROXY}/x HTTP/1.1\r\nHost: {host}\r\nContent-Length: 10\r\n\r\n"
            sock.sendall(head.encode() + b"01234")
            while not list(tmp_path.glob("a/*")):
                time.sleep(0.01)
            server.send_signal(signal.SIGTERM)
            sock.sendall(b"56789")
            answer = sock.recv(4096)
        assert server.wait(20) == 0

    assert b" 200 " in answer.split(b"\r\n")[0]
    assert (tmp_path / "a" / "x").read_bytes() == b"0123456789"


def test_a_taken_port_is_said_before_the_database_is_touched(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = ServerConfig(
            port=taken.getsockname()[1],
            backend_store_uri=f"sqlite:///{tmp_path / 'cairn.db'}",
            artifacts_destination=str(tmp_path / "a"),
        )
        with pytest.raises(InvalidValue, match=r"port \d+: Address already in use.*--port"):
            serve(config)

    assert list(tmp_path.iterdir()) == []


HEAVY = {"numpy", "pandas", "PIL", "yaml", "urllib3", "psutil", "jinja2", "websockets", "alembic"}


def test_it_loads_no_heavy_module_before_it_is_needed(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from cairn.server.app import create_app\n"
        "from cairn.server.config import ServerConfig\n"
        "create_app(ServerConfig(artifacts_only=True, artifacts_destination=sys.argv[1]))\n"
        "print(*{m.partition('.')[0] for m in sys.modules})\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]

    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    assert HEAVY & set(loaded) == set()
