"""What a run costs at its start, with everything captured, in a repository of ordinary size."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path
from typing import Any

from bench.harness import Bench, Server, interleaved, row, run_script, serving
from bench.table import Budget, Row

FILES = 500
LINES = 200


def measure(bench: Bench) -> list[Row]:
    """Milliseconds until start_run returns, and until code and environment are stored."""
    folder = _repository(bench.folder / "project")
    with contextlib.ExitStack() as stack:
        cairn, peer = (
            stack.enter_context(serving(product, bench.place(product, "capture")))
            for product in (bench.cairn, bench.peer)
        )
        ours, theirs = interleaved(
            bench.pick(7, 3), lambda _: _start(cairn, folder), lambda _: _start(peer, folder)
        )
        bare = [_start(cairn, folder, "bare") for _ in range(bench.pick(7, 3))]
    stored = [found["stored_ms"] for found in ours]
    returned = [[found["returned_ms"] for found in each] for each in (ours, theirs, bare)]
    return [
        row("start_run, until it returns", "ms", returned[0], returned[1]),
        row("the same, nothing captured", "ms", returned[2]),
        row(
            "start_run, until code, environment and machine are stored",
            "ms",
            stored,
            budget=Budget("limit", 300),
        ),
    ]


def _start(server: Server, folder: Path, how: str = "whole") -> dict[str, float]:
    product = server.product
    arguments = (product.module, server.url, how)
    figures: Any = run_script(product, "capture.py", *arguments, folder=folder)
    return dict(figures)


def _repository(folder: Path) -> Path:
    """500 files of 200 lines, five of them changed since the commit, and five new ones."""
    for number in range(FILES):
        place = folder / f"part{number % 20}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"m{number}.py").write_text(f"x = {number}\n" * LINES)
    git = ("git", "-c", "user.name=bench", "-c", "user.email=bench@example.org")
    for arguments in (("init", "-q"), ("add", "."), ("commit", "-qm", "all")):
        subprocess.run([*git, *arguments], cwd=folder, check=True, capture_output=True)
    for number in range(5):
        (folder / f"part{number}" / f"m{number}.py").write_text("changed = True\n" * LINES)
        (folder / f"new{number}.py").write_text("new = True\n" * LINES)
    return folder
