from __future__ import annotations

import importlib.util
import os
import stat
import sys
from pathlib import Path
from types import ModuleType

import pytest

from source_graph import ROOT


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A source tree whose `npm` is a script that writes down what it was asked to do."""
    programs = tmp_path / "bin"
    ui = tmp_path / "project" / "ui"
    programs.mkdir()
    (ui / "src").mkdir(parents=True)
    (ui / "package.json").write_text("{}")
    (ui / "package-lock.json").write_text("{}")
    (ui / "src" / "main.ts").write_text("1")
    scripts = {
        "node": "echo v22.12.0",
        "npm": (
            'echo "$1" >> ../npm.log\n'
            "mkdir -p dist node_modules; touch dist/index.html node_modules/.package-lock.json"
        ),
    }
    for name, body in scripts.items():
        (programs / name).write_text(f"#!/bin/sh\n{body}\n")
        (programs / name).chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}/usr/bin{os.pathsep}/bin")
    return tmp_path / "project"


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="its programs are shell scripts")


def asked(project: Path) -> list[str]:
    return (project / "npm.log").read_text().split()


def test_ui_is_built_once_and_again_after_a_change(hook: ModuleType, project: Path) -> None:
    hook.bring_up_to_date(project)
    hook.bring_up_to_date(project)
    assert asked(project) == ["ci", "run"]
    (project / "ui" / "src" / "main.ts").write_text("2")
    assert not hook.is_fresh(project)
    hook.bring_up_to_date(project)
    assert asked(project) == ["ci", "run", "run"]


def test_touching_a_source_without_changing_it_builds_nothing(
    hook: ModuleType, project: Path
) -> None:
    hook.bring_up_to_date(project)
    os.utime(project / "ui" / "src" / "main.ts", (2**31, 2**31))
    assert hook.is_fresh(project)


def test_ui_of_an_sdist_is_taken_as_it_is(hook: ModuleType, project: Path) -> None:
    (project / "PKG-INFO").write_text("")
    (project / "ui" / "dist").mkdir()
    (project / "ui" / "dist" / "index.html").write_text("")
    assert hook.is_fresh(project)


@pytest.mark.parametrize(
    ("version", "enough"),
    [
        ("v20.18.3", False),
        ("v20.19.0", True),
        ("v21.7.0", False),
        ("v22.11.0", False),
        ("v24.1.0", True),
    ],
)
def test_node_is_used_only_when_vite_runs_on_it(
    hook: ModuleType, project: Path, version: str, enough: bool
) -> None:
    (project.parent / "bin" / "node").write_text(f"#!/bin/sh\necho {version}\n")
    assert (hook.node_on_path() is not None) == enough


def test_failed_build_shows_what_npm_said(hook: ModuleType, project: Path) -> None:
    (project.parent / "bin" / "npm").write_text("#!/bin/sh\necho no space left; exit 1\n")
    with pytest.raises(hook.UiError, match="no space left"):
        hook.bring_up_to_date(project)


def test_tree_without_a_ui_names_the_way_out(hook: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(hook.UiError, match="CAIRN_SKIP_UI=1"):
        hook.bring_up_to_date(tmp_path)
