"""Histograms: how values are distributed, as a small JSON file."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Sequence
from typing import Any

from cairn.errors import InvalidValue

FOLDER = "histograms"
"""Folder of the series of histograms."""

MOST_BINS = 512


def histogram(
    values: Any = None, *, counts: Any = None, edges: Any = None, bins: int = 64
) -> bytes:
    """The JSON of a histogram.

    ``{"counts": [...], "edges": [...], "total": n, "left_out": m}``: `edges` are one more than
    `counts` and grow; the last bin holds its upper edge. `left_out` counts NaN and infinities.

    Args:
        values: numbers of any shape; or else give counts and edges.
        counts: how many values lie in each bin.
        edges: where the bins begin, and where the last one ends.
        bins: how many bins values are put into, at most 512.

    Raises:
        InvalidValue: both or neither are given, or they do not make a histogram.
    """
    if (values is None) == (counts is None) or (counts is None) != (edges is None):
        raise InvalidValue("log_histogram() takes either values, or counts and edges.")
    if values is not None:
        found, borders, left_out = _count(values, bins)
    else:
        found, borders, left_out = _numbers("counts", counts), _numbers("edges", edges), 0
        _check(found, borders)
    shown = [int(count) if float(count).is_integer() else count for count in found]
    document = {"counts": shown, "edges": borders, "total": sum(shown), "left_out": left_out}
    return json.dumps(document, separators=(",", ":")).encode()


def _count(values: Any, bins: int) -> tuple[list[float], list[float], int]:
    try:
        import numpy as np
    except ImportError:
        raise InvalidValue(
            "Values are counted with numpy. Run `pip install numpy`, or pass counts and edges."
        ) from None
    if isinstance(bins, bool) or not hasattr(bins, "__index__") or not 1 <= bins <= MOST_BINS:
        raise InvalidValue(f"bins={bins!r} is not allowed. Pass a whole number up to {MOST_BINS}.")
    try:
        array = np.asarray(values).astype(np.float64).ravel()
    except (TypeError, ValueError) as error:
        raise InvalidValue(f"The values of the histogram are no numbers: {error}.") from None
    finite = array[np.isfinite(array)]
    found, borders = np.histogram(finite, bins=int(bins))
    return found.tolist(), borders.tolist(), int(array.size - finite.size)


def _numbers(name: str, given: Any) -> list[float]:
    listed = given.tolist() if hasattr(given, "tolist") else given
    if not isinstance(listed, Sequence) or isinstance(listed, (str, bytes)):
        raise InvalidValue(f"The {name} of a histogram are {given!r}. Pass a list of numbers.")
    try:
        found = [float(each) for each in listed]
    except (TypeError, ValueError):
        raise InvalidValue(f"The {name} of a histogram hold what is no number.") from None
    if not all(map(math.isfinite, found)):
        raise InvalidValue(f"The {name} of a histogram must be finite numbers.")
    return found


def _check(counts: list[float], edges: list[float]) -> None:
    if not 1 <= len(counts) <= MOST_BINS or len(edges) != len(counts) + 1:
        raise InvalidValue(
            f"A histogram of {len(counts)} counts and {len(edges)} edges cannot be logged. Pass 1"
            f" to {MOST_BINS} counts, and one edge more."
        )
    if any(low >= high for low, high in itertools.pairwise(edges)) or min(counts) < 0:
        raise InvalidValue("The edges of a histogram must grow, and no count may be below 0.")
