"""What ``pip install`` brings: bytes in site-packages and number of distributions."""

from __future__ import annotations

from bench.harness import Bench, row, run_script
from bench.table import Budget, Row


def measure(bench: Bench) -> list[Row]:
    """Both, with everything that is required, without pip and setuptools."""
    ours, theirs = (
        run_script(product, "closure.py", product.distribution, folder=bench.folder)
        for product in (bench.cairn, bench.peer)
    )
    sizes = [ours["bytes"] / 1e6], [theirs["bytes"] / 1e6]
    counts = [float(ours["distributions"])], [float(theirs["distributions"])]
    return [
        row("installed size, with all that is required", "MB", *sizes, Budget("part", 6)),
        row("distributions", "", *counts, Budget("part", 3)),
    ]
