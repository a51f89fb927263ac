from __future__ import annotations

import json
import logging
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from cairn import data
from cairn.contract import runs
from cairn.data import dataset as dataset_module
from cairn.data import registry
from cairn.data.sources import CodeDatasetSource
from cairn.errors import DoesNotExist, InvalidValue

FRAME = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_sources", list(registry._sources))
    monkeypatch.setattr(registry, "_constructors", {})


def test_pandas_dataset_is_stored_as_texts() -> None:
    made = data.from_pandas(FRAME, "train.csv", targets="b", name="train")
    assert json.loads(made.to_json()) == {
        "name": "train",
        "digest": made.digest,
        "source": '{"uri": "train.csv"}',
        "source_type": "local",
        "schema": '{"mlflow_colspec": [{"type": "long", "name": "a", "required": true}, '
        '{"type": "string", "name": "b", "required": true}]}',
        "profile": '{"num_rows": 2, "num_elements": 4}',
    }
    assert made.df is FRAME
    assert made.targets == "b"


def test_numpy_dataset_has_tensors_and_sizes() -> None:
    made = data.from_numpy({"x": np.zeros((3, 2), dtype="f4")}, "x.npy", np.arange(3))
    assert made.profile == {
        "features_shape": {"x": [3, 2]},
        "features_size": {"x": 6},
        "features_nbytes": {"x": 24},
        "targets_shape": [3],
        "targets_size": 3,
        "targets_nbytes": 24,
    }
    stored = json.loads(made.to_dict()["schema"])["mlflow_tensorspec"]
    assert json.loads(stored["targets"]) == [
        {"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}
    ]


def test_polars_dataset_has_the_sum_of_its_row_hashes_as_digest() -> None:
    frame = pl.DataFrame({"a": [1, 2]})
    assert data.from_polars(frame, "x").digest == str(frame.hash_rows().sum())


def test_dataset_without_source_names_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["train.py"])
    source = data.from_pandas(FRAME).source
    assert isinstance(source, CodeDatasetSource)
    assert source.to_dict()["tags"]["mlflow.source.name"] == "train.py"


def test_name_and_digest_can_be_given() -> None:
    made = data.from_pandas(FRAME, "x", name="n", digest="v1")
    assert (made.name, made.digest) == ("n", "v1")
    assert data.from_pandas(FRAME, "x").name == "dataset"


@pytest.mark.parametrize("role", ["targets", "predictions"])
def test_column_that_is_not_there_is_an_error(role: str) -> None:
    with pytest.raises(InvalidValue, match=f"no column 'q' for its {role}"):
        data.from_pandas(FRAME, "x", **{role: "q"})


def test_wrong_data_is_an_error_that_says_what_to_pass() -> None:
    wrong: Any = [1, 2]
    with pytest.raises(InvalidValue, match=r"pandas\.DataFrame"):
        data.from_pandas(wrong)
    with pytest.raises(InvalidValue, match="collect"):
        data.from_polars(pl.LazyFrame({"a": [1]}))  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match=r"numpy\.asarray"):
        data.from_numpy({"x": wrong})


def test_column_without_a_type_leaves_the_schema_away_and_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    made = data.from_pandas(FRAME.assign(c=[1, "x"]), "x", name="odd")
    with caplog.at_level(logging.WARNING):
        assert made.to_dict()["schema"] is None
    assert "'odd'" in caplog.text
    assert "Column 'c'" in caplog.text


def test_use_by_a_run_carries_context_and_tags() -> None:
    message = data.from_pandas(FRAME, "x", name="n").to_message("training", {"fold": 1})
    assert message.dataset.name == "n"
    assert message.tags == [
        runs.InputTag(key="fold", value="1"),
        runs.InputTag(key="mlflow.data.context", value="training"),
    ]
    assert data.from_pandas(FRAME, "x").to_message().tags == []


def test_entity_and_message_are_of_the_same_texts() -> None:
    made = data.from_pandas(FRAME, "x")
    assert dict(made.to_entity()) == made.to_dict()
    assert made.to_message().dataset == runs.Dataset(**made.to_dict())


def test_schema_that_no_server_takes_is_left_away(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(dataset_module, "MAX_SCHEMA_LENGTH", 10)
    message = data.from_pandas(FRAME, "x").to_message()
    assert message.dataset.schema is None
    assert message.dataset.profile is not None
    assert "at most 10" in caplog.text


def test_source_is_found_again_from_a_dataset_or_what_a_run_knows() -> None:
    made = data.from_pandas(FRAME, "s3://bucket/key")
    stored = SimpleNamespace(source=made.source.to_json(), source_type="s3")
    for known in (made, made.to_message(), made.to_entity(), stored):
        assert data.get_source(known).to_dict() == {"uri": "s3://bucket/key"}
    with pytest.raises(InvalidValue, match="str is no dataset"):
        data.get_source("x")


class Lake(data.DatasetSource):
    def __init__(self, table: str) -> None:
        self.table = table

    @staticmethod
    def _get_source_type() -> str:
        return "lake"

    @staticmethod
    def _can_resolve(raw_source: Any) -> bool:
        return str(raw_source).startswith("lake:")

    @classmethod
    def _resolve(cls, raw_source: Any) -> Lake:
        return cls(raw_source.removeprefix("lake:"))

    def load(self) -> str:
        return self.table

    def to_dict(self) -> dict[str, Any]:
        return {"table": self.table}

    @classmethod
    def from_dict(cls, source_dict: dict[Any, Any]) -> Lake:
        return cls(source_dict["table"])


class Better(Lake):
    @staticmethod
    def _can_resolve(raw_source: Any) -> bool:
        return bool(raw_source == "train.csv")


def test_registered_source_is_understood_stored_and_read_back() -> None:
    with pytest.raises(DoesNotExist):
        data.from_pandas(FRAME, "lake:t")
    data.register_dataset_source(Lake)
    made = data.from_pandas(FRAME, "lake:t")
    assert made.to_dict()["source_type"] == "lake"
    assert data.get_source(made.to_message()).load() == "t"


def test_source_registered_last_wins() -> None:
    data.register_dataset_source(Better)
    assert isinstance(data.resolve_dataset_source("train.csv"), Better)


def from_nothing(name: str | None = None, digest: str | None = None) -> data.Dataset:
    return data.from_pandas(FRAME, "x", name=name, digest=digest)


def test_registered_constructor_is_an_attribute_of_the_package() -> None:
    assert data.register_constructor(from_nothing) == "from_nothing"
    assert data.from_nothing(name="n").name == "n"  # type: ignore[attr-defined]
    assert data.get_registered_constructors() == {"from_nothing": from_nothing}
    with pytest.raises(AttributeError, match="from_nowhere"):
        _ = data.from_nowhere  # type: ignore[attr-defined]


def from_unnamed(digest: str | None = None) -> data.Dataset: ...


def from_required(name: str, digest: str | None = None) -> data.Dataset: ...


def from_untyped(name=None, digest=None): ...


def other_name(name: str | None = None, digest: str | None = None) -> data.Dataset: ...


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (from_unnamed, "optional parameter 'name'"),
        (from_required, "optional parameter 'name'"),
        (from_untyped, "return type"),
        (other_name, "begins with"),
    ],
)
def test_constructor_of_another_form_is_refused(function: Any, says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        data.register_constructor(function)


def test_package_loads_no_data_library() -> None:
    code = (
        "import sys, cairn.data as data\n"
        "from cairn.data import registry, tabular, arrays, inference, digest\n"
        "data.resolve_dataset_source('x.csv')\n"
        "print({'numpy', 'pandas', 'polars', 'urllib3'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
