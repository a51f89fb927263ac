from __future__ import annotations

from typing import Protocol

import pytest

from cairn.contract.op import Message, op, operations
from cairn.contract.services import all_operations


class Ping(Message):
    """A request."""


def test_an_operation_without_a_permission_cannot_be_declared() -> None:
    with pytest.raises(TypeError, match="is not a permission"):
        op("POST ping", needs="")


def test_routes_follow_from_the_declaration() -> None:
    class Service(Protocol):
        @op("POST ping", "GET ping", needs="read run")
        def ping(self, request: Ping) -> None:
            """Answer."""

        @op("POST v1 own", needs="edit run")
        def own(self, request: Ping) -> Ping:
            """Answer."""

        @op("GET 3.0 pings/{name}", needs="read run")
        def newer(self, request: Ping) -> None:
            """Answer."""

    post, get, own, newer = operations(Service)
    assert newer.paths == ("/api/3.0/mlflow/pings/{name}", "/ajax-api/3.0/mlflow/pings/{name}")
    assert post.paths == ("/api/2.0/mlflow/ping", "/ajax-api/2.0/mlflow/ping")
    assert (post.verb, get.verb, get.name) == ("POST", "GET", "ping")
    assert own.paths == ("/api/cairn/v1/own", "/ajax-api/cairn/v1/own")
    assert (post.reply, own.reply) == (None, Ping)


def test_no_two_operations_share_a_route() -> None:
    routes = [(o.verb, path) for o in all_operations() for path in o.paths]
    assert len(routes) == len(set(routes))
