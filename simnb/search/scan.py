"""Exact search over rows: scores by matrix product, then true distances of the few that matter.

Scores are float32 matrix products, fast but rounded. Every row whose score is within
the rounding error of the k-th best becomes a candidate; the candidates' distances are
then computed pair by pair in float64. The result is that of comparing every distance,
ties included, in blocks of bounded size: no [q, n] matrix is ever held.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simnb.distances import Distance
from simnb.search.growing import GrowingArray

_QUERIES = 256  # a chunk of queries: enough for the matrix product to run at full speed
_SCORES = 2**22  # elements of a block of scores, or of differences: 16 MB
_PAIRS = 2**21  # candidates held before they are cut to the k best
_EXACT = 2**15  # pairs whose float64 rows are in memory at once


def nearest_pairs(
    distance: Distance,
    queries: NDArray[np.float32],
    vectors: NDArray[np.float32],
    ids: NDArray[np.int64],
    query: NDArray[np.int64],
    row: NDArray[np.int64],
    k: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Cut candidate pairs to the k nearest of each query, by distance and then id.

    Pairs are `queries[query[i]]` and `vectors[row[i]]`. Returns query, row, place
    (0 for the nearest) and distance of the pairs that remain.
    """
    value = np.empty(len(query), dtype=np.float32)
    for start in range(0, len(query), _EXACT):
        part = slice(start, start + _EXACT)
        with np.errstate(over="ignore"):  # beyond float32: the farthest there is
            value[part] = distance.paired(
                queries[query[part]].astype(np.float64), vectors[row[part]].astype(np.float64)
            )
    order = np.lexsort((ids[row], -value if distance.larger_is_nearer else value, query))
    query, row, value = query[order], row[order], value[order]
    place = np.arange(len(query)) - np.searchsorted(query, query)
    near = place < k
    return query[near], row[near], place[near], value[near]


