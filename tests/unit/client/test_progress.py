from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from cairn.client.progress import amount

SCRIPT = """
import cairn.client.progress as progress
progress._FIRST_SECONDS = {first}
progress._NEXT_SECONDS = 0
with progress.shown("Downloading") as tell:
    tell(1_500_000)
    tell(500_000)
print("done")
"""


def on_terminal(first: float, **environment: str) -> bytes:
    """What a terminal gets from stderr."""
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(first=first)],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, **environment},
        check=True,
    )
    os.close(theirs)
    try:
        shown = os.read(ours, 10_000)
    except OSError:  # nothing was written
        shown = b""
    os.close(ours)
    assert done.stdout == b"done\n"
    return shown


def test_a_terminal_sees_how_far_it_is_and_the_line_goes() -> None:
    shown = on_terminal(0)
    assert b"Downloading: 1.5 MB" in shown
    assert b"Downloading: 2.0 MB" in shown
    assert shown.endswith(b"\r\x1b[K")


def test_what_is_done_soon_shows_nothing() -> None:
    assert on_terminal(60) == b""


def test_it_can_be_switched_off() -> None:
    assert on_terminal(0, CAIRN_PROGRESS="false") == b""
    assert on_terminal(0, MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false") == b""


def test_files_and_pipes_see_nothing() -> None:
    command = [sys.executable, "-c", SCRIPT.format(first=0)]
    done = subprocess.run(command, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"done\n", b"")


@pytest.mark.parametrize(
    ("count", "unit", "text"),
    [
        (0, "bytes", "0 bytes"),
        (999, "bytes", "999 bytes"),
        (1000, "bytes", "1.0 kB"),
        (999_999, "bytes", "1.0 MB"),
        (1_540_000_000, "bytes", "1.5 GB"),
        (10**18, "bytes", "1000000.0 TB"),
        (12345, "runs", "12,345 runs"),
    ],
)
def test_amounts_are_readable(count: int, unit: str, text: str) -> None:
    assert amount(count, unit) == text
