"""The source tree as data: modules, what each imports, cycles and chains.

Shared by ``tools/measure.py`` and ``tests/architecture``. Every import counts: at the top, inside
a function, under ``TYPE_CHECKING``, and through ``import_module``. Only the import of a parent
package that Python adds by itself (``cairn`` for ``cairn.errors``) does not.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {
    "cairn": ROOT / "src" / "cairn",
    "mlflow": ROOT / "packages" / "cairn-mlflow" / "src" / "mlflow",
}
# Loads plugins by the names in its table: that the table is not an import is its purpose.
LOADS_BY_NAME = frozenset({"cairn.plugins"})

Graph = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Import:
    """One import of one module.

    Attributes:
        target: the module, one of ours or a stranger's, in full.
        line: where it stands.
        lazy: whether it runs only when a function is called.
        typing: whether only a type checker sees it.
    """

    target: str
    line: int
    lazy: bool = False
    typing: bool = False


@dataclass(frozen=True)
class Module:
    """One module of ours: name, file, syntax tree, number of lines, imports."""

    name: str
    path: Path
    tree: ast.Module
    lines: int
    imports: tuple[Import, ...]

    @property
    def file(self) -> str:
        """The path as shown to people, relative to the repository."""
        return (
            self.path.relative_to(ROOT).as_posix() if ROOT in self.path.parents else str(self.path)
        )


@functools.cache
def modules() -> dict[str, Module]:
    """Every module of both distributions, by name, sorted."""
    return read(PACKAGES)


def read(packages: Mapping[str, Path]) -> dict[str, Module]:
    """Every module below some package folders, by name, sorted.

    Args:
        packages: import name of a package -> its folder. A folder that is missing has no module.
    """
    files = {
        _name(package, path.relative_to(folder)): path
        for package, folder in packages.items()
        for path in sorted(folder.rglob("*.py"))
    }
    found: dict[str, Module] = {}
    for name, path in sorted(files.items()):
        text = path.read_text("utf-8")
        tree = ast.parse(text, str(path))
        imports = tuple(_imports(name, path, tree, files.keys()))
        found[name] = Module(name, path, tree, len(text.splitlines()), imports)
    return found


def graph(of: Mapping[str, Module]) -> Graph:
    """Module -> the modules of ours that it imports in any way, itself left out."""
    return {
        name: frozenset(i.target for i in module.imports if i.target in of and i.target != name)
        for name, module in of.items()
    }


def loading(of: Mapping[str, Module]) -> Graph:
    """Module -> the modules of ours that are loaded with it; a lazy import cuts a chain."""
    return {
        name: frozenset(
            i.target
            for i in module.imports
            if i.target in of and i.target != name and not (i.lazy or i.typing)
        )
        for name, module in of.items()
    }


def cycles(of: Graph) -> list[list[str]]:
    """Groups of modules that import each other, directly or in a round, each sorted."""
    reach = {name: _reachable(of, name) for name in of}
    groups = {
        tuple(sorted(n for n in reach[name] if name in reach[n]))
        for name in of
        if name in reach[name]
    }
    return [list(group) for group in sorted(groups)]


def longest_chain(of: Graph) -> list[str]:
    """The longest row of modules in which each imports the next; rounds are not followed."""
    reach = {name: _reachable(of, name) for name in of}

    @functools.cache
    def chain(name: str) -> tuple[str, ...]:
        longest: tuple[str, ...] = ()
        for following in sorted(of[name]):
            if name not in reach[following] and len(chain(following)) > len(longest):
                longest = chain(following)
        return (name, *longest)

    chains = [chain(name) for name in of]
    longest = max(chains, key=len, default=())
    return list(longest)


def _reachable(of: Graph, start: str) -> frozenset[str]:
    seen: set[str] = set()
    waiting = list(of[start])
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(of[name])
    return frozenset(seen)


def _name(package: str, path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join((package, *(parts[:-1] if parts[-1] == "__init__" else parts)))


def _imports(name: str, path: Path, tree: ast.Module, ours: Iterable[str]) -> Iterator[Import]:
    known = frozenset(ours)
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    by_variable = False
    for node, lazy, typing in _walk(tree, lazy=False, typing=False):
        targets: list[str] = []
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                targets.append(whole if whole in known else base)
        elif isinstance(node, ast.Call) and _called(node) in {"import_module", "__import__"}:
            match node.args:
                case [ast.Constant(value=str() as target), *_]:
                    targets = [target]
                case _:
                    by_variable = True
        for target in dict.fromkeys(targets):
            yield Import(target, getattr(node, "lineno", 0), lazy, typing)
    if by_variable and name not in LOADS_BY_NAME:
        yield from _named_in_strings(tree, known)


def _named_in_strings(tree: ast.Module, known: frozenset[str]) -> Iterator[Import]:
    """Modules of ours named by a string, in a module that imports what a variable names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            target = node.value.partition(":")[0]
            if target in known:
                yield Import(target, node.lineno, lazy=True)


def _walk(node: ast.AST, *, lazy: bool, typing: bool) -> Iterator[tuple[ast.AST, bool, bool]]:
    for child in ast.iter_child_nodes(node):
        yield child, lazy, typing
        if isinstance(child, ast.If) and _is_type_checking(child.test):
            for statement in child.body:
                yield statement, lazy, True
                yield from _walk(statement, lazy=lazy, typing=True)
            for statement in child.orelse:
                yield statement, lazy, typing
                yield from _walk(statement, lazy=lazy, typing=typing)
            continue
        inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from _walk(child, lazy=lazy or inside, typing=typing)


def _is_type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if node.level == 0:
        return node.module or ""
    parts = package.split(".")
    base = parts[: len(parts) - node.level + 1]
    return ".".join([*base, node.module] if node.module else base)


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
