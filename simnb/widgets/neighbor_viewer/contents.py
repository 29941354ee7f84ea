"""What is shown of an item: its image, its text, its numbers as a heat map, its fields."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simnb.widgets.cards import LONGEST
from simnb.widgets.columns import text_of
from simnb.widgets.points import is_picture, read_points
from simnb.widgets.thumbnails import Thumbnails

CARD = 128  # pixels of an image's longer side
_LONGEST_TEXT = 1000  # letters of an item that is a text
_SIDE = 32  # a heat map has at most so many rows and columns
_LENGTH = 256  # or, of one row, so many numbers


class Attached:
    """The images of one answer, each sent once however many cards show it."""

    def __init__(self) -> None:
        self.buffers: list[bytes] = []
        self._places: dict[tuple[Thumbnails, int], int] = {}

    def place(self, images: Thumbnails, row: int) -> int:
        """Return where among the buffers a row's image is; it is added if it is new."""
        key = (images, row)
        if key not in self._places:
            self._places[key] = len(self.buffers)
            self.buffers.append(images.png(row))
        return self._places[key]


class Contents:
    """What is shown of each of so many rows.

    Parameters
    ----------
    count : int
    values : list or array, optional
        What is known of each row: in a list, arrays that are images are drawn; other arrays
        [n] or [h, w] are heat maps, texts are read, dicts are fields.
    images : array [count, h, w] or [count, h, w, c], or sequence of count, optional
        In place of images among the values.
    metadata : DataFrame, dict of columns or list of dicts, optional
        In place of dicts among the values.
    name : str, default "images"
        What the images are called where they are given.

    Raises
    ------
    ValueError
        A number differs, or there are no such images.
    """

    def __init__(
        self,
        count: int,
        values: Any = None,
        images: Any = None,
        metadata: Any = None,
        name: str = "images",
    ) -> None:
        self._values = values
        self._columns = None if metadata is None else columns_of(count, metadata)
        if images is None and isinstance(values, list):
            drawn = [own if is_picture(own) else None for own in values]
            images = drawn if any(own is not None for own in drawn) else None
        self._images = images
        try:
            self.images = None if images is None else Thumbnails(images, CARD, CARD, count)
        except ValueError as error:
            raise ValueError(str(error).replace("`images`", f"`{name}`")) from error

    def of(self, row: int, attached: Attached) -> dict[str, Any]:
        """Return a row's picture, text or heat map; an empty dict if there is none."""
        if self.images is not None and self.images.has(row):
            return {"image": attached.place(self.images, row)}
        value = None if self._values is None else self._values[row]
        return {} if isinstance(value, Mapping) and self._columns is None else content_of(value)

    def example(self) -> tuple[Any, float, float] | None:
        """Return the first image, and what is black and white in it; None if there is none."""
        images = self.images
        for row in range(0 if images is None else len(images)):
            if images is not None and images.has(row):
                return self._images[row], *images.range(row)
        return None

    @property
    def reads(self) -> bool:
        """Whether what is known of the rows is texts, by the first that is known."""
        known = () if self._values is None else (own for own in self._values if own is not None)
        return isinstance(next(iter(known), None), str)

    def fields(self, row: int) -> list[list[str]]:
        """Return what else is known of a row, as names and texts."""
        pairs: list[tuple[Any, Any]] = []
        if self._columns is not None:
            pairs = [(name, values[row]) for name, values in self._columns.items()]
        elif self._values is not None and isinstance(self._values[row], Mapping):
            pairs = list(self._values[row].items())
        return [[text_of(name)[:LONGEST], text_of(value)[:LONGEST]] for name, value in pairs]


def columns_of(count: int, metadata: Any) -> dict[str, Any]:
    """Return metadata as columns of `count` values, or raise."""
    return read_points(np.zeros((count, 1), np.float32), None, None, metadata).metadata


def content_of(value: Any) -> dict[str, Any]:
    """Return a value that is no image as a text or a heat map."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return {}
    if isinstance(value, np.ndarray):
        if value.dtype.kind in "biuf" and value.ndim in (1, 2) and value.size:
            return {"heat": heat_map(value)}
        if value.ndim:
            return {"text": f"array of shape {value.shape}, {value.dtype}"}
        value = value.item()
    return {"text": text_of(value)[:_LONGEST_TEXT]}


def heat_map(array: NDArray[Any]) -> dict[str, Any]:
    """Return the numbers [n] or [h, w] of a heat map, fewer of them where there are many.

    Each then stands for the mean of its block. What is not finite is None.

    Examples
    --------
    >>> heat_map(np.array([0.5, np.nan]))
    {'values': [0.5, None], 'shape': [2]}
    """
    numbers = array.astype(np.float64)
    most = _LENGTH if array.ndim == 1 else _SIDE
    for axis in range(array.ndim):
        numbers = _means(numbers, axis, most)
    values = [float(f"{own:.4g}") if math.isfinite(own) else None for own in numbers.ravel()]
    return {"values": values, "shape": list(numbers.shape)}


def followed(values: Any, places: NDArray[np.int64]) -> Any:
    """Return values in another order of rows; a place of -1 has none."""
    if len(values) == len(places) and (places == np.arange(len(places))).all():
        return values
    return [values[place] if place >= 0 else None for place in places.tolist()]


def _means(numbers: NDArray[np.float64], axis: int, most: int) -> NDArray[np.float64]:
    length = numbers.shape[axis]
    if length <= most:
        return numbers
    edges = np.linspace(0, length, most + 1).astype(int)
    with np.errstate(all="ignore"):  # of what is not finite
        sums = np.add.reduceat(numbers, edges[:-1], axis=axis)
        sizes = np.diff(edges).reshape([-1 if own == axis else 1 for own in range(numbers.ndim)])
        return np.asarray(sums / sizes)
