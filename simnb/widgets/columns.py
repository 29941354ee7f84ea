"""A column of labels or metadata as colours: a code for every item, and what the codes mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simnb.visualization import palette
from simnb.widgets.points import Points

CATEGORIES = 1000  # more different values than that are no categories, save for the labels
_LABELS = 65_000  # what a code of two bytes can tell apart
_STEPS = 256  # of a ramp
_NO_VALUE = "(none)"
_OTHER = "(other)"


@dataclass(frozen=True)
class Column:
    """One column, ready to be drawn.

    Attributes
    ----------
    name : str
    kind : {"categorical", "continuous"}
    codes : uint8 or uint16 [n]
        Place in `names`, or in the 256 steps of the ramp over `range`.
    names : list of str
        Of the categories.
    range : (float, float) or None
        Of a continuous column; None if no value is finite.
    missing : int or None
        The code of "no value".
    values : sequence of n
        As they were given.
    """

    name: str
    kind: str
    codes: NDArray[Any]
    names: list[str]
    range: tuple[float, float] | None
    missing: int | None
    values: Any

    @cached_property
    def colors(self) -> list[str]:
        """Colours by code, `"#rrggbb"`."""
        if self.kind == "continuous":
            return [*palette.ramp(), *([palette.NO_LABEL] if self.missing == _STEPS else [])]
        colors = palette.categorical_colors(len(self.names))
        if self.missing is not None:
            colors[self.missing] = palette.NO_LABEL
        return colors

    @property
    def range_texts(self) -> list[str]:
        """The ends of a continuous column, as a colour bar writes them."""
        if self.range is None:
            return []
        if getattr(self.values, "dtype", np.dtype("O")).kind == "M":
            ends = np.array(self.range, "int64").astype("datetime64[ns]").astype("datetime64[s]")
            return [str(end).replace("T", " ") for end in ends]
        return [f"{end:.6g}" for end in self.range]

    def text(self, row: int) -> str:
        """What to show of one item."""
        if self.names:
            return self.names[int(self.codes[row])]
        return text_of(self.values[row])

    def values_at(self, rows: list[int]) -> list[Any]:
        """The values of some items as they were given, a class by its name if it has one."""
        return [self.values[row] for row in rows]

    def rows_with(self, words: str) -> NDArray[np.bool_]:
        """Return which items' text has these words in it, upper or lower case alike."""
        wanted = words.casefold()
        if self.names:
            hits = np.array([wanted in name.casefold() for name in self.names], bool)
            return np.asarray(hits[self.codes])
        found = (wanted in text_of(value).casefold() for value in self.values)
        return np.fromiter(found, bool, len(self.values))


def columns_of(
    points: Points, class_names: Mapping[Any, str] | Sequence[str] | None
) -> dict[str, Column]:
    """Return the labels, under "label", and all metadata as columns."""
    found = {"label": label_column(points.labels, len(points.embeddings), class_names)}
    for name, values in points.metadata.items():
        own = name if name != "label" else "label (metadata)"
        column = metadata_column(own, values)
        found[own] = plain_column(own, values) if column is None else column
    return found


def label_column(
    labels: Any, count: int, class_names: Mapping[Any, str] | Sequence[str] | None
) -> Column:
    """Return labels as a categorical column; without any, all items are of one category."""
    if labels is None:
        codes = np.zeros(count, np.uint8)
        return Column("label", "categorical", codes, ["all"], None, None, codes)
    column = _categorical("label", labels, _LABELS)
    if class_names is None:
        return column
    names = [_class_name(value, name, class_names) for value, name in _known(column, labels)]
    named = np.array(names, object)[column.codes]
    return Column("label", "categorical", column.codes, names, None, column.missing, named)


