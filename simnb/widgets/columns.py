"""A column of labels or metadata as colours: a code for every item, and what the codes mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simnb.visualization import palette
from simnb.widgets.base import sendable
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
    kind : {"categorical", "continuous", "text"}
        Texts are shown and searched, but no colour.
    codes : uint8 or uint16 [n]
        Place in `names`, or in the 256 steps of the ramp over `range`.
    names : list of str
        Of the categories.
    range : (float, float) or None
        Of a continuous column; None if no value is finite.
    missing : int or None
        The code of "no value".
    values : sequence of n
        As they were given; of labels, their names if classes have any.
    given : bool
        False of the labels of items that have none.
    """

    name: str
    kind: str
    codes: NDArray[Any]
    names: list[str]
    range: tuple[float, float] | None
    missing: int | None
    values: Any
    given: bool = True

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

    def texts(self) -> list[str]:
        """What to show of every item."""
        if self.names:
            found: list[str] = np.array(self.names, object)[self.codes].tolist()
            return found
        return [text_of(value) for value in self.values]

    def values_at(self, rows: list[int]) -> list[Any]:
        """The values of some items."""
        return [self.values[row] for row in rows]

    def rows_with(self, words: str) -> NDArray[np.bool_]:
        """Return which items' text has these words in it, upper or lower case alike."""
        wanted = words.casefold()
        if self.names:
            hits = np.array([wanted in name.casefold() for name in self.names], bool)
            return np.asarray(hits[self.codes])
        found = (wanted in text for text in self._folded)
        return np.fromiter(found, bool, len(self._folded))

    @cached_property
    def _folded(self) -> list[str]:
        """Texts to search in: made by the first search, not by each letter that is typed."""
        return [text_of(value).casefold() for value in self.values]


def columns_of(
    points: Points, class_names: Mapping[Any, str] | Sequence[str] | None
) -> dict[str, Column]:
    """Return the labels, under "label", and all metadata as columns."""
    found = {"label": label_column(points.labels, len(points.embeddings), class_names)}
    for name, values in points.metadata.items():
        own = text_of(name) if name != "label" else "label (metadata)"
        if own in found:
            raise ValueError(
                f"`metadata` must have columns of different names. Received: two {own!r}"
            )
        column = metadata_column(own, values)
        found[own] = plain_column(own, values) if column is None else column
    return found


def label_column(
    labels: Any, count: int, class_names: Mapping[Any, str] | Sequence[str] | None
) -> Column:
    """Return labels as a categorical column; without any, all items are of one category.

    Raises
    ------
    ValueError
        `class_names` is neither a mapping nor a sequence.
    """
    if labels is None:
        one = np.zeros(count, np.uint8)
        return Column("label", "categorical", one, ["all"], None, None, [None] * count, False)
    codes, found = _factorized(labels)
    if class_names is None:
        return _categorical("label", codes, [text_of(value) for value in found], _LABELS, labels)
    name_of = _names(class_names)
    names = [name_of(value) for value in found]
    values = np.array([*names, None], object)[codes]  # a code of -1 is no label
    return _categorical("label", codes, names, _LABELS, values)


def metadata_column(name: str, values: Any) -> Column | None:
    """Return a column that can be a colour; None for texts or ids that nearly all differ."""
    array = _numbers(values)
    if array is not None and (array.dtype.kind == "f" or len(pd.unique(array)) > 20):
        return _continuous(name, array, values)
    codes, found = _factorized(values)
    if len(found) > min(CATEGORIES, max(20, len(values) // 2)):
        return None
    return _categorical(name, codes, [text_of(value) for value in found], CATEGORIES, values)


def plain_column(name: str, values: Any) -> Column:
    """Return a column that is only read: shown and searched, but no colour."""
    return Column(name, "text", np.zeros(0, np.uint8), [], None, None, values)


def text_of(value: Any) -> str:
    """A value of the user's as text: numbers short, what is absent empty."""
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, (float, np.floating)):
        return "" if np.isnan(value) else f"{value:.6g}"
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return sendable(value)


def _numbers(values: Any) -> NDArray[Any] | None:
    """The column as numbers, times as their nanoseconds; None for anything else."""
    array = np.asarray(values) if hasattr(values, "dtype") else None
    if array is None:
        known = [value for value in values if value is not None]
        if not known or not all(_is_number(value) for value in known):
            return None
        try:
            array = np.array([np.nan if value is None else value for value in values], float)
        except OverflowError:  # a whole number past 1e308
            return None
        whole = np.isfinite(array).all() and (array == np.round(array)).all()
        return array.astype(np.int64) if whole and np.abs(array).max() < 2**53 else array
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
    # Halves, since the whole range may be more than a float can tell.
    share = (np.where(finite, numbers, low) / 2 - low / 2) / ((high / 2 - low / 2) or 1.0)
    steps = np.where(finite, np.minimum(share * _STEPS, _STEPS - 1), _STEPS)
    if finite.all():
        return Column(name, "continuous", steps.astype(np.uint8), [], (low, high), None, values)
    return Column(name, "continuous", steps.astype(np.uint16), [], (low, high), _STEPS, values)


def _factorized(values: Any) -> tuple[NDArray[np.int64], Sequence[Any]]:
    """A code for every item, -1 for no value, and the values that the codes stand for.

    They are in their order, or in that of their appearance if they have none.
    """
    series = values if hasattr(values, "dtype") else pd.Series(list(values), dtype=object)
    try:
        codes, found = pd.factorize(series, sort=True)
    except TypeError:
        try:
            codes, found = pd.factorize(series)
        except TypeError:  # lists, dicts: what cannot be compared at all is told by its text
            codes, found = pd.factorize(pd.Series([text_of(own) for own in values], dtype=object))
    return np.asarray(codes), list(found)


def _categorical(
    name: str, codes: NDArray[Any], names: list[str], most: int, values: Any
) -> Column:
    if len(names) > most:
        codes = np.minimum(codes, most)
        names = [*names[:most], _OTHER]
    missing = None
    if (codes < 0).any():
        missing = len(names)
        codes = np.where(codes < 0, missing, codes)
        names = [*names, _NO_VALUE]
    kept = codes.astype(np.uint8 if len(names) <= 256 else np.uint16)
    return Column(name, "categorical", kept, names, None, missing, values)


def _names(class_names: Any) -> Callable[[Any], str]:
    """A function from a label to what to call it."""
    if hasattr(class_names, "to_dict"):
        class_names = class_names.to_dict()
    if isinstance(class_names, Mapping):
        return lambda label: text_of(class_names.get(_whole(label), label))
    if isinstance(class_names, str) or not hasattr(class_names, "__getitem__"):
        raise ValueError(
            "`class_names` must be a mapping from labels to names, or a sequence of names. "
            f"Received: {type(class_names).__name__}"
        )
    count = len(class_names)

    def name_of(label: Any) -> str:
        place = _whole(label)
        known = isinstance(place, int) and 0 <= place < count
        return text_of(class_names[int(place)] if known else label)

    return name_of


def _whole(label: Any) -> Any:
    """A label as Python's own: an int, where it is a whole number."""
    plain = label.item() if isinstance(label, np.generic) else label
    return int(plain) if isinstance(plain, float) and plain.is_integer() else plain
