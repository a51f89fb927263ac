"""Datasets: what runs read, with digest, schema and source."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cairn import data
from mlflow._absent import sentence

if TYPE_CHECKING:
    from cairn.data import NumpyDataset as NumpyDataset
    from cairn.data import from_numpy as from_numpy
    from cairn.data import from_pandas as from_pandas
    from cairn.data import from_polars as from_polars
    from cairn.data import get_source as get_source

_MODULES = frozenset(
    {
        "artifact_dataset_sources",
        "code_dataset_source",
        "dataset",
        "dataset_registry",
        "dataset_source",
        "dataset_source_registry",
        "filesystem_dataset_source",
        "http_dataset_source",
        "numpy_dataset",
        "pandas_dataset",
        "polars_dataset",
        "schema",
        "sources",
    }
)


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"mlflow.data.{name}")
    # Constructors of plugins are names of `cairn.data` too.
    value = None if name.startswith("__") else getattr(data, name, None)
    if value is None:
        raise AttributeError(sentence(f"mlflow.data.{name}"), name=name)
    return value


def __dir__() -> list[str]:
    return sorted({*dir(data), *_MODULES})
