"""The product as a user has it: the wheels in an environment of their own, a server, a browser.

Nothing is downloaded: the environment borrows third-party packages from the one that runs the
tests, while cairn and mlflow come from the wheels.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
import venv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
BROWSER_MS = 15_000
Gallery = dict[str, tuple[str, str]]
"""Experiment and run of each part of scripts/gallery.py."""
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Installed:
    """An environment with the wheels in it."""

    bin: Path

    @property
    def python(self) -> str:
        return str(self.bin / "python")

    def run(self, *command: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the environment to its end; it must succeed."""
        done = subprocess.run(
            [str(self.bin / command[0]), *command[1:]],
            cwd=cwd,
            env=clean_environment() | env,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
        return done


def clean_environment() -> dict[str, str]:
    """The environment without settings of ours and without paths into the repository."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CAIRN_", "MLFLOW_", "PYTHON"))
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], url: str, cwd: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server process, from healthy to stopped."""
    with (cwd / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=cwd, env=clean_environment(), stdout=log, stderr=subprocess.STDOUT
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/health", timeout=2):
                break
            text = (cwd / "server.log").read_text()
            assert process.poll() is None, f"the server ended: {text}"
            assert time.monotonic() < deadline, f"the server does not answer: {text}"
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Both distributions, built from this tree as a release would be."""
    folder = tmp_path_factory.mktemp("wheels")
    for project in (ROOT, ROOT / "packages" / "cairn-mlflow"):
        done = subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
            cwd=project,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    return sorted(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def installed(wheels: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True, with_pip=False)
    python = folder / "bin" / "python"
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    target = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    packages = Path(target.stdout.strip())
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    subprocess.run(
        [python, "-m", "pip", "install", "-q", "--no-deps", "--no-index", *map(str, wheels)],
        check=True,
        env=clean_environment(),
    )
    return Installed(folder / "bin")


@pytest.fixture(scope="session")
def server(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a `cairn server` from the wheel, with an empty store."""
    folder = tmp_path_factory.mktemp("server")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with running([str(installed.bin / "cairn"), "server", "--port", str(port)], url, folder):
        yield url


@pytest.fixture(scope="module")
def browser(need: Callable[[str, str], str]) -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright.

    For one module at a time: while Playwright runs, no other test of the process can use asyncio.
    """
    sync_api = pytest.importorskip("playwright.sync_api")
    executable = shutil.which("chromium") or need("chromium", "apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        sync_api.expect.set_options(timeout=BROWSER_MS)
        chromium = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@dataclass
class Tabs:
    """Pages of one test, each as a new visitor sees it, and what went wrong in them.

    Wrong are: an error on the console, an exception, a dialog (the tests open none, so a script
    did that came with the data), a request to anywhere but the server.
    """

    browser: Any
    server: str
    wrong: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """What the server answered with a status of 400 or more."""
    _contexts: list[Any] = field(default_factory=list)

    def open(self, path: str = "/", **options: Any) -> Any:
        """A page at `path`; `options` are those of Playwright's `new_context`."""
        options = {"viewport": {"width": 1360, "height": 860}} | options
        context = self.browser.new_context(base_url=self.server, **options)
        self._contexts.append(context)
        context.set_default_timeout(BROWSER_MS)
        page = context.new_page()
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.wrong.append(f"exception: {error}"))
        page.on("dialog", self._on_dialog)
        page.on("request", self._on_request)
        page.goto(path)
        return page

    def close(self) -> None:
        while self._contexts:
            self._contexts.pop().close()

    def _on_console(self, message: Any) -> None:
        if message.type != "error":
            return
        known = message.text.startswith("Failed to load resource: the server responded")
        (self.refused if known else self.wrong).append(message.text)

    def _on_dialog(self, dialog: Any) -> None:
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _on_request(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"data", "blob"}:
            return
        if f"{parts.scheme}://{parts.netloc}" != self.server:
            self.wrong.append(f"request to {request.url}")


@pytest.fixture
def tabs(browser: Any, server: str) -> Iterator[Tabs]:
    """Opens pages; in the end nothing may have gone wrong in them.

    A test that provokes a refusal of the server looks at `refused` and clears it.
    """
    made = Tabs(browser, server)
    yield made
    made.close()
    assert made.wrong == []
    assert made.refused == []


@pytest.fixture(scope="session")
def gallery(installed: Installed, server: str, tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    """The parts of scripts/gallery.py, logged to the server."""
    script = Path(__file__).parent / "scripts" / "gallery.py"
    folder = tmp_path_factory.mktemp("gallery")
    done = installed.run("python", str(script), cwd=folder, CAIRN_TRACKING_URI=server)
    return {part: tuple(ids) for part, ids in json.loads(done.stdout).items()}
