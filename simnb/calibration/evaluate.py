"""Classification metrics of labelled queries at distances that are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simnb import check
from simnb.calibration.outcomes import Outcomes, outcomes_of
from simnb.calibration.results import CalibrationResults
from simnb.classification_metrics import ClassificationMetric, make_classification_metrics
from simnb.matchers import ClassificationMatch, make_classification_matcher
from simnb.types import Lookups

_RESAMPLES = 1000
_NAMES = ("low", "high")  # of the ends of an interval


def evaluate_at(
    lookups: Lookups,
    labels: Any,
    distances: float | Sequence[float] | NDArray[Any],
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
    distances : float or floats [t]
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
    chosen = {own.name: own for own in make_classification_metrics("metrics", metrics)}
    given = np.atleast_1d(np.asarray(distances))
    if given.ndim != 1 or len(given) == 0:
        raise ValueError(
            f"`distances` must be one threshold or a list of them. Received: distances={distances!r}"
        )
    limits = np.array([check.threshold("distances", own) for own in given])
    ends = None if confidence is None else _ends(confidence)
    rule = make_classification_matcher(matcher)
    outcomes = outcomes_of(lookups, labels, rule, k, known_classes)
    cuts = -limits if lookups.larger_is_nearer else limits
    counts = outcomes.counts(cuts)
    found = {"distance": limits, **{name: own.at(counts) for name, own in chosen.items()}}
    return found if ends is None else found | _intervals(outcomes, cuts, chosen, ends, seed)


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
    if not isinstance(results, CalibrationResults):
        raise ValueError(
            f"`results` must be CalibrationResults. Received: {type(results).__name__}"
        )
    if results.larger_is_nearer != lookups.larger_is_nearer:
        kinds = [
            "similarity" if own else "distance"
            for own in (results.larger_is_nearer, lookups.larger_is_nearer)
        ]
        raise ValueError(
            f"`results` must be of an index by {kinds[1]}, as the look-ups are. Received: one by {kinds[0]}"
        )
    found = evaluate_at(
        lookups,
        labels,
        [results.cutpoint(name) for name in results.cutpoints],
        [*make_classification_metrics("extra_metrics", extra_metrics), results.calibration_metric],
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


def _ends(confidence: float) -> list[float]:
    check.between_0_and_1("confidence", confidence)
    return [(1 - confidence) / 2, (1 + confidence) / 2]


def _intervals(
    outcomes: Outcomes,
    cuts: NDArray[np.float64],
    metrics: Mapping[str, ClassificationMetric],
    ends: list[float],
    seed: int,
) -> dict[str, NDArray[np.float64]]:
    """Ends of the percentile intervals; draws for which a rate is undefined tell nothing of it."""
    rng = np.random.default_rng(seed)
    found = {f"{name} {end}": np.full(len(cuts), np.nan) for name in metrics for end in _NAMES}
    for place, cut in enumerate(cuts):
        drawn = outcomes.resampled(cut, _RESAMPLES, rng)
        for name, metric in metrics.items():
            values = metric.at(drawn)
            if not np.isnan(values).all():
                both = np.nanquantile(values, ends)
                for end, value in zip(_NAMES, both, strict=True):
                    found[f"{name} {end}"][place] = value
    return found
