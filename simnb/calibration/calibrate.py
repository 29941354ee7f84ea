"""Find the distances beyond which an answer should be withheld."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from simnb.calibration.outcomes import outcomes_of
from simnb.calibration.results import CalibrationResults
from simnb.calibration.targets import (
    Target,
    argument_of,
    best_place,
    checked_targets,
    place_of,
)
from simnb.classification_metrics import (
    ClassificationMetric,
    make_classification_metric,
    make_classification_metrics,
)
from simnb.matchers import ClassificationMatch, make_classification_matcher
from simnb.types import Lookups


def calibrate(
    lookups: Lookups,
    labels: Any,
    thresholds_targets: Mapping[str, Target] | None = None,
    k: int = 1,
    calibration_metric: str | ClassificationMetric = "f1",
    matcher: str | ClassificationMatch = "match_nearest",
    extra_metrics: Sequence[str | ClassificationMetric] = ("precision", "recall"),
    known_classes: Any = None,
    verbose: int = 0,
) -> CalibrationResults:
    """Find the distances beyond which an answer should be withheld.

    Parameters
    ----------
    lookups : Lookups
        Of q queries, from an index with labels.
    labels : integers or strings [q]
        The queries' true labels.
    thresholds_targets : dict, optional
        Cut points to find beside `"optimal"`, by name: a number, for the calibration
        metric; `{"precision": 0.95}`, for another metric; `{"cost_ratio": 10}`, where a
        wrong answer costs ten times a withheld right one; `"equal_error_rate"`, where the
        share of wrong answers that are given is that of right ones that are withheld. Of
        the thresholds that meet a target, the one that gives up least is taken: of
        precision and the like, which fall with distance, and of a rate of mistakes that
        grows, the largest; else the smallest. Where only withholding every answer keeps
        mistakes as rare, as cheap or as even, the cut point is an infinite distance below
        zero, or an infinite similarity.
    k : int, default 1
        Neighbours for the matcher.
    calibration_metric : default "f1"
        What `"optimal"` is best at; at ties the nearest.
    matcher : default "match_nearest"
    extra_metrics : default ("precision", "recall")
        Reported as well.
    known_classes : labels, optional
        The classes in the index; the open-set metrics need them.
    verbose : int, default 0
        1 prints the cut points as a table.

    Raises
    ------
    ValueError
        No labels in the index, labels of another kind or number, a target outside
        [0, 1] or one that no threshold reaches: the message says how near it came.
    """
    rule = make_classification_matcher(matcher)
    metric = make_classification_metric(calibration_metric)
    extra = make_classification_metrics("extra_metrics", extra_metrics)
    targets = checked_targets(thresholds_targets)
    outcomes = outcomes_of(lookups, labels, rule, k, known_classes)
    if outcomes.answered == 0:
        raise ValueError("`lookups` must hold neighbours: no query has any.")
    # Before the thresholds stands the choice to withhold every answer.
    cuts = np.append(-np.inf, outcomes.cuts())
    counts = outcomes.counts(cuts)
    places = {"optimal": best_place(metric, counts)}
    for name, target in targets.items():
        places[name] = place_of(argument_of(name), target, metric, counts)
    # The calibration metric comes last, as in TensorFlow Similarity's table.
    curves = {own.name: own.at(counts) for own in (*extra, metric) if own.name != metric.name}
    curves[metric.name] = metric.at(counts)
    sign = -1.0 if lookups.larger_is_nearer else 1.0
    shown = {"value": curves[metric.name], "distance": sign * cuts, **curves}
    cutpoints = {
        name: {"name": name, **{own: float(curve[place]) for own, curve in shown.items()}}
        for name, place in places.items()
    }
    thresholds = {own: curve[1:] for own, curve in shown.items()}
    results = CalibrationResults(
        cutpoints, thresholds, k, rule.name, metric.name, lookups.larger_is_nearer
    )
    if verbose:
        print(f"Calibrated on {len(outcomes):,} queries by {metric.name}\n{results}")
    return results
