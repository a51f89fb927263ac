"""Who may import whom, over every import: at the top, in a function, for types only."""

from __future__ import annotations

import pytest

from source_graph import Import, Module, cycles, graph, loading, longest_chain, modules

BASE = {"errors", "settings", "version", "plugins"}
BOTH_ARMS = BASE | {"contract", "wire", "artifact"}
SERVER_ARM = {"store", "gateway", "server"}
CLIENT_ARM = {"client", "data", "model", "flavors", "serve", "project", "evaluate"}

# Part of the house -> the parts it may import besides itself. The parts are the modules and
# packages directly below `cairn`; "" is `cairn` itself, the table of public names.
LAYERS: dict[str, set[str]] = {
    "version": set(),
    "errors": set(),
    "settings": {"errors"},
    "plugins": {"errors", "settings"},
    "contract": BASE,
    "wire": BASE | {"contract"},
    # Below both arms: docs/decisions/0001-artifact-below-both-arms.md
    "artifact": BASE | {"contract", "wire"},
    "store": BASE | {"contract", "artifact"},
    "gateway": BASE | {"contract", "wire"},
    "server": BOTH_ARMS | {"store", "gateway"},
    "client": BOTH_ARMS,
    "data": BOTH_ARMS | {"client"},
    "model": BOTH_ARMS | {"client", "data"},
    "flavors": BOTH_ARMS | {"client", "data", "model"},
    "serve": BOTH_ARMS | {"client", "data", "model"},
    "project": BOTH_ARMS | {"client", "data", "model"},
    "evaluate": BOTH_ARMS | {"client", "data", "model"},
    "": BOTH_ARMS | CLIENT_ARM,
    "testing": BOTH_ARMS | SERVER_ARM | CLIENT_ARM | {""},
    "cli": BOTH_ARMS | SERVER_ARM | CLIENT_ARM | {"", "testing"},
    "__main__": {"cli"},
}


# The one exception: a laptop needs no server, so this module opens a local store.
OPENS_A_LOCAL_STORE = "cairn.client.connect"


def part(module: str) -> str:
    """The part of the house that a module belongs to."""
    return module.split(".")[1] if "." in module else ""


def of_cairn() -> list[Module]:
    return [m for m in modules().values() if m.name.split(".")[0] == "cairn"]


def crossings() -> list[tuple[Module, Import]]:
    """Every import of one part of the house by another."""
    return [
        (module, found)
        for module in of_cairn()
        for found in module.imports
        if found.target in modules() and part(found.target) != part(module.name)
    ]


def is_local_store(module: Module, found: Import) -> bool:
    return module.name == OPENS_A_LOCAL_STORE and part(found.target) == "store"


def shown(module: Module, found: Import) -> str:
    return f"{module.file}:{found.line} imports {found.target}"


def test_every_module_belongs_to_a_part_of_the_house() -> None:
    unknown = [m.file for m in of_cairn() if part(m.name) not in LAYERS]
    assert not unknown, "name the part and what it may import in LAYERS"


def test_no_part_imports_what_stands_above_or_beside_it() -> None:
    wrong = [
        shown(module, found)
        for module, found in crossings()
        if part(found.target) not in LAYERS.get(part(module.name), set())
        and not is_local_store(module, found)
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("arm", "other"), [(CLIENT_ARM, SERVER_ARM), (SERVER_ARM, CLIENT_ARM)], ids=["client", "server"]
)
def test_neither_arm_imports_the_other(arm: set[str], other: set[str]) -> None:
    wrong = [
        shown(module, found)
        for module, found in crossings()
        if part(module.name) in arm and part(found.target) in other
        if not is_local_store(module, found)
    ]
    assert not wrong


def test_client_opens_a_local_store_only_when_a_function_asks() -> None:
    early = [shown(m, i) for m, i in crossings() if is_local_store(m, i) and not i.lazy]
    assert not early


def test_no_modules_import_each_other() -> None:
    assert cycles(graph(modules())) == []


def test_no_two_parts_import_each_other() -> None:
    pairs = {(part(module.name), part(found.target)) for module, found in crossings()}
    pairs -= {("client", "store")}  # checked above
    assert not {tuple(sorted(pair)) for pair in pairs if pair[::-1] in pairs}


def test_a_chain_of_imports_has_at_most_twelve_modules() -> None:
    chain = longest_chain(loading(modules()))
    assert len(chain) <= 12, " -> ".join(chain)


def test_nothing_in_cairn_imports_mlflow() -> None:
    wrong = [
        shown(m, i) for m in of_cairn() for i in m.imports if i.target.split(".")[0] == "mlflow"
    ]
    assert not wrong
