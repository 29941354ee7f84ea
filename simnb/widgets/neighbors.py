"""Nearest neighbours of items among themselves, in the space that the embedding is in."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simnb import check, distances
from simnb.indexer import Indexer
from simnb.search import ExactSearch
from simnb.widgets.points import matrix_of

__all__ = ["Neighborhood", "Neighbors", "neighbors_of"]


class Neighbors(NamedTuple):
    """Neighbours of q items, nearest first.

    Attributes
    ----------
    ids : int64 [q, k]
        Row numbers; -1 where there are fewer.
    distances : float32 [q, k]
        Infinite where there are fewer.
    """

    ids: NDArray[np.int64]
    distances: NDArray[np.float32]


class Neighborhood:
    """Finds the neighbours of rows of one matrix, without the row itself.

    Parameters
    ----------
    embeddings : float32 [n, d]
        Rows that are not finite are nobody's neighbours, and have none.
    distance : Distance
    index : Indexer, optional
        Search this index, whose items are the rows in their order, instead of comparing
        with every row.
    """

    def __init__(
        self,
        embeddings: NDArray[np.float32],
        distance: distances.Distance,
        index: Indexer | None = None,
    ) -> None:
        if index is not None and len(index) != len(embeddings):
            raise ValueError(
                f"`index` must hold the {len(embeddings)} embeddings, in their order. "
                f"Received: an index of {len(index)} items"
            )
        if index is not None and index.embedding_size != embeddings.shape[1]:
            raise ValueError(
                f"`index` must be of embeddings of {embeddings.shape[1]} numbers. "
                f"Received: embedding_size={index.embedding_size}"
            )
        self._embeddings = embeddings
        # Which item is which row, whatever is added to the index or removed from it later.
        self._ids = None if index is None else index.ids.copy()
        self._distance = distance if index is None else index.distance
        self._index = index
        self._engine: ExactSearch | None = None

    def of(self, rows: Any, k: int) -> Neighbors:
        """Return the k nearest of each row."""
        rows = np.asarray(rows, np.int64)
        ids = np.full((len(rows), k), -1)
        found = np.full((len(rows), k), np.inf, np.float32)
        finite = np.isfinite(self._embeddings[rows]).all(axis=1)
        if finite.any():
            near, far = self._query(self._embeddings[rows[finite]], k + 1)
            near, far = _without(rows[finite], near, far)
            ids[finite, : near.shape[1]] = near
            found[finite, : far.shape[1]] = far
        return Neighbors(ids, found)

    def _query(self, queries: NDArray[np.float32], k: int) -> tuple[NDArray[Any], NDArray[Any]]:
        if self._index is not None and self._ids is not None:
            lookups = self._index.query(queries, k)
            return _as_rows(lookups.ids, lookups.distances, self._ids)
        if self._engine is None:  # made by the first click: it copies the rows
            engine = ExactSearch(self._distance, self._embeddings.shape[1])
            finite = np.flatnonzero(np.isfinite(self._embeddings).all(axis=1))
            engine.add(finite, self._embeddings[finite])
            self._engine = engine
        return self._engine.query(queries, min(k, len(self._engine)))


def neighbors_of(
    embeddings: Any,
    ids: Any,
    k: int = 10,
    distance: str | distances.Distance = "cosine",
) -> Neighbors:
    """Return the nearest neighbours of some rows among all, the row itself left out.

    The same that `Projector` draws when a point is clicked.

    Parameters
    ----------
    embeddings : array [n, d]
        Rows with NaN or inf are nobody's neighbours, and have none.
    ids : integers [q], or one
        Row numbers.
    k : int, default 10
    distance : str or Distance, default "cosine"

    Returns
    -------
    Neighbors
        `ids` and `distances`, [q, k]; -1 and inf where there are fewer than k.

    Raises
    ------
    ValueError
        An id is no row number, or k is 0.

    Examples
    --------
    >>> neighbors_of([[0.0, 1.0], [0.1, 1.0], [1.0, 0.0]], [0], k=1).ids
    array([[1]])
    """
    k = check.positive_integer("k", k)
    matrix = matrix_of(embeddings)
    rows = check.rows("ids", ids, len(matrix))
    return Neighborhood(matrix, distances.get(distance)).of(rows, k)


def _as_rows(
    ids: NDArray[np.int64], far: NDArray[np.float32], own: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Row numbers of an index's ids, those that are no row behind the others as -1."""
    order = np.argsort(own, kind="stable")
    rows = order[np.minimum(np.searchsorted(own, ids, sorter=order), len(own) - 1)]
    known = own[rows] == ids
    rows, far = np.where(known, rows, -1), np.where(known, far, np.float32(np.inf))
    places = np.argsort(~known, axis=1, kind="stable")
    return np.take_along_axis(rows, places, 1), np.take_along_axis(far, places, 1)


def _without(
    own: NDArray[np.int64], near: NDArray[Any], far: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Drop each query's own row; where so many equal it that it is not there, the last."""
    itself = near == own[:, None]
    itself[:, -1] |= ~itself.any(axis=1)
    shape = (len(near), near.shape[1] - 1)
    return near[~itself].reshape(shape), far[~itself].reshape(shape)
