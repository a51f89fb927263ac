from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.unit.server.conftest import Ask
from tests.wire.asking import Asker, asking
from tests.wire.serving import running

from cairn.server import app as server_app
from cairn.server import patience
from cairn.server.app import create_app
from cairn.server.config import ServerConfig

API = "/api/2.0/mlflow"


class Held:
    """A store whose operations answer when they are told to."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.begun = threading.Semaphore(0)

    def close(self) -> None:
        pass

    def check(self) -> None:
        pass

    def queued(self) -> int:
        return 0

    def __getattr__(self, name: str) -> Any:
        if name.startswith("begin_"):
            raise AttributeError(name)

        def wait(_request: object) -> None:
            self.begun.release()
            assert self.go_on.wait(60)

        return wait


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
def busy(held: Held, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asker]:
    """A server with one thread, where one request may wait."""
    monkeypatch.setattr(server_app, "THREADS", 1)
    config = ServerConfig(artifacts_destination=str(tmp_path / "a"), max_waiting_requests=1)
    store: Any = held
    with asking(create_app(config, store)) as ask:
        yield ask


def test_a_crowd_is_told_to_come_back_and_nothing_is_lost(busy: Asker, held: Held) -> None:
    def delete() -> Any:
        return busy("POST", f"{API}/runs/delete", json={"run_id": "0" * 32})

    with ThreadPoolExecutor(3) as pool:
        answered = [pool.submit(delete), pool.submit(delete)]
        assert held.begun.acquire(timeout=30)
        while busy("GET", "/metrics").text.count("cairn_open_requests 3") == 0:
            pass
        refused = delete()
        assert (refused.status, refused.headers["retry-after"]) == (503, "1")
        assert refused.json["error_code"] == "TEMPORARILY_UNAVAILABLE"
        assert busy("GET", "/health").status == 200
        assert busy("GET", "/ready").status == 200
        held.go_on.set()
        assert [done.result(60).status for done in answered] == [200, 200]
    assert delete().status == 200


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "BODY_SECONDS", 0.2)


@pytest.mark.parametrize(
    ("verb", "path", "kind"),
    [
        ("POST", f"{API}/runs/create", "application/json"),
        ("PUT", "/api/2.0/mlflow-artifacts/artifacts/a.bin", "application/octet-stream"),
        ("POST", "/ajax-api/2.0/mlflow/upload-artifact?run_id=RUN&path=a", "text/plain"),
    ],
)
def test_a_client_that_dribbles_is_answered_and_disconnected(
    tmp_path: Path, impatient: None, verb: str, path: str, kind: str
) -> None:
    config = ServerConfig(
        backend_store_uri=f"sqlite:///{tmp_path}/cairn.db",
        artifacts_destination=str(tmp_path / "served"),
    )
    with running(create_app(config)) as url:
        address = ("127.0.0.1", int(url.rpartition(":")[2]))
        run = _made_run(address)
        with socket.create_connection(address, timeout=30) as peer:
            head = f"{verb} {path.replace('RUN', run)} HTTP/1.1\r\nHost: localhost\r\n"
            peer.sendall(f"{head}Content-Type: {kind}\r\nContent-Length: 1000\r\n\r\n".encode())
            answer = b""
            peer.settimeout(0.05)
            for _ in range(400):
                try:
                    answer += (block := peer.recv(65536))
                    if not block:
                        break
                except TimeoutError:
                    peer.sendall(b" ")
                except ConnectionError:
                    break
        assert answer.startswith(b"HTTP/1.1 408 "), answer
        assert b"connection: close" in answer.lower()
    assert not list((tmp_path / "served").rglob("*.bin"))


def _made_run(address: tuple[str, int]) -> str:
    import http.client
    import json

    connection = http.client.HTTPConnection(*address, timeout=30)
    headers = {"Content-Type": "application/json", "Host": "localhost"}
    connection.request("POST", f"{API}/runs/create", b'{"experiment_id":"0"}', headers)
    run_id: str = json.load(connection.getresponse())["run"]["info"]["run_id"]
    connection.close()
    return run_id


def test_a_large_body_earns_the_time_that_it_takes(start: Ask, impatient: None) -> None:
    import time

    def blocks() -> Iterator[bytes]:
        yield b'{"name":"slow","tags":['
        for _ in range(8):
            time.sleep(0.05)  # twice as long in all as an empty body may take
            yield b" " * 8192
        yield b"]}"

    reply = start()(
        "POST",
        f"{API}/experiments/create",
        body=blocks(),
        headers={"content-type": "application/json"},
    )
    assert reply.status == 200


def test_an_answer_may_take_longer_than_a_body(
    held: Held, busy: Asker, impatient: None, tmp_path: Path
) -> None:
    with ThreadPoolExecutor(1) as pool:
        body = {"run_id": "0" * 32}
        answered = pool.submit(busy, "POST", f"{API}/runs/delete", json=body)
        assert held.begun.acquire(timeout=30)
        assert not threading.Event().wait(0.5)
        held.go_on.set()
        assert answered.result(60).status == 200
