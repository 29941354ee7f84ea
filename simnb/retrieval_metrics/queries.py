"""The queries that all metrics share: checked arguments, relevance, class counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simnb import check
from simnb.labels import equal, of_neighbors, same_kind
from simnb.retrieval_metrics.relevance import Counts, Relevance
from simnb.types import Lookups

ClassCounts = Mapping[Any, int] | tuple[Any, Any]


@dataclass(frozen=True)
class Queries:
    """What all metrics share, checked: q queries with n neighbours each.

    An index may hold fewer items than a metric has ranks. Where all of them were looked
    up there is nothing more to find: the ranks after the last are empty, as those of
    missing neighbours are. They hold nothing relevant, and a metric still divides by its
    own k or R. Where more could have been looked up, `RetrievalMetric` asks for it.
    """

    lookups: Lookups
    classes: list[Any]  # distinct labels of the queries
    codes: NDArray[np.intp]  # [q], into `classes`
    relevant: Relevance  # [q, n]
    total: Counts  # [q], relevant items in the index
    size: int  # of the index
    ids: Counts | None  # [q], the queries' own in the index

    def holds(self, ranks: int) -> bool:
        """Whether so many ranks are known: looked up, or past the index's last item."""
        return bool(self.relevant.shape[1] >= min(ranks, self.size))

    def retrieved(self, rows: NDArray[np.intp], ranks: int, distance_threshold: float) -> Relevance:
        """Relevance of what is within the threshold [rows, ranks]; ranks past the last are empty."""
        relevant = self.relevant[rows, :ranks]
        if np.isfinite(distance_threshold):
            # In float64, as `match` compares: the same cut point retrieves the same items.
            distances = self.lookups.distances[rows, :ranks].astype(np.float64)
            if self.lookups.larger_is_nearer:
                relevant &= distances >= distance_threshold
            else:
                relevant &= distances <= distance_threshold
        missing = ranks - relevant.shape[1]
        return np.pad(relevant, ((0, 0), (0, missing))) if missing else relevant


def checked_queries(
    lookups: Lookups,
    query_labels: Any,
    class_counts: ClassCounts,
    query_ids: Any,
    excludes_self: bool,
) -> Queries:
    """Everything that metrics need of the arguments, or an error; `query_ids` only to exclude."""
    if query_ids is not None and not excludes_self:
        raise ValueError(
            "`query_ids` must come with metrics that have `exclude_self=True`. Received: none of `metrics` has"
        )
    labels = of_neighbors(lookups)
    own = check.labels("query_labels", query_labels, len(lookups))
    if labels.size == 0:
        raise ValueError(
            f"`lookups` must hold neighbours of at least one query. Received: shape {labels.shape}"
        )
    counts = checked_counts("class_counts", class_counts)
    same_kind("query_labels", own, labels)
    same_kind("class_counts", np.array([next(iter(counts))]), labels)
    classes, codes = np.unique(own, return_inverse=True)
    relevant = equal(labels, own[:, None]) & (lookups.ids >= 0)
    ids = None
    if query_ids is not None:
        ids = np.asarray(query_ids)
        if ids.dtype.kind not in "iu" or ids.shape != own.shape:
            raise ValueError(
                f"`query_ids` must be integers [{len(own)}], one a query. Received: {ids.dtype} of shape {ids.shape}"
            )
    total = counts_of(counts, classes.tolist())[codes]
    more = np.flatnonzero(relevant.sum(axis=1) > total)
    if len(more):
        raise ValueError(
            f"`class_counts` must count all items of the index. Received: {total[more[0]]} for {own[more[0]]}, "
            f"and query {more[0]} has {relevant[more[0]].sum()} of them among its neighbours"
        )
    size = sum(counts.values())
    return Queries(lookups, classes.tolist(), codes, relevant, total, size, ids)


def checked_counts(name: str, value: Any) -> dict[Any, int]:
    """Numbers of items by label, or an error."""
    if isinstance(value, Mapping):
        value = (list(value), list(value.values()))
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise ValueError(
            f"`{name}` must map labels to numbers of items, or be (labels, counts). Received: {type(value).__name__}"
        )
    labels, counts = check.labels(name, value[0]), np.asarray(value[1])
    if len(labels) == 0 or counts.shape != labels.shape or counts.dtype.kind not in "iu":
        raise ValueError(
            f"`{name}` must have one whole number a label. Received: {len(labels)} labels, "
            f"counts of {counts.dtype} and shape {counts.shape}"
        )
    found = dict(zip(labels.tolist(), counts.tolist(), strict=True))
    if counts.min() < 0 or len(found) < len(labels):
        raise ValueError(
            f"`{name}` must have each label once, with a number of at least 0. Received: {len(labels)} labels, "
            f"{len(found)} of them different, least number {counts.min()}"
        )
    return found


def counts_of(counts: Mapping[Any, int], classes: list[Any]) -> Counts:
    """How many items each of the classes has."""
    return np.array([counts.get(label, 0) for label in classes], dtype=np.int64)
