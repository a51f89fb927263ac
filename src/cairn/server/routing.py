"""Routes that are no operations of the contract: bytes in and out, and facts about the server."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.types import ASGIApp

from cairn.contract.op import PERMISSIONS
from cairn.errors import EndpointNotFound
from cairn.server.access import ANYONE, Gate
from cairn.wire.routes import Receive, Scope, Send

Method = TypeVar("Method", bound=Callable[..., Any])
Answer = Callable[[Request, str], Awaitable[ASGIApp]]


@dataclass(frozen=True)
class RawRoute:
    """One raw route.

    Attributes:
        verb: HTTP method; GET also answers HEAD.
        path: path below the prefix of the server; ``/*`` at the end stands for any tail.
        needs: permission, or `ANYONE`.
        answer: called with the request and the decoded tail.
    """

    verb: str
    path: str
    needs: str
    answer: Answer


def raw(*routes: str, needs: str) -> Callable[[Method], Method]:
    """Mark a method as the answer of some routes, written ``"GET /api/.../*"``.

    Raises:
        TypeError: nobody knows the permission, so no route can be left unguarded.
    """
    if needs not in PERMISSIONS | {ANYONE}:
        raise TypeError(f"{needs!r} is not a permission. Choose one of {sorted(PERMISSIONS)}.")

    def mark(method: Method) -> Method:
        method.__cairn_raw__ = (routes, needs)  # type: ignore[attr-defined]
        return method

    return mark


def twins(verb: str, tail: str) -> tuple[str, str]:
    """The routes ``/api/<tail>`` and ``/ajax-api/<tail>`` for `raw`."""
    return f"{verb} /api/{tail}", f"{verb} /ajax-api/{tail}"


def raw_routes(owner: object) -> list[RawRoute]:
    """Every route that the methods of an object are marked with."""
    found: list[RawRoute] = []
    for _, method in inspect.getmembers(owner, inspect.ismethod):
        routes, needs = getattr(method, "__cairn_raw__", ((), ANYONE))
        for route in routes:
            verb, _, path = route.partition(" ")
            found.append(RawRoute(verb, path, needs, method))
    return found


class RawRoutes:
    """ASGI application that answers raw routes.

    Args:
        owners: objects whose methods are marked with `raw`.
        gate: asked before each answer.
    """

    def __init__(self, owners: Iterable[object], gate: Gate) -> None:
        self._gate = gate
        self.routes = [route for owner in owners for route in raw_routes(owner)]
        self._exact: dict[str, dict[str, RawRoute]] = {}
        self._open: dict[str, dict[str, RawRoute]] = {}
        for route in self.routes:
            table = self._open if route.path.endswith("/*") else self._exact
            table.setdefault(route.path.removesuffix("*"), {})[route.verb] = route

    def serves(self, path: str) -> bool:
        """Whether a route has this path, with whatever method."""
        return self._find(path) is not None

    def name(self, path: str, verb: str) -> str:
        """What answers a request, for counts; ``none`` when nothing does."""
        found = self._find(path)
        route = found[0].get("GET" if verb == "HEAD" else verb) if found else None
        return route.answer.__name__ if route else "none"

    def _find(self, path: str) -> tuple[dict[str, RawRoute], str] | None:
        if path in self._exact:
            return self._exact[path], ""
        for start, verbs in self._open.items():
            if path.startswith(start):
                return verbs, path[len(start) :]
        return None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._find(scope["path"])
        if found is None:
            raise EndpointNotFound(f"Nothing is served at {scope['path']}.")
        verbs, tail = found
        verb = "GET" if scope["method"] == "HEAD" else scope["method"]
        if verb not in verbs:
            raise EndpointNotFound(
                f"{scope['path']} does not answer {scope['method']}. "
                f"Use {' or '.join(sorted(verbs))}.",
                status=405,
            )
        route = verbs[verb]
        self._gate.allow(scope, route.needs)
        answer = await route.answer(Request(scope, receive), tail)
        await answer(scope, receive, send)
