"""What every operation of the contract must have, whoever wrote it."""

from __future__ import annotations

import functools
import re

import pytest

from cairn.contract.op import PERMISSIONS, Message, Op, op, operations
from cairn.contract.services import Tracking, all_operations
from source_graph import ROOT

OPERATIONS = {f"{o.verb} {o.paths[0]}": o for o in all_operations()}


@functools.cache
def text_of_the_tests() -> str:
    """Every test, those of this folder left out."""
    return "\n".join(
        path.read_text("utf-8")
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if "architecture" not in path.parts
    )


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS.keys())
def test_operation_names_its_permission_and_says_what_it_does(operation: Op) -> None:
    assert operation.needs in PERMISSIONS
    assert re.match(r"[A-Z].*\.", operation.doc.split("\n", maxsplit=1)[0])


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS.keys())
def test_operation_is_mentioned_by_a_test(operation: Op) -> None:
    tail = operation.paths[0].split("/", 4)[-1]
    names = rf"(?<![\w-])({operation.name}|{tail})(?![\w-])"
    assert re.search(names, text_of_the_tests()), f"no test names {operation.name} or {tail}"


def test_operation_of_the_store_has_a_test_of_the_contract() -> None:
    texts = [path.read_text("utf-8") for path in (ROOT / "tests" / "contract").glob("*.py")]
    called = set(re.findall(r"\btracking\.(\w+)", "\n".join(texts)))
    assert {operation.name for operation in operations(Tracking)} <= called


def test_reference_says_everything_about_every_operation() -> None:
    page = (ROOT / "docs" / "reference" / "operations.md").read_text("utf-8")
    cells = [line.split(" | ") for line in page.splitlines() if line.startswith("| `")]
    assert sorted(row[0].strip("|` ") for row in cells) == sorted(OPERATIONS)
    assert [row for row in cells if len(row) != 5 or not all(map(str.strip, row))] == []


def test_two_operations_never_share_a_path_and_method() -> None:
    served = [(o.verb, path) for o in all_operations() for path in o.paths]
    assert len(served) == len(set(served))


@pytest.mark.parametrize("needs", ["", "read everything", "EDIT RUN"])
def test_operation_without_a_known_permission_cannot_be_declared(needs: str) -> None:
    with pytest.raises(TypeError, match="is not a permission"):
        op("GET runs/anything", needs=needs)


def test_two_messages_never_share_a_name() -> None:
    names = [kind.__name__ for kind in _descendants(Message)]
    assert sorted(names) == sorted(set(names))


def _descendants(kind: type) -> list[type]:
    below = kind.__subclasses__()
    return below + [deeper for child in below for deeper in _descendants(child)]
