from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import Any

from tests.unit.cli.conftest import Cairn

from cairn.client.client import Client


def test_the_newest_change_stands_first_and_says_who_and_what(cairn: Cairn) -> None:
    client = Client()
    run_id = client.create_run("0", run_name="old").info.run_id
    client.log_param(run_id, "depth", 3)
    client.update_run(run_id, name="new")
    head, _, *rows = cairn("changes", "--run-id", run_id).stdout.splitlines()
    assert head.split() == ["Time", "Who", "Of", "What", "Detail"]
    cells = [[cell.strip() for cell in row.split("  ") if cell.strip()] for row in rows]
    assert [row[1:] for row in cells] == [
        [getpass.getuser(), f"run {run_id}", "rename", "name: old -> new"],
        [getpass.getuser(), f"run {run_id}", "log params", "keys: depth"],
        [getpass.getuser(), f"run {run_id}", "create", "name: old"],
    ]


def test_changes_as_json_are_narrowed_and_cut(cairn: Cairn, cairn_json: Callable[..., Any]) -> None:
    client = Client()
    for number in range(3):
        client.create_run("0", run_name=f"r{number}")
    found = cairn_json("changes", "--json", "--kind", "run", "--max-results", "2")
    assert [(c["what"], c["detail"]["name"]) for c in found] == [("create", "r2"), ("create", "r1")]
    assert len(cairn_json("changes", "--json", "-x", "0")) == 4
    assert cairn_json("changes", "--json", "--until", "2020-01-31") == []
    assert cairn_json("changes", "--json", "--since", "2020-01-31T10:00:00", "-x", "1") == []
    assert cairn_json("changes", "--json", "--actor", "nobody of this name") == []
    cairn("changes", "--since", "yesterday", code=2)
