"""Checks of what a caller passed in: one clear error, or the value ready for use.

Public functions and constructors call these; code below them trusts its input.
"""

from __future__ import annotations

import importlib
from collections.abc import Collection
from importlib import metadata
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray


def positive_integer(name: str, value: Any, most: int | None = None) -> int:
    """`value` as an int of at least 1, and at most `most`."""
    if not _is_whole(value) or value < 1 or (most is not None and value > most):
        allowed = "of at least 1" if most is None else f"from 1 to {most}"
        raise ValueError(f"`{name}` must be a whole number {allowed}. Received: {name}={value!r}")
    return int(value)


def seed(name: str, value: Any) -> int:
    """`value` as an int of at least 0, as NumPy's generators take it."""
    if not _is_whole(value) or value < 0:
        raise ValueError(
            f"`{name}` must be a whole number of at least 0. Received: {name}={value!r}"
        )
    return int(value)


def finite(name: str, value: Any) -> float:
    """`value` as a finite float."""
    number = _real(value)
    if not np.isfinite(number):
        raise ValueError(f"`{name}` must be a finite number. Received: {name}={value!r}")
    return number


def non_negative(name: str, value: Any) -> float:
    """`value` as a finite float of at least 0."""
    number = _real(value)
    if not 0 <= number < np.inf:
        raise ValueError(
            f"`{name}` must be a finite number of at least 0. Received: {name}={value!r}"
        )
    return number


def positive(name: str, value: Any) -> float:
    """`value` as a finite float above 0."""
    number = non_negative(name, value)
    if number == 0:
        raise ValueError(f"`{name}` must be above 0. Received: {name}={value!r}")
    return number


def threshold(name: str, value: Any) -> float:
    """`value` as a float to compare distances with; it may be infinite."""
    number = _real(value)
    if np.isnan(number):
        raise ValueError(f"`{name}` must be a number. Received: {name}={value!r}")
    return number


def between_0_and_1(name: str, value: Any) -> float:
    """`value` as a float above 0 and below 1."""
    number = _real(value)
    if not 0 < number < 1:
        raise ValueError(f"`{name}` must be between 0 and 1. Received: {name}={value!r}")
    return number


def image_size(name: str, value: Any) -> tuple[int, int] | None:
    """Return `value`, a (height, width), or None as it is."""
    if value is None:
        return None
    try:
        height, width = (positive_integer(name, side) for side in value)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"`{name}` must be (height, width), whole numbers from 1, or None. Received: {name}={value!r}"
        ) from error
    return height, width


def one_of(name: str, value: Any, allowed: Collection[str]) -> str:
    """`value`, which must be one of `allowed`."""
    if not isinstance(value, str) or value not in allowed:
        known = ", ".join(repr(choice) for choice in allowed)
        raise ValueError(f"`{name}` must be one of {known}. Received: {name}={value!r}")
    return value


def matrix(name: str, value: Any, columns: int | None = None) -> NDArray[np.float32]:
    """`value` as a float32 matrix, one row an item, without NaN or inf.

    A vector or a rank other than 2, a wrong number of columns and rows with a
    value that is not finite are refused; the message names the first rows.
    """
    if value is None:
        raise ValueError(f"`{name}` must be an array of shape [n, d]. Received: {name}=None")
    try:
        with np.errstate(over="ignore"):  # what float32 cannot hold is reported as inf below
            rows = np.asarray(value, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"`{name}` must be a numeric array of shape [n, d]. Received: {type(value).__name__} ({error})"
        ) from error
    if rows.ndim != 2:
        raise ValueError(f"`{name}` must have shape [n, d]. Received: shape {rows.shape}")
    if columns is not None and rows.shape[1] != columns:
        raise ValueError(f"`{name}` must have {columns} columns. Received: shape {rows.shape}")
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        bad = np.flatnonzero(~finite)
        shown = ", ".join(map(str, bad[:10])) + (", …" if len(bad) > 10 else "")
        raise ValueError(
            f"`{name}` must be finite (in float32). Received: NaN or inf in {len(bad)} of {len(rows)} rows: {shown}"
        )
    return rows


