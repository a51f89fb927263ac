"""Checks that keep other web sites out, and headers that keep content inert.

A page anywhere can make a browser send requests to a server on this machine. So each request
must be addressed to a name that is really ours (a rebound DNS name is not), and one that could
change something must not come from a page of another site.
"""

from __future__ import annotations

import fnmatch
import ipaddress
import re
from urllib.parse import urlsplit

from starlette.types import ASGIApp

from cairn.server.config import ServerConfig
from cairn.wire.routes import Receive, Scope, Send

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
UNCHECKED_PATHS = frozenset({"/health", "/version", "/ready", "/metrics"})
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[^:\[\]@/\\\s]+)(:\d{1,5})?", re.ASCII)
_METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
_EXPOSED = b"etag, content-range, content-disposition, x-cairn-version, x-request-id"
Header = tuple[bytes, bytes]


class Browser:
    """ASGI middleware around the whole server.

    Args:
        app: what is protected.
        config: names the allowed hosts and origins and the frame policy.
    """

    def __init__(self, app: ASGIApp, config: ServerConfig) -> None:
        self._app = app
        self._hosts = [name.lower() for name in config.allowed_hosts]
        if not _is_any_address(config.host):
            self._hosts.append(config.host.lower())
        self._origins = {origin.rstrip("/").lower() for origin in config.cors_allowed_origins}
        self._always: list[Header] = [
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),
        ]
        if config.x_frame_options != "NONE":
            self._always.append((b"x-frame-options", config.x_frame_options.encode()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        hosts, origins, sites = (_values(scope, n) for n in (b"host", b"origin", b"sec-fetch-site"))
        origin = origins[0] if len(origins) == 1 else None
        allowed_origin = origin is not None and self._lists(origin)
        sender = self._finished(send, origin if allowed_origin else None)
        refused = None
        if scope["path"] not in UNCHECKED_PATHS:
            refused = self._refuse_host(hosts)
        if refused is None and scope["method"] not in SAFE_METHODS and not allowed_origin:
            refused = _refuse_site(hosts, origins, sites)
        if refused is not None:
            await _answer(sender, 403, refused.encode("ascii", "replace"))
        elif scope["method"] == "OPTIONS" and _values(scope, b"access-control-request-method"):
            await self._preflight(scope, sender, allowed_origin)
        else:
            await self._app(scope, receive, sender)

    def _refuse_host(self, hosts: list[str]) -> str | None:
        match = _HOST.fullmatch(hosts[0].lower()) if len(hosts) == 1 else None
        if match is None:
            return "The request must name one host in its Host header."
        name = match["name"]
        if name == "localhost" or _is_near(name.strip("[]")):
            return None
        if any(fnmatch.fnmatchcase(h, p) for p in self._hosts for h in (name, match[0])):
            return None
        return (
            f"This server does not answer to the name {match[0]!r}. "
            f"Start it with --allowed-hosts {name} if that is its name."
        )

    def _lists(self, origin: str) -> bool:
        return "*" in self._origins or origin.lower() in self._origins

    async def _preflight(self, scope: Scope, send: Send, allowed: bool) -> None:
        if not allowed:
            await _answer(send, 403, b"Pages of other sites may not call this server.")
            return
        asked = ", ".join(_values(scope, b"access-control-request-headers"))
        headers = [
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-allow-headers", asked.encode("latin-1")),
            (b"access-control-max-age", b"600"),
        ]
        await _answer(send, 204, b"", headers)

    def _finished(self, send: Send, origin: str | None) -> Send:
        """`send`, adding the headers that every answer has."""
        added = list(self._always)
        if self._origins:
            added.append((b"vary", b"Origin"))
        if origin is not None:
            added.append((b"access-control-allow-origin", origin.encode("latin-1")))
            added.append((b"access-control-expose-headers", _EXPOSED))

        async def finished(event: dict[str, object]) -> None:
            if event["type"] == "http.response.start":
                headers = list(event.get("headers", ()))  # type: ignore[call-overload]
                given = {name for name, _ in headers}
                headers += [header for header in added if header[0] not in given]
                event = {**event, "headers": headers}
            await send(event)

        return finished  # type: ignore[return-value]


def _refuse_site(hosts: list[str], origins: list[str], sites: list[str]) -> str | None:
    """Why a request that may change something comes from a wrong page; None when it does not.

    Programs that are no browsers send neither header.
    """
    why = "Pages of other sites may not change anything on this server. Start it with "
    why += "--cors-allowed-origins to allow one."
    if any(site.lower() not in {"same-origin", "none"} for site in sites):
        return why
    for origin in origins:
        try:
            netloc = urlsplit(origin).netloc
        except ValueError:
            return why
        if not netloc or [netloc.lower()] != [host.lower() for host in hosts]:
            return why
    return None


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def _is_near(name: str) -> bool:
    """Whether a host is an address of this machine or of a private network."""
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_private or address.is_link_local


def _is_any_address(name: str) -> bool:
    return name in {"", "*", "0.0.0.0", "::"}  # noqa: S104 - compared, not bound


async def _answer(
    send: Send, status: int, body: bytes, headers: list[Header] | None = None
) -> None:
    kind = [(b"content-type", b"text/plain; charset=utf-8")] if body else []
    length = (b"content-length", str(len(body)).encode())
    headers = [*(headers or []), *kind, *([length] if status != 204 else [])]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
