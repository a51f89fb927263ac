"""Running servers and programs, and measuring them: time, processor time, memory."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import psutil

from bench.products import Product
from bench.table import Budget, Row

T = TypeVar("T")

START_SECONDS = 120
STOP_SECONDS = 20
SETTLE_SECONDS = 90
"""How long a started server may go on working before it is measured as it is."""
IDLE_SECONDS = 2
"""How long a connection is kept without a request; the peer's server closes it after five."""
QUICK_ACK: int | None = getattr(socket, "TCP_QUICKACK", None)
SCRIPTS = Path(__file__).parent / "scripts"


@dataclass(frozen=True)
class Bench:
    """What every measure gets: the two products, a folder of its own, and how much to do."""

    cairn: Product
    peer: Product
    folder: Path
    quick: bool

    def pick(self, whole: T, quick: T) -> T:
        """The amount for this run."""
        return quick if self.quick else whole

    def place(self, product: Product, name: str) -> Path:
        """A new folder for a store of a product."""
        folder = self.folder / f"{product.module}-{name}"
        folder.mkdir()
        return folder


def interleaved(
    count: int, cairn: Callable[[int], T], peer: Callable[[int], T]
) -> tuple[list[T], list[T]]:
    """Call both in turn, `count` times each; the argument is the number of the repetition."""
    ours, theirs = [], []
    for number in range(count):
        ours.append(cairn(number))
        theirs.append(peer(number))
    return ours, theirs


def row(
    measure: str,
    unit: str,
    cairn: Sequence[float],
    peer: Sequence[float] | None = None,
    budget: Budget | None = None,
) -> Row:
    """A row of the medians of all repetitions."""
    samples = {"cairn": list(cairn)} | ({} if peer is None else {"mlflow": list(peer)})
    theirs = None if peer is None else statistics.median(peer)
    return Row(measure, unit, statistics.median(cairn), theirs, budget, samples)


