"""Operations whose replies hold columns, asked for as JSON and as bytes."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.wire.asking import Asker, asking

from cairn.contract.columns import MEDIA_TYPE
from cairn.contract.metrics import SeriesReply
from cairn.server.app import create_app
from cairn.server.config import ServerConfig
from cairn.wire import columns, dialect

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SERIES = "/api/cairn/v1/metrics/series"


@pytest.fixture
def ask(tmp_path: Path) -> Iterator[Asker]:
    config = ServerConfig(
        backend_store_uri=f"sqlite:///{tmp_path}/cairn.db",
        artifacts_destination=str(tmp_path / "served"),
    )
    with asking(create_app(config)) as asker:
        yield asker


@pytest.fixture
def asked(ask: Asker) -> dict[str, Any]:
    api = "/api/2.0/mlflow"
    run = ask("POST", f"{api}/runs/create", json={"experiment_id": "0"}).json["run"]["info"]
    points = [
        {"key": "m", "step": n, "timestamp": n, "value": "NaN" if n == 7 else n / 7}
        for n in range(900)
    ]
    logged = {"run_id": run["run_id"], "metrics": points}
    assert ask("POST", f"{api}/runs/log-batch", json=logged).status == 200
    return {"run_ids": [run["run_id"]], "keys": ["m"]}


def test_json_and_columns_say_the_same(ask: Asker, asked: dict[str, Any]) -> None:
    plain = ask("POST", SERIES, json=asked)
    packed = ask("POST", SERIES, json=asked, headers={"accept": f"{MEDIA_TYPE}, */*;q=0.1"})
    assert plain.headers["content-type"] == "application/json"
    assert plain.json["series"][0]["values"][7] == "NaN"
    assert packed.headers["content-type"] == MEDIA_TYPE
    found = columns.decode(SeriesReply, packed.body)
    assert repr(found) == repr(dialect.decode_reply(SeriesReply, plain.body))
    assert 2 * len(packed.body) < len(plain.body)


@pytest.mark.parametrize(
    ("accepted", "coding", "unpack"),
    [
        ("", None, bytes),
        ("br, gzip;q=0", None, bytes),
        ("gzip, deflate", "gzip", gzip.decompress),
        ("gzip, deflate, br, zstd", "zstd", zstd.decompress),
    ],
)
def test_columns_are_compressed_as_the_caller_can_read(
    ask: Asker, asked: dict[str, Any], accepted: str, coding: str | None, unpack: Any
) -> None:
    headers = {"accept": MEDIA_TYPE, "accept-encoding": accepted}
    found = ask("POST", SERIES, json=asked, headers=headers)
    assert found.headers.get("content-encoding") == coding
    assert "Accept-Encoding" in found.headers["vary"]
    assert columns.decode(SeriesReply, unpack(found.body)).series[0].total == 900


def test_errors_and_other_operations_stay_json(ask: Asker, asked: dict[str, Any]) -> None:
    headers = {"accept": MEDIA_TYPE}
    refused = ask("POST", SERIES, json=asked | {"run_ids": ["f" * 32]}, headers=headers)
    assert (refused.status, refused.json["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
    found = ask(
        "POST", "/api/2.0/mlflow/experiments/search", json={"max_results": 1}, headers=headers
    )
    assert found.headers["content-type"] == "application/json"
