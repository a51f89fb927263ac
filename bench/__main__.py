"""``python -m bench [NAME ...]``: measure Cairn beside its peer and print one table.

Exit status 1 when a budget is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from bench import (
    batch,
    capture,
    curves,
    faults,
    idle,
    imports,
    ingest,
    loop,
    products,
    reads,
    report,
    search,
    size,
)
from bench.harness import Bench
from bench.points import JITTER_MS
from bench.table import MISSED, Row, plain

MEASURES: dict[str, Callable[[Bench], list[Row]]] = {
    "import": imports.measure,
    "size": size.measure,
    "idle": idle.measure,
    "batch": batch.measure,
    "ingest": ingest.measure,
    "loop": loop.measure,
    "capture": capture.measure,
    "read": reads.measure,
    "search": search.measure,
    "curves": curves.measure,
    "faults": faults.measure,
}


def main() -> int:
    """Measure what was asked for; 1 when a budget is missed."""
    options = _options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # servers are stopped on the way out
    peer, cairn = products.peer(), products.cairn(options.cairn and options.cairn.absolute())
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="cairn-bench-") as folder:
        bench = Bench(cairn, peer, Path(folder), options.quick)
        try:
            for name in options.names or MEASURES:
                begun = time.perf_counter()
                rows += MEASURES[name](bench)
                print(f"{name}: {time.perf_counter() - begun:.0f} s", file=sys.stderr, flush=True)
        finally:
            print(plain(rows))
        print(f"\n{report.summary(rows)} {report.machine()}; load {os.getloadavg()[0]:.1f}.")
        if options.json:
            options.json.write_text(_json(bench, rows), "utf-8")
        if options.write_docs:
            report.write(bench, rows, JITTER_MS)
    return 1 if any(row.verdict == MISSED for row in rows) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MEASURES))
    parser.add_argument(
        "--quick", action="store_true", help="smaller amounts: about five minutes, not twenty-five"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every repetition")
    parser.add_argument("--write-docs", action="store_true", help="write docs/benchmarks.md")
    parser.add_argument(
        "--cairn", type=Path, metavar="PYTHON", help="measure Cairn as this environment has it"
    )
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in MEASURES]
    if unknown:
        parser.error(f"{', '.join(unknown)}: there are {', '.join(MEASURES)}")
    if options.write_docs and (options.names or options.quick or options.cairn):
        parser.error("--write-docs goes with every measure, the whole amounts and the built wheel")
    return options


def _json(bench: Bench, rows: list[Row]) -> str:
    versions = {p.name: p.version() for p in (bench.cairn, bench.peer)}
    found = [asdict(r) | {"ratio": r.ratio, "verdict": r.verdict} for r in rows]
    return json.dumps({"machine": report.machine(), "versions": versions, "rows": found}, indent=1)


if __name__ == "__main__":
    sys.exit(main())
