"""What a look-up returns: `Lookups`, arrays over all queries, and `Lookup`, one neighbour."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

__all__ = ["Lookup", "Lookups"]


@dataclass(frozen=True, eq=False)
class Lookup:
    """One neighbour of one query.

    Attributes
    ----------
    rank : int
        1 for the nearest.
    distance : float
        To the query, as the index's distance defines it.
    label : int, str or None
    embedding : float32 array [d] or None
    data : any
        What was indexed with the item.
    id : int or None
        The item's id in the index.
    """

    rank: int
    distance: float
    label: Any = None
    embedding: NDArray[np.float32] | None = None
    data: Any = None
    id: int | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Lookup):
            return NotImplemented
        return (
            (self.rank, self.distance, self.label) == (other.rank, other.distance, other.label)
            and _same(self.embedding, other.embedding)
            and _same(self.data, other.data)
        )

    __hash__ = None  # type: ignore[assignment]  # holds arrays

    def __repr__(self) -> str:
        return f"Lookup(rank={self.rank}, distance={self.distance:.6g}, label={self.label!r})"


class Lookups(Sequence[list[Lookup]]):
    """The neighbours of many queries, nearest first, as arrays.

    Behaves as a list with one list of `Lookup` a query; those objects are made
    only when asked for. A slice is a `Lookups` again.

    Attributes
    ----------
    ids : int64 array [q, k]
        Items' ids in the index; -1 where an approximate engine found fewer than k.
    distances : float32 array [q, k]
        inf where `ids` is -1.
    labels : array [q, k] or None
        None for an index without labels. Where `ids` is -1 the entry means nothing.
    larger_is_nearer : bool
        True for an index by similarity, such as the inner product.

    Examples
    --------
    >>> found = Lookups(np.array([[7, 3]]), np.array([[0.1, 0.4]], "float32"), np.array([["cat", "dog"]]))
    >>> len(found), [neighbor.label for neighbor in found[0]]
    (1, ['cat', 'dog'])
    """

    def __init__(
        self,
        ids: NDArray[np.int64],
        distances: NDArray[np.float32],
        labels: NDArray[Any] | None = None,
        rows: NDArray[np.int64] | None = None,
        fetch: Callable[[int], tuple[NDArray[np.float32], Any]] | None = None,
        larger_is_nearer: bool = False,
    ) -> None:
        shapes = [np.shape(own) for own in (ids, distances, labels) if own is not None]
        if len(shapes[0]) != 2 or len(set(shapes)) > 1:
            raise ValueError(
                f"`ids`, `distances` and `labels` must all have the shape [q, k]. Received: shapes {shapes}"
            )
        self.ids = np.asarray(ids)
        own = np.asarray(distances)
        self.distances: NDArray[Any] = own if own.dtype.kind == "f" else own.astype(np.float64)
        self.labels = None if labels is None else np.asarray(labels)
        self._rows = self.ids if rows is None else rows
        self._fetch = fetch
        self.larger_is_nearer = larger_is_nearer

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, query: int) -> list[Lookup]: ...

    @overload
    def __getitem__(self, query: slice) -> Lookups: ...

    def __getitem__(self, query: int | slice) -> list[Lookup] | Lookups:
        if isinstance(query, slice):
            labels = None if self.labels is None else self.labels[query]
            parts = self.ids[query], self.distances[query], labels, self._rows[query]
            return Lookups(*parts, self._fetch, self.larger_is_nearer)
        return [self._lookup(query, int(column)) for column in np.flatnonzero(self.ids[query] >= 0)]

    def __iter__(self) -> Iterator[list[Lookup]]:
        return (self[query] for query in range(len(self)))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (Lookups, list)):
            return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]  # holds arrays

    def __repr__(self) -> str:
        return f"Lookups({len(self)} queries, k={self.ids.shape[1]})"

    def _lookup(self, query: int, column: int) -> Lookup:
        embedding, data = (
            self._fetch(int(self._rows[query, column])) if self._fetch else (None, None)
        )
        label = None if self.labels is None else self.labels[query, column].item()
        distance, item = float(self.distances[query, column]), int(self.ids[query, column])
        return Lookup(column + 1, distance, label, embedding, data, item)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(one, other)
    return bool(one == other)
