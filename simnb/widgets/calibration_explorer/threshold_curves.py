"""Metrics at every threshold at which they change, for a page to read without a computation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simnb.calibration import CalibrationResults, Decisions
from simnb.calibration.outcomes import Outcomes, in_order
from simnb.classification_metrics import ClassificationMetric, MatchCounts
from simnb.widgets.columns import label_column

_NAMED_AT_ONCE = 65_000  # labels that a column tells apart


@dataclass(frozen=True)
class ThresholdCurves:
    """Metrics by place: at place p the answers at the p nearest different distances are given.

    Attributes
    ----------
    steps : float64 [t]
        The different distances, ascending, similarities negated. Of results that stand
        alone, their thresholds.
    curves : float64 [m, t + 1]
        Of each metric; NaN where it is undefined, or not known.
    counts : uint32 [6, t + 1] or None
        tp, fp, tn, fn, given answers to unknown classes, given answers.
    totals : list
        Numbers of queries, of those of known and of unknown classes (None where that is
        not known), and of those that have an answer.
    lowest : float
        A finite threshold before all distances: it withholds every answer.
    """

    steps: NDArray[np.float64]
    curves: NDArray[np.float64]
    counts: NDArray[np.uint32] | None
    totals: list[int | None]
    lowest: float

    def place(self, oriented: float) -> int:
        """Return the place of a threshold; of a similarity, of its negative."""
        return int(np.searchsorted(self.steps, oriented, side="right"))


def curves_of(decided: Decisions, metrics: Sequence[ClassificationMetric]) -> ThresholdCurves:
    """Return the curves of labelled queries."""
    outcomes = in_order(decided)
    near = outcomes.distance[: outcomes.answered]
    steps = near[np.append(True, np.diff(near) > 0)] if len(near) else near
    counts = outcomes.counts(np.append(-np.inf, steps))
    curves = np.array([metric.at(counts) for metric in metrics])
    return ThresholdCurves(steps, curves, _stacked(counts), _totals(outcomes), _before(steps, 0.5))


def curves_of_results(results: CalibrationResults, names: Sequence[str]) -> ThresholdCurves:
    """Return the curves that a calibration reported; what all withheld would be is not known."""
    thresholds = results.thresholds["distance"]
    curves = np.array([np.append(np.nan, results.thresholds[name]) for name in names])
    steps = -thresholds if results.larger_is_nearer else thresholds
    curves = curves.reshape(len(names), len(steps) + 1)
    # A distance lies at most as far before its threshold as the next threshold behind it.
    return ThresholdCurves(steps, curves, None, [], _before(steps, 2.0))


def of_page(curves: ThresholdCurves, held_out: ThresholdCurves | None) -> dict[str, Any]:
    """Return the traits that carry curves to the page."""
    held = {} if held_out is None else {"_held_steps": held_out.steps, "_held": held_out.curves}
    return {
        "_steps": curves.steps,
        "_curves": curves.curves,
        "_counts": curves.counts,
        "_totals": curves.totals,
        "_held_totals": [] if held_out is None else held_out.totals,
        **held,
    }


def in_rows(decided: Decisions) -> dict[str, NDArray[Any]]:
    """Return the traits that tell the page of each query, nearest first, unanswered ones last.

    Classes are places in the decisions' own; a kind is 1 for right, and 2 more for a class
    that is not in the index.
    """
    classes, truth, answer = decided.codes
    code = np.uint16 if len(classes) <= 65_000 else np.uint32
    kinds = decided.right.astype(np.uint8)
    if decided.unknown is not None:
        kinds |= decided.unknown.astype(np.uint8) << 1
    order = decided.order
    return {
        "_rows": order.astype(np.uint32),
        "_truth": truth[order].astype(code),
        "_answer": answer[order].astype(code),
        "_kinds": kinds[order],
    }


def class_texts(
    classes: NDArray[Any], class_names: Mapping[Any, str] | Sequence[str] | None
) -> list[str]:
    """Return what to call each class, however many they are."""
    parts = np.array_split(classes, -(-len(classes) // _NAMED_AT_ONCE))
    return [name for own in parts for name in label_column(own, len(own), class_names).texts()]


def _before(steps: NDArray[np.float64], gaps: float) -> float:
    """A number before the first step, by so many times its distance to the second."""
    if len(steps) == 0:
        return 0.0
    gap = steps[1] - steps[0] if len(steps) > 1 else max(abs(steps[0]), 1e-6)
    return float(min(steps[0] - gaps * gap, np.nextafter(steps[0], -np.inf)))


def _stacked(counts: MatchCounts) -> NDArray[np.uint32]:
    accepted = counts.accepted_unknown
    known = [counts.tp, counts.fp, counts.tn, counts.fn]
    unknown = np.zeros_like(counts.tp) if accepted is None else accepted
    return np.stack([*known, unknown, counts.tp + counts.fp]).astype(np.uint32)


def _totals(outcomes: Outcomes) -> list[int | None]:
    if outcomes.unknown is None:
        return [len(outcomes), None, None, outcomes.answered]
    unknown = int(outcomes.unknown.sum())
    return [len(outcomes), len(outcomes) - unknown, unknown, outcomes.answered]
