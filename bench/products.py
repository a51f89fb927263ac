"""The two products, each in an environment of its own."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / "build" / "bench"
KEEP_SECONDS = 24 * 3600
SOURCES = ("src", "ui/src", "ui/public")
SOURCE_FILES = ("pyproject.toml", "hatch_build.py", "README.md", "ui/package-lock.json")


@dataclass(frozen=True)
class Product:
    """One of the two.

    Attributes:
        name: for people.
        module: its import name, and the name of its command.
        distribution: what pip installs.
        python: the interpreter of its environment.
        file: the SQLite file of a server started by `server_command`, in its folder.
    """

    name: str
    module: str
    distribution: str
    python: Path
    file: str = "store.db"

    def server_command(self, folder: Path, port: int, uri: str | None = None) -> list[str]:
        """Start its server on a database, else on its file, with the rest as it is by default."""
        return [
            *(str(self.python.parent / self.module), "server"),
            *("--host", "127.0.0.1", "--port", str(port)),
            *("--backend-store-uri", uri or f"sqlite:///{folder / self.file}"),
            *("--artifacts-destination", str(folder / "artifacts")),
        ]

    def version(self) -> str:
        """Version of the distribution, as its environment says."""
        code = f"from importlib.metadata import version; print(version({self.distribution!r}))"
        return subprocess.check_output([self.python, "-I", "-c", code], text=True).strip()

    def python_version(self) -> str:
        """Version of the interpreter."""
        code = "import platform; print(platform.python_version())"
        return subprocess.check_output([self.python, "-I", "-c", code], text=True).strip()


def cairn(python: Path | None) -> Product:
    """Cairn in `python`'s environment, or in a fresh one with the wheel of this repository."""
    return Product("Cairn", "cairn", "cairn-ml", python or _wheel_environment())


def peer() -> Product:
    """MLflow in the environment of `tools/peer.py`, which makes it when it is missing."""
    tool = [sys.executable, str(ROOT / "tools" / "peer.py")]
    python = subprocess.check_output(tool, text=True).strip().splitlines()[-1]
    return Product("MLflow", "mlflow", "mlflow", Path(python))


def postgresql_driver() -> Path:
    """A folder with the driver of PostgreSQL that both products can use; made once."""
    folder = CACHE / "psycopg"
    if not (folder / "ready").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        install = (sys.executable, "-m", "pip", "install", "-q", "--no-deps")
        _run(*install, "--target", str(folder), "psycopg>=3.1", "psycopg-binary>=3.1")
        (folder / "ready").touch()
    return folder


def _wheel_environment() -> Path:
    """Interpreter of an environment with nothing but the built wheel, made once for a source."""
    folder = CACHE / f"cairn-{_digest()}"
    python = folder / "bin" / "python"
    if (folder / "ready").is_file():
        return python
    _forget_old_environments()
    shutil.rmtree(folder, ignore_errors=True)
    print("Building the wheel of Cairn and an environment for it ...", file=sys.stderr, flush=True)
    _run(sys.executable, "-m", "venv", str(folder))
    wheels = folder / "wheel"
    _run(str(python), "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(wheels), str(ROOT))
    _run(str(python), "-m", "pip", "install", "-q", *map(str, wheels.glob("*.whl")))
    (folder / "ready").touch()
    return python


def _forget_old_environments() -> None:
    for folder in CACHE.glob("cairn-*"):
        if time.time() - folder.stat().st_mtime > KEEP_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def _digest() -> str:
    """Digest of everything the wheel is made of."""
    total = hashlib.sha256(os.environ.get("CAIRN_SKIP_UI", "").encode())
    for file in sorted(_source_files()):
        total.update(f"{file.relative_to(ROOT)}\0".encode())
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:12]


def _source_files() -> Iterator[Path]:
    for name in SOURCES:
        for path in (ROOT / name).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path
    for name in SOURCE_FILES:
        if (ROOT / name).is_file():
            yield ROOT / name


def _run(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
