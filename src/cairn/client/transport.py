"""HTTP to a tracking server: one pool of kept-alive connections, time-outs, retries, credentials.

urllib3 is loaded when the first request is sent. A child process that was forked opens connections
of its own.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from cairn import settings
from cairn.client.credentials import Server, authorization, tls
from cairn.errors import InvalidValue, Unavailable
from cairn.version import __version__

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, HTTPConnectionPool

RETRIED = frozenset({408, 429, 502, 503, 504})
"""Statuses of an answer that may be another one a moment later."""

BLOCK_BYTES = 1024 * 1024
_CONNECTIONS = 10
_CONNECT_SECONDS = 10.0
_LONGEST_PAUSE = 60.0


class Transport:
    """Requests to one server; may be used by many threads at once.

    Args:
        url: http or https URL of the server, a path in it goes before every request's path.
        credentials: whether to say who we are; not to a server that another one sent us to.
        retries: how often a failed request is tried again; the setting when None.
    """

    def __init__(self, url: str, *, credentials: bool = True, retries: int | None = None) -> None:
        self._server = Server.parse(url)
        self._credentials = credentials
        self._retries = retries
        self._lock = threading.Lock()
        self._pool: HTTPConnectionPool | None = None
        self._pid = os.getpid()

    @property
    def url(self) -> str:
        """URL of the server without user, password and the ``/`` at its end."""
        return self._server.url

    def request(
        self,
        verb: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]],
        body: bytes | None,
        accept: str = "application/json",
    ) -> tuple[int, bytes]:
        """Send a request and return status and body, after retries.

        Raises:
            Unavailable: the server cannot be reached.
            InvalidValue: the server sends us to another URL, or the settings contradict.
        """
        headers = {"Accept": accept}
        if body is not None:
            headers["Content-Type"] = "application/json"
        response = self._send(verb, path, query, headers, body)
        return response.status, response.data

    @contextmanager
    def stream(
        self,
        verb: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]],
        headers: Mapping[str, str],
        body_blocks: Iterable[bytes] | None,
    ) -> Iterator[StreamedResponse]:
        """Send a body block by block, and read the answer block by block.

        A request is tried again only while none of its body has been taken.

        Raises:
            Unavailable: the server cannot be reached.
            InvalidValue: the server sends us to another URL, or the settings contradict.
        """
        body = None if body_blocks is None else _Blocks(body_blocks)
        response = self._send(verb, path, query, headers, body, whole=False)
        try:
            yield StreamedResponse(response, self.url)
        finally:
            # What was not read cannot be skipped, so the connection is given up with it.
            response.close()
            response.release_conn()

    def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        with self._lock:
            if self._pool is not None and self._pid == os.getpid():
                self._pool.close()
            self._pool = None

    def _send(
        self,
        verb: str,
        path: str,
        query: Sequence[tuple[str, str]],
        headers: Mapping[str, str],
        body: bytes | _Blocks | None,
        *,
        whole: bool = True,
    ) -> BaseHTTPResponse:
        from urllib3.exceptions import HTTPError, SSLError

        target = self._server.prefix + path + (f"?{urlencode(query)}" if query else "")
        limit = settings.HTTP_REQUEST_MAX_RETRIES.get() if self._retries is None else self._retries
        attempt = 0
        while True:
            last = attempt >= limit
            pool = self._open()
            try:
                response = pool.urlopen(
                    verb,
                    target if pool.proxy is None else self._through_proxy(target),
                    body=body,
                    headers={**self._headers(), **headers},
                    retries=False,
                    redirect=False,
                    assert_same_host=False,
                    preload_content=whole,
                    decode_content=whole,
                )
            except HTTPError as error:
                if last or isinstance(error, SSLError) or _was_taken(body):
                    raise self._unreachable(error) from None
                pause = _pause(attempt, None)
            else:
                if response.status not in RETRIED or last or _was_taken(body):
                    return self._checked(response)
                pause = _pause(attempt, response.headers.get("retry-after"))
                response.drain_conn()
            attempt += 1
            time.sleep(pause)

    def _open(self) -> HTTPConnectionPool:
        if self._pool is None or self._pid != os.getpid():
            with self._lock:
                if self._pool is None or self._pid != os.getpid():
                    self._pool, self._pid = _pool(self._server.url), os.getpid()
        return self._pool

    def _through_proxy(self, target: str) -> str:
        """What to ask for: a proxy of plain HTTP wants the whole URL."""
        scheme, netloc = urlsplit(self._server.url)[:2]
        return f"{scheme}://{netloc}{target}" if scheme == "http" else target

    def _headers(self) -> dict[str, str]:
        found = {"User-Agent": f"cairn/{__version__}"}
        if self._credentials:
            own = self._server.authorization or authorization()
            if own is not None:
                found["Authorization"] = own
        return found

    def _checked(self, response: BaseHTTPResponse) -> BaseHTTPResponse:
        if 300 <= response.status < 400 and response.status != 304:
            place = response.headers.get("location", "an unnamed place")
            response.close()
            raise InvalidValue(
                f"The server at {self.url} sends us to {place!r}. "
                "Set the tracking URI to the address that it moved to."
            )
        return response

    def _unreachable(self, error: Exception) -> Unavailable:
        reason = str(error).rpartition(": ")[2] or type(error).__name__
        return Unavailable(
            f"The tracking server at {self.url} cannot be reached: {reason}. Check that it runs "
            "and that CAIRN_TRACKING_URI is its address."
        )


class StreamedResponse:
    """An answer whose body is read while iterating, in blocks of at most 1 MiB.

    Attributes:
        status: HTTP status.
        headers: reply headers; `get` does not care about upper and lower case.
    """

    def __init__(self, response: BaseHTTPResponse, url: str) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._url = url

    def __iter__(self) -> Iterator[bytes]:
        from urllib3.exceptions import HTTPError

        try:
            yield from self._response.stream(BLOCK_BYTES, decode_content=True)
        except HTTPError as error:
            raise Unavailable(
                f"The connection to {self._url} was lost while an answer was read: {error}. "
                "Try again."
            ) from None


class _Blocks:
    """A body to send, which remembers whether some of it was taken."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self.taken = False

    def __iter__(self) -> Iterator[bytes]:
        self.taken = True
        return self._blocks


