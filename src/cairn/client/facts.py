"""How the program runs: its code, command, environment and machine, as the files that tell it."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from cairn.client import context, diff, machine, packages
from cairn.client.masking import masked_arguments
from cairn.client.quiet import quietly

CODE, ENVIRONMENT, START = "code.patch", "environment.txt", "start.json"

_SECONDS = 60.0  # how long facts hold for runs that are started one after the other
_MOST_NAMED = 1000

_known: tuple[float, tuple[str, ...], dict[str, bytes]] = (0.0, (), {})


def facts(wanted: tuple[str, ...]) -> dict[str, bytes]:
    """The files that tell how the program runs: name -> content.

    Args:
        wanted: some of code, environment and hardware.
    """
    global _known  # noqa: PLW0603 - facts about the whole process
    since, of, files = _known
    if of == wanted and time.monotonic() - since < _SECONDS:
        return files
    files = {}
    folder = _folder()
    begun: dict[str, Any] = {
        "arguments": masked_arguments(getattr(sys, "orig_argv", sys.argv)),
        "folder": os.getcwd(),  # noqa: PTH109 - text, and as the system says it
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "executable": sys.executable,
    }
    if "hardware" in wanted:
        begun["hardware"] = quietly("The capture of the hardware", machine.hardware)
    if "code" in wanted:
        quietly("The capture of the code", lambda: _code(folder, begun, files))
    if "environment" in wanted:
        text = quietly("The capture of the environment", packages.environment)
        lock = quietly("The capture of uv.lock", lambda: packages.uv_lock(folder))
        found = {ENVIRONMENT: text.encode() if text else None, packages.UV_LOCK: lock}
        files |= {name: content for name, content in found.items() if content}
    files[START] = json.dumps(begun, indent=1).encode("utf-8", "backslashreplace")
    _known = (time.monotonic(), wanted, files)
    return files


def _folder() -> Path:
    """Where the program lies, else the working folder."""
    program = Path(context.program() or ".").absolute()
    return program.parent if program.is_file() else Path.cwd()


def _code(folder: Path, begun: dict[str, Any], files: dict[str, bytes]) -> None:
    root = diff.work_tree(folder)
    if root is None:
        return
    try:
        found = diff.dirty_diff(root)
    except (OSError, subprocess.SubprocessError):  # no git, or no commit yet
        return
    begun["code"] = {"folder": str(root), "changed": bool(found.patch or found.left_out)}
    if found.left_out:
        begun["code"]["left_out"] = found.left_out[:_MOST_NAMED]
    if found.patch:
        files[CODE] = found.patch
