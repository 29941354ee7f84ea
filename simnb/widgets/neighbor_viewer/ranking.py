"""What lies nearest to one query, and what of it is right."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simnb import check
from simnb.indexer import Indexer
from simnb.labels import equal, same_kind

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Ranking",
    "false_friends",
    "mistakes_of",
    "no_neighbors",
    "ranked",
    "with_false_friends",
]

_WIDER = 4  # times as many neighbours, when too few of them are false friends


@dataclass(frozen=True, eq=False)
class Ranking:
    """Neighbours of one query, nearest first.

    Attributes
    ----------
    ranks : int64 [m]
        Places among all neighbours, from 1.
    ids, rows : int64 [m]
        Of the items, in the index.
    distances : float [m]
    within : bool [m]
        Whether a neighbour is within the threshold.
    labels : array [m], or None
    right, wrong : bool [m], or None
        Whether a neighbour is of the query's class; an item without a label is neither.
        None where the query or the index has no label.
    relevant : int or None
        Items of the query's class in the index, without the query itself.
    others : int
        Items of the index without the query itself.
    """

    ranks: NDArray[np.int64]
    ids: NDArray[np.int64]
    rows: NDArray[np.int64]
    distances: NDArray[Any]
    within: NDArray[np.bool_]
    labels: NDArray[Any] | None
    right: NDArray[np.bool_] | None
    wrong: NDArray[np.bool_] | None
    relevant: int | None
    others: int

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, places: Any) -> Ranking:
        """Return some of the neighbours; their ranks stay."""
        return replace(
            self,
            ranks=self.ranks[places],
            ids=self.ids[places],
            rows=self.rows[places],
            distances=self.distances[places],
            within=self.within[places],
            labels=None if self.labels is None else self.labels[places],
            right=None if self.right is None else self.right[places],
            wrong=None if self.wrong is None else self.wrong[places],
        )

    def table(self) -> pd.DataFrame:
        """Return the neighbours as a DataFrame: rank, id, row, label, distance, right, within."""
        import pandas as pd

        right = np.full(len(self), None, object)
        if self.right is not None and self.wrong is not None:
            known = self.right | self.wrong
            right[known] = self.right[known]
        labels = np.full(len(self), None, object) if self.labels is None else self.labels
        return pd.DataFrame(
            {
                "rank": self.ranks,
                "id": self.ids,
                "row": self.rows,
                "label": labels,
                "distance": self.distances,
                "right": pd.array(right, "boolean"),
                "within": self.within,
            }
        )


def ranked(
    index: Indexer,
    embedding: Any,
    k: int = 10,
    label: Any = None,
    own_id: int | None = None,
    threshold: float | None = None,
    labels: Any = None,
    no_label: Any = None,
) -> Ranking:
    """Return the k nearest items of one query, told right from wrong.

    Parameters
    ----------
    index : Indexer
    embedding : array [d]
    k : int, default 10
        With fewer items than that, all of them are returned.
    label : int or str, optional
        The query's class.
    own_id : int, optional
        Where the query is an item of the index: its id. It is not its own neighbour.
    threshold : float, optional
        In the index's own units; neighbours beyond it are not `within`.
    labels : integers or strings [n], optional
        Of all items, in place of the index's own.
    no_label : int or str, optional
        What in `labels` stands for none.

    Raises
    ------
    ValueError
        The embedding is not [d] and finite, k is 0, or labels are of two kinds.

    Examples
    --------
    >>> index = Indexer(embedding_size=1, distance="euclidean")
    >>> ids = index.add([[0.0], [1.0], [3.0]], labels=["cat", "dog", "cat"])
    >>> found = ranked(index, [0.0], k=2, label="cat", own_id=0, threshold=2.0)
    >>> found.ids, found.right, found.within
    (array([1, 2]), array([False,  True]), array([ True, False]))
    """
    k = check.positive_integer("k", k)
    ids, far = _nearest(index, np.asarray(embedding)[None], k, own_id)
    rows = index.engine.rows(ids)
    own = index.labels if labels is None else np.asarray(labels)
    right = wrong = relevant = None
    if own is not None and label is not None:
        sought = check.labels("label", [label])
        same_kind("label", sought, own)
        of_class = equal(own, sought)
        right = of_class[rows]
        wrong = ~right if no_label is None else ~right & (own[rows] != no_label)
        relevant = int(of_class.sum()) - int(own_id is not None and _is_of(index, own_id, of_class))
    return Ranking(
        np.arange(1, len(ids) + 1),
        ids,
        rows,
        far,
        _within(far, threshold, index.distance.larger_is_nearer),
        None if own is None else own[rows],
        right,
        wrong,
        relevant,
        len(index) - int(own_id is not None),
    )


def false_friends(
    index: Indexer,
    embedding: Any,
    label: Any,
    k: int = 10,
    own_id: int | None = None,
    threshold: float | None = None,
    labels: Any = None,
    no_label: Any = None,
) -> Ranking:
    """Return the nearest items of other classes than the query's, with their ranks among all.

    Parameters
    ----------
    index, embedding, label, k, own_id, threshold, labels, no_label :
        As `ranked`.

    Examples
    --------
    >>> index = Indexer(embedding_size=1, distance="euclidean")
    >>> ids = index.add([[0.0], [1.0], [3.0]], labels=["cat", "dog", "cat"])
    >>> false_friends(index, [4.0], "cat").table()[["rank", "label", "distance"]].values.tolist()
    [[2, 'dog', 3.0]]
    """
    found = with_false_friends(index, embedding, k, label, own_id, threshold, labels, no_label)
    return found[1]


def with_false_friends(
    index: Indexer,
    embedding: Any,
    k: int,
    label: Any,
    own_id: int | None = None,
    threshold: float | None = None,
    labels: Any = None,
    no_label: Any = None,
) -> tuple[Ranking, Ranking]:
    """The k nearest, and the k nearest of other classes, of as few look-ups as it takes."""
    asked = k
    while True:
        asked = min(_WIDER * asked, max(len(index), 1))
        near = ranked(index, embedding, asked, label, own_id, threshold, labels, no_label)
        wrong = np.zeros(0, int) if near.wrong is None else np.flatnonzero(near.wrong)
        if len(wrong) >= k or asked >= len(index) or near.wrong is None:
            return near.take(slice(k)), near.take(wrong[:k])


def mistakes_of(
    index: Indexer,
    embeddings: Any,
    labels: Any,
    own_ids: Any = None,
    item_labels: Any = None,
    no_label: Any = None,
) -> NDArray[np.int64]:
    """Return the queries whose nearest neighbour is of another class.

    Parameters
    ----------
    index : Indexer
    embeddings : array [q, d]
        Rows with NaN or inf have no neighbour, and are no mistakes.
    labels : integers or strings [q]
    own_ids : integers [q], optional
        The queries' own ids in the index; -1 for one that is not in it.
    item_labels : integers or strings [n], optional
        Of all items, in place of the index's own.
    no_label : int or str, optional
        What in either stands for none: never a mistake.

    Examples
    --------
    >>> index = Indexer(embedding_size=1, distance="euclidean")
    >>> ids = index.add([[0.0], [3.0]], labels=["cat", "dog"])
    >>> mistakes_of(index, [[0.1], [0.2]], ["cat", "dog"])
    array([1])
    """
    queries = np.asarray(embeddings, np.float32)
    own = index.labels if item_labels is None else np.asarray(item_labels)
    if own is None:
        raise ValueError("The index has no labels: nothing is right or wrong.")
    truth = check.labels("labels", labels, len(queries))
    same_kind("labels", truth, own)
    asked = np.flatnonzero(np.isfinite(queries).all(axis=1))
    if len(asked) == 0 or len(index) == 0:
        return np.zeros(0, np.int64)
    themselves = np.full(len(queries), -1) if own_ids is None else np.asarray(own_ids)
    ids = index.query(queries[asked], 2 if own_ids is not None else 1).ids
    first = ids[:, 0] == themselves[asked]
    nearest = np.where(first, ids[:, -1], ids[:, 0])
    there = (nearest >= 0) & ~(first & (ids.shape[1] == 1))
    found = own[np.maximum(index.engine.rows(nearest), 0)]
    wrong = there & ~equal(found, truth[asked])
    if no_label is not None:
        wrong &= (found != no_label) & (truth[asked] != no_label)
    return np.asarray(asked[wrong])


def no_neighbors() -> Ranking:
    """The ranking of a query that has none."""
    whole, none = np.zeros(0, np.int64), np.zeros(0, bool)
    return Ranking(whole, whole, whole, np.zeros(0, np.float32), none, None, None, None, None, 0)


def _nearest(
    index: Indexer, query: NDArray[Any], k: int, own_id: int | None
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    found = index.query(query, k + int(own_id is not None))
    ids, far = found.ids[0], found.distances[0]
    there = ids >= 0 if own_id is None else (ids >= 0) & (ids != own_id)
    return ids[there][:k], far[there][:k]


def _is_of(index: Indexer, item: int, of_class: NDArray[np.bool_]) -> bool:
    row = int(index.engine.rows([item])[0])
    return row >= 0 and bool(of_class[row])


def _within(far: NDArray[Any], threshold: float | None, larger: bool) -> NDArray[np.bool_]:
    """In float64, as `match` compares."""
    if threshold is None:
        return np.ones(len(far), bool)
    wide = far.astype(np.float64)
    limit = check.threshold("threshold", threshold)
    return np.asarray(wide >= limit if larger else wide <= limit)
