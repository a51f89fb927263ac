"""Datasets of data frames: pandas and polars."""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING, Any

from cairn.data.dataset import Dataset
from cairn.data.registry import to_source
from cairn.data.schema import Schema
from cairn.data.sources import DatasetSource
from cairn.errors import InvalidValue

if TYPE_CHECKING:
    import os

    import pandas as pd
    import polars as pl

    Source = str | os.PathLike[str] | DatasetSource | None

log = logging.getLogger(__name__)


class _FrameDataset(Dataset):
    """What datasets of all kinds of data frames have."""

    def __init__(
        self,
        df: Any,
        source: DatasetSource,
        targets: str | None = None,
        name: str | None = None,
        digest: str | None = None,
        predictions: str | None = None,
    ) -> None:
        for role, column in (("targets", targets), ("predictions", predictions)):
            if column is not None and column not in df.columns:
                raise InvalidValue(
                    f"The data frame has no column '{column}' for its {role}. Its columns are"
                    f" {_some(list(df.columns))}."
                )
        self._df = df
        self._targets = targets
        self._predictions = predictions
        super().__init__(source, name, digest)

    @property
    def targets(self) -> str | None:
        """Name of the column with what is to be predicted."""
        return self._targets

    @property
    def predictions(self) -> str | None:
        """Name of the column with what a model predicted."""
        return self._predictions

    @property
    def profile(self) -> dict[str, int]:
        """Number of rows and of cells."""
        rows, columns = self._df.shape
        return {"num_rows": int(rows), "num_elements": int(rows * columns)}

    def _explained(self, error: InvalidValue) -> None:
        log.warning("The schema of dataset '%s' is left away. %s", self.name, error)


class PandasDataset(_FrameDataset):
    """A dataset of a pandas data frame; made by `from_pandas`."""

    def _compute_digest(self) -> str:
        from cairn.data.digest import pandas_digest

        return pandas_digest(self._df)

    @property
    def df(self) -> pd.DataFrame:
        """The data frame."""
        frame: pd.DataFrame = self._df
        return frame

    @functools.cached_property
    def schema(self) -> Schema | None:
        """Types of the columns; None, with a line in the log, when one has no type."""
        from cairn.data.inference import infer_pandas

        try:
            return infer_pandas(self._df)
        except InvalidValue as error:
            self._explained(error)
            return None


class PolarsDataset(_FrameDataset):
    """A dataset of a polars data frame; made by `from_polars`."""

    def _compute_digest(self) -> str:
        from cairn.data.digest import polars_digest

        return polars_digest(self._df)

    @property
    def df(self) -> pl.DataFrame:
        """The data frame."""
        frame: pl.DataFrame = self._df
        return frame

    @functools.cached_property
    def schema(self) -> Schema | None:
        """Types of the columns; None, with a line in the log, when one has no type."""
        from cairn.data.inference import infer_polars

        try:
            return infer_polars(self._df)
        except InvalidValue as error:
            self._explained(error)
            return None


def from_pandas(
    df: pd.DataFrame,
    source: Source = None,
    targets: str | None = None,
    name: str | None = None,
    digest: str | None = None,
    predictions: str | None = None,
) -> PandasDataset:
    """A dataset of a pandas data frame.

    Args:
        df: the data.
        source: path or URI where it comes from, or a `DatasetSource`; when None, this program.
        targets: name of the column with what is to be predicted.
        name: "dataset" when None.
        digest: tells versions of the data apart; computed when None.
        predictions: name of the column with what a model predicted.

    Raises:
        InvalidValue: not a pandas data frame, or it lacks one of the columns.
        DoesNotExist: no kind of source understands `source`.
    """
    if not hasattr(df, "select_dtypes"):
        raise InvalidValue(
            f"from_pandas() needs a pandas.DataFrame, and got {type(df).__name__}. Wrap it with"
            " pandas.DataFrame(...)."
        )
    return PandasDataset(df, to_source(source), targets, name, digest, predictions)


def from_polars(
    df: pl.DataFrame,
    source: Source = None,
    targets: str | None = None,
    name: str | None = None,
    digest: str | None = None,
    predictions: str | None = None,
) -> PolarsDataset:
    """A dataset of a polars data frame.

    Args:
        df: the data; ``collect()`` a lazy frame first.
        source: path or URI where it comes from, or a `DatasetSource`; when None, this program.
        targets: name of the column with what is to be predicted.
        name: "dataset" when None.
        digest: tells versions of the data apart; computed when None.
        predictions: name of the column with what a model predicted.

    Raises:
        InvalidValue: not a polars data frame, or it lacks one of the columns.
        DoesNotExist: no kind of source understands `source`.
    """
    if not hasattr(df, "hash_rows"):
        raise InvalidValue(
            f"from_polars() needs a polars.DataFrame, and got {type(df).__name__}. Collect a"
            " LazyFrame with .collect()."
        )
    return PolarsDataset(df, to_source(source), targets, name, digest, predictions)


def _some(columns: list[Any]) -> str:
    shown = ", ".join(str(column) for column in columns[:20])
    return f"{shown}, ..." if len(columns) > 20 else shown
