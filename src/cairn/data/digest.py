"""Digests: short names of content, equal on every machine and in every compatible program.

The digest of a data frame or of arrays is 8 hexadecimal digits of an MD5 over hashes of the first
10,000 rows or elements, and over their number. It tells versions of a dataset apart; it is no
protection against forgery. The hashes are those of ``pandas.util.hash_array``, whose numbers are
mixed with the finalizer of SplitMix64 (Steele, Lea, Flood 2014).
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from cairn.errors import InvalidValue

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import polars as pl

    Arrays = np.ndarray[Any, Any] | dict[str, np.ndarray[Any, Any]]

MAX_ROWS = 10_000
DIGITS = 8


def short_digest(parts: Iterable[Any]) -> str:
    """First 8 hexadecimal digits of the MD5 of `parts`: bytes, NumPy numbers and arrays.

    Raises:
        InvalidValue: there are none.
    """
    md5 = hashlib.md5(usedforsecurity=False)
    count = 0
    for part in parts:
        md5.update(part)
        count += 1
    if not count:
        raise InvalidValue("Nothing has no digest. Give at least one part.")
    return md5.hexdigest()[:DIGITS]


def pandas_digest(frame: pd.DataFrame) -> str:
    """Digest of a pandas data frame.

    Of its rows only columns of numbers, and columns in which each value is a string, are hashed;
    of all columns the names are.
    """
    import numpy as np
    import pandas as pd

    at_text = [_is_text(frame.iloc[:, at]) for at in range(frame.shape[1])]
    text = frame.columns[np.array(at_text, dtype=bool)]
    numbers = frame.select_dtypes(include=["number"]).columns
    with warnings.catch_warnings():  # names that cannot be sorted stay in their order
        warnings.simplefilter("ignore", RuntimeWarning)
        hashed = text.union(numbers)
    rows = pd.util.hash_pandas_object(frame.head(MAX_ROWS)[hashed])
    names = [str(name).encode() for name in frame.columns]
    return short_digest([rows.to_numpy(), np.int64(len(frame)), *names])


def _is_text(column: pd.Series[Any]) -> bool:
    """Whether each value is a string, also when there are no values."""
    import pandas as pd

    if isinstance(column.dtype, pd.StringDtype):
        return not bool(column.isna().any())
    if column.dtype.kind in "biufcmM":
        return len(column) == 0
    return all(type(value) is str for value in column)


def polars_digest(frame: pl.DataFrame) -> str:
    """Digest of a polars data frame: the sum of the hashes of all its rows, in decimal."""
    return str(frame.hash_rows().sum())


def numpy_digest(features: Arrays, targets: Arrays | None = None) -> str:
    """Digest of arrays; those of a dictionary count sorted by key.

    Raises:
        InvalidValue: arrays of text or objects need pandas, and it is not installed.
    """
    parts = [*_parts(features), *(_parts(targets) if targets is not None else ())]
    return short_digest(parts)


def _parts(data: Arrays) -> Iterator[Any]:
    import numpy as np

    arrays = [data[key] for key in sorted(data)] if isinstance(data, dict) else [data]
    for array in arrays:
        yield _hashes(array.flatten()[:MAX_ROWS])
        yield from (np.int64(length) for length in array.shape)


def _hashes(array: np.ndarray[Any, Any]) -> Any:
    """One 64-bit hash per element; for what cannot be hashed, the number of elements."""
    import numpy as np

    if array.dtype.kind in "biufmM" and array.dtype.itemsize <= 8:
        if array.dtype.kind == "f":
            array = array.copy()  # each zero and each NaN counts as the same one
            array[array == 0] = 0
            array[np.isnan(array)] = np.nan
        bits = array.astype("u1") if array.dtype.kind == "b" else array.view(f"u{array.itemsize}")
        return _mix(bits.astype("u8"))
    try:
        from pandas.util import hash_array
    except ImportError:
        raise InvalidValue(
            f"The digest of an array of type {array.dtype} needs pandas. Run `pip install pandas`,"
            " or give a digest."
        ) from None
    try:
        return hash_array(array)
    except TypeError:
        return np.int64(array.size)


def _mix(bits: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The finalizer of SplitMix64, modulo 2**64."""
    import numpy as np

    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: np.ndarray[Any, Any] = bits ^ (bits >> np.uint64(31))
    return mixed
