"""What every retrieval metric shares: its arguments, its ranks, and how it is found by name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from simnb import check
from simnb.registry import Registry
from simnb.retrieval_metrics.averages import average
from simnb.retrieval_metrics.queries import (
    ClassCounts,
    Queries,
    checked_counts,
    checked_queries,
    counts_of,
)
from simnb.retrieval_metrics.relevance import Counts, Relevance, Values
from simnb.types import Lookups

# Elements of the largest temporary array: MAP@R over big classes looks up thousands a query.
_CHUNK = 2**20


class RetrievalMetric(ABC):
    """A metric of each query's ranking, averaged; subclass it to bring your own.

    A subclass has a `name` and implements `_per_query(relevant, relevant_total)`.

    Parameters
    ----------
    name : str, default ""
        What to call it in place of its own name; `@k` is added.
    k : int, default 5
        Neighbours that it looks at.
    distance_threshold : float
        A neighbour farther than this is not retrieved; for an index by similarity,
        one less similar. Infinite, the default, is none.
    average : {"micro", "macro"}, default "micro"
        The mean over queries, or the mean over classes of the mean over their queries.
    exclude_self : bool, default False
        The queries are items of the index, told by `query_ids`: each is taken out of
        its own neighbours, wherever it stands, and out of R. Look up one neighbour more.
    drop_closest_lookup : bool, default False
        TensorFlow Similarity's way to the same end: whatever has rank 1 is taken out, be
        it the query or its duplicate. `exclude_self` is exact.

    Attributes
    ----------
    name : str
        Of the class: what `make_retrieval_metric` finds it by. Of an instance: `recall@5`,
        with a threshold `recall@5 : distance_threshold@0.5`.
    canonical_name : str
        `recall@k`.

    Examples
    --------
    >>> class WorstOfK(RetrievalMetric):
    ...     name = "worst"
    ...     def _per_query(self, relevant, relevant_total):
    ...         return relevant.all(axis=1)
    >>> make_retrieval_metric("worst").name
    'worst@5'
    """

    name: str
    aliases: ClassVar[tuple[str, ...]] = ()
    _r: Mapping[Any, int] | None = None  # counts to take for R in place of the index's

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "name" in cls.__dict__:
            _REGISTRY.add(cls, cls.name, *cls.__dict__.get("aliases", ()))

    def __init__(
        self,
        name: str = "",
        k: int = 5,
        distance_threshold: float = np.inf,
        average: str = "micro",
        exclude_self: bool = False,
        drop_closest_lookup: bool = False,
    ) -> None:
        self.k = check.positive_integer("k", k)
        self.distance_threshold = check.threshold("distance_threshold", distance_threshold)
        self.average = check.one_of("average", average, ("micro", "macro"))
        if exclude_self and drop_closest_lookup:
            raise ValueError(
                "`drop_closest_lookup` must be False where `exclude_self` is True: both take the query itself out."
            )
        self.exclude_self = exclude_self
        self.drop_closest_lookup = drop_closest_lookup
        self.canonical_name = self._at(type(self).name, "k")
        self.name = self._at(name or type(self).name, str(self.k))
        if np.isfinite(self.distance_threshold):
            self.name += f" : distance_threshold@{self.distance_threshold}"

    def compute(
        self,
        query_labels: Any,
        lookups: Lookups,
        class_counts: ClassCounts,
        query_ids: Any = None,
    ) -> float:
        """Return the metric, NaN when every query is lone.

        The arguments, and what is refused, are those of `evaluate_retrieval`.
        """
        queries = checked_queries(lookups, query_labels, class_counts, query_ids, self.exclude_self)
        values, kept = self.values(queries)
        return average(values, self.groups(queries, kept))

    def required_k(self, query_labels: Any, class_counts: ClassCounts) -> int:
        """Return how many neighbours to look up for `compute`; of a smaller index, all."""
        counts = checked_counts("class_counts", class_counts)
        classes = np.unique(check.labels("query_labels", query_labels)).tolist()
        return max(1, self._depth(counts_of(counts, classes)) + self._removes)

    @abstractmethod
    def _per_query(self, relevant: Relevance, relevant_total: Counts) -> Any:
        """Return the metric of each query [q], without NaN.

        `relevant` is [q, k], nearest first; `relevant_total` is R [q], at least 1.
        """

    def _depth(self, total: Counts) -> int:
        """How many ranks `_per_query` needs."""
        return self.k

    def _at(self, name: str, k: str) -> str:
        return f"{name}@{k}"

    @property
    def _removes(self) -> bool:
        return self.exclude_self or self.drop_closest_lookup

    def groups(self, queries: Queries, kept: Relevance) -> NDArray[np.intp] | None:
        """The class of each query that is kept, to average by class; None for all as one."""
        return queries.codes[kept] if self.average == "macro" else None

    def values(self, queries: Queries) -> tuple[Values, Relevance]:
        """The metric of the queries that are not lone, and which those are [q]."""
        place, taken = self._removal(queries)
        total = queries.total - taken
        kept = total > 0
        if self._r is not None:
            total = counts_of(self._r, queries.classes)[queries.codes] - taken
            if (kept & (total < 1)).any():
                label = queries.classes[queries.codes[np.argmax(kept & (total < 1))]]
                raise ValueError(
                    f"`r` must count every class of the queries that is in the index. Received: {self._r.get(label, 0)} for {label!r}"
                )
        depth, looked_up = self._depth(total[kept]), queries.relevant.shape[1]
        if not queries.holds(depth + self._removes):
            beside = " beside the query itself" if self._removes else ""
            raise ValueError(
                f"`lookups` must hold {depth} neighbours a query{beside} for {self.name}: look up with "
                f"k={depth + self._removes}. Received: k={looked_up}, of an index of {queries.size}"
            )
        rows, step = np.flatnonzero(kept), max(1, _CHUNK // max(1, depth + self._removes))
        values = [np.zeros(0)]
        for start in range(0, len(rows), step):
            part = rows[start : start + step]
            values.append(self._per_query(self._ranking(queries, part, place, depth), total[part]))
        return np.concatenate(values), kept

    def _removal(self, queries: Queries) -> tuple[NDArray[np.intp], Counts]:
        """Where in each row the query itself stands, n if nowhere; how many R loses by it."""
        ids, columns = queries.lookups.ids, queries.relevant.shape[1]
        if self.exclude_self:
            if queries.ids is None:
                raise ValueError(
                    f"`query_ids` must be given for {self.name}: `exclude_self` looks for them among the neighbours. Received: query_ids=None"
                )
            own = (ids == queries.ids[:, None]) & (ids >= 0)
            place = np.where(own.any(axis=1), own.argmax(axis=1), columns)
            wrong = np.flatnonzero((own & ~queries.relevant).any(axis=1))
            if len(wrong):
                raise ValueError(
                    f"`query_ids` must be the ids of the queries themselves. Received: item {queries.ids[wrong[0]]} "
                    f"for query {wrong[0]}, whose label is another"
                )
            return place, (queries.ids >= 0).astype(np.int64)
        if self.drop_closest_lookup:
            # R loses the dropped item only if it was of R: no value then exceeds 1.
            return np.zeros(len(ids), np.intp), queries.relevant[:, 0].astype(np.int64)
        return np.full(len(ids), columns), np.zeros(len(ids), np.int64)

    def _ranking(
        self, queries: Queries, rows: NDArray[np.intp], place: NDArray[np.intp], depth: int
    ) -> Relevance:
        """Relevance of what was retrieved [rows, depth], without the query itself."""
        relevant = queries.retrieved(rows, depth + self._removes, self.distance_threshold)
        if not self._removes:
            return relevant
        columns = np.arange(depth)
        return np.take_along_axis(relevant, columns + (columns >= place[rows, None]), axis=1)

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"{self.canonical_name} : {self.name}"


_REGISTRY: Registry[RetrievalMetric] = Registry("retrieval metric")


def make_retrieval_metric(metric: str | RetrievalMetric | type[RetrievalMetric]) -> RetrievalMetric:
    """Return the metric of that name or class; an instance as it is.

    Raises
    ------
    ValueError
        The name is unknown; the message lists the known ones.

    Examples
    --------
    >>> make_retrieval_metric("ndcg")
    ndcg@k : ndcg@5
    """
    if isinstance(metric, RetrievalMetric):
        return metric
    if isinstance(metric, type) and issubclass(metric, RetrievalMetric):
        return metric()
    return _REGISTRY.find(metric)()


def names() -> list[str]:
    """Return the names that `make_retrieval_metric` knows, sorted, without aliases."""
    return _REGISTRY.names()
