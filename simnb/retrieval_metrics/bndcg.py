"""Binary NDCG: hits weigh less the further down they stand."""

from __future__ import annotations

from typing import Any

import numpy as np

from simnb.retrieval_metrics.base import RetrievalMetric
from simnb.retrieval_metrics.relevance import Counts, Relevance


class BNDCG(RetrievalMetric):
    """Normalised discounted cumulative gain with relevance 0 or 1 (Järvelin & Kekäläinen 2002).

    Σ 1 / log2(j + 1) over the ranks j ≤ k of relevant items, divided by the same sum over
    the first min(R, k) ranks. TensorFlow Similarity's ideal re-sorts what was retrieved, so
    that one hit of many at rank 1 scores 1 there.
    """

    name = "ndcg"
    aliases = ("bndcg",)

    def _per_query(self, relevant: Relevance, relevant_total: Counts) -> Any:
        gains = 1 / np.log2(np.arange(2, self.k + 2))
        # One summation order for both: a perfect ranking has exactly 1.
        ideal = np.cumsum(gains)[np.minimum(relevant_total, self.k) - 1]
        return np.cumsum(relevant * gains, axis=1)[:, -1] / ideal
