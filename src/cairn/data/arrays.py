"""Datasets of NumPy arrays."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cairn.data.dataset import Dataset
from cairn.data.registry import to_source
from cairn.data.schema import TensorDatasetSchema
from cairn.data.sources import DatasetSource
from cairn.errors import InvalidValue

if TYPE_CHECKING:
    import os

    import numpy as np

    Arrays = np.ndarray[Any, Any] | dict[str, np.ndarray[Any, Any]]
    Source = str | os.PathLike[str] | DatasetSource | None

log = logging.getLogger(__name__)


class NumpyDataset(Dataset):
    """A dataset of NumPy arrays; made by `from_numpy`."""

    def __init__(
        self,
        features: Arrays,
        source: DatasetSource,
        targets: Arrays | None = None,
        name: str | None = None,
        digest: str | None = None,
    ) -> None:
        self._features = features
        self._targets = targets
        super().__init__(source, name, digest)

    def _compute_digest(self) -> str:
        from cairn.data.digest import numpy_digest

        return numpy_digest(self._features, self._targets)

    @property
    def features(self) -> Arrays:
        """The array, or the arrays by name."""
        return self._features

    @property
    def targets(self) -> Arrays | None:
        """What is to be predicted."""
        return self._targets

    @property
    def profile(self) -> dict[str, Any]:
        """Shape, number of elements and bytes of features and targets."""
        parts = {"features": self._features}
        if self._targets is not None:
            parts["targets"] = self._targets
        facts: dict[str, Callable[[Any], Any]] = {
            "shape": lambda array: list(array.shape),
            "size": lambda array: array.size,
            "nbytes": lambda array: array.nbytes,
        }
        return {
            f"{part}_{fact}": (
                {key: of(array) for key, array in data.items()}
                if isinstance(data, dict)
                else of(data)
            )
            for part, data in parts.items()
            for fact, of in facts.items()
        }

    @functools.cached_property
    def schema(self) -> TensorDatasetSchema | None:
        """Types and shapes; None, with a line in the log, when an array has no dimension."""
        from cairn.data.inference import infer_numpy

        try:
            targets = infer_numpy(self._targets) if self._targets is not None else None
            return TensorDatasetSchema(infer_numpy(self._features), targets)
        except InvalidValue as error:
            log.warning("The schema of dataset '%s' is left away. %s", self.name, error)
            return None


def from_numpy(
    features: Arrays,
    source: Source = None,
    targets: Arrays | None = None,
    name: str | None = None,
    digest: str | None = None,
) -> NumpyDataset:
    """A dataset of NumPy arrays.

    Args:
        features: an array with one row an example, or such arrays by name.
        source: path or URI where they come from, or a `DatasetSource`; when None, this program.
        targets: what is to be predicted, in the same form.
        name: "dataset" when None.
        digest: tells versions of the data apart; computed when None.

    Raises:
        InvalidValue: features or targets are no arrays.
        DoesNotExist: no kind of source understands `source`.
    """
    _check("features", features)
    if targets is not None:
        _check("targets", targets)
    return NumpyDataset(features, to_source(source), targets, name, digest)


def _check(role: str, data: Any) -> None:
    arrays = data.values() if isinstance(data, dict) else [data]
    for array in arrays:
        if not hasattr(array, "flatten"):
            raise InvalidValue(
                f"from_numpy() needs arrays as {role}, and got {type(array).__name__}. Wrap it with"
                " numpy.asarray(...)."
            )