def rows(name: str, value: Any, count: int) -> NDArray[np.int64]:
    """`value`, one or several row numbers below `count` or a mask of all rows, as a vector."""
    listed = list(value) if isinstance(value, (set, frozenset)) else value
    found = np.atleast_1d(np.asarray(listed))
    if found.dtype == bool and found.shape == (count,):
        return np.flatnonzero(found)
    if found.size == 0:
        return np.zeros(0, np.int64)
    if found.ndim != 1 or found.dtype.kind not in "iu":
        raise ValueError(
            f"`{name}` must be row numbers, or one True or False for each of {count} rows. "
            f"Received: dtype {found.dtype}, shape {found.shape}"
        )
    low, high = int(found.min()), int(found.max())
    if low < 0 or high >= count:
        raise ValueError(
            f"`{name}` must be row numbers from 0 to {count - 1}. Received: {low if low < 0 else high}"
        )
    return found.astype(np.int64)


def row(name: str, value: Any, count: int) -> int:
    """`value`, one row number below `count`."""
    if not _is_whole(value) or not 0 <= value < count:
        raise ValueError(
            f"`{name}` must be a row number from 0 to {count - 1}. Received: {name}={value!r}"
        )
    return int(value)


def labels(name: str, value: Any, count: int | None = None) -> NDArray[Any]:
    """`value` as a vector of integer, string or boolean labels.

    Shapes `[n]` and `[n, 1]` are accepted. Integers keep their width, so 64-bit
    ids are exact; floats, one-hot rows, missing values and mixtures are refused.
    """
    if value is None:
        raise ValueError(f"`{name}` must hold one label an example. Received: {name}=None")
    found = np.asarray(value)
    if found.dtype.kind == "f" and not hasattr(value, "dtype"):
        # NumPy turns a list with integers on both sides of 2**63 into floats.
        exact = np.asarray(value, dtype=object)
        if {_label_kind(label) for label in exact.ravel().tolist()} == {"integers"}:
            found = exact if exact.min() < 0 else exact.astype(np.uint64)
    if found.ndim == 2 and found.shape[1] == 1:
        found = found[:, 0]
    if found.ndim != 1:
        raise ValueError(
            f"`{name}` must hold one label an example, shape [n]. Received: shape {found.shape}"
            + ("; for one-hot rows pass `np.argmax(y, axis=1)`" if found.ndim == 2 else "")
        )
    if count is not None and len(found) != count:
        raise ValueError(
            f"`{name}` must have one label for each of {count} examples. Received: {len(found)} labels"
        )
    if found.dtype.kind == "U" and getattr(value, "dtype", None) is not None:
        return found  # an array of strings holds nothing else
    if found.dtype.kind in "OTU":
        kinds = {_label_kind(label) for label in np.asarray(value, dtype=object).ravel().tolist()}
        if kinds == {"text"}:
            return found.astype(str)
        # np.asarray turns [1, "a"] into text, and ints past 64 bits into objects.
        if len(found):
            raise ValueError(
                f"`{name}` must be all integers that fit 64 bits, or all strings. Received: {', '.join(sorted(kinds))}"
            )
        return found.astype(np.int64)
    if found.dtype.kind == "f" and len(found) == 0:
        return found.astype(np.int64)
    if found.dtype.kind not in "iub":
        raise ValueError(
            f"`{name}` must be integers or strings. Received: dtype {found.dtype}"
            + (
                "; convert whole numbers with `y.astype('int64')`"
                if found.dtype.kind == "f"
                else ""
            )
        )
    return found


def _is_whole(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _real(value: Any) -> float:
    """`value` as a float; NaN for what is no real number, such as a text or a bool."""
    if not _is_whole(value) and not isinstance(value, (float, np.floating)):
        return np.nan
    try:
        return float(value)
    except OverflowError:  # of an int
        return np.inf if value > 0 else -np.inf


def _label_kind(label: Any) -> str:
    if isinstance(label, str):
        return "text"
    if label is None:
        return "None"
    if isinstance(label, (int, np.integer)):
        return "integers"
    return type(label).__name__


def requirement(extra: str) -> str:
    """What to give to pip for simnb with an extra: it is not on an index yet."""
    entries = metadata.metadata("simnb").get_all("Project-URL") or []
    urls = dict(entry.split(", ", 1) for entry in entries)
    return f"'simnb[{extra}] @ git+{urls['Repository']}'"


def package(module: str, install: str) -> ModuleType:
    """Import an optional package; when it is absent, say what to install.

    A package that is there but broken shows its own error.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != module.partition(".")[0]:
            raise
        hint = f"simnb needs `{module}` for this. Install it with: pip install {install}"
        raise ModuleNotFoundError(hint, name=module) from error
