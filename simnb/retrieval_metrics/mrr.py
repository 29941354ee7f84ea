"""MRR: how soon the first relevant item comes."""

from __future__ import annotations

from typing import Any

import numpy as np

from simnb.retrieval_metrics.base import RetrievalMetric
from simnb.retrieval_metrics.relevance import Counts, Relevance


class MRR(RetrievalMetric):
    """Mean reciprocal rank: 1 / the rank of the first relevant item, 0 without one in k."""

    name = "mrr"

    def _per_query(self, relevant: Relevance, relevant_total: Counts) -> Any:
        return np.where(relevant.any(axis=1), 1 / (relevant.argmax(axis=1) + 1), 0.0)
