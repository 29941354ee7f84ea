"""A calibration as it is explored: its queries, those held out, and the numbers of any threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simnb.calibration import CalibrationResults, Decisions, Target, calibrate, decisions
from simnb.calibration.outcomes import Outcomes, in_order
from simnb.classification_metrics import (
    AccuracyAtCoverage,
    BinaryAccuracy,
    ClassificationMetric,
    Coverage,
    F1Score,
    FalseAcceptRate,
    FalsePositiveRate,
    FalseRejectRate,
    NegativePredictiveValue,
    Precision,
    Recall,
    make_classification_metric,
    make_classification_metrics,
)
from simnb.matchers import ClassificationMatch, make_classification_matcher
from simnb.widgets.calibration_explorer.labelled_queries import LabelledQueries, LabelledSource
from simnb.widgets.calibration_explorer.threshold_curves import (
    ThresholdCurves,
    curves_of,
    curves_of_results,
)

_METRICS: tuple[type[ClassificationMetric], ...] = (
    F1Score,
    Precision,
    Recall,
    Coverage,
    BinaryAccuracy,
    FalsePositiveRate,
    NegativePredictiveValue,
    AccuracyAtCoverage,
)
_OPEN_SET: tuple[type[ClassificationMetric], ...] = (FalseAcceptRate, FalseRejectRate)

Numbers = dict[str, Any]


@dataclass(frozen=True)
class Split:
    """Labelled queries, what was decided of them, and their metrics by threshold."""

    queries: LabelledQueries
    decided: Decisions
    outcomes: Outcomes
    curves: ThresholdCurves

    def at(self, oriented: float, metrics: Sequence[ClassificationMetric]) -> Numbers:
        """Return how many queries are answered, and each metric, at a threshold."""
        counts = self.outcomes.counts(np.array([oriented]))
        tp, fp = int(counts.tp[0]), int(counts.fp[0])
        found: Numbers = {"queries": counts.count, "given": tp + fp, "right": tp, "wrong": fp}
        return found | {metric.name: float(metric.at(counts)[0]) for metric in metrics}


@dataclass(frozen=True)
class Explored:
    """A calibration, with the queries it was made of and those held out, where there are any.

    Attributes
    ----------
    source : LabelledSource
    results : CalibrationResults
    matcher : ClassificationMatch
    metrics : list of ClassificationMetric
        The calibration metric first; empty for results that stand alone.
    calibration, held_out : Split or None
    """

    source: LabelledSource
    results: CalibrationResults
    matcher: ClassificationMatch | None
    metrics: list[ClassificationMetric]
    calibration: Split | None = None
    held_out: Split | None = None

    @cached_property
    def names(self) -> list[str]:
        """Of the metrics, the calibration metric's first."""
        first = self.results.calibration_metric
        thresholds = self.results.thresholds
        return [first, *(own for own in thresholds if own not in ("distance", "value", first))]

    @cached_property
    def curves(self) -> ThresholdCurves:
        """The metrics by threshold."""
        if self.calibration is not None:
            return self.calibration.curves
        return curves_of_results(self.results, self.names)

    @cached_property
    def cuts(self) -> NDArray[np.float64]:
        """The thresholds of the calibration, ascending, similarities negated."""
        return self.sign * self.results.thresholds["distance"]

    @property
    def sign(self) -> float:
        """What a threshold is multiplied with so that the smaller is the stricter."""
        return -1.0 if self.results.larger_is_nearer else 1.0

    def numbers(self, threshold: float) -> Numbers:
        """Return the calibration's numbers at a threshold in the index's units."""
        if self.calibration is not None:
            return self.calibration.at(self.sign * threshold, self.metrics)
        column = self.curves.curves[:, self.curves.place(self.sign * threshold)]
        return dict(zip(self.names, column.tolist(), strict=True))

    def held_out_numbers(self, threshold: float) -> Numbers | None:
        """Return the numbers of the queries held out; None without any."""
        if self.held_out is None:
            return None
        return self.held_out.at(self.sign * threshold, self.metrics)

    def metrics_at(self, names: Sequence[str], threshold: float) -> dict[str, float]:
        """Return metrics by name, those that were not calibrated with too."""
        own = {metric.name: metric for metric in self.metrics}
        if self.calibration is None:
            known = self.numbers(threshold)
            return {name: known.get(name, np.nan) for name in names}
        chosen = [own.get(name) or make_classification_metric(name) for name in names]
        found = self.calibration.at(self.sign * threshold, chosen)
        return {name: found[name] for name in names}

    def with_point(self, point: Mapping[str, Any]) -> Explored:
        """Return the same with one more cut point."""
        points = {**self.results.cutpoints, str(point["name"]): dict(point)}
        return replace(self, results=replace(self.results, cutpoints=points))


def explore(
    source: LabelledSource,
    k: int,
    matcher: str | ClassificationMatch,
    calibration_metric: str | ClassificationMetric,
    extra_metrics: Any,
    targets: Mapping[str, Target] | None,
) -> Explored:
    """Calibrate with the queries of a source, and evaluate those held out.

    Raises
    ------
    ValueError
        As `calibrate`.
    """
    if source.queries is None:
        if source.results is None:
            raise ValueError("there is nothing to explore: neither results nor queries")
        return Explored(source, source.results, None, [])
    rule = make_classification_matcher(matcher)
    metric, *_ = make_classification_metrics("calibration_metric", [calibration_metric])
    known = source.known_classes
    if extra_metrics is None:
        extra = [own() for own in (*_METRICS, *(() if known is None else _OPEN_SET))]
    else:
        extra = make_classification_metrics("extra_metrics", extra_metrics)
    metrics = list({own.name: own for own in (*extra, metric)}.values())
    metrics.sort(key=lambda own: own.name != metric.name)
    split = _split(source.queries, metrics, rule, k, known)
    if extra_metrics is None:  # what is a rate of none of these queries tells nothing
        curves = split.curves.curves
        told = [place for place, own in enumerate(curves) if not (place and np.isnan(own).all())]
        metrics = [metrics[place] for place in told]
        split = replace(split, curves=replace(split.curves, curves=curves[told]))
    results = calibrate(
        source.queries.lookups, source.queries.labels, targets, k, metric, rule, metrics, known
    )
    held = source.held_out
    held_out = None if held is None else _split(held, metrics, rule, k, known)
    return Explored(source, results, rule, metrics, split, held_out)


def _split(
    queries: LabelledQueries,
    metrics: Sequence[ClassificationMetric],
    rule: ClassificationMatch,
    k: int,
    known: Any,
) -> Split:
    decided = decisions(queries.lookups, queries.labels, k, rule, known)
    return Split(queries, decided, in_order(decided), curves_of(decided, metrics))
