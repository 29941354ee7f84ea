"""Recall@k: whether anything relevant is among the first k."""

from __future__ import annotations

from typing import Any

from simnb.retrieval_metrics.base import RetrievalMetric
from simnb.retrieval_metrics.relevance import Counts, Relevance


class RecallAtK(RetrievalMetric):
    """The share of queries with a relevant item among the first k (Jégou et al. 2011).

    Metric learning's recall: any hit counts as 1, however large R is.
    """

    name = "recall"

    def _per_query(self, relevant: Relevance, relevant_total: Counts) -> Any:
        return relevant.any(axis=1)
