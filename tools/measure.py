"""Measure the budgets of the house and print them as one table; exit 1 on a breach.

Sizes are those of ``src/cairn`` and ``packages``; mocks those of the tests; TypeScript those of
``ui/src`` without generated files. Docstrings do not count as lines of a function.
"""

from __future__ import annotations

import ast
import math
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from source_graph import ROOT, Module, cycles, graph, loading, longest_chain, modules

# What may pass a budget, by budget and name, and why. At most five.
EXCEPTIONS: Mapping[tuple[str, str], str] = {
    ("function lines", "cairn.store.migrations.versions.0001_the_first_schema.upgrade"): (
        "a migration is a frozen list of statements, one table after another"
    ),
}
MAX_EXCEPTIONS = 5

# Public functions of these modules have the signatures of the API that we are compatible with.
COMPATIBLE_API = ("mlflow", "cairn.client.", "cairn.data.")

Function = ast.FunctionDef | ast.AsyncFunctionDef
MOCKS_PYTHON = frozenset(
    {"Mock", "MagicMock", "AsyncMock", "NonCallableMock", "PropertyMock", "create_autospec"}
)
MOCKS_TYPESCRIPT = re.compile(r"\bvi\.(?:mock|doMock|fn|spyOn|stubGlobal)\(")


@dataclass(frozen=True)
class Budget:
    """One line of the table: a figure, its limit, and the names that pass the limit.

    Attributes:
        name: what is measured.
        found: the figure.
        limit: the most that is allowed.
        worst: places, worst first: what to mend when `found` passes `limit`.
    """

    name: str
    found: float
    limit: float
    worst: tuple[str, ...] = ()

    @property
    def kept(self) -> bool:
        """Whether the figure is within its limit."""
        return self.found <= self.limit


@dataclass
class Sizes:
    """Places and how large each is."""

    name: str
    places: list[tuple[int, str, str]] = field(default_factory=list)

    def add(self, size: int, name: str, place: str) -> None:
        """Note a place, unless it is an exception of this budget by its `name`."""
        if (self.name, name) not in EXCEPTIONS:
            self.places.append((size, name, place))

    def budgets(self, p95: int | None, largest: int) -> Iterator[Budget]:
        """The 95th percentile (where it has a limit) and the maximum."""
        sizes = sorted(size for size, _, _ in self.places) or [0]
        over = sorted((p for p in self.places if p[0] > largest), reverse=True)
        if p95 is not None:
            long = sorted((p for p in self.places if p[0] > p95), reverse=True)
            at = math.ceil(0.95 * len(sizes)) - 1
            yield Budget(f"{self.name}, 95th percentile", sizes[at], p95, _shown(long))
        yield Budget(f"{self.name}, largest", sizes[-1], largest, _shown(over))


def _shown(places: list[tuple[int, str, str]]) -> tuple[str, ...]:
    return tuple(f"{size}  {name}  {place}" for size, name, place in places)


def functions(module: Module) -> Iterator[tuple[str, Function, ast.ClassDef | None]]:
    """Every function of a module: full name, node, and the class it is a method of."""

    def walk(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function, ast.ClassDef | None]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, Function):
                name = f"{prefix}.{child.name}"
                yield name, child, node if isinstance(node, ast.ClassDef) else None
                yield from walk(child, name)
            elif isinstance(child, ast.ClassDef):
                yield from walk(child, f"{prefix}.{child.name}")
            else:
                yield from walk(child, prefix)

    return walk(module.tree, module.name)


