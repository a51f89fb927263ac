from __future__ import annotations

import ast
from pathlib import Path

import pytest

import measure
from source_graph import Module, read


def modules_of(folder: Path, text: str) -> dict[str, Module]:
    folder.joinpath("sample.py").write_text(text)
    folder.joinpath("__init__.py").write_text('"""A package."""\n')
    return read({"house": folder})


def budget(folder: Path, text: str, name: str) -> measure.Budget:
    of = modules_of(folder, text)
    found = {b.name: b for b in measure.measure(of, folder / "tests", folder / "ui")}
    return found[name]


def function(text: str) -> measure.Function:
    node = ast.parse(text).body[0]
    assert isinstance(node, ast.FunctionDef)
    return node


def test_docstring_and_decorators_are_no_lines_of_a_function() -> None:
    text = '@decorated\n@twice\ndef f(x):\n    """One.\n\n    Two.\n    """\n    return x\n'
    assert measure.function_lines(function(text)) == 2


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("def f(self, a, /, b, *args, c, **kwargs): ...", 3),
        ("@staticmethod\ndef f(a, b): ...", 2),
        ("def f(self): ...", 0),
    ],
)
def test_parameters_are_those_that_a_caller_gives(text: str, count: int) -> None:
    assert measure.parameters(function(text), method=True) == count


def test_function_over_sixty_lines_is_a_breach_that_names_it(tmp_path: Path) -> None:
    found = budget(tmp_path, "def long():\n" + "    x = 1\n" * 60, "function lines, largest")
    assert not found.kept
    assert found.worst[0].startswith("61  house.sample.long")


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    pass\nexcept Exception:\n    pass\n",
        "try:\n    pass\nexcept:\n    pass\n",
        "try:\n    pass\nexcept (ValueError, BaseException):\n    pass\n",
        "import contextlib\nwith contextlib.suppress(Exception):\n    pass\n",
    ],
)
def test_every_way_to_catch_everything_counts(tmp_path: Path, text: str) -> None:
    assert budget(tmp_path, text, "broad excepts").found == 1


def test_tidying_up_and_raising_again_stops_nothing(tmp_path: Path) -> None:
    text = "try:\n    pass\nexcept BaseException:\n    undo()\n    raise\n"
    assert budget(tmp_path, text, "broad excepts").found == 0


def test_one_broad_except_is_allowed_and_two_are_not(tmp_path: Path) -> None:
    text = "try:\n    pass\nexcept Exception:\n    pass\n"
    assert budget(tmp_path, text, "broad excepts").kept
    assert not budget(tmp_path, text * 2, "broad excepts").kept


@pytest.mark.parametrize(
    ("text", "silent"),
    [
        ('"""M."""\ndef f(): ...\n', 1),
        ('"""M."""\ndef _f(): ...\n', 0),
        ("x = 1\n", 1),
        ('"""M."""\ndef f():\n    """F."""\n    raise ValueError\n', 1),
        ('"""M."""\ndef f():\n    """F.\n\n    Raises:\n        ValueError: no.\n    """\n', 0),
        ('"""M."""\nclass C:\n    """C."""\n    def m(self): ...\n', 1),
    ],
)
def test_public_name_must_say_what_it_is_and_raises(tmp_path: Path, text: str, silent: int) -> None:
    assert budget(tmp_path, text, "public names without docs").found == silent


def test_method_that_fulfils_a_documented_protocol_needs_no_words(tmp_path: Path) -> None:
    text = (
        '"""M."""\nfrom typing import Protocol\n'
        'class P(Protocol):\n    """P."""\n    def m(self):\n        """Do it."""\n'
        'class C:\n    """C."""\n    def m(self): ...\n'
    )
    assert budget(tmp_path, text, "public names without docs").found == 0


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("m = Mock()", 1),
        ("m = mock.MagicMock(spec=X)", 1),
        ("with patch('a.b'): pass", 1),
        ("with mock.patch.object(a, 'b'): pass", 1),
        ("monkeypatch.setattr(a, 'b', c)", 1),
        ("monkeypatch.setenv('A', 'b')", 0),
        ("client.patch('/url')", 0),
    ],
)
def test_stand_ins_count_as_mocks(text: str, count: int) -> None:
    assert len(list(measure.mocks(ast.parse(text)))) == count


def test_table_marks_breaches_and_lists_their_places() -> None:
    text = measure.table(
        [measure.Budget("a", 1, 2), measure.Budget("b", 3.5, 2, ("here.py:1", "there.py:2"))]
    )
    first, second = text.splitlines()[1:3]
    assert not first.endswith("BREACH")
    assert second.endswith("BREACH")
    assert "  here.py:1" in text
