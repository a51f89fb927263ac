"""Real database servers for the tests: on loopback, on free ports, each with a folder of its own.

They refuse to run as root, so root runs them as the user that their package made.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

START_SECONDS = 60


@dataclass
class Server:
    """A server that runs.

    Attributes:
        uri: of the database that is always there, for a driver that is named.
    """

    uri: str
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @contextmanager
    def database(self) -> Iterator[str]:
        """URI of a new database, which is dropped at the end."""
        name = f"cairn_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name}")
        try:
            url = sa.make_url(self.uri).set(database=name)
            yield url.set(drivername=url.get_backend_name()).render_as_string(hide_password=False)
        finally:
            force = " WITH (FORCE)" if self.uri.startswith("postgresql") else ""
            self.run(f"DROP DATABASE {name}{force}")

    def run(self, statement: str) -> None:
        engine = sa.create_engine(
            self.uri, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
        )
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)


def postgresql_programs() -> Path | None:
    """The folder of PostgreSQL's programs, which are not on the path of everybody."""
    on_path = shutil.which("initdb")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return Path(on_path).parent if on_path else found[-1].parent if found else None


@contextmanager
def running_postgresql(programs: Path) -> Iterator[Server]:
    with _folder("postgres") as (folder, prefix):
        port, data = _free_port(), folder / "data"
        run = [*prefix, str(programs / "initdb"), "-D", str(data), "-A", "trust", "--no-sync"]
        subprocess.run(
            [*run, "-U", "postgres", "--locale=C.UTF-8", "-E", "UTF8"],
            check=True, stdout=subprocess.DEVNULL, cwd=folder,
        )  # fmt: skip
        command = [str(programs / "postgres"), "-D", str(data), "-p", str(port), "-F"]
        command += ["-h", "127.0.0.1", "-k", str(folder), "-c", "max_connections=200"]
        uri = f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
        with _process([*prefix, *command], folder, uri, stop=signal.SIGINT):
            yield Server(uri)


@contextmanager
def running_mariadb() -> Iterator[Server]:
    with _folder("mysql") as (folder, prefix):
        port, data = _free_port(), folder / "data"
        subprocess.run(
            [*prefix, "mariadb-install-db", "--no-defaults", f"--datadir={data}",
             "--auth-root-authentication-method=normal", "--skip-test-db"],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
        )  # fmt: skip
        command = [str(shutil.which("mariadbd")), "--no-defaults", f"--datadir={data}"]
        command += ["--bind-address=127.0.0.1", f"--port={port}", f"--socket={folder}/socket"]
        command += [f"--pid-file={folder}/pid", "--innodb-flush-log-at-trx-commit=0"]
        uri = f"mysql+pymysql://root@127.0.0.1:{port}/mysql"
        with _process([*prefix, *command], folder, uri, stop=signal.SIGTERM):
            yield Server(uri)


@contextmanager
def _folder(user: str) -> Iterator[tuple[Path, list[str]]]:
    """A new folder, and what to write before a command that works in it."""
    folder = Path(tempfile.mkdtemp(prefix=f"cairn-{user}-", dir="/tmp"))
    prefix: list[str] = []
    if os.getuid() == 0:
        shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)
        prefix = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups"]
    try:
        yield folder, prefix
    finally:
        shutil.rmtree(folder)


@contextmanager
def _process(
    command: Sequence[str], folder: Path, uri: str, *, stop: signal.Signals
) -> Iterator[None]:
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder)
    try:
        engine = sa.create_engine(uri, poolclass=sa.pool.NullPool)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                engine.connect().close()
                break
            except sa.exc.OperationalError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(log.read_text("utf-8", "replace")) from None
                time.sleep(0.05)
        yield
    finally:
        process.send_signal(stop)
        process.wait(60)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
