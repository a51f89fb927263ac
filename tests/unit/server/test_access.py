from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.unit.server.conftest import Ask
from tests.wire.asking import asking

from cairn.contract.op import PERMISSIONS
from cairn.errors import PermissionDenied
from cairn.server.access import ANYONE, LOCAL, Gate, Identity
from cairn.server.app import App, create_app
from cairn.server.artifacts import Roots
from cairn.server.config import ServerConfig
from cairn.server.routing import raw
from cairn.store import open_store
from cairn.store.schema import change


class Nobody(Gate):
    def identify(self, scope: object) -> Identity:
        return Identity("nobody", frozenset())


def test_without_authentication_everybody_is_local_and_may_do_all() -> None:
    for needs in (*PERMISSIONS, ANYONE):
        Gate().allow({}, needs)
    assert LOCAL.permissions == PERMISSIONS


def test_what_is_unknown_or_not_given_is_denied() -> None:
    for gate, needs in ((Gate(), "rule the world"), (Nobody(), "read run"), (Gate(), "")):
        with pytest.raises(PermissionDenied):
            gate.allow({}, needs)
    Nobody().allow({}, ANYONE)


def test_a_route_without_a_known_permission_cannot_be_declared() -> None:
    with pytest.raises(TypeError, match="is not a permission"):
        raw("GET /x", needs="see")


def test_every_raw_route_passes_the_gate(
    start: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setattr("cairn.server.app.Gate", Nobody)
    config = ServerConfig(artifacts_only=True, artifacts_destination=f"{tmp_path}/a")
    app = App(config, Roots(config), None)
    ask = start(artifacts_only=True)

    assert len(app.raw.routes) > 10
    for route in app.raw.routes:
        reply = ask(route.verb, route.path.replace("*", "x"), body=b"1")
        assert (reply.status == 403) == (route.needs != ANYONE), route


def test_routes_that_anyone_may_use_tell_nothing_stored(tmp_path: object) -> None:
    config = ServerConfig(artifacts_only=True, artifacts_destination=f"{tmp_path}/a")
    app = App(config, Roots(config), None)

    assert {r.path for r in app.raw.routes if r.needs == ANYONE} == {
        "/health",
        "/version",
        "/ready",
        "/metrics",
        "/api/3.0/mlflow/server-info",
        "/ajax-api/3.0/mlflow/server-info",
    }


def test_a_change_is_logged_as_done_by_who_sent_the_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = ServerConfig(artifacts_destination=str(tmp_path / "artifacts"))
    store = open_store(f"sqlite:///{tmp_path}/cairn.db")
    with asking(create_app(config, store)) as ask:
        for name in ("", "ada"):
            known = Identity("somebody", PERMISSIONS, actor=name)
            monkeypatch.setattr(Gate, "identify", lambda _gate, _scope, who=known: who)
            made = ask("POST", "/api/2.0/mlflow/runs/create", json={"experiment_id": "0"})
            assert made.status == 200
        query = sa.select(change.c.actor).where(change.c.kind == "run").order_by(change.c.id)
        with store.db.read() as connection:
            assert connection.execute(query).scalars().all() == ["", "ada"]