def metadata_column(name: str, values: Any) -> Column | None:
    """Return a column that can be a colour; None for texts or ids that nearly all differ."""
    array = _numbers(values)
    if array is not None and (array.dtype.kind == "f" or len(pd.unique(array)) > 20):
        return _continuous(name, array, values)
    found = pd.unique(pd.Series(_plain(values), dtype=object))
    if len(found) > min(CATEGORIES, max(20, len(values) // 2)):
        return None
    return _categorical(name, values, CATEGORIES)


def plain_column(name: str, values: Any) -> Column:
    """Return a column that is only read: shown and searched, but no colour."""
    return Column(name, "text", np.zeros(0, np.uint8), [], None, None, values)


def text_of(value: Any) -> str:
    """A value of the user's as text: numbers short, what is absent empty."""
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, (float, np.floating)):
        return "" if np.isnan(value) else f"{value:.6g}"
    return str(value)


def _plain(values: Any) -> list[Any]:
    return list(values.tolist() if hasattr(values, "tolist") else values)


def _numbers(values: Any) -> NDArray[Any] | None:
    """The column as numbers, times as their nanoseconds; None for anything else."""
    array = np.asarray(values) if hasattr(values, "dtype") else None
    if array is None:
        known = [value for value in values if value is not None]
        if not known or not all(_is_number(value) for value in known):
            return None
        array = np.array([np.nan if value is None else value for value in values], float)
        whole = np.isfinite(array).all() and (array == np.round(array)).all()
        return array.astype(np.int64) if whole else array
    if array.dtype.kind == "M":
        times = array.astype("datetime64[ns]")
        return np.where(np.isnat(times), np.nan, times.astype(np.int64).astype(float))
    if array.dtype.kind == "O":
        return _numbers(array.tolist())
    return array if array.dtype.kind in "iuf" else None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


def _continuous(name: str, array: NDArray[Any], values: Any) -> Column:
    numbers = array.astype(np.float64)
    finite = np.isfinite(numbers)
    if not finite.any():
        codes = np.full(len(numbers), _STEPS, np.uint16)
        return Column(name, "continuous", codes, [], None, _STEPS, values)
    low, high = float(numbers[finite].min()), float(numbers[finite].max())
    share = (np.where(finite, numbers, low) - low) / ((high - low) or 1.0)
    codes = np.minimum(share * _STEPS, _STEPS - 1).astype(np.uint8)
    if finite.all():
        return Column(name, "continuous", codes, [], (low, high), None, values)
    codes = np.where(finite, codes, np.uint16(_STEPS)).astype(np.uint16)
    return Column(name, "continuous", codes, [], (low, high), _STEPS, values)


def _categorical(name: str, values: Any, most: int) -> Column:
    """Codes in the order of the values, or of their first appearance if they have none."""
    series = pd.Series(
        values if hasattr(values, "dtype") else pd.Series(list(values), dtype=object)
    )
    try:
        codes, found = pd.factorize(series, sort=True)
    except TypeError:  # values of several kinds have no order
        codes, found = pd.factorize(series)
    names = [text_of(value) for value in found]
    if len(names) > most:
        codes = np.where(codes >= most, most, codes)
        names = [*names[:most], _OTHER]
    missing = None
    if (codes < 0).any():
        missing = len(names)
        codes = np.where(codes < 0, missing, codes)
        names = [*names, _NO_VALUE]
    kept = codes.astype(np.uint8 if len(names) <= 256 else np.uint16)
    return Column(name, "categorical", kept, names, None, missing, values)


def _known(column: Column, labels: Any) -> list[tuple[Any, str]]:
    """Of each category a label that has it, and its own name."""
    first = np.unique(column.codes, return_index=True)[1]
    return [(labels[int(row)], name) for row, name in zip(first, column.names, strict=True)]


def _class_name(value: Any, name: str, class_names: Mapping[Any, str] | Sequence[str]) -> str:
    label = value.item() if hasattr(value, "item") else value
    if isinstance(class_names, Mapping):
        return str(class_names.get(label, name))
    known = isinstance(label, int) and 0 <= label < len(class_names)
    return str(class_names[label]) if known else name
