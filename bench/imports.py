"""What ``import cairn`` costs beside ``import mlflow``."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence

from bench.harness import Bench, clean_environment, interleaved, row
from bench.products import Product
from bench.table import Budget, Row

HEAVY = ("numpy", "pandas", "sqlalchemy")
USE = "{module}.start_run, {module}.log_metric"
MODULES = (
    "import json, sys; before = set(sys.modules); import {module}; "
    "print(json.dumps(sorted(set(sys.modules) - before)))"
)


def measure(bench: Bench) -> list[Row]:
    """Processor time, new modules, and heavy packages among them."""
    cairn, peer = bench.cairn, bench.peer
    for product in (cairn, peer):  # the first import writes byte code
        _cpu_ms(product, f"import {product.module}")
    count = bench.pick(7, 5)
    ours, theirs = interleaved(count, lambda _: _cost(cairn), lambda _: _cost(peer))
    our_use, their_use = interleaved(count, lambda _: _cost(cairn, USE), lambda _: _cost(peer, USE))
    our_modules, their_modules = _new_modules(cairn), _new_modules(peer)
    return [
        row("import, processor time", "ms", ours, theirs, Budget("part", 10)),
        row("import, then start_run and log_metric looked up", "ms", our_use, their_use),
        row("import, new modules", "", *_counts(our_modules, their_modules), Budget("limit", 60)),
        row(
            f"import, of {', '.join(HEAVY)} loaded",
            "",
            *_counts(_heavy(our_modules), _heavy(their_modules)),
            Budget("limit", 0),
        ),
    ]


def _cost(product: Product, use: str = "") -> float:
    """Milliseconds of processor time beyond those of an interpreter that does nothing."""
    code = f"import {product.module}; {use.format(module=product.module)}"
    return _cpu_ms(product, code) - _cpu_ms(product, "pass")


def _cpu_ms(product: Product, code: str) -> float:
    process = subprocess.Popen(
        [product.python, "-I", "-c", code],
        env=clean_environment(product),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{code!r} failed with {product.python}")
    return (usage.ru_utime + usage.ru_stime) * 1000


def _new_modules(product: Product) -> list[str]:
    command = [str(product.python), "-I", "-c", MODULES.format(module=product.module)]
    output = subprocess.check_output(command, env=clean_environment(product), text=True)
    found: list[str] = json.loads(output.splitlines()[-1])
    return found


def _heavy(modules: list[str]) -> list[str]:
    return [name for name in modules if name in HEAVY]


def _counts(ours: Sequence[str], theirs: Sequence[str]) -> tuple[list[float], list[float]]:
    return [float(len(ours))], [float(len(theirs))]