def function_lines(function: Function) -> int:
    """Lines from ``def`` to the end, without the docstring."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def parameters(function: Function, *, method: bool) -> int:
    """How many parameters a caller can give, without self, ``*args`` and ``**kwargs``."""
    arguments = function.args
    static = any(
        isinstance(d, ast.Name) and d.id == "staticmethod" for d in function.decorator_list
    )
    count = len(arguments.posonlyargs) + len(arguments.args) + len(arguments.kwonlyargs)
    return count - (1 if method and not static else 0)


def is_compatible_api(module: Module, function: Function) -> bool:
    """Whether the signature is not ours to choose: the fluent API, the client, a command."""
    if module.name.startswith("cairn.cli."):
        return any("command" in ast.unparse(d) for d in function.decorator_list)
    public = function.name == "__init__" or not function.name.startswith("_")
    return module.name.startswith(COMPATIBLE_API) and public


def broad_excepts(module: Module) -> Iterator[int]:
    """Lines that stop every exception; tidying up and raising it again stops none."""
    for node in ast.walk(module.tree):
        kinds: list[ast.expr] = []
        if isinstance(node, ast.ExceptHandler):
            last = node.body[-1]
            if isinstance(last, ast.Raise) and last.exc is None:
                continue
            if node.type is None:
                yield node.lineno
                continue
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
            kinds = node.args
        if any(ast.unparse(kind) in {"Exception", "BaseException"} for kind in kinds):
            yield kinds[0].lineno


def mocks(tree: ast.AST) -> Iterator[int]:
    """Lines of a test that put a stand-in where a real thing could be."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Name(id=name):
                found = name in MOCKS_PYTHON or name == "patch"
            case ast.Attribute(value=owner, attr=name):
                source = ast.unparse(owner)
                found = (
                    name in MOCKS_PYTHON
                    or source.rpartition(".")[2] in {"patch", "mocker"}
                    or (name == "patch" and source.endswith("mock"))
                    or (name == "setattr" and source == "monkeypatch")
                )
            case _:
                found = False
        if found:
            yield node.lineno


def undocumented(of: Mapping[str, Module]) -> Iterator[str]:
    """Public names without a docstring, and those that raise without saying so.

    A method that fulfils a Protocol, or overrides a method of our own, is documented there.
    """
    documented = _documented_methods(of)
    for module in of.values():
        if any(part.startswith("_") and part != "__main__" for part in module.name.split(".")):
            continue
        if ast.get_docstring(module.tree) is None:
            yield f"{module.name}  {module.file}:1"
        for name, node, inherits in _public(module):
            place = f"{name}  {module.file}:{node.lineno}"
            doc = ast.get_docstring(node)
            if inherits and node.name in documented:
                continue
            if doc is None:
                yield place
            elif isinstance(node, Function) and _raises(node) and "Raises:" not in doc:
                yield f"{place}  raises, but its docstring has no 'Raises:'"


def _public(module: Module) -> Iterator[tuple[str, Function | ast.ClassDef, bool]]:
    """Public classes, functions and methods of a module, and whether one may inherit its words."""

    def walk(
        body: list[ast.stmt], prefix: str, *, inside: bool
    ) -> Iterator[tuple[str, Function | ast.ClassDef, bool]]:
        for node in body:
            if isinstance(node, ast.If | ast.Try | ast.With):
                yield from walk(node.body, prefix, inside=inside)
            if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
                continue
            decorators = {ast.unparse(d).rpartition(".")[2] for d in node.decorator_list}
            if decorators & {"overload", "setter", "deleter"}:
                continue
            yield f"{prefix}.{node.name}", node, inside
            if isinstance(node, ast.ClassDef):
                yield from walk(node.body, f"{prefix}.{node.name}", inside=True)

    return walk(module.tree.body, module.name, inside=False)


def _documented_methods(of: Mapping[str, Module]) -> set[str]:
    """Names of the documented methods of every class that another one may fulfil or extend."""
    return {
        method.name
        for module in of.values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef) and _is_protocol(node)
        for method in node.body
        if isinstance(method, Function) and ast.get_docstring(method)
    }


def _is_protocol(node: ast.ClassDef) -> bool:
    bases = {ast.unparse(base).partition("[")[0].rpartition(".")[2] for base in node.bases}
    return bool(bases & {"Protocol", "ABC"})


