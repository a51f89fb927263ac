"""The public names of `cairn`: listed once, documented, and each importable on its own."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys

import pytest

import cairn
from source_graph import modules

# Imports each module that public names come from in a child of its own, so that none is helped by
# what another one loaded; prints what failed.
ONE_BY_ONE = """
import os, sys, traceback
by_module = {}
for pair in sys.argv[1:]:
    name, _, module = pair.partition("=")
    by_module.setdefault(module, []).append(name)
children, failed = [], 0
def reap():
    return os.waitstatus_to_exitcode(os.waitpid(children.pop(0), 0)[1]) != 0
for module, names in by_module.items():
    if len(children) == 4:
        failed += reap()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            import cairn
            for name in names:
                getattr(cairn, name)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    children.append(pid)
while children:
    failed += reap()
sys.exit(failed > 0)
"""


def names() -> dict[str, str]:
    return dict(cairn._NAMES)


def test_public_names_are_the_table() -> None:
    assert sorted(cairn.__all__) == sorted(names())
    assert set(names()) <= set(dir(cairn))


def test_public_names_come_from_our_own_modules() -> None:
    strange = {name: module for name, module in names().items() if module not in modules()}
    assert not strange


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="this system cannot fork")
def test_public_names_import_one_by_one_in_a_fresh_interpreter() -> None:
    pairs = [f"{name}={module}" for name, module in names().items()]
    done = subprocess.run(
        [sys.executable, "-c", ONE_BY_ONE, *pairs], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", sorted(names()))
def test_public_name_is_documented(name: str) -> None:
    value = getattr(cairn, name)
    if inspect.ismodule(value) or inspect.isclass(value) or inspect.isroutine(value):
        assert inspect.getdoc(value), f"{name} has no docstring"


def test_typing_block_shows_exactly_the_table() -> None:
    tree = ast.parse(inspect.getsource(cairn))
    shown = {
        alias.asname or alias.name: node.module
        for block in tree.body
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert {name: shown.get(name) for name in names()} == names()


def test_unknown_name_is_an_attribute_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = cairn.no_such_name
