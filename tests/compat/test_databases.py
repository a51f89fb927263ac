"""`cairn server` on PostgreSQL and MariaDB, as a user starts it, with both clients."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

import pytest
from tests.compat.servers import SCRIPTS, last_json, run_script, serving
from tests.databases import Server

from cairn.client.transport import Transport
from cairn.contract.experiments import UpdateExperiment
from cairn.contract.services import Tracking
from cairn.wire.remote import remote

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_what_both_clients_logged_is_read_by_both_after_a_restart(
    request: pytest.FixtureRequest, kind: str, peer: str, tmp_path: Path
) -> None:
    server: Server = request.getfixturevalue(kind)
    with server.database() as database:
        told: dict[str, tuple[list[str], object]] = {}
        with serving(sys.executable, "cairn", tmp_path, database) as url:
            for python in (sys.executable, peer):
                names = tell(url, python, tmp_path)
                told[python] = names, report(url, python, tmp_path, names)
        with serving(sys.executable, "cairn", tmp_path, database) as url:
            for writer, reader in ((sys.executable, peer), (peer, sys.executable)):
                names, before = told[writer]
                assert report(url, reader, tmp_path, names) == before


def tell(url: str, python: str, folder: Path) -> list[str]:
    """Log the story with a client; what the report wants to know."""
    story = last_json(run_script(SCRIPTS / "story.py", cwd=folder, uri=url, python=python))
    own = UpdateExperiment(experiment_id=story["experiment"], new_name=f"story of {python}")
    with closing(Transport(url)) as transport:  # the next one tells a story of the same name
        remote(Tracking, transport).update_experiment(own)  # type: ignore[type-abstract]
    return [story["experiment"], *story["runs"]]


def report(url: str, python: str, folder: Path, names: list[str]) -> object:
    """What a client reads of a story."""
    return last_json(run_script(SCRIPTS / "report.py", *names, cwd=folder, uri=url, python=python))
