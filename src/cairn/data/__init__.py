"""Datasets: what runs read, with digest, schema and source. Names are loaded on first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cairn.data.arrays import NumpyDataset, from_numpy
    from cairn.data.dataset import Dataset
    from cairn.data.registry import (
        get_dataset_source_from_json,
        get_registered_constructors,
        get_registered_sources,
        get_source,
        register_constructor,
        register_dataset_source,
        resolve_dataset_source,
    )
    from cairn.data.sources import DatasetSource
    from cairn.data.tabular import PandasDataset, PolarsDataset, from_pandas, from_polars

__all__ = [
    "Dataset",
    "DatasetSource",
    "NumpyDataset",
    "PandasDataset",
    "PolarsDataset",
    "from_numpy",
    "from_pandas",
    "from_polars",
    "get_dataset_source_from_json",
    "get_registered_constructors",
    "get_registered_sources",
    "get_source",
    "register_constructor",
    "register_dataset_source",
    "resolve_dataset_source",
]

_HOMES = {
    "arrays": ("NumpyDataset", "from_numpy"),
    "dataset": ("Dataset",),
    "sources": ("DatasetSource",),
    "tabular": ("PandasDataset", "PolarsDataset", "from_pandas", "from_polars"),
    "registry": (
        "get_dataset_source_from_json",
        "get_registered_constructors",
        "get_registered_sources",
        "get_source",
        "register_constructor",
        "register_dataset_source",
        "resolve_dataset_source",
    ),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(import_module(f"cairn.data.{_HOME[name]}"), name)
        globals()[name] = value
        return value
    if name.startswith(("from_", "load_")):
        found = import_module("cairn.data.registry").find_constructor(name)
        if found is not None:
            return found
    raise AttributeError(f"module 'cairn.data' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