class RowScan:
    """Rows ready to be scanned exactly by one distance.

    Parameters
    ----------
    distance : Distance
    dim : int
    """

    def __init__(self, distance: Distance, dim: int) -> None:
        self._distance = distance
        self._prepared = GrowingArray((dim,), np.float32)
        self._half_norms = GrowingArray((), np.float32)

    def __len__(self) -> int:
        return len(self._half_norms.view)

    def append(self, vectors: NDArray[np.float32]) -> None:
        """Add rows at the end."""
        prepared = np.asarray(self._distance.prepare(vectors, np), dtype=np.float32)
        with np.errstate(over="ignore"):
            half = 0.5 * np.einsum("ij,ij->i", prepared, prepared)
        self._prepared.append(prepared)
        self._half_norms.append(half)

    def truncate(self, length: int) -> None:
        """Drop the rows from `length` on."""
        self._prepared.truncate(length)
        self._half_norms.truncate(length)

    def keep(self, mask: NDArray[np.bool_]) -> None:
        """Drop the rows where `mask` is False."""
        self._prepared.keep(mask)
        self._half_norms.keep(mask)

    def nearest(
        self,
        queries: NDArray[np.float32],
        vectors: NDArray[np.float32],
        ids: NDArray[np.int64],
        k: int,
    ) -> NDArray[np.int64]:
        """Return the rows of the k nearest of each query, int64 [q, k].

        `vectors` and `ids` are the raw form of the rows that were appended.
        """
        k = min(k, len(self))
        nearest = np.empty((len(queries), k), dtype=np.int64)
        blocks = -(-len(self) // (_SCORES // _QUERIES))
        chunk = max(1, min(_QUERIES, _PAIRS // (k * blocks), _SCORES // (k * self._width)))
        for start in range(0, len(queries), chunk):
            part = queries[start : start + chunk]
            query, row = self._candidates(part, vectors, ids, k)
            query, row, place, _ = nearest_pairs(self._distance, part, vectors, ids, query, row, k)
            nearest[start + query, place] = row
        return nearest

    def _candidates(
        self,
        queries: NDArray[np.float32],
        vectors: NDArray[np.float32],
        ids: NDArray[np.int64],
        k: int,
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Pairs (query, row) among which the k nearest of each query are."""
        block = max(k, _SCORES // (len(queries) * self._width))
        prepared = np.asarray(self._distance.prepare(queries, np), dtype=np.float32)
        error = self._rounding_error(prepared)
        limit = np.full(len(queries), np.inf, dtype=np.float32)
        found: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]] = []
        for start in range(0, len(self), block):
            scores = self._scores(queries, prepared, vectors, slice(start, start + block))
            if scores.shape[1] >= k:
                kth = _kth_least(scores, k)
                # Either of two scores may be off: rows this much behind may be nearer.
                slack = 2 * error if self._matrix_product else 2 * error * np.abs(kth)
                limit = np.minimum(limit, kth + slack)
            query, column = np.divmod(np.flatnonzero(~(scores > limit[:, None])), scores.shape[1])
            found.append((query, column + start, scores[query, column]))
            if sum(len(pairs[0]) for pairs in found) > _PAIRS:
                query, row, score = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
                still = ~(score > limit[query])
                query, row, _, _ = nearest_pairs(
                    self._distance, queries, vectors, ids, query[still], row[still], k
                )
                found = [(query, row, np.full(len(query), -np.inf, np.float32))]
        query, row, score = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
        still = ~(score > limit[query])
        return query[still], row[still]

    @property
    def _width(self) -> int:
        """Elements that a score takes while it is computed."""
        return 1 if self._matrix_product else self._prepared.view.shape[1]

    @property
    def _matrix_product(self) -> bool:
        return self._distance.geometry in ("dot", "l2")

    def _scores(
        self,
        queries: NDArray[np.float32],
        prepared: NDArray[np.float32],
        vectors: NDArray[np.float32],
        block: slice,
    ) -> NDArray[np.float32]:
        """Float32 [q, block] in the order of the distances; smaller is nearer."""
        with np.errstate(over="ignore", invalid="ignore"):
            if self._distance.geometry == "dot":
                return np.asarray(-prepared @ self._prepared.view[block].T)
            if self._distance.geometry == "l2":  # |q - k|² / 2, less the |q|² / 2 all share
                scores = np.asarray(-prepared @ self._prepared.view[block].T)
                scores += self._half_norms.view[block]
                return scores
            values = np.asarray(
                self._distance.pairwise(queries, vectors[block], np), dtype=np.float32
            )
            return -values if self._distance.larger_is_nearer else values

    def _rounding_error(self, prepared: NDArray[np.float32]) -> NDArray[np.float32]:
        """Bound on a score's error; for differences, relative to the score."""
        dim = prepared.shape[1]
        unit = (dim + 4) * np.finfo(np.float32).eps
        if not self._matrix_product:
            return np.full(
                len(prepared), unit if self._distance.geometry == "l1" else 0.0, np.float32
            )
        with np.errstate(over="ignore"):
            largest = np.sqrt(2 * self._half_norms.view.max())
            norms = np.linalg.norm(prepared, axis=1)
            return np.asarray(unit * largest * (norms + largest), dtype=np.float32)


def _kth_least(scores: NDArray[np.float32], k: int) -> NDArray[np.float32]:
    """The k-th least score of each row [q]; NaN counts as the largest."""
    rows = np.arange(len(scores))
    first = scores.argmin(axis=1)
    least: NDArray[np.float32] = scores[rows, first]
    if k > 2 or np.isnan(least).any():
        return np.asarray(np.partition(scores, k - 1, axis=1)[:, k - 1])
    if k == 1:
        return least
    # Each item's nearest beside itself is asked of whole indexes: twice the least is found
    # thirty times as fast as by a partition.
    scores[rows, first] = np.inf
    second: NDArray[np.float32] = scores.min(axis=1)
    scores[rows, first] = least
    return second
