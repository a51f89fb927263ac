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
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from cairn.store import open_store
from cairn.store.schema import metadata

START_SECONDS = 60
PORTS = 5
"""How many free ports are tried: another process may take one before the server does."""

Start = tuple[Sequence[str], Path]
"""A command that starts a server, and the socket that it makes in its folder when it listens."""


@dataclass
class Server:
    """A server that runs.

    Attributes:
        uri: of the database that is always there, for a driver that is named.
        restart: stop it and start it again at the same port.
    """

    uri: str
    _process: _Process
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def restart(self, stop: signal.Signals | None = None) -> None:
        """Stop it, as usual or with a signal, and start it on the same port with the same data."""
        self._process.stop(stop)
        if not self._process.start():
            raise RuntimeError(self._process.log())
        self.wait()

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

    def wait(self) -> None:
        """Until it answers: it listens a little before."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                return self.run("SELECT 1")
            except sa.exc.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def run(self, statement: str) -> None:
        engine = sa.create_engine(
            self.uri, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
        )
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)


@contextmanager
def emptied(server: Server) -> Iterator[Callable[[], str]]:
    """Deleting a few rows takes a hundredth of the time that making the tables takes."""
    with server.database() as uri, closing(open_store(uri, "mlflow-artifacts:/")) as store:
        with store.db.read() as connection:
            tables = metadata.sorted_tables
            new = {t: connection.execute(t.select()).mappings().all() for t in tables}

        def clear(connection: sa.Connection) -> None:
            for table in reversed(tables):
                connection.execute(table.delete())
            for table, found in new.items():
                if found:
                    connection.execute(table.insert(), [dict(row) for row in found])

        def empty() -> str:
            store.db.write(clear)
            return uri

        yield empty


def postgresql_programs() -> Path | None:
    """The folder of PostgreSQL's programs, which are not on the path of everybody."""
    on_path = shutil.which("initdb")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return Path(on_path).parent if on_path else found[-1].parent if found else None


@contextmanager
def running_postgresql(programs: Path) -> Iterator[Server]:
    with _folder("postgres") as (folder, prefix):
        data = folder / "data"
        run = [*prefix, str(programs / "initdb"), "-D", str(data), "-A", "trust", "--no-sync"]
        run += ["-U", "postgres", "--locale=C.UTF-8", "-E", "UTF8"]
        subprocess.run(run, check=True, stdout=subprocess.DEVNULL, cwd=folder)
        command = [*prefix, str(programs / "postgres"), "-D", str(data), "-F"]
        command += ["-h", "127.0.0.1", "-k", str(folder), "-c", "max_connections=200"]

        def start(port: int) -> Start:
            return [*command, "-p", str(port)], folder / f".s.PGSQL.{port}"

        with _running(start, folder, signal.SIGINT) as process:
            server = Server(
                f"postgresql+psycopg://postgres@127.0.0.1:{process.port}/postgres", process
            )
            server.wait()
            yield server


@contextmanager
def running_mariadb() -> Iterator[Server]:
    with _folder("mysql") as (folder, prefix):
        data = folder / "data"
        run = [*prefix, "mariadb-install-db", "--no-defaults", f"--datadir={data}"]
        run += ["--auth-root-authentication-method=normal", "--skip-test-db"]
        quiet = subprocess.DEVNULL
        subprocess.run(run, check=True, stdout=quiet, stderr=quiet, cwd=folder)
        command = [*prefix, str(shutil.which("mariadbd")), "--no-defaults", f"--datadir={data}"]
        command += ["--bind-address=127.0.0.1", f"--socket={folder}/socket"]
        command += [f"--pid-file={folder}/pid", "--innodb-flush-log-at-trx-commit=2"]

        def start(port: int) -> Start:
            return [*command, f"--port={port}"], folder / "socket"

        with _running(start, folder, signal.SIGTERM) as process:
            server = Server(f"mysql+pymysql://root@127.0.0.1:{process.port}/mysql", process)
            server.wait()
            yield server


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


@dataclass
class _Process:
    """The process of a server, which can be started again."""

    command: Sequence[str]
    socket: Path
    folder: Path
    port: int
    usual: signal.Signals
    _running: subprocess.Popen[bytes] | None = None

    def start(self) -> bool:
        """Whether it listens now; it does not when somebody else took the port."""
        with (self.folder / "log").open("ab") as output:
            self._running = subprocess.Popen(
                self.command, stdout=output, stderr=output, cwd=self.folder
            )
        return _listens(self._running, self.socket)

    def stop(self, how: signal.Signals | None = None) -> None:
        if self._running is not None:
            self._running.send_signal(how or self.usual)
            self._running.wait(60)

    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8", "replace")


@contextmanager
def _running(
    start: Callable[[int], Start], folder: Path, stop: signal.Signals
) -> Iterator[_Process]:
    """A server that runs; on another port when somebody was quicker to take it."""
    for _ in range(PORTS):
        port = free_port()
        process = _Process(*start(port), folder, port, stop)
        try:
            if process.start():
                yield process
                return
        finally:
            process.stop()
    raise RuntimeError((folder / "log").read_text("utf-8", "replace"))


def _listens(process: subprocess.Popen[bytes], path: Path) -> bool:
    """Wait for the server at a socket in its own folder: no other server answers there."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(path)) == 0:
                return True
        time.sleep(0.05)
    return False


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
