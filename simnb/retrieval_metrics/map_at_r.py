"""MAP@R: precision at every relevant rank up to R, averaged."""

from __future__ import annotations

from typing import Any

from simnb.retrieval_metrics.at_r import AtR
from simnb.retrieval_metrics.relevance import Counts, Relevance, summed_precisions, within_first


class MapAtR(AtR):
    """Σ P@j over the ranks j ≤ R of relevant items, divided by R (Musgrave et al. 2020, eq. 3).

    Takes the arguments of `RetrievalMetric` but `k`; `required_k` says what to look up.
    """

    name = "map@r"

    def _per_query(self, relevant: Relevance, relevant_total: Counts) -> Any:
        return summed_precisions(within_first(relevant, relevant_total)) / relevant_total
