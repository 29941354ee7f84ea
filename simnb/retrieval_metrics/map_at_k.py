"""MAP@k: precision at every relevant rank, averaged."""

from __future__ import annotations

from typing import Any

import numpy as np

from simnb.retrieval_metrics.over_r import OverR
from simnb.retrieval_metrics.relevance import Counts, Relevance, summed_precisions


class MapAtK(OverR):
    """Mean average precision: Σ P@j over the ranks j ≤ k of relevant items, divided by min(R, k).

    R is the index's, and a perfect ranking has 1. Where `r` is not given TensorFlow Similarity
    divides by k, which is the same only for R ≥ k.

    Parameters
    ----------
    r : mapping of labels to numbers of items, optional
        Divide by `r[label]`, as TensorFlow Similarity does.
    clip_at_r : bool, default False
        Look at no more than R ranks; with k ≥ R that is MAP@R.
    name : str, default ""
    **kwargs
        Those of `RetrievalMetric`.
    """

    name = "map"

    def _per_query(self, relevant: Relevance, relevant_total: Counts) -> Any:
        summed = summed_precisions(self._clipped(relevant, relevant_total))
        return summed / (np.minimum(relevant_total, self.k) if self._r is None else relevant_total)
