"""Means over queries or over classes, and how far chance moves them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simnb.retrieval_metrics.relevance import Values

_RESAMPLES = 1000


def average(values: Values, codes: NDArray[np.intp] | None) -> float:
    """The mean; with classes' codes, the mean over those there are of their means."""
    if len(values) == 0:
        return float("nan")
    if codes is None:
        return float(values.mean())
    sizes = np.bincount(codes)
    sums = np.bincount(codes, weights=values)
    return float((sums[sizes > 0] / sizes[sizes > 0]).mean())


def interval(
    values: Values, codes: NDArray[np.intp] | None, confidence: float, seed: int
) -> tuple[float, float]:
    """The percentile bootstrap interval of the average."""
    rng = np.random.default_rng(seed)
    averages = np.empty(_RESAMPLES)
    for resample in range(_RESAMPLES):
        drawn = rng.integers(0, max(1, len(values)), len(values))
        averages[resample] = average(values[drawn], None if codes is None else codes[drawn])
    low, high = np.quantile(averages, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
