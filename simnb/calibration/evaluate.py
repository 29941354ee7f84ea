"""Classification metrics of labelled queries at distances that are given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simnb import check
from simnb.calibration.match import threshold
from simnb.calibration.outcomes import outcomes_of
from simnb.calibration.results import CalibrationResults
from simnb.classification_metrics import ClassificationMetric, make_classification_metric
from simnb.matchers import ClassificationMatch, make_classification_matcher
from simnb.types import Lookups

_RESAMPLES = 1000


def evaluate_at(
    lookups: Lookups,
    labels: Any,
    distances: Sequence[float] | NDArray[Any],
    metrics: Sequence[str | ClassificationMetric] = ("f1",),
    k: int = 1,
    matcher: str | ClassificationMatch = "match_nearest",
    known_classes: Any = None,
    confidence: float | None = None,
    seed: int = 0,
) -> dict[str, NDArray[np.float64]]:
    """Return metrics of labelled queries when answers beyond given distances are withheld.

    Parameters
    ----------
    lookups : Lookups
        Of q queries, from an index with labels.
    labels : integers or strings [q]
        The queries' true labels.
    distances : floats [t]
        Thresholds; infinite withholds nothing. For an index by similarity, the least
        similarities, where minus infinity withholds nothing.
    metrics : default ("f1",)
    k : int, default 1
        Neighbours for the matcher.
    matcher : default "match_nearest"
    known_classes : labels, optional
        The classes in the index; the open-set metrics need them.
    confidence : float, optional
        Between 0 and 1: adds `"f1 low"` and `"f1 high"`, the percentile bootstrap interval
        over the queries. Queries that all score the same give an interval without width,
        however few they are.
    seed : int, default 0
        Of the bootstrap.

    Returns
    -------
    dict of float64 [t]
        `"distance"` and every metric by its name.

    Raises
    ------
    ValueError
        No labels in the index, labels of another kind or number, an unknown metric, a
        distance that is no number.

    Examples
    --------
    >>> ids, distances = np.array([[0], [1]]), np.array([[0.1], [0.5]], "float32")
    >>> found = Lookups(ids, distances, labels=np.array([[7], [8]]))
    >>> evaluate_at(found, [7, 9], [0.2, np.inf], ["precision", "coverage"])["precision"]
    array([1. , 0.5])
    """
    chosen = {own.name: own for own in map(make_classification_metric, metrics)}
    limits = np.array([threshold(distance) for distance in distances], dtype=np.float64)
    if len(limits) == 0:
        raise ValueError("`distances` must hold at least one threshold. Received: 0")
    rule = make_classification_matcher(matcher)
    outcomes = outcomes_of(lookups, labels, rule, k, known_classes)
    cuts = -limits if lookups.larger_is_nearer else limits
    counts = outcomes.counts(cuts)
    found = {"distance": limits, **{name: own.at(counts) for name, own in chosen.items()}}
    if confidence is None:
        return found
    ends = _quantiles(confidence)
    rng = np.random.default_rng(seed)
    draws = [outcomes.resampled(cut, _RESAMPLES, rng) for cut in cuts]
    for name, own in chosen.items():
        low, high = np.quantile([own.at(draw) for draw in draws], ends, axis=1)
        found[f"{name} low"], found[f"{name} high"] = low, high
    return found


def evaluate_classification(
    lookups: Lookups,
    labels: Any,
    results: CalibrationResults,
    extra_metrics: Sequence[str | ClassificationMetric] = ("precision", "recall"),
    known_classes: Any = None,
    k: int | None = None,
    matcher: str | ClassificationMatch | None = None,
    confidence: float | None = None,
    seed: int = 0,
) -> dict[str, dict[str, Any]]:
    """Return the metrics of each cut point on other queries than it was chosen by.

    Parameters
    ----------
    lookups, labels, known_classes, confidence, seed :
        As `evaluate_at`.
    results : CalibrationResults
    extra_metrics : default ("precision", "recall")
        Beside the metric that was calibrated.
    k, matcher : default as calibrated

    Returns
    -------
    dict of dicts
        By name of the cut point: `{"name", "distance", metric: value, …}`.
    """
    found = evaluate_at(
        lookups,
        labels,
        [results.cutpoint(name) for name in results.cutpoints],
        [*extra_metrics, results.calibration_metric],
        results.k if k is None else k,
        results.matcher if matcher is None else matcher,
        known_classes,
        confidence,
        seed,
    )
    return {
        name: {"name": name, **{own: float(values[place]) for own, values in found.items()}}
        for place, name in enumerate(results.cutpoints)
    }


def _quantiles(confidence: float) -> list[float]:
    check.between_0_and_1("confidence", confidence)
    return [(1 - confidence) / 2, (1 + confidence) / 2]
