from __future__ import annotations

from pathlib import Path

import pytest

from source_graph import Import, cycles, graph, longest_chain, read


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    files = {
        "house/__init__.py": "",
        "house/top.py": "from house import middle\nimport json\n",
        "house/middle.py": (
            "from typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    from house.low import thing\n"
            "def late():\n    import house.low\n"
        ),
        "house/low/__init__.py": "",
        "house/low/plain.py": "from ..middle import late\n",
        "house/low/named.py": "import importlib\nimportlib.import_module('house.top')\n",
        "house/low/table.py": (
            "from importlib import import_module\n"
            "TABLE = {'a': 'house.middle:late', 'b': 'house.nowhere'}\n"
            "def load(name):\n    return import_module(TABLE[name])\n"
        ),
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "house"


def test_every_kind_of_import_is_found(tree: Path) -> None:
    found = {name: set(module.imports) for name, module in read({"house": tree}).items()}
    assert Import("house.low", 3, typing=True) in found["house.middle"]
    assert Import("house.low", 5, lazy=True) in found["house.middle"]
    assert Import("house.middle", 1) in found["house.top"]
    assert Import("house.middle", 1) in found["house.low.plain"], "relative"
    assert Import("house.top", 2) in found["house.low.named"], "by a literal name"
    assert Import("house.middle", 2, lazy=True) in found["house.low.table"], "by a table of names"


def test_graph_holds_our_own_modules_only(tree: Path) -> None:
    assert graph(read({"house": tree}))["house.top"] == {"house.middle"}


def test_cycle_is_found_whatever_its_length() -> None:
    imports = {"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}, "e": set()}
    assert cycles({k: frozenset(v) for k, v in imports.items()}) == [["a", "b", "c"]]


def test_longest_chain_goes_from_the_top_down() -> None:
    imports = {"a": {"b", "d"}, "b": {"c"}, "c": {"d"}, "d": set()}
    assert longest_chain({k: frozenset(v) for k, v in imports.items()}) == ["a", "b", "c", "d"]


def test_missing_folder_has_no_modules(tmp_path: Path) -> None:
    assert read({"house": tmp_path / "nowhere"}) == {}