def clean_environment(product: Product) -> dict[str, str]:
    """Environment of a product's programs: no settings of the user, no proxy, no telemetry."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CAIRN_", "MLFLOW_", "PYTHON", "UVICORN_", "GUNICORN_"))
    }
    path = f"{product.python.parent}{os.pathsep}{kept.get('PATH', '')}"
    return kept | {
        "PATH": path,
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "GIT_PYTHON_REFRESH": "quiet",
    }


def run_script(product: Product, name: str, *arguments: object, folder: Path) -> Any:
    """Run a script of `bench/scripts` with the product's Python; returns the JSON it prints last.

    Raises:
        RuntimeError: the script failed; the message ends with what it wrote.
    """
    command = [str(product.python), "-I", str(SCRIPTS / name), *map(str, arguments)]
    done = subprocess.run(
        command,
        cwd=folder,
        env=clean_environment(product),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{name} failed with {product.name}:\n{done.stderr[-4000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


class Server:
    """A running server of a product."""

    def __init__(self, product: Product, process: subprocess.Popen[bytes], port: int) -> None:
        self.product, self.process, self.port = product, process, port
        self.url = f"http://127.0.0.1:{port}"
        self.start_seconds = 0.0

    def tree(self) -> list[psutil.Process]:
        """The process and all that it started."""
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def cpu_seconds(self) -> float:
        """Processor time of the whole tree since it started."""
        total = 0.0
        for process in self.tree():
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system
        return total

    def pss_bytes(self) -> int:
        """Proportional set size of the tree: a page shared by n processes counts 1/n for each."""
        total = 0
        for process in self.tree():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                text = Path(f"/proc/{process.pid}/smaps_rollup").read_text("ascii")
                line = next(part for part in text.splitlines() if part.startswith("Pss:"))
                total += int(line.split()[1]) * 1024
        return total


@contextlib.contextmanager
def serving(product: Product, folder: Path) -> Iterator[Server]:
    """A server on a free port of 127.0.0.1 with its SQLite store in `folder`; stopped at the end.

    Raises:
        RuntimeError: it did not become healthy; the message ends with its log.
    """
    port = _free_port()
    log = folder / "server.log"
    with log.open("ab") as output:
        begun = time.perf_counter()
        process = subprocess.Popen(
            product.server_command(folder, port),
            cwd=folder,
            env=clean_environment(product),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(product, process, port)
    try:
        _wait_until_healthy(server, begun, log)
        server.start_seconds = time.perf_counter() - begun
        _settle(server)
        yield server
    finally:
        _stop(server)


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def _wait_until_healthy(server: Server, begun: float, log: Path) -> None:
    while time.perf_counter() - begun < START_SECONDS and server.process.poll() is None:
        with contextlib.suppress(OSError, http.client.HTTPException), Client(server.url) as client:
            if client.status("/health") == 200:
                return
        time.sleep(0.01)
    tail = log.read_text("utf-8", errors="replace")[-4000:]
    raise RuntimeError(f"The server of {server.product.name} did not become healthy:\n{tail}")


def _settle(server: Server) -> None:
    """Wait until a healthy server has also started what it starts in the background."""
    deadline = time.monotonic() + SETTLE_SECONDS
    quiet, before = 0, server.cpu_seconds()
    while quiet < 3 and time.monotonic() < deadline:
        time.sleep(0.5)
        spent = server.cpu_seconds() - before
        before += spent
        quiet = quiet + 1 if spent < 0.1 else 0


def _stop(server: Server) -> None:
    """End the server as Ctrl-C does; what is left of its own session after a while is killed."""
    try:
        started = server.tree() if server.process.poll() is None else []
    except psutil.NoSuchProcess:
        started = []
    if server.process.poll() is None:
        server.process.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        server.process.wait(STOP_SECONDS)
    _, alive = psutil.wait_procs(started, timeout=2)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    server.process.wait()


class Client:
    """The same plain HTTP client for both products: one kept connection, JSON bodies.

    The peer's server sends head and body of an answer apart, with Nagle's algorithm on, so an
    ordinary client that keeps its connection gets each answer 40 ms late: the server waits for an
    acknowledgement that the client's system delays. With `prompt`, acknowledgements are not
    delayed, and what is measured is the work.
    """

    def __init__(self, url: str, *, prompt: bool = True) -> None:
        self._quick_ack = QUICK_ACK if prompt else None
        self._used = time.monotonic()
        self._connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=300)

    def __enter__(self) -> Client:  # noqa: PYI034 - Self is newer than Python 3.10
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def status(self, path: str) -> int:
        """Status of a GET."""
        return self._ask("GET", path, None, {})[0]

    def send(self, verb: str, path: str, body: bytes | None = None, **more: str) -> bytes:
        """Body of the answer as it was sent; `more` are headers, with ``_`` for ``-``.

        Raises:
            RuntimeError: the answer is not 200.
        """
        headers = {name.replace("_", "-"): value for name, value in more.items()}
        if body is not None:
            headers["Content-Type"] = "application/json"
        status, answer = self._ask(verb, path, body, headers)
        if status != 200:
            raise RuntimeError(f"{verb} {path} answered {status}: {answer[:500]!r}")
        return answer

    def _ask(
        self, verb: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        if time.monotonic() - self._used > IDLE_SECONDS:
            self._connection.close()  # the next request opens it anew
        self._connection.request(verb, path, body, headers)
        if self._quick_ack is not None:
            self._connection.sock.setsockopt(socket.IPPROTO_TCP, self._quick_ack, 1)
        response = self._connection.getresponse()
        answer = response.read()
        self._used = time.monotonic()
        return response.status, answer

    def post(self, operation: str, message: Any) -> Any:
        """Answer of an operation of the compatible protocol, for example ``runs/create``."""
        return json.loads(self.send("POST", API + operation, encode(message)))

    def get(self, operation: str, query: Sequence[tuple[str, object]]) -> Any:
        """Answer of a reading operation of the compatible protocol."""
        return json.loads(self.send("GET", f"{API}{operation}?{urlencode(query)}"))

    def timed(self, verb: str, path: str, body: bytes | None = None) -> float:
        """Seconds of a request until its whole answer was read."""
        begun = time.perf_counter()
        self.send(verb, path, body)
        return time.perf_counter() - begun


API = "/api/2.0/mlflow/"


def encode(message: Any) -> bytes:
    """A JSON body."""
    return json.dumps(message, separators=(",", ":")).encode()


def new_run(client: Client, experiment: str) -> str:
    """Make an experiment when it is missing and a run in it; returns the run's id."""
    found = client.post("experiments/search", {"max_results": 1000}).get("experiments", [])
    ids = [e["experiment_id"] for e in found if e["name"] == experiment]
    id_ = (
        ids[0] if ids else client.post("experiments/create", {"name": experiment})["experiment_id"]
    )
    started = {"experiment_id": id_, "start_time": time.time_ns() // 1_000_000}
    return str(client.post("runs/create", started)["run"]["info"]["run_id"])


def end_run(client: Client, run_id: str) -> None:
    """Finish a run."""
    ended = {"run_id": run_id, "status": "FINISHED", "end_time": time.time_ns() // 1_000_000}
    client.post("runs/update", ended)
