"""Which items of an index are looked up in it: none is its own neighbour."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simnb.indexer import Indexer

# Shares of a vector's length: what embedding again changes; what a row in float16 has lost.
_SAME, _ROUNDED = 1e-4, 1e-3
_CLEARLY = 0.1  # of the way to the next item: where items are dense, rounding tells nothing

EXACT_PAIRS = 1_000_000_000  # of a row and an item: no graph is made sooner than they are compared


def own_ids(index: Indexer, embeddings: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the id of the item that each row is, whatever their order; -1 for a row of none.

    A row is an item where it is the item's embedding but for rounding. Of items that are
    equal each has its row, as long as there are so many.

    Parameters
    ----------
    index : Indexer
    embeddings : float32 [n, d]

    Examples
    --------
    >>> index = Indexer(embedding_size=2, distance="euclidean")
    >>> ids = index.add([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> own_ids(index, np.array([[1.0, 1.0], [0.0, 0.9], [1e-6, 1.0]], np.float32))
    array([ 2, -1,  0])
    """
    found = np.full(len(embeddings), -1)
    finite = np.flatnonzero(np.isfinite(embeddings).all(axis=1))
    if not len(index) or not len(finite) or embeddings.shape[1] != index.embedding_size:
        return found
    items, rows = _seen(index, index.embeddings), _seen(index, embeddings[finite])
    if len(embeddings) == len(rows) == len(items) and _same(rows, items).all():
        return np.array(index.ids)  # in their order: nothing is to be searched
    unique, kinds = np.unique(items, axis=0, return_inverse=True)
    nearest = _nearest(unique, rows)
    known = nearest >= 0
    found[finite[known]] = _dealt(index.ids, kinds.reshape(-1), nearest[known])
    return found


def still_own(
    index: Indexer, ids: NDArray[np.int64], embeddings: NDArray[np.float32]
) -> NDArray[np.int64]:
    """Return the ids of rows that are items of an index that has changed; -1 of the others."""
    found = np.full(len(ids), -1)
    if embeddings.shape[1] != index.embedding_size:
        return found
    rows = index.engine.rows(ids)
    there = np.flatnonzero((ids >= 0) & (rows >= 0))
    items = _seen(index, index.embeddings[rows[there]])
    same = _same(_seen(index, embeddings[there]), items, _ROUNDED)
    found[there[same]] = ids[there[same]]
    return found


def search_of(rows: int, items: int) -> str:
    """Return the sooner way to look up so many rows among so many items."""
    return "exact" if rows * items <= EXACT_PAIRS else "auto"


def _seen(index: Indexer, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors as the distance sees them: by the cosine, without their lengths."""
    return np.asarray(index.distance.prepare(vectors, np), np.float32)


def _nearest(items: NDArray[np.float32], rows: NDArray[np.float32]) -> NDArray[np.int64]:
    """Which item each row is; -1 for none."""
    engine = Indexer(items.shape[1], "euclidean", search_of(len(rows), len(items)))
    engine.add(items)
    near = engine.query(rows, 2)
    first = near.ids[:, 0]
    gaps = np.linalg.norm(rows - items[first], axis=1)
    other = near.distances[:, 1] if len(items) > 1 else np.inf
    rounded = _same(rows, items[first], _ROUNDED) & (gaps <= _CLEARLY * other)
    return np.where(_same(rows, items[first]) | rounded, first, -1)


def _same(
    rows: NDArray[np.float32], items: NDArray[np.float32], share: float = _SAME
) -> NDArray[np.bool_]:
    gaps = np.linalg.norm(rows - items, axis=1)
    return np.asarray(gaps <= share * np.linalg.norm(items, axis=1))


def _dealt(
    ids: NDArray[np.int64], kinds: NDArray[np.int64], nearest: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Deal the items of each kind to the rows of that kind, in turn."""
    order = np.argsort(kinds, kind="stable")
    counts = np.bincount(kinds)
    starts = np.cumsum(counts) - counts
    turn = pd.Series(nearest).groupby(nearest).cumcount().to_numpy() % counts[nearest]
    return np.asarray(ids[order[starts[nearest] + turn]])
