"""Every implementation of the contract, on every kind of database.

In process, through the ASGI application without a socket, and over HTTP; and a real MLflow
server, which lacks the operations of ours and must fail in exactly what `OURS` lists.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest
from tests.compat.servers import serving
from tests.contract.differences import OURS
from tests.wire.asking import Asker, asking
from tests.wire.serving import running

from cairn.client.transport import Transport
from cairn.contract.op import OWN_PREFIXES
from cairn.contract.services import Tracking
from cairn.server.app import create_app
from cairn.server.config import ServerConfig
from cairn.store import open_store
from cairn.wire.remote import remote

DATABASES = ("sqlite", "postgresql", "mariadb")
WAYS = ("store", "app", "http")
PEER = "mlflow"


class InProcess:
    """A `cairn.wire.remote.Http` that passes requests to an application without a socket."""

    def __init__(self, ask: Asker) -> None:
        self._ask = ask

    def request(
        self,
        verb: str,
        path: str,
        *,
        query: list[tuple[str, str]],
        body: bytes | None,
        accept: str = "",  # JSON, as the way over HTTP asks for columns
    ) -> tuple[int, bytes]:
        headers = {"content-type": "application/json"} if body else {}
        reply = self._ask(verb, path, query=query, body=body or b"", headers=headers)
        return reply.status, reply.body


class ToMlflow:
    """Asks for what MLflow has.

    It serves some operations only where its own pages ask for them; Cairn serves them everywhere.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def request(
        self,
        verb: str,
        path: str,
        *,
        query: list[tuple[str, str]],
        body: bytes | None,
        accept: str = "",  # JSON is all that it has
    ) -> tuple[int, bytes]:
        if path.startswith(OWN_PREFIXES):
            pytest.xfail("an operation of ours")
        answer = self._transport.request(verb, path, query=query, body=body)
        if answer[0] == 404 and b"<title>404 Not Found</title>" in answer[1]:
            path = path.replace("/api/", "/ajax-api/", 1)
            answer = self._transport.request(verb, path, query=query, body=body)
        return answer


@contextmanager
def implementation(way: str, uri: str, folder: Path) -> Iterator[Tracking]:
    """An implementation on a new database."""
    if way == "store":
        store = open_store(uri, artifact_root=str(folder / "artifacts"))
        yield store
        store.close()
        return
    config = ServerConfig(backend_store_uri=uri, artifacts_destination=str(folder / "artifacts"))
    service: Any = Tracking
    if way == "app":
        with asking(create_app(config)) as ask:
            yield remote(service, InProcess(ask))
        return
    with running(create_app(config)) as url, closing(Transport(url)) as transport:
        yield remote(service, transport)


@pytest.fixture(scope="session")
def real_server(peer: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """URL and folder of a real MLflow server; ``empty.db`` is its database as it began."""
    folder = tmp_path_factory.mktemp("real")
    with serving(peer, "mlflow", folder) as url:
        copy(folder / "store.db", folder / "empty.db")
        yield url, folder


def copy(source: Path, target: Path) -> None:
    """Make a database equal to another, in one transaction, whoever has it open."""
    with closing(connect(source)) as origin, closing(connect(target)) as goal:
        origin.backup(goal)


@pytest.fixture(
    params=[
        *(f"{way}-{kind}" for kind in DATABASES for way in WAYS),
        pytest.param(PEER, marks=[pytest.mark.slow, pytest.mark.timeout(300)]),
    ]
)
def tracking(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tracking]:
    """Every implementation of the Protocol, with nothing in it but the default experiment."""
    service: Any = Tracking
    with ExitStack() as stack:
        if request.param == PEER:
            name = request.node.name.replace(f"[{PEER}]", "").replace(f"[{PEER}-", "[")
            if why := OURS.get(name):
                request.applymarker(pytest.mark.xfail(reason=why, strict=True))
            url, folder = request.getfixturevalue("real_server")
            copy(folder / "empty.db", folder / "store.db")
            transport = stack.enter_context(closing(Transport(url, retries=0)))
            yield remote(service, ToMlflow(transport))
            return
        way, _, kind = request.param.partition("-")
        uri = f"sqlite:///{tmp_path}/cairn.db"
        if kind != "sqlite":
            uri = request.getfixturevalue(f"{kind}_emptied")()
        yield stack.enter_context(implementation(way, uri, tmp_path))
