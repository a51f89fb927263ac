"""Which routes of the compatible protocol are served, and which are left to later parts."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cairn.contract.services import all_operations
from cairn.server.app import App
from cairn.server.artifacts import Roots
from cairn.server.config import ServerConfig
from cairn.store import open_store
from cairn.wire.paths import template

ROOT = Path(__file__).resolve().parents[2]

# Area of the protocol -> the part of the platform that serves it later.
LATER = {
    "registry": "registry",
    "traces": "traces",
    "assessments": "traces",
    "ui-static": "traces",
    "prompt-optimization": "prompts",
    "scorers": "scorers",
    "issues": "scorers",
    "genai": "scorers",
    "labeling": "scorers",
    "webhooks": "webhooks",
    "gateway": "gateway",
    "jobs": "jobs",
    "auth": "access",
    "workspaces": "access",
    "mcp": "registry of tools",
    "assistant": "never: an assistant of the other UI",
    "ui-only": "never: demo data and telemetry of the other UI",
    "graphql": "never: queries of the other UI",
}
# Single routes of the other areas.
LEFT = {
    "GET /ajax-api/2.0/mlflow/get-trace-artifact": "traces",
    "GET /ajax-api/3.0/mlflow/get-trace-artifact": "traces",
    "POST /ajax-api/2.0/mlflow/runs/create-promptlab-run": "prompts",
    "POST /api/2.0mlflow/experiments/search-datasets": "never: nobody answers at this misprint",
    "POST /ajax-api/2.0mlflow/experiments/search-datasets": "never: the same",
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[set[str]]:
    """Every route of a server, each field in it a star."""
    folder = tmp_path_factory.mktemp("served")
    config = ServerConfig(
        backend_store_uri=f"sqlite:///{folder}/cairn.db", artifacts_destination=str(folder / "a")
    )
    store = open_store(config.store_uri)
    routes = App(config, Roots(config), store).raw.routes
    found = {f"{route.verb} {route.path}" for route in routes}
    found |= {f"{o.verb} {template(path)}" for o in all_operations() for path in o.paths}
    yield {starred(route) for route in found}
    store.close()


def starred(route: str) -> str:
    return re.sub(r"[<{][^>}]*[>}]", "*", route)


def is_served(route: str, served: set[str]) -> bool:
    parts = starred(route).split("/")
    starts = ("/".join(parts[:end]) + "/*" for end in range(2, len(parts)))
    return starred(route) in served or any(start in served for start in starts)


@pytest.fixture(scope="module")
def areas() -> dict[str, str]:
    """Route -> area, of the whole protocol."""
    named = os.environ.get("CAIRN_SPEC")
    file = (Path(named) if named else ROOT.parent / "shared" / "spec") / "rest.json"
    if not file.is_file():
        pytest.skip("the list of routes is not here: name its folder in CAIRN_SPEC")
    spec = json.loads(file.read_text("utf-8"))
    return {
        f"{entry['m']} {path}": entry["area"]
        for entry in (*spec["endpoints"], *spec["fastapi_endpoints"])
        for path in entry["paths"]
    }


def test_every_route_is_served_or_left_to_a_later_part(
    areas: dict[str, str], served: set[str]
) -> None:
    missing = {
        route: area
        for route, area in areas.items()
        if area not in LATER and route not in LEFT and not is_served(route, served)
    }
    assert missing == {}


def test_what_is_left_is_not_served(served: set[str]) -> None:
    assert [route for route in LEFT if is_served(route, served)] == []


def test_every_area_that_is_left_exists(areas: dict[str, str]) -> None:
    assert LATER.keys() <= set(areas.values())
    assert LEFT.keys() <= areas.keys()
