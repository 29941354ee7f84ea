"""The arrays that metrics count in, and what several of them count."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Counts: TypeAlias = NDArray[np.int64]
Relevance: TypeAlias = NDArray[np.bool_]
Values: TypeAlias = NDArray[np.float64]


def within_first(relevant: Relevance, ranks: Counts) -> Relevance:
    """Relevance within the first `ranks` [q] of each row."""
    return relevant & (np.arange(relevant.shape[1]) < ranks[:, None])


def summed_precisions(relevant: Relevance) -> Values:
    """Σ P@j over the ranks j of relevant items, [q]."""
    precision = np.cumsum(relevant, axis=1) / np.arange(1, relevant.shape[1] + 1)
    return np.asarray(np.sum(precision * relevant, axis=1))
