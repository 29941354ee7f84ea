"""What R-precision and MAP@R share: they look at R ranks, so they take no k."""

from __future__ import annotations

from typing import Any

from simnb.retrieval_metrics.base import RetrievalMetric
from simnb.retrieval_metrics.relevance import Counts


class AtR(RetrievalMetric):
    """A metric that looks at as many ranks as the query's class has items."""

    def __init__(self, name: str = "", **kwargs: Any) -> None:
        if "k" in kwargs:
            raise ValueError(
                f"`k` must not be given: {type(self).name} looks at the first R neighbours. Received: k={kwargs['k']!r}"
            )
        super().__init__(name, **kwargs)

    def _depth(self, total: Counts) -> int:
        return int(total.max(initial=0))

    def _at(self, name: str, k: str) -> str:
        return name
