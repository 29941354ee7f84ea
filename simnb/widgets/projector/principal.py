"""Principal component analysis: axes of largest variance, exact, from one pass over the rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["principal_components"]

Floats: TypeAlias = NDArray[np.float32]
Doubles: TypeAlias = NDArray[np.float64]

_BLOCK = 2**20  # elements that are held in float64 at once


def principal_components(rows: Floats, dimensions: int) -> Floats:
    """Return rows along their axes of largest variance, the largest first; 0 where there is none.

    The sign of an axis is that which makes its largest entry positive.

    Parameters
    ----------
    rows : float32 [n, d]
        All finite.
    dimensions : int

    Returns
    -------
    float32 [n, dimensions]

    Examples
    --------
    >>> principal_components(np.array([[1, 1], [3, 3], [5, 5]], np.float32), 2).round(2)
    array([[-2.83,  0.  ],
           [ 0.  ,  0.  ],
           [ 2.83,  0.  ]], dtype=float32)
    """
    made = np.zeros((len(rows), dimensions), np.float32)
    if rows.size:
        mean = rows.mean(axis=0, dtype=np.float64)
        axes = _axes(rows, mean, dimensions)
        for block in _blocks(rows):
            made[block, : axes.shape[1]] = (rows[block] - mean) @ axes
    return made


def _axes(rows: Floats, mean: Doubles, dimensions: int) -> Doubles:
    """At most so many axes, [d, ·], from the smaller of the two matrices of products."""
    count, size = rows.shape
    if count > size:
        products = np.zeros((size, size))
        for block in _blocks(rows):
            centred = rows[block] - mean
            products += centred.T @ centred
    else:
        centred = rows - mean
        products = centred @ centred.T
    squares, vectors = np.linalg.eigh(products)
    # What the rounding of float32 may leave between equal rows is no direction.
    noise = np.finfo(np.float32).eps ** 2 * (squares.sum() + count * mean @ mean)
    axes = vectors[:, squares > noise][:, ::-1][:, :dimensions]
    if count <= size:
        axes = centred.T @ axes
        axes /= np.linalg.norm(axes, axis=0)
    largest = np.abs(axes).argmax(axis=0)
    return np.asarray(axes * np.sign(axes[largest, np.arange(axes.shape[1])]))


def _blocks(rows: Floats) -> Iterator[slice]:
    step = max(1, _BLOCK // rows.shape[1])
    return (slice(start, start + step) for start in range(0, len(rows), step))
