"""What the work tree has that its commit has not, as a patch without secrets.

Changes of tracked files against the commit that is checked out, staged or not, then small new
files of source, settings and text that git does not ignore. ``git apply`` re-creates them, but for
lines in which a secret was masked. Binary files are left out, and what would pass the bound; both
are named.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cairn.artifact.paths import HIDDEN
from cairn.client.masking import masked

MOST_BYTES = 2 * 1024 * 1024
"""Bytes of a patch; whole files are left out beyond."""
MOST_NEW_BYTES = 128 * 1024
"""Bytes of a new file in it."""

_GIT = ("git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
_QUIET = ("-c", "core.quotePath=false", "-c", f"core.bigFileThreshold={MOST_BYTES}", "--no-pager")
_DIFF = ("diff", "--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=dirty")
_SIDES = ("--src-prefix=a/", "--dst-prefix=b/", "HEAD", "--")
_SECONDS = 10.0
_ODD = re.compile(r"[\x00-\x1f\"\\\x7f]")
_PROGRAMS = frozenset(
    {"py", "pyx", "pyi", "ipynb", "js", "ts", "c", "cc", "cpp", "cu", "h", "hpp", "go", "rs"}
    | {"java", "kt", "scala", "jl", "r", "lua"}
)
_TEXTS = frozenset(
    {"md", "rst", "txt", "toml", "yaml", "yml", "json", "cfg", "ini", "sh", "sql", "tex"}
)
_NAMES = frozenset({"Makefile", "Dockerfile", "MLproject"})
_OUTPUTS = frozenset({HIDDEN, "artifacts", "cairn-artifacts", "mlruns", "mlartifacts"})


@dataclass
class Diff:
    """What differs from the commit.

    Attributes:
        patch: the patch, empty when nothing differs.
        left_out: files that differ and are not in it.
    """

    patch: bytes = b""
    left_out: list[str] = field(default_factory=list)

    def add(self, name: str, text: str) -> None:
        """Add the part of a file, or leave it out when there is no room."""
        code = masked(text, program=_kind(name) in _PROGRAMS)
        content = code.encode("utf-8", "surrogateescape")
        if len(self.patch) + len(content) > MOST_BYTES:
            self.left_out.append(name)
        else:
            self.patch += content


def work_tree(folder: Path) -> Path | None:
    """The folder of the work tree that a folder lies in; None when it is in none."""
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), None)


def dirty_diff(root: Path) -> Diff:
    """How a work tree differs from its commit.

    Raises:
        OSError: git is missing.
        subprocess.SubprocessError: it does not answer in time, or there is no commit.
    """
    found = Diff()
    changed = _run(root, *_DIFF, *_SIDES)
    for part in re.split(r"^(?=diff --git )", changed, flags=re.MULTILINE):
        name = _name(part)
        if re.search(r"^Binary files .* differ$", part, re.MULTILINE):
            found.left_out.append(name)
        elif part:
            found.add(name, part)
    for name in _run(root, "ls-files", "--others", "--exclude-standard", "-z").split("\0"):
        if name:
            _add_new(found, root, name)
    return found


def _add_new(found: Diff, root: Path, name: str) -> None:
    path = root / os.fsdecode(name.encode("utf-8", "surrogateescape"))
    wanted = path.name in _NAMES or _kind(name) in _PROGRAMS | _TEXTS
    odd = _ODD.search(name) or path.is_symlink() or not path.is_file()
    if odd or not wanted or not _OUTPUTS.isdisjoint(path.parts):
        found.left_out.append(name)
        return
    content = path.read_bytes() if path.stat().st_size <= MOST_NEW_BYTES else b"\0"
    if b"\0" in content:
        found.left_out.append(name)
        return
    mode = "100755" if os.access(path, os.X_OK) else "100644"
    text = content.decode("utf-8", "surrogateescape")
    found.add(name, "\n".join(_as_new(name, mode, text)) + "\n")


def _as_new(name: str, mode: str, text: str) -> Iterator[str]:
    """The lines of a patch that makes a file."""
    yield f"diff --git a/{name} b/{name}"
    yield f"new file mode {mode}"
    if not text:
        return
    yield "--- /dev/null"
    yield f"+++ b/{name}" + "\t" * (" " in name)
    lines = text.split("\n")
    ended = lines[-1] == ""
    lines = lines[:-1] if ended else lines
    yield f"@@ -0,0 +1,{len(lines)} @@"
    for line in lines:
        yield f"+{line}"
    if not ended:
        yield "\\ No newline at end of file"


def _kind(name: str) -> str:
    return name.rpartition(".")[2].lower()


def _name(part: str) -> str:
    line = part.partition("\n")[0]
    return line.rpartition(" b/")[2].strip('"')


def _run(root: Path, *arguments: str) -> str:
    """What git says; it runs no hook, and no program for differences that the config names."""
    done = subprocess.run(  # noqa: S603 - an argument vector, no shell
        [*_GIT, *_QUIET, *arguments],
        cwd=root,
        env={**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=_SECONDS,
        check=True,
    )
    return done.stdout.decode("utf-8", "surrogateescape")
