"""Exact nearest neighbours: the default up to some ten thousand items, and every engine's oracle."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simnb.distances import Distance
from simnb.search.base import Search
from simnb.search.scan import RowScan


class ExactSearch(Search):
    """Compare the query with every item; any distance, users' own included.

    Adding, removing and loading cost next to nothing. Memory: the raw vectors, a
    second copy prepared for the distance, and blocks of 16 MB while searching.

    Examples
    --------
    >>> engine = ExactSearch("euclidean", dim=2)
    >>> engine.add([10, 11, 12], np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]]))
    >>> ids, distances = engine.query(np.array([[0.0, 0.0]]), k=2)
    >>> ids, distances
    (array([[10, 12]]), array([[0., 1.]], dtype=float32))
    """

    name = "exact"
    aliases = ("linear", "brute_force")

    def __init__(self, distance: str | Distance, dim: int) -> None:
        super().__init__(distance, dim)
        self._scan = RowScan(self.distance, dim)

    def _add(self, vectors: NDArray[np.float32]) -> None:
        self._scan.append(vectors)

    def _remove(self, keep: NDArray[np.bool_]) -> None:
        self._scan.keep(keep)

    def _query(self, queries: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        return self._scan.nearest(queries, self.vectors, self.ids, k)

    def _load(self, folder: Any) -> None:
        self._scan = RowScan(self.distance, self.dim)
        self._add(self.vectors)
