"""Precision@k: how much of the first k is relevant."""

from __future__ import annotations

from typing import Any

import numpy as np

from simnb.retrieval_metrics.over_r import OverR
from simnb.retrieval_metrics.relevance import Counts, Relevance


class PrecisionAtK(OverR):
    """The share of relevant items among the first k: hits / k.

    Parameters
    ----------
    r : mapping of labels to numbers of items, optional
        Divide by `r[label]` in place of k, as TensorFlow Similarity does.
    clip_at_r : bool, default False
        Look at no more than R ranks: hits among the first min(R, k), divided by that
        number (by `r[label]` when `r` is given). With k ≥ R that is R-precision.
    name : str, default ""
    **kwargs
        Those of `RetrievalMetric`.
    """

    name = "precision"

    def _per_query(self, relevant: Relevance, relevant_total: Counts) -> Any:
        hits = self._clipped(relevant, relevant_total).sum(axis=1)
        if self._r is not None:
            return hits / relevant_total
        return hits / (np.minimum(relevant_total, self.k) if self.clip_at_r else self.k)
