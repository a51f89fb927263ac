"""What all tests share: the promise that CI leaves nothing out.

A test that needs a tool skips with the words ``needs TOOL: COMMAND THAT INSTALLS IT`` (the
fixture `need` says them). With ``CAIRN_TEST_REQUIRE=all`` such a skip, and one of
``pytest.importorskip``, is a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from tests.databases import (
    Server,
    emptied,
    postgresql_programs,
    running_mariadb,
    running_postgresql,
)

from cairn.version import COMPATIBLE_VERSION

# A busy machine is no reason to fail: what a property says does not depend on time.
settings.register_profile("cairn", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("cairn")

ROOT = Path(__file__).resolve().parents[1]
_LACKING = ("Skipped: needs ", "Skipped: could not import ")


@pytest.fixture(scope="session")
def need() -> Callable[[str, str], str]:
    """Path of a program, or a skip that says how to install it: ``need("git", "apt ...")``."""

    def find(program: str, install: str) -> str:
        path = shutil.which(program)
        if path is None:
            pytest.skip(f"needs {program}: {install}")
        return path

    return find


@pytest.fixture(scope="session")
def postgresql(need: Callable[[str, str], str]) -> Generator[Server, None, None]:
    """A PostgreSQL on loopback, started for this session."""
    programs = postgresql_programs() or Path(need("initdb", "apt-get install -y postgresql"))
    with running_postgresql(programs) as server:
        yield server


@pytest.fixture(scope="session")
def mariadb(need: Callable[[str, str], str]) -> Generator[Server, None, None]:
    """A MariaDB on loopback, started for this session."""
    for program in ("mariadbd", "mariadb-install-db"):
        need(program, "apt-get install -y --no-install-recommends mariadb-server")
    with running_mariadb() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_emptied(postgresql: Server) -> Generator[Callable[[], str], None, None]:
    """The URI of a database that is made once, and empty again with each call."""
    with emptied(postgresql) as empty:
        yield empty


@pytest.fixture(scope="session")
def mariadb_emptied(mariadb: Server) -> Generator[Callable[[], str], None, None]:
    """The same on MariaDB."""
    with emptied(mariadb) as empty:
        yield empty


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[str, None, None]:
    """The URI of a new, empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/cairn.db"
        return
    server: Server = request.getfixturevalue(request.param)
    with server.database() as uri:
        yield uri


@pytest.fixture(scope="session")
def peer() -> str:
    """A Python with a real MLflow, made on demand: see tools/peer.py."""
    tool = [sys.executable, str(ROOT / "tools" / "peer.py")]
    done = subprocess.run(tool, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip("needs a real MLflow: python tools/peer.py")
    python = done.stdout.strip().splitlines()[-1]
    code = "from importlib.metadata import version; print(version('mlflow'))"
    found = subprocess.check_output([python, "-I", "-c", code], text=True).strip()
    assert found == COMPATIBLE_VERSION, f"{python} has MLflow {found}"
    return python


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _require(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _require(report)
    return report


def _require(report: pytest.TestReport | pytest.CollectReport) -> None:
    if os.environ.get("CAIRN_TEST_REQUIRE") != "all" or not report.skipped:
        return
    if isinstance(report.longrepr, tuple) and report.longrepr[2].startswith(_LACKING):
        report.outcome = "failed"
        report.longrepr = f"CAIRN_TEST_REQUIRE=all, but {report.longrepr[2]}"
