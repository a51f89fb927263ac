from __future__ import annotations

import sys
from pathlib import Path

import psutil
import pytest
from bench import ingest
from bench.harness import Client, interleaved, row, serving
from bench.products import Product


@pytest.fixture
def cairn(tmp_path: Path) -> Product:
    """Cairn as this interpreter has it, with a command that starts it."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "python").symlink_to(sys.executable)
    command = programs / "cairn"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cairn "$@"\n')
    command.chmod(0o755)
    return Product("Cairn", "cairn", "cairn-ml", programs / "python")


def test_sides_take_turns() -> None:
    seen: list[str] = []
    interleaved(2, lambda n: seen.append(f"a{n}"), lambda n: seen.append(f"b{n}"))
    assert seen == ["a0", "b0", "a1", "b1"]


def test_a_row_holds_the_medians_and_every_repetition() -> None:
    found = row("a measure", "ms", [3.0, 1.0, 2.0], [10.0, 40.0, 30.0])
    assert (found.cairn, found.peer) == (2.0, 30.0)
    assert found.samples == {"cairn": [3.0, 1.0, 2.0], "mlflow": [10.0, 40.0, 30.0]}


def test_server_is_stopped_when_a_measure_fails(cairn: Product, tmp_path: Path) -> None:
    started: list[psutil.Process] = []

    def fail() -> None:
        with serving(cairn, tmp_path) as server, Client(server.url) as client:
            assert client.status("/health") == 200
            assert server.pss_bytes() > 1_000_000
            started.extend(server.tree())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert started
    assert not any(psutil.pid_exists(process.pid) for process in started)


def test_a_server_that_dies_is_reported_with_its_log(cairn: Product, tmp_path: Path) -> None:
    (tmp_path / "bin" / "cairn").write_text("#!/bin/sh\necho this is why >&2\nexit 3\n")
    why = pytest.raises(RuntimeError, match="(?s)Cairn did not become healthy.*this is why")
    with why, serving(cairn, tmp_path):
        pytest.fail("it is not there")


def test_a_load_counts_what_the_server_stored(cairn: Product, tmp_path: Path) -> None:
    with serving(cairn, tmp_path) as server:
        load = ingest.send(server, connections=3, seconds=0.3)
    assert load.requests >= 3
    assert load.refused == []
    assert ingest._stored_points(tmp_path / cairn.file) == load.requests * 1000
