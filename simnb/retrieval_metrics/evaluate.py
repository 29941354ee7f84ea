"""Metrics over all queries: averages, their intervals, and the lone queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from simnb import check
from simnb.retrieval_metrics.averages import average, interval
from simnb.retrieval_metrics.base import RetrievalMetric, make_retrieval_metric
from simnb.retrieval_metrics.queries import ClassCounts, checked_queries
from simnb.types import Lookups


def evaluate_retrieval(
    lookups: Lookups,
    query_labels: Any,
    metrics: Sequence[str | RetrievalMetric | type[RetrievalMetric]],
    class_counts: ClassCounts,
    query_ids: Any = None,
    confidence: float | None = None,
    seed: int = 0,
) -> dict[str, float]:
    """Return each metric by its name, and the number of lone queries.

    Parameters
    ----------
    lookups : Lookups
        Of q queries, from an index with labels.
    query_labels : integers or strings [q]
    metrics : sequence of names or metrics
    class_counts : mapping of labels to numbers of items, or (labels, counts)
        Of all items in the index: `np.unique(index.labels, return_counts=True)`.
    query_ids : integers [q], optional
        The queries' own ids in the index, for metrics with `exclude_self`; -1 for a
        query that is not in it.
    confidence : float, optional
        Between 0 and 1: adds `"recall@5 low"` and `"recall@5 high"`, the percentile
        bootstrap interval over the queries that are not lone. Queries that all score
        the same give an interval without width, however few they are.
    seed : int, default 0
        Of the bootstrap.

    Returns
    -------
    dict of floats
        A metric is NaN when every query is lone. Under `"lone_queries"`, how many queries
        have no relevant item in the index and were left out (of any of the metrics, should
        these differ in `exclude_self`).

    Raises
    ------
    ValueError
        No query, no labels in the index, labels of another kind or number, counts that the
        neighbours contradict, fewer neighbours looked up than a metric needs
        and the index has, two metrics
        of one name.

    Examples
    --------
    >>> from simnb.retrieval_metrics import MRR, RecallAtK
    >>> ids, distances = np.array([[0, 1], [2, 1]]), np.array([[0.1, 0.3], [0.2, 0.4]], "float32")
    >>> found = Lookups(ids, distances, labels=np.array([[7, 8], [7, 8]]))
    >>> evaluate_retrieval(found, [7, 9], [RecallAtK(k=1), MRR(k=2)], {7: 2, 8: 1})
    {'recall@1': 1.0, 'mrr@2': 1.0, 'lone_queries': 1}
    """
    chosen = checked_metrics("metrics", metrics)
    if confidence is not None:
        check.between_0_and_1("confidence", confidence)
    excludes_self = any(metric.exclude_self for metric in chosen)
    queries = checked_queries(lookups, query_labels, class_counts, query_ids, excludes_self)
    lone = np.zeros(len(lookups), dtype=bool)
    found: dict[str, float] = {}
    for metric in chosen:
        values, kept = metric.values(queries)
        groups = metric.groups(queries, kept)
        found[metric.name] = average(values, groups)
        if confidence is not None:
            low, high = interval(values, groups, confidence, seed)
            found[f"{metric.name} low"], found[f"{metric.name} high"] = low, high
        lone |= ~kept
    found["lone_queries"] = int(lone.sum())
    return found


def checked_metrics(name: str, value: Any) -> list[RetrievalMetric]:
    """The metrics of a list of names or metrics, which differ in name."""
    if isinstance(value, (str, RetrievalMetric, type)) or len(value) == 0:
        raise ValueError(
            f"`{name}` must be a list of at least one metric. Received: {name}={value!r}"
        )
    chosen = [make_retrieval_metric(metric) for metric in value]
    same, times = Counter(metric.name for metric in chosen).most_common(1)[0]
    if times > 1:
        raise ValueError(
            f"`{name}` must differ in name: give one a `name`. Received: {times} of name {same!r}"
        )
    return chosen
