"""A disk that fills up, as a small file system in memory."""

from __future__ import annotations

import contextlib
import http.client
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.faults.load import SECONDS, Caller, Load, Tally, steps, until
from tests.faults.serving import ServerProcess

DISK_BYTES = 6 << 20
RESERVE_BYTES = 2 << 20
BATCHES = 15


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of a few megabytes.

    Raises:
        PermissionError: we may not make one.
    """
    disk = folder / "disk"
    disk.mkdir()
    options = f"size={DISK_BYTES},mode=700"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PermissionError(done.stderr.strip())
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def fill_disk(folder: Path, rounds: int) -> Tally:
    """Let the clients fill the disk, see that reads go on, make room, see that writes go on."""
    tally = Tally("the disk is full")
    with small_disk(folder) as disk:
        uri = f"sqlite:///{disk}/cairn.db"
        server = ServerProcess(uri, folder)
        server.artifacts = disk / "artifacts"
        with server, Load(server.url) as load:
            reserve = disk / "reserve"
            for _ in range(rounds):
                load.wait_for(BATCHES)
                fill(reserve)
                until(lambda: all(client.told for client in load.clients), "told of a full disk")
                for client in load.clients:
                    assert "full" in client.last_told, client.last_told
                    tally.told += client.told
                    client.told = 0
                run = load.clients[0]
                assert len(steps(server.url, run.run_id)) >= len(run.acknowledged)
                upload_is_refused(server)
                reserve.unlink()
                load.wait_for(BATCHES)  # without a restart
                tally.rounds += 1
            fill(reserve)
            load.stop()
            server.kill()
            server.start()  # opens again, full as the disk is
            load.count(tally, server.url)
            tally.note(server)
            assert server.stop() == 0
        with contextlib.closing(sqlite3.connect(disk / "cairn.db")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return tally


def fill(path: Path) -> None:
    """Take all the room that is left."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    with path.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0")


def upload_is_refused(server: ServerProcess) -> None:
    """An upload finds no room; nothing of it is to be seen."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=SECONDS)
    path = "/api/2.0/mlflow-artifacts/artifacts"
    connection.request("PUT", f"{path}/large.bin", bytes(1 << 20))
    answer = connection.getresponse()
    said = answer.read().decode()
    connection.close()
    assert answer.status in {503, 507}, said
    assert "No space left on device" in said
    caller = Caller([server.url])
    listed = caller.ask("GET", path)
    caller.close()
    assert listed.status == 200
    assert listed.body == {"files": []}
    assert not [name for _, _, names in os.walk(server.artifacts) for name in names]