def _was_taken(body: bytes | _Blocks | None) -> bool:
    return isinstance(body, _Blocks) and body.taken


def _pause(attempt: int, retry_after: str | None) -> float:
    """Seconds before the next attempt: none at first, then doubling, spread by a quarter."""
    if retry_after is not None and retry_after.isdigit():
        return min(float(retry_after), _LONGEST_PAUSE)
    if attempt == 0:
        return 0.0
    factor: float = settings.HTTP_REQUEST_BACKOFF_FACTOR.get() * 2 ** (attempt - 1)
    return min(factor * random.uniform(0.75, 1.25), _LONGEST_PAUSE)  # noqa: S311 - no secret


def _pool(url: str) -> HTTPConnectionPool:
    import urllib3

    parts = urlsplit(url)
    seconds = settings.HTTP_REQUEST_TIMEOUT.get()
    options: dict[str, Any] = {
        "maxsize": _CONNECTIONS,
        "timeout": urllib3.Timeout(connect=min(seconds, _CONNECT_SECONDS), read=seconds),
    }
    if parts.scheme == "https":
        options |= tls()
        if options["cert_reqs"] == "CERT_NONE":
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    proxy = _proxy(parts.scheme, parts.hostname or "")
    if proxy is None:
        return urllib3.connection_from_url(f"{parts.scheme}://{parts.netloc}", **options)
    # The manager keeps what the pool needs to speak to the proxy.
    return urllib3.ProxyManager(proxy, **options).connection_from_url(url)


def _proxy(scheme: str, host: str) -> str | None:
    """The proxy that the environment names for a host; none for this machine itself."""
    from urllib.request import getproxies, proxy_bypass

    found = getproxies().get(scheme)
    if found is None or host in {"localhost", "127.0.0.1", "::1"} or proxy_bypass(host):
        return None
    return found if "://" in found else f"http://{found}"
