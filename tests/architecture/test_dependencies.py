"""What of other people's code is loaded, where, and when."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from source_graph import ROOT, Module, modules

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MAX_MODULES_OF_IMPORT_CAIRN = 60

# Never loaded by what `import cairn` and its client load; every other part has its own few.
HEAVY = {
    "alembic",
    "click",
    "matplotlib",
    "numpy",
    "pandas",
    "polars",
    "psutil",
    "sqlalchemy",
    "starlette",
    "uvicorn",
    "uvloop",
    "yaml",
}
LIGHT_PARTS = {"contract", "wire", "client", "errors", "settings", "version", "plugins"}
# Heavy module -> where it may stand at the top of a module; elsewhere only inside functions.
AT_THE_TOP = {
    "alembic": ("cairn.store",),
    "click": ("cairn.cli", "mlflow.cli"),
    "numpy": (
        "cairn.store.codec",
        "cairn.store.history",
        "cairn.store.metrics",
        "cairn.store.point_pages",
        "cairn.store.series",
        "cairn.wire.columns",
        "cairn.evaluate",
        "cairn.flavors",
    ),
    "sqlalchemy": ("cairn.store",),
    "starlette": ("cairn.server", "cairn.gateway", "cairn.serve"),
    "uvicorn": ("cairn.server", "cairn.serve", "cairn.cli.server"),
    "yaml": ("cairn.model", "cairn.project"),
}
# What a client loads only when such an answer comes: nothing of the light parts loads them.
LOADED_WHEN_NEEDED = {"cairn.wire.columns"}
# Users bring these: a value of theirs is handed to us, or a flavor names its framework.
BROUGHT_BY_THE_USER = {"PIL", "matplotlib", "pandas", "plotly", "polars", "pyarrow", "pynvml"}
ONLY_ON_SOME_PYTHONS = {"compression"}  # the standard library's zstd since 3.14


def project() -> dict[str, object]:
    found: dict[str, object] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))[
        "project"
    ]
    return found


def normal(distribution: str) -> str:
    name = re.split(r"[\s<>=!~;\[(]", distribution, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def declared() -> set[str]:
    """Import names of the distributions that a user of Cairn always has."""
    requirements = project()["dependencies"]
    assert isinstance(requirements, list)
    names = {normal(r) for r in requirements}
    return {
        module
        for module, distributions in importlib.metadata.packages_distributions().items()
        if names & {normal(d) for d in distributions}
    }


def foreign(module: Module) -> Iterator[tuple[str, int, bool]]:
    """What a module imports of others: top-level name, line, whether it is loaded with it."""
    for found in module.imports:
        top = found.target.split(".")[0]
        if found.typing and top == "typing_extensions":
            continue  # every type checker brings it
        if top not in sys.stdlib_module_names and top not in {"cairn", "mlflow", "__future__"}:
            yield top, found.line, not (found.lazy or found.typing)


def loaded_with(name: str) -> set[str]:
    """The modules of ours that loading a module loads, with their parent packages."""
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current in seen or current not in modules():
            continue
        seen.add(current)
        waiting.append(current.rpartition(".")[0])
        waiting += [i.target for i in modules()[current].imports if not (i.lazy or i.typing)]
    return seen


def test_only_declared_dependencies_are_imported() -> None:
    allowed = declared() | ONLY_ON_SOME_PYTHONS
    wrong = []
    for module in modules().values():
        for top, line, at_once in foreign(module):
            brought = not at_once and (top in BROUGHT_BY_THE_USER or ".flavors." in module.name)
            if top not in allowed and not brought:
                wrong.append(f"{module.file}:{line} imports {top}")
    assert not wrong


def test_heavy_modules_are_loaded_only_where_they_are_at_home() -> None:
    wrong = [
        f"{module.file}:{line} loads {top} with itself"
        for module in modules().values()
        for top, line, at_once in foreign(module)
        if at_once and top in HEAVY and not module.name.startswith(AT_THE_TOP.get(top, ()))
    ]
    assert not wrong


def test_nothing_that_a_client_loads_is_heavy() -> None:
    wrong = {
        f"{name} loads {inner}, which loads {top}"
        for name in modules()
        if "." in name and name.split(".")[1] in LIGHT_PARTS and name not in LOADED_WHEN_NEEDED
        for inner in loaded_with(name)
        for top, _, at_once in foreign(modules()[inner])
        if at_once and top in HEAVY
    }
    assert not wrong


def test_import_cairn_stays_light() -> None:
    code = (
        "import sys; before = set(sys.modules); import cairn;"
        " print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert not HEAVY & {name.split(".")[0] for name in loaded}
    assert len(loaded) <= MAX_MODULES_OF_IMPORT_CAIRN, loaded


@pytest.mark.parametrize("extra", ["test", "check"])
def test_developer_tools_are_no_dependencies_of_users(extra: str) -> None:
    found = project()
    extras = found["optional-dependencies"]
    assert isinstance(extras, dict)
    requirements = found["dependencies"]
    assert isinstance(requirements, list)
    assert not {normal(r) for r in extras[extra]} & {normal(r) for r in requirements}
