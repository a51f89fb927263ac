"""Digests, schemas and profiles are those that a compatible program computes.

Needs a real MLflow in an environment of its own: the fixture `peer` of tests/conftest.py.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.data.frames import array_cases, frame_cases, polars_cases

import cairn.data
from cairn.data.sources import CodeDatasetSource
from cairn.errors import CairnError

ROOT = Path(__file__).resolve().parents[3]
ASK = """
import json, logging, warnings
warnings.simplefilter("ignore"); logging.disable()
import mlflow.data as data
from mlflow.data.code_dataset_source import CodeDatasetSource
from tests.unit.data.frames import array_cases, frame_cases, polars_cases
answers = {"frames": {}, "arrays": {}, "polars": {}, "sources": {}}
source = CodeDatasetSource({})
for name, frame in frame_cases():
    answers["frames"][name] = data.from_pandas(frame, source).to_dict()
for name, features, targets in array_cases():
    answers["arrays"][name] = data.from_numpy(features, source, targets).to_dict()
for name, frame in polars_cases():
    answers["polars"][name] = data.from_polars(frame, source).to_dict()
for uri in json.loads(input()):
    try:
        made = data.from_pandas(__import__("pandas").DataFrame({"a": [1]}), uri)
        answers["sources"][uri] = [made.source._get_source_type(), made.source.to_json()]
    except Exception:
        answers["sources"][uri] = None
print(json.dumps(answers))
"""
URIS = [
    "train.csv",
    "/data/train.csv",
    "",
    "file:///tmp/x.csv",
    "s3://bucket/key",
    "r2://bucket/key",
    "b2://bucket/key",
    "gs://bucket/key",
    "wasbs://c@a.blob.core.windows.net/x",
    "abfss://c@a.dfs.core.windows.net/x",
    "ftp://host/x",
    "sftp://host/x",
    "hdfs://host/x",
    "viewfs://host/x",
    "http://host/x.csv",
    "https://host/x.csv?version=1",
    "weird://x",
    "dbfs:/x",
]


@pytest.fixture(scope="module")
def answers(peer: str) -> dict[str, dict[str, Any]]:
    """What the peer makes of every case."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    answer = subprocess.run(
        [peer, "-c", ASK],
        input=json.dumps(URIS),
        env=environment,
        capture_output=True,
        text=True,
        timeout=110,
        check=True,
    )
    found: dict[str, dict[str, Any]] = json.loads(answer.stdout.splitlines()[-1])
    return found


def different(
    theirs: dict[str, Any], made: Callable[..., cairn.data.Dataset], cases: Any
) -> dict[str, Any]:
    """What differs, by case: our form and theirs."""
    found = {}
    for name, data, *targets in cases:
        ours = made(data, CodeDatasetSource({}), *targets).to_dict()
        if theirs[name]["schema"] == "null":  # how the peer writes that there is none
            theirs[name]["schema"] = None
        if ours != theirs[name]:
            found[name] = (ours, theirs[name])
    return found


def test_pandas_datasets_are_those_of_the_peer(answers: dict[str, dict[str, Any]]) -> None:
    assert different(answers["frames"], cairn.data.from_pandas, frame_cases()) == {}


def test_numpy_datasets_are_those_of_the_peer(answers: dict[str, dict[str, Any]]) -> None:
    assert different(answers["arrays"], cairn.data.from_numpy, array_cases()) == {}


def test_polars_datasets_are_those_of_the_peer(answers: dict[str, dict[str, Any]]) -> None:
    assert different(answers["polars"], cairn.data.from_polars, polars_cases()) == {}


@pytest.mark.parametrize("uri", URIS)
def test_sources_are_those_of_the_peer(answers: dict[str, dict[str, Any]], uri: str) -> None:
    try:
        source = cairn.data.resolve_dataset_source(uri)
        ours = [source.source_type(), source.to_json()]
    except CairnError:
        ours = None
    assert ours == answers["sources"][uri]
