"""Means over queries or over classes, and how far chance moves them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simnb.retrieval_metrics.relevance import Values

_RESAMPLES = 1000
_CHUNK = 2**20  # draws that are held at once


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
    """The percentile bootstrap interval of the average.

    How often each of the different values is drawn is multinomial: the same as drawing
    query by query, at the cost of the few values that most metrics have.
    """
    if len(values) == 0:
        return float("nan"), float("nan")
    groups = np.zeros(len(values), np.intp) if codes is None else codes
    kinds, times = np.unique(np.stack([groups, values]), axis=1, return_counts=True)
    starts = np.flatnonzero(np.diff(kinds[0], prepend=-1))
    rng, averages = np.random.default_rng(seed), []
    step = max(1, _CHUNK // len(times))
    for start in range(0, _RESAMPLES, step):
        drawn = rng.multinomial(len(values), times / len(values), min(step, _RESAMPLES - start))
        sizes = np.add.reduceat(drawn, starts, axis=1)
        sums = np.add.reduceat(drawn * kinds[1], starts, axis=1)
        means = np.where(sizes > 0, sums / np.maximum(sizes, 1), 0.0)
        averages.append(means.sum(axis=1) / (sizes > 0).sum(axis=1))
    low, high = np.quantile(np.concatenate(averages), [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
