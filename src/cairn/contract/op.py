"""Declare an operation once; everything else is derived from the declaration."""

from __future__ import annotations

import functools
import inspect
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import msgspec

Verb = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Method = TypeVar("Method", bound=Callable[..., Any])

PREFIXES = ("/api/2.0/mlflow/", "/ajax-api/2.0/mlflow/")
OWN_PREFIXES = ("/api/cairn/v1/", "/ajax-api/cairn/v1/")

PERMISSIONS = frozenset(
    {
        "create experiment",
        "read experiment",
        "edit experiment",
        "delete experiment",
        "read run",
        "edit run",
        "delete run",
        "read change",
    }
)


class Message(msgspec.Struct, omit_defaults=True, kw_only=True):
    """Base of every request and reply body. A field that is None is absent on the wire."""


@dataclass(frozen=True)
class Op:
    """One operation of a service, as declared by `op`.

    Attributes:
        name: method name on the service.
        verb: HTTP method.
        paths: every path that serves it, the canonical one first.
        needs: permission that a caller must have, for example ``"edit run"``.
        request: type of the request body, or of the query when the verb is GET.
        reply: type of the reply body; None for an empty object.
        doc: the method's docstring.
    """

    name: str
    verb: Verb
    paths: tuple[str, ...]
    needs: str
    request: type[Message]
    reply: type[Message] | None
    doc: str


def op(*routes: str, needs: str) -> Callable[[Method], Method]:
    """Mark a service method as an operation, served at each of `routes`.

    A route is ``"POST runs/create"`` for the compatible protocol or ``"POST v1 runs/count"``
    for one of our own. Several routes may share a method as twins (GET and POST of a search).

    Raises:
        TypeError: `needs` is not one of `PERMISSIONS`, so no operation can be left unguarded.
    """
    if needs not in PERMISSIONS:
        raise TypeError(f"{needs!r} is not a permission. Choose one of {sorted(PERMISSIONS)}.")

    def mark(method: Method) -> Method:
        method.__cairn_op__ = (routes, needs)  # type: ignore[attr-defined]
        return method

    return mark


def _paths(route: str) -> tuple[Verb, tuple[str, ...]]:
    verb, _, rest = route.partition(" ")
    own = rest.startswith("v1 ")
    tail = rest.removeprefix("v1 ")
    return typing.cast("Verb", verb), tuple(p + tail for p in (OWN_PREFIXES if own else PREFIXES))


@functools.cache
def operations(service: type) -> tuple[Op, ...]:
    """Every operation that `service` and its bases declare, in order of declaration."""
    found: list[Op] = []
    for base in reversed(service.__mro__):
        for name, method in vars(base).items():
            if not isinstance(method, types.FunctionType) or not hasattr(method, "__cairn_op__"):
                continue
            routes, needs = method.__cairn_op__
            hints = typing.get_type_hints(method)
            reply = hints.pop("return")
            (request,) = hints.values()
            reply = None if reply is type(None) else reply
            for route in routes:
                verb, paths = _paths(route)
                doc = inspect.getdoc(method) or ""
                found.append(Op(name, verb, paths, needs, request, reply, doc))
    return tuple(found)
