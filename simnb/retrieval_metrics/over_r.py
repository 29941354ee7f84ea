"""What precision@k and MAP@k share: R as the divisor, and as the last rank."""

from __future__ import annotations

from typing import Any

from simnb.retrieval_metrics.base import RetrievalMetric
from simnb.retrieval_metrics.queries import ClassCounts, checked_counts
from simnb.retrieval_metrics.relevance import Counts, Relevance, within_first


class OverR(RetrievalMetric):
    """A sum over the first k that is divided by a number from R."""

    def __init__(
        self,
        r: ClassCounts | None = None,
        clip_at_r: bool = False,
        name: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(name, **kwargs)
        self._r = None if r is None else checked_counts("r", r)
        self.clip_at_r = clip_at_r

    def _clipped(self, relevant: Relevance, relevant_total: Counts) -> Relevance:
        return within_first(relevant, relevant_total) if self.clip_at_r else relevant
