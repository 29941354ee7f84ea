"""What an embedding's points are coloured by, and what a legend says of it."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from simnb.visualization.palette import marker_shape
from simnb.visualization.present import shortened
from simnb.visualization.visible_text import visible_text

_MOST_NAMED = 20  # categories
_MOST_SHAPES = 20_000  # points; of more no shape is made out


class Column(Protocol):
    """What points are coloured by: a code for each, and what the codes mean."""

    @property
    def name(self) -> str:
        """What the column is called."""

    @property
    def kind(self) -> str:
        """Either "categorical" or "continuous"."""

    @property
    def codes(self) -> NDArray[Any]:
        """uint8 or uint16 [n]: places in `names`, or 0 to 255 over `range`."""

    @property
    def names(self) -> list[str]:
        """Of the categories, that of "no value" among them."""

    @property
    def colors(self) -> list[str]:
        """By code, that of "no value" included, as `"#rrggbb"`."""

    @property
    def range(self) -> tuple[float, float] | None:
        """Of a continuous column; None when nothing in it is finite."""

    @property
    def range_texts(self) -> list[str]:
        """Its ends as a colour bar writes them."""

    @property
    def missing(self) -> int | None:
        """The code of "no value", which is drawn grey."""


class Entry(NamedTuple):
    """A line of a legend.

    Attributes
    ----------
    name : str
        Short, and without unseen characters.
    codes : list of int
        The codes it stands for: one, save in the line of all others.
    """

    name: str
    codes: list[int]


def legend_entries(column: Column, codes: NDArray[Any]) -> list[Entry]:
    """Return a legend's lines: the 20 largest categories, one for all others, one for no value.

    None where there is only one category, which a legend would not explain.

    Parameters
    ----------
    column : Column
    codes : integers [m]
        Those of the points that are drawn.
    """
    counts = np.bincount(codes, minlength=1)
    found = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)].tolist()
    if column.kind != "categorical" or len(found) < 2:
        return []
    known = [code for code in found if code != column.missing]
    named, rest = sorted(known[:_MOST_NAMED]), sorted(known[_MOST_NAMED:])
    names = column.names
    entries = [Entry(short_name(names[code]), [code]) for code in named]
    if rest:
        entries.append(Entry(f"and {len(rest):,} more", rest))
    if column.missing is not None and column.missing in found:
        entries.append(Entry(short_name(names[column.missing]), [column.missing]))
    return entries


def code_shapes(column: Column, count: int) -> list[int]:
    """Shapes by code, as places in `MARKERS`: discs for a range, and for too many points."""
    shaped = column.kind == "categorical" and with_shapes(count)
    return [marker_shape(code) if shaped else 0 for code in range(len(column.colors))]


def point_size(count: int) -> float:
    """Diameter of each of so many points, in points of print or pixels of a page."""
    return float(np.clip(12 - 2.2 * np.log10(max(count, 1)), 2.0, 11.0))


def with_shapes(count: int) -> bool:
    """Whether so many points are drawn one by one, each with its category's shape."""
    return count <= _MOST_SHAPES


def short_name(text: Any) -> str:
    """A category's or a column's name as legends show it."""
    return shortened(visible_text(text), 24)


def heading(title: str, coords: NDArray[Any]) -> str:
    """A map's title; of three dimensions it says how they are looked at."""
    flat = " (3-D, seen from the front)" if coords.shape[1] == 3 else ""
    return shortened(visible_text(title), 70) + flat


def note(column: Column, shown: NDArray[np.bool_], selected: int = 0, dimmed: int = 0) -> str:
    """How many points a map has, and what of them its legend does not say."""
    count = int(np.count_nonzero(shown))
    parts = [f"{count:,} point{'s' if count != 1 else ''}"]
    if selected:
        parts.append(f"{selected:,} selected")
    if dimmed:
        parts.append(f"{dimmed:,} beyond the threshold")
    grey = np.count_nonzero(np.asarray(column.codes)[shown] == column.missing)
    if grey and column.kind == "continuous":
        parts.append(f"{grey:,} without a value, grey")
    if count < len(shown):
        parts.append(f"{len(shown) - count:,} without a place, left out")
    return " · ".join(parts)


def drawing_order(points: NDArray[Any]) -> NDArray[np.int64]:
    """The places of points in the order to draw them: by depth, else by seeded chance.

    Chance covers no category by another one throughout, and a part of it is a fair sample.
    """
    if points.shape[1] == 3:
        return np.argsort(points[:, 2], kind="stable")
    return np.random.default_rng(0).permutation(len(points))
