"""The page of results."""

from __future__ import annotations

import datetime as dt
import os
import platform
from collections.abc import Sequence
from pathlib import Path

from bench.harness import Bench
from bench.products import ROOT
from bench.table import MISSED, Row, markdown

PAGE = ROOT / "docs" / "benchmarks.md"

TEXT = """# Benchmarks

Cairn {cairn} and MLflow {peer}, both measured in one run on {date}, on a machine with
{machine}.
`make bench ARGS=--write-docs` (`python -m bench --write-docs`) measures again and writes this page.

{table}

{summary}

## How it is measured

- Each product runs in an environment of its own, {pythons}: Cairn from its
  built wheel, MLflow from the package index. Both servers run with their default options on
  127.0.0.1 and keep their data in SQLite.
- The two sides take turns within a measure, so that a busy machine disturbs both alike. Figures
  are medians of the turns; ratios are of Cairn to MLflow. The load of the machine when it ended
  was {load:.1f}.
- The requests of `log-batch`, `runs/search` and the charts are sent by the same plain HTTP client,
  one connection, bodies made before the clock starts; every answer is read whole.
- MLflow's server sends head and body of an answer apart, with Nagle's algorithm on: to a client
  that keeps its connection most answers come 40 ms late, because the server waits for an
  acknowledgement that the client's system delays. Ordinary clients see that, MLflow's own among
  them (it is in the `log_metric` loop); the budget of `log-batch` is measured with an ordinary
  client. All other rows of the plain client are measured with one that acknowledges at once
  (`TCP_QUICKACK`), so that they compare work, not waiting.
- `log-batch` sends 20 metrics of 50 steps in a request, all into one run. Values carry noise in all
  64 bits (or are float32 values), times jitter by {jitter} ms. The size is the growth of the
  database file after the run has ended and the server has stopped, divided by the points.
- Ingestion is loaded by a program of its own on the same cores, which sends requests that were made
  before over kept connections, each to a run of its own and with steps that never come twice; an
  answer means that the commit is on disk. MLflow gets the same over eight connections. The stages
  are measured in process, undisturbed; what is left of the server's processor time is the rest.
  PostgreSQL runs on the same cores, durable as it is by default.
- The size at millions of points is the file after ended runs of a million points each were logged
  through the store in process; the tenth beside it is inserted into MLflow's schema, up to a
  million points, beyond which its size for a point does not change.
- The `log_metric` loop is each product's Python client against its own server, with
  `flush_async_logging()` at the end. Where both wait, Cairn is called with `synchronous=True`,
  which is how MLflow logs by default.
- The searched runs have 20 metrics, 20 params and 10 tags each, the same in both stores, and the
  answers are compared: both must find the same runs in the same order. A chart is reduced to 1,000
  points a run by the server.
- Installed size counts the files in site-packages, with byte code, of the distribution and of all
  that it requires. Memory is the proportional set size, summed over all processes of the server.
- The import costs what the interpreter spends beyond one that does nothing.

Rows without a budget are for information. The wall-clock figures are this machine's; the ratios
travel better. The ratio of `log-batch` is the one that other work on the machine moves most: with
both cores busy it fell to 30, below its budget.
"""


def write(bench: Bench, rows: Sequence[Row], jitter_ms: int) -> None:
    """Write the page from all rows."""
    PAGE.write_text(
        TEXT.format(
            cairn=bench.cairn.version(),
            peer=bench.peer.version(),
            date=dt.datetime.now(dt.timezone.utc).date(),
            machine=machine(),
            table=markdown(rows),
            summary=summary(rows),
            pythons=_pythons(bench),
            jitter=jitter_ms,
            load=os.getloadavg()[0],
        ),
        "utf-8",
    )


def machine() -> str:
    """Cores, memory and system in one phrase."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores{_processor()}, {memory:.0f} GiB of memory and {platform.system()}"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f" ({names[0]})" if names else ""


def summary(rows: Sequence[Row]) -> str:
    """One sentence that says how many budgets are kept, and which are not."""
    promised = [row for row in rows if row.budget is not None]
    missed = [row for row in promised if row.verdict == MISSED]
    if not missed:
        return f"All {len(promised)} budgets are kept."
    names = "; ".join(row.measure for row in missed)
    return f"{len(promised) - len(missed)} of {len(promised)} budgets are kept. Missed: {names}."


def _pythons(bench: Bench) -> str:
    ours, theirs = bench.cairn.python_version(), bench.peer.python_version()
    return f"both on Python {ours}" if ours == theirs else f"on Python {ours} and {theirs}"