def _raises(function: Function) -> bool:
    """Whether the function itself raises an error of its caller's concern."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, Function | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, ast.Raise) and node.exc is not None:
            return True
        waiting.extend(ast.iter_child_nodes(node))
    return False


def measure(of: Mapping[str, Module], tests: Path, typescript: Path) -> list[Budget]:
    """All budgets, in the order of the table."""
    files, bodies, params = Sizes("file lines"), Sizes("function lines"), Sizes("parameters")
    caught: list[str] = []
    for module in of.values():
        files.add(module.lines, module.name, module.file)
        caught += [f"{module.file}:{line}" for line in broad_excepts(module)]
        for name, function, owner in functions(module):
            place = f"{module.file}:{function.lineno}"
            bodies.add(function_lines(function), name, place)
            if not is_compatible_api(module, function):
                params.add(parameters(function, method=owner is not None), name, place)
    rounds = cycles(graph(of))
    chain = longest_chain(loading(of))
    silent = sorted(undocumented(of))
    lines = sum(module.lines for module in of.values())
    return [
        *files.budgets(350, 500),
        *bodies.budgets(35, 60),
        *params.budgets(None, 8),
        Budget("import cycles", len(rounds), 0, tuple(" <-> ".join(group) for group in rounds)),
        Budget("longest import chain", len(chain), 12, (" -> ".join(chain),)),
        Budget("public names without docs", len(silent), 0, tuple(silent)),
        # At least one is allowed, or the first one would need 3,300 lines around it.
        Budget("broad excepts", len(caught), max(1, 0.3 * lines / 1000), tuple(caught)),
        _mocks_budget(tests, typescript),
        *_typescript(typescript).budgets(350, 500),
        Budget("exceptions to these budgets", len(EXCEPTIONS), MAX_EXCEPTIONS),
        _unused_exceptions(of),
    ]


def _mocks_budget(tests: Path, typescript: Path) -> Budget:
    lines, found = 0, list[str]()
    for path in sorted(tests.rglob("*.py")):
        text = path.read_text("utf-8")
        lines += len(text.splitlines())
        found += [f"{_relative(path)}:{line}" for line in mocks(ast.parse(text))]
    for path in sorted(typescript.rglob("*.test.ts*")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            lines += 1
            found += [f"{_relative(path)}:{number}" for _ in MOCKS_TYPESCRIPT.findall(line)]
    return Budget("mocks in tests", len(found), max(1, 2 * lines / 1000), tuple(found))


def _typescript(folder: Path) -> Sizes:
    sizes = Sizes("TypeScript file lines")
    for path in sorted([*folder.rglob("*.ts"), *folder.rglob("*.tsx")]):
        if not path.name.endswith(".d.ts"):
            lines = len(path.read_text("utf-8").splitlines())
            sizes.add(lines, path.relative_to(folder).as_posix(), _relative(path))
    return sizes


def _unused_exceptions(of: Mapping[str, Module]) -> Budget:
    names = {name for module in of.values() for name, _, _ in functions(module)} | set(of)
    gone = tuple(f"{budget}  {name}" for budget, name in EXCEPTIONS if name not in names)
    return Budget("exceptions for names that are gone", len(gone), 0, gone)


def _relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix() if ROOT in path.parents else str(path)


def table(budgets: list[Budget]) -> str:
    """The budgets as text, one a line; breaches are marked and followed by their places."""
    width = max(len(budget.name) for budget in budgets)
    rows = [f"{'budget':<{width}}  {'found':>7}  {'limit':>7}"]
    for budget in budgets:
        mark = "" if budget.kept else "  BREACH"
        rows.append(f"{budget.name:<{width}}  {budget.found:>7.4g}  {budget.limit:>7.4g}{mark}")
    for budget in budgets:
        if not budget.kept:
            rows += ["", f"{budget.name}:", *(f"  {place}" for place in budget.worst[:20])]
            if len(budget.worst) > 20:
                rows.append(f"  and {len(budget.worst) - 20} more")
    return "\n".join(rows)


def main() -> int:
    """Print the table of this source tree; 1 when a budget is not kept."""
    budgets = measure(modules(), ROOT / "tests", ROOT / "ui" / "src")
    print(table(budgets))
    return 0 if all(budget.kept for budget in budgets) else 1


if __name__ == "__main__":
    sys.exit(main())
