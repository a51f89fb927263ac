"""``python -m bench.faults``: the long loops of `tests/faults`, and the table of what was found.

Exit status 1 when anything that was acknowledged is lost, stored twice or torn.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tests.databases import Server, postgresql_programs, running_mariadb, running_postgresql
from tests.faults import (
    clocks,
    copies,
    crowding,
    crowds,
    databases_away,
    folding,
    full_disk,
    killing,
)
from tests.faults.load import Tally

from bench.harness import Bench
from bench.products import ROOT
from bench.report import machine
from bench.table import Budget, Row

PAGE = ROOT / "docs" / "faults.md"
BEGIN, END = "<!-- table -->\n", "<!-- end of table -->\n"
HEADINGS = (
    "fault",
    "database",
    "rounds",
    "acknowledged",
    "found",
    "lost",
    "twice",
    "in part",
    "told 503",
    "other errors",
)

Loop = Callable[[str, Path], Iterable[Tally]]
"""Runs with a database URI and a folder."""


def _loops(rounds: int) -> dict[str, list[Loop]]:
    """The loops that take a new database, by kind of database."""
    anywhere: list[Loop] = [
        lambda uri, folder: killing.kill_server(uri, folder, rounds),
        lambda uri, _: [folding.kill_at_every_statement(uri)],
        lambda uri, _: [folding.kill_at_random(uri, 20 * rounds)],
        lambda uri, _: [folding.fold_twice_at_once(uri, rounds)],
    ]
    on_files: list[Loop] = [
        lambda _, folder: [full_disk.fill_disk(folder, rounds)],
        lambda uri, folder: [clocks.set_back(uri, folder, 2 * rounds)],
        lambda uri, _: [crowds.crowd(uri, 10 * rounds)],
        lambda _, folder: [copies.back_up_under_load(folder, rounds)],
        lambda _, folder: [copies.kill_backup(folder, stride=1)],
        lambda uri, folder: [crowding.stop_under_load(uri, folder, rounds)],
        lambda uri, folder: [crowding.crowd(uri, folder, 500)[0]],
    ]
    on_servers: list[Loop] = [
        lambda uri, folder: killing.kill_one_of_two(uri, folder, rounds),
        lambda uri, _: [databases_away.lose_commits(uri, 10 * rounds)],
    ]
    return {
        "SQLite": [*anywhere, *on_files],
        "PostgreSQL": [*anywhere, *on_servers],
        "MariaDB": [*anywhere, *on_servers],
    }


def run(rounds: int) -> Iterator[tuple[str, Tally]]:
    """Every loop on every database that it is meant for, with the name of the database."""
    for loop in _loops(rounds)["SQLite"]:
        with _folder() as folder:
            for tally in loop(f"sqlite:///{folder}/cairn.db", folder):
                yield "SQLite", tally
    programs = postgresql_programs()
    if programs is None:
        raise RuntimeError("PostgreSQL is missing: apt-get install -y postgresql")
    with running_postgresql(programs) as server:
        yield from _on_server("PostgreSQL", server, (signal.SIGINT, signal.SIGQUIT), rounds)
    with running_mariadb() as server:
        yield from _on_server("MariaDB", server, (signal.SIGTERM, signal.SIGKILL), rounds)


def _on_server(
    name: str, server: Server, stops: tuple[signal.Signals, ...], rounds: int
) -> Iterator[tuple[str, Tally]]:
    for loop in _loops(rounds)[name]:
        with server.database() as uri, _folder() as folder:
            for tally in loop(uri, folder):
                yield name, tally
    with _folder() as folder:
        for tally in databases_away.restart_database(server, folder, stops, rounds):
            yield name, tally


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="cairn-faults-") as folder:
        yield Path(folder)


def cells(database: str, tally: Tally) -> tuple[str, ...]:
    """A row of the table, in the order of `HEADINGS`."""
    counts = (tally.rounds, tally.acknowledged, tally.found, tally.lost, tally.twice, tally.torn)
    others = (tally.told, sum(tally.errors.values()))
    return (tally.fault, database, *(f"{count:,}" for count in (*counts, *others)))


def markdown(found: Iterable[tuple[str, Tally]]) -> str:
    """The table of all loops."""
    lines = [HEADINGS, ("---", "---", *["--:"] * (len(HEADINGS) - 2))]
    lines += [cells(*each) for each in found]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def measure(bench: Bench) -> list[Row]:
    """One row: acknowledged batches that were lost, doubled or torn, over all loops."""
    found = list(run(bench.pick(10, 2)))
    _print(found)
    bad = sum(_bad(tally) for _, tally in found)
    return [Row("faults: lost, doubled or torn", "batches", bad, budget=Budget("limit", 0))]


def _bad(tally: Tally) -> int:
    return tally.lost + tally.twice + tally.torn + sum(tally.errors.values())


def _print(found: Iterable[tuple[str, Tally]]) -> None:
    for database, tally in found:
        print("  ".join(cells(database, tally)), file=sys.stderr, flush=True)
        for error in tally.errors:
            print(error, file=sys.stderr)


def main() -> int:
    """Run the loops and print the table; 1 when something was lost, doubled or torn."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="how often each fault strikes")
    parser.add_argument(
        "--write-docs", action="store_true", help="write the table of docs/faults.md"
    )
    options = parser.parse_args()
    begun = time.perf_counter()
    found = []
    for each in run(options.rounds):
        _print([each])
        found.append(each)
    table = markdown(found)
    print(table)
    print(f"{time.perf_counter() - begun:.0f} s; {machine()}.")
    if options.write_docs:
        text = PAGE.read_text("utf-8")
        before, after = text.partition(BEGIN)[0], text.partition(END)[2]
        day = dt.datetime.now(dt.timezone.utc).date()
        told = f"\nCounted on {day} on a machine with {machine()}.\n"
        PAGE.write_text(f"{before}{BEGIN}{table}{told}{END}{after}", "utf-8")
    return 1 if any(_bad(tally) for _, tally in found) else 0


if __name__ == "__main__":
    sys.exit(main())
