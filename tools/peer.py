"""Make the environment with a real MLflow that interoperability tests and benchmarks talk to.

Prints the path of its Python as the last line. It is made once, in ``.peer``, with pip; where
``CAIRN_TEST_PEER`` names a Python, that one is taken instead. MLflow is never a dependency.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".peer"
ENV = "CAIRN_TEST_PEER"


def version() -> str:
    """The version of MLflow that we are compatible with."""
    text = (ROOT / "src" / "cairn" / "version.py").read_text("utf-8")
    found = re.search(r'^COMPATIBLE_VERSION = "(.+)"$', text, re.MULTILINE)
    if found is None:
        raise SystemExit("src/cairn/version.py does not say COMPATIBLE_VERSION.")
    return found[1]


def python() -> Path:
    """Its Python; the environment is made when it is missing or of another version.

    Raises:
        subprocess.CalledProcessError: pip could not install it; it has said why.
    """
    named = os.environ.get(ENV)
    if named:
        return Path(named)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / ".gitignore").write_text("*\n")
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes may ask at once
        return _made()


def _made() -> Path:
    wanted, ready = version(), FOLDER / "ready"
    path = FOLDER / "environment" / "bin" / "python"
    if ready.is_file() and ready.read_text() == wanted and path.is_file():
        return path
    ready.unlink(missing_ok=True)
    shutil.rmtree(FOLDER / "environment", ignore_errors=True)
    print(f"Installing MLflow {wanted} into {FOLDER} ...", file=sys.stderr, flush=True)
    venv.create(FOLDER / "environment", with_pip=True)
    # Polars too: the tests compare datasets of it.
    command = [str(path), "-m", "pip", "install", "-q", f"mlflow=={wanted}", "polars"]
    subprocess.run(command, check=True, stdout=sys.stderr)
    ready.write_text(wanted)
    return path


if __name__ == "__main__":
    try:
        print(python())
    except subprocess.CalledProcessError as error:
        raise SystemExit(error.returncode) from None
