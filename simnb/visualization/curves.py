"""Curves over thresholds: what stays of a million points, and the steps between them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

MOST_POINTS = 2_000


def thinned(x: Values, y: Values) -> NDArray[np.int64]:
    """Return the places, at most `MOST_POINTS` and ascending, of the points to draw.

    The curve is cut into pieces of equal width and, once more, into pieces of equally many
    points, so that both a long tail and a crowd keep their shape; of each piece its first,
    last, lowest and highest point stay, so none that is seen at the size of a page is lost.

    Parameters
    ----------
    x, y : float64 [n]
        `x` ascending or descending.
    """
    if len(x) <= MOST_POINTS:
        return np.arange(len(x))
    pieces = MOST_POINTS // 8
    by_count = np.linspace(0, len(x), pieces + 1).astype(np.int64)
    toward = x if x[-1] >= x[0] else -x
    by_width = np.searchsorted(toward, np.linspace(toward[0], toward[-1], pieces + 1)[1:-1])
    kept = [
        place
        for edges in (by_count, np.concatenate([[0], by_width, [len(x)]]))
        for start, stop in pairwise(edges.tolist())
        if start < stop
        for place in (start, stop - 1, *_extremes(y[start:stop], start))
    ]
    return np.unique(kept)


def _extremes(y: Values, start: int) -> tuple[int, int]:
    if np.isnan(y).all():
        return start, start
    return start + int(np.nanargmin(y)), start + int(np.nanargmax(y))


def steps(x: Values, y: Values) -> tuple[Values, Values]:
    """Return the corners of a line that holds each y until the next x."""
    return np.repeat(x, 2)[1:], np.repeat(y, 2)[:-1]
