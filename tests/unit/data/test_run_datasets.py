"""Datasets of runs, on a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from tests.wire.serving import running

import cairn
from cairn import data
from cairn.client import active, connect, outbox
from cairn.errors import DoesNotExist
from cairn.server.app import create_app
from cairn.server.config import ServerConfig


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    config = ServerConfig(
        backend_store_uri=f"sqlite:///{tmp_path}/served.db",
        artifacts_destination=str(tmp_path / "served"),
    )
    with running(create_app(config)) as url:
        monkeypatch.setenv("CAIRN_TRACKING_URI", url)
        yield url
        active.end_all()
        outbox.close()
        connect.close()


def test_dataset_of_a_run_leads_back_to_its_artifact(server: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2], "target": [0, 1]})
    with cairn.start_run() as run:
        cairn.log_text(frame.to_csv(index=False), "datasets/train.csv")
        link = cairn.get_artifact_uri("datasets/train.csv")
        made = data.from_pandas(frame, link, targets="target", name="train")
        cairn.log_input(made, context="training")
    (used,) = cairn.get_run(run.info.run_id).inputs.dataset_inputs
    assert (used.dataset.name, used.dataset.digest) == ("train", made.digest)
    assert used.dataset.source_type == "mlflow-artifacts"
    assert [(tag.key, tag.value) for tag in used.tags] == [("mlflow.data.context", "training")]
    target = tmp_path / "copies"
    target.mkdir()
    copy = data.get_source(used).load(target)
    assert Path(copy).parent == target
    assert pd.read_csv(copy).equals(frame)


def test_artifact_that_is_gone_is_an_error(server: str) -> None:
    source = data.resolve_dataset_source("mlflow-artifacts:/0/run/artifacts/train.csv")
    with pytest.raises(DoesNotExist, match=r"train\.csv"):
        source.load()
