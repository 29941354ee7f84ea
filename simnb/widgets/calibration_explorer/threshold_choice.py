"""Choosing a threshold by what it should reach, and how sure its numbers are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simnb.calibration import evaluate_at
from simnb.calibration.outcomes import Outcomes
from simnb.calibration.targets import best_place, check_target, place_of
from simnb.classification_metrics import ClassificationMetric, make_classification_metric
from simnb.widgets.calibration_explorer.splits import Explored

_GRID = 200  # thresholds of a band
_ARGUMENT = "target"


def chosen_cut(
    outcomes: Outcomes, target: Any, metrics: Sequence[ClassificationMetric]
) -> tuple[float, int]:
    """Return the threshold, similarities negated, that meets a target, and its place.

    Parameters
    ----------
    outcomes : Outcomes
    target : number, dict or str
        As `calibrate` takes them, or `{"maximize": metric}`.
    metrics : sequence of ClassificationMetric
        The calibration metric first; these are meant where a name is theirs.

    Returns
    -------
    threshold, place
        Minus infinity and 0 where all should be withheld.

    Raises
    ------
    ValueError
        The target is none, or out of reach; the message says how near it came.
    """
    own = {metric.name: metric for metric in metrics}
    cuts = np.append(-np.inf, outcomes.cuts())
    counts = outcomes.counts(cuts)
    if isinstance(target, Mapping) and set(target) == {"maximize"}:
        name = target["maximize"]
        if not isinstance(name, (str, ClassificationMetric)):
            raise ValueError(f"`{_ARGUMENT}` must be {{'maximize': metric}}. Received: {target!r}")
        metric = make_classification_metric(own.get(name, name) if isinstance(name, str) else name)
        place = best_place(metric, counts, _ARGUMENT)
    else:
        check_target(_ARGUMENT, target)
        if isinstance(target, Mapping):  # a metric of the caller's, in the state it came in
            target = {own.get(name, name): value for name, value in target.items()}
        place = place_of(_ARGUMENT, target, metrics[0], counts)
    return float(cuts[place]), place


class Band(NamedTuple):
    """Bootstrap intervals of m metrics at s thresholds.

    Attributes
    ----------
    grid : float64 [s]
        Thresholds, ascending, similarities negated.
    low, high : float64 [m * s]
        Metric by metric.
    """

    grid: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def band(explored: Explored, confidence: float) -> Band:
    """Return the intervals of `evaluate_at` at up to 200 thresholds of the calibration.

    Raises
    ------
    ValueError
        There are only results, no queries to draw.
    """
    split = explored.calibration
    if split is None:
        raise ValueError("There are no queries to draw from, only a calibration.")
    grid = _some(explored.cuts)
    queries, rule = split.queries, explored.results
    found = evaluate_at(
        queries.lookups,
        queries.labels,
        explored.sign * grid,
        explored.metrics,
        rule.k,
        explored.matcher or rule.matcher,
        explored.source.known_classes,
        confidence,
    )
    low, high = (
        np.concatenate([found[f"{metric.name} {end}"] for metric in explored.metrics])
        for end in ("low", "high")
    )
    return Band(grid, low, high)


def _some(cuts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Up to 200 of the thresholds, evenly chosen both by their number and by width."""
    if len(cuts) <= _GRID:
        return cuts
    half = _GRID // 2
    by_count = np.linspace(0, len(cuts) - 1, half).round().astype(np.int64)
    by_width = np.searchsorted(cuts, np.linspace(cuts[0], cuts[-1], half))
    found: NDArray[np.float64] = cuts[np.union1d(by_count, np.minimum(by_width, len(cuts) - 1))]
    return found
