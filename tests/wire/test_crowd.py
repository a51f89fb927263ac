"""More clients at once than a database has connections: everyone is answered."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.wire.serving import PlainTransport, running

from cairn.server.app import create_app
from cairn.server.config import ServerConfig

CROWD = 200


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_two_hundred_requests_at_once_wait_for_their_turn(
    request: pytest.FixtureRequest, kind: str, tmp_path: Path
) -> None:
    uri = request.getfixturevalue(f"{kind}_emptied")()
    config = ServerConfig(backend_store_uri=uri, artifacts_destination=str(tmp_path))
    with running(create_app(config)) as url:
        http = PlainTransport(url)

        def ask(operation: str, **message: object) -> tuple[int, bytes]:
            body = json.dumps(message).encode()
            path = f"/api/2.0/mlflow/{operation}"
            return http.request("POST", path, query=[], body=body)

        made = json.loads(ask("runs/create", experiment_id="0")[1])
        run_id = made["run"]["info"]["run_id"]

        def log(number: int) -> int:
            return ask("runs/log-parameter", run_id=run_id, key=f"p{number}", value="1")[0]

        with ThreadPoolExecutor(CROWD) as pool:
            statuses = [*pool.map(log, range(CROWD))]
        assert statuses == [200] * CROWD
        found = json.loads(ask("runs/search", experiment_ids=["0"])[1])
        assert len(found["runs"][0]["data"]["params"]) == CROWD
