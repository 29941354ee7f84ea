"""R-precision: how much of the first R is relevant."""

from __future__ import annotations

from typing import Any

from simnb.retrieval_metrics.at_r import AtR
from simnb.retrieval_metrics.relevance import Counts, Relevance, within_first


class RPrecision(AtR):
    """The share of relevant items among the first R (Musgrave et al. 2020, section 3.2).

    Takes the arguments of `RetrievalMetric` but `k`; `required_k` says what to look up.
    """

    name = "r_precision"

    def _per_query(self, relevant: Relevance, relevant_total: Counts) -> Any:
        return within_first(relevant, relevant_total).sum(axis=1) / relevant_total
