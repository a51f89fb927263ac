"""Run a server in this process on a free port, and talk to it with the standard library."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode, urlsplit

import uvicorn

BASE = "http://localhost"


@contextmanager
def running(app: Any, port: int = 0) -> Iterator[str]:
    """Serve an ASGI application in a thread, on a free port; yields its base URL."""
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, ws="none", lifespan="on", log_config=None)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.005)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


class PlainTransport:
    """A `cairn.artifact.http.ByteTransport` on http.client."""

    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        self._netloc, self._prefix = parts.netloc, parts.path.rstrip("/")

    def request(
        self, verb: str, path: str, *, query: list[tuple[str, str]], body: bytes | None
    ) -> tuple[int, bytes]:
        blocks = None if body is None else [body]
        headers = {"content-type": "application/json"} if body else {}
        with self.stream(verb, path, query=query, headers=headers, body_blocks=blocks) as answer:
            return answer.status, b"".join(answer)

    @contextmanager
    def stream(
        self,
        verb: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]],
        headers: Mapping[str, str],
        body_blocks: Iterable[bytes] | None,
    ) -> Iterator[PlainResponse]:
        connection = http.client.HTTPConnection(self._netloc, timeout=30)
        url = self._prefix + path + ("?" + urlencode(query) if query else "")
        try:
            connection.request(
                verb,
                url,
                body=None if body_blocks is None else iter(body_blocks),
                headers=dict(headers),
                encode_chunked=body_blocks is not None,
            )
            yield PlainResponse(connection.getresponse())
        finally:
            connection.close()


class PlainResponse:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self._response = response
        self.status = response.status
        self.headers: Any = response.headers

    def __iter__(self) -> Iterator[bytes]:
        while block := self._response.read(64 * 1024):
            yield block
