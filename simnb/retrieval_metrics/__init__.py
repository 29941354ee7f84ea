"""How good a ranking is: whether items of the query's class come first among its neighbours.

A neighbour is relevant when it has the query's label. R is the number of relevant items in
the index, whether they were found or not: the ideal that a ranking is measured against. A
neighbour that is missing, or beyond the distance threshold, leaves its rank empty: it is
not retrieved, and what comes after it does not move up. Lone queries, whose class is not in
the index, have no right ranking: they are left out of every average, and counted.

    >>> import numpy as np
    >>> from simnb import Lookups
    >>> found = Lookups(np.array([[4, 7]]), np.array([[0.1, 0.2]], "float32"), np.array([["dog", "cat"]]))
    >>> RecallAtK(k=2).compute(["cat"], found, {"cat": 3, "dog": 1})
    1.0
"""

from simnb.retrieval_metrics.base import RetrievalMetric, make_retrieval_metric, names
from simnb.retrieval_metrics.bndcg import BNDCG
from simnb.retrieval_metrics.evaluate import evaluate_retrieval
from simnb.retrieval_metrics.map_at_k import MapAtK
from simnb.retrieval_metrics.map_at_r import MapAtR
from simnb.retrieval_metrics.mrr import MRR
from simnb.retrieval_metrics.precision_at_k import PrecisionAtK
from simnb.retrieval_metrics.r_precision import RPrecision
from simnb.retrieval_metrics.recall_at_k import RecallAtK

__all__ = [
    "BNDCG",
    "MRR",
    "MapAtK",
    "MapAtR",
    "PrecisionAtK",
    "RPrecision",
    "RecallAtK",
    "RetrievalMetric",
    "evaluate_retrieval",
    "make_retrieval_metric",
    "names",
]
