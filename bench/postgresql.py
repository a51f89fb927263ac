"""A PostgreSQL server of our own, durable as it is by default."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.harness import free_port


def programs() -> Path | None:
    """The folder of PostgreSQL's programs; None when it is not installed."""
    on_path = shutil.which("initdb")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return Path(on_path).resolve().parent if on_path else found[-1].parent if found else None


@contextlib.contextmanager
def running(folder: Path) -> Iterator[list[str]]:
    """A server on a free port of 127.0.0.1; yields the URIs of two empty databases."""
    tools, prefix = programs(), []
    if tools is None:
        raise RuntimeError("PostgreSQL is not installed.")
    with tempfile.TemporaryDirectory(prefix="cairn-bench-pg-", dir="/tmp") as made:
        if os.geteuid() == 0:  # it refuses to run as root
            owner = pwd.getpwnam("postgres")
            os.chown(made, owner.pw_uid, owner.pw_gid)
            ids = (f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}")
            prefix = ["setpriv", *ids, "--clear-groups"]
        data, port = f"{made}/data", free_port()

        def call(program: str, *arguments: str) -> None:
            command = [*prefix, str(tools / program), *arguments]
            with (folder / "postgresql.log").open("ab") as log:
                subprocess.run(command, check=True, cwd=made, stdout=log, stderr=log)

        call("initdb", "-D", data, "-A", "trust", "-U", "postgres", "--locale=C.UTF-8")
        call("pg_ctl", "-D", data, "-w", "-o", f"-p {port} -h 127.0.0.1 -k {made}", "start")
        try:
            names = ("ours", "theirs")
            for name in names:
                call("createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "postgres", name)
            yield [f"postgresql+psycopg://postgres@127.0.0.1:{port}/{name}" for name in names]
        finally:
            call("pg_ctl", "-D", data, "-m", "fast", "-w", "stop")
