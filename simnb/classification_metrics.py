"""How good the answers are when those beyond a distance are withheld, at every distance at once.

A query's answer is the label of its match. At a threshold it is given when its distance is
not above it, and then right (TP) or wrong (FP); withheld otherwise, though it was right (FN)
or because it was wrong (TN). These are TensorFlow Similarity's definitions: a query whose
class is not in the index can only be FP or TN, and so can one of a known class whose nearest
neighbour is of another. The open-set metrics tell the two apart.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from simnb.registry import Registry

__all__ = [
    "AccuracyAtCoverage",
    "BinaryAccuracy",
    "ClassificationMetric",
    "Coverage",
    "F1Score",
    "FalseAcceptRate",
    "FalsePositiveRate",
    "FalseRejectRate",
    "MatchCounts",
    "NegativePredictiveValue",
    "Precision",
    "Recall",
    "make_classification_metric",
    "make_classification_metrics",
    "names",
]

Counts = NDArray[np.int64]
Values = NDArray[np.float64]


@dataclass(frozen=True)
class MatchCounts:
    """Counts at each of t thresholds, int64 [t].

    Attributes
    ----------
    tp, fp, tn, fn : counts
        Right and given, wrong and given, wrong and withheld, right and withheld.
    count : int
        Number of queries.
    unknown : int, counts or None
        Number of queries whose class is not in the index, one for each entry where these
        are of different queries; None where that is not known.
    accepted_unknown : counts or None
        How many of these were given an answer.
    """

    tp: Counts
    fp: Counts
    tn: Counts
    fn: Counts
    count: int
    unknown: int | Counts | None = None
    accepted_unknown: Counts | None = None


class ClassificationMetric(ABC):
    """A metric over the counts at thresholds; subclass it to bring your own.

    Attributes
    ----------
    name, aliases : str, tuple of str
    maximize : bool
        Whether larger is better.
    increasing : bool
        Whether it grows, on the whole, with the distance threshold.
    """

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    maximize: ClassVar[bool] = True
    increasing: ClassVar[bool] = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "name" in cls.__dict__:
            _REGISTRY.add(cls, cls.name, *cls.__dict__.get("aliases", ()))

    @abstractmethod
    def compute(self, tp: Counts, fp: Counts, tn: Counts, fn: Counts, count: int) -> Values:
        """Return the metric at each threshold, float64 [t]."""

    def at(self, counts: MatchCounts) -> Values:
        """Return the metric at each threshold, float64 [t]."""
        return np.asarray(
            self.compute(counts.tp, counts.fp, counts.tn, counts.fn, counts.count), dtype=np.float64
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


_REGISTRY: Registry[ClassificationMetric] = Registry("classification metric")


class Precision(ClassificationMetric):
    """TP / (TP + FP): the share of given answers that are right; 1 where none is given.

    >>> Precision().compute(np.array([3]), np.array([1]), np.array([0]), np.array([0]), 4)
    array([0.75])
    """

    name = "precision"
    increasing = False

    def compute(self, tp: Counts, fp: Counts, tn: Counts, fn: Counts, count: int) -> Values:
        """Return the metric at each threshold."""
        return _ratio(tp, tp + fp, empty=1.0)


class Recall(ClassificationMetric):
    """TP / (TP + FN): the share of right answers that are given.

    TensorFlow Similarity's: only an answer that was right and too far off counts as
    missed, so at an infinite distance it is 1 for any model that has a right answer.
    """

    name = "recall"

    def compute(self, tp: Counts, fp: Counts, tn: Counts, fn: Counts, count: int) -> Values:
        """Return the metric at each threshold."""
        return _ratio(tp, tp + fn)


class F1Score(ClassificationMetric):
    """2 TP / (2 TP + FP + FN): the harmonic mean of precision and recall."""

    name = "f1"
    aliases = ("f1score", "f1_score")

    def compute(self, tp: Counts, fp: Counts, tn: Counts, fn: Counts, count: int) -> Values:
        """Return the metric at each threshold."""
        return _ratio(2 * tp, 2 * tp + fp + fn)


class BinaryAccuracy(ClassificationMetric):
    """TP / queries: the share of queries that got a right answer."""

    name = "binary_accuracy"

    def compute(self, tp: Counts, fp: Counts, tn: Counts, fn: Counts, count: int) -> Values:
        """Return the metric at each threshold."""
        return tp / count


class FalsePositiveRate(ClassificationMetric):
    """FP / (FP + TN): the share of wrong answers that are given."""

    name = "fpr"
    aliases = ("false_positive_rate",)
    maximize = False

    def compute(self, tp: Counts, fp: Counts, tn: Counts, fn: Counts, count: int) -> Values:
        """Return the metric at each threshold."""
        return _ratio(fp, fp + tn)


class NegativePredictiveValue(ClassificationMetric):
    """TN / (TN + FN): the share of withheld answers that were wrong; 0 where none is withheld."""

    name = "npv"
    aliases = ("negative_predictive_value",)

    def compute(self, tp: Counts, fp: Counts, tn: Counts, fn: Counts, count: int) -> Values:
        """Return the metric at each threshold."""
        return _ratio(tn, tn + fn)


class Coverage(ClassificationMetric):
    """(TP + FP) / queries: the share of queries that are given an answer."""

    name = "coverage"

    def compute(self, tp: Counts, fp: Counts, tn: Counts, fn: Counts, count: int) -> Values:
        """Return the metric at each threshold."""
        return (tp + fp) / count


class AccuracyAtCoverage(ClassificationMetric):
    """Accuracy on the queries that are given an answer; 1 where none is.

    The same number as precision, under the name that goes with `coverage`.
    """

    name = "accuracy_at_coverage"
    increasing = False

    def compute(self, tp: Counts, fp: Counts, tn: Counts, fn: Counts, count: int) -> Values:
        """Return the metric at each threshold."""
        return _ratio(tp, tp + fp, empty=1.0)


class FalseAcceptRate(ClassificationMetric):
    """The share of queries of classes not in the index that are given an answer all the same.

    Open-set: needs to know which classes are in the index; NaN when no query is of another.
    """

    name = "false_accept_rate"
    aliases = ("far",)
    maximize = False

    def compute(self, tp: Counts, fp: Counts, tn: Counts, fn: Counts, count: int) -> Values:
        """Refuse: the four counts do not tell unknown classes from mistakes."""
        raise ValueError(f"{self.name} needs counts of unknown queries: use `at(counts)`.")

    def at(self, counts: MatchCounts) -> Values:
        """Return the metric at each threshold."""
        unknown, accepted = _open_set(self.name, counts)
        return _ratio(accepted, np.full_like(accepted, unknown), empty=np.nan)


class FalseRejectRate(ClassificationMetric):
    """The share of queries of classes in the index that are given no answer.

    Open-set: needs to know which classes are in the index; NaN when no query is of one.
    """

    name = "false_reject_rate"
    aliases = ("frr",)
    maximize = False
    increasing = False

    def compute(self, tp: Counts, fp: Counts, tn: Counts, fn: Counts, count: int) -> Values:
        """Refuse: the four counts do not tell unknown classes from mistakes."""
        raise ValueError(f"{self.name} needs counts of unknown queries: use `at(counts)`.")

    def at(self, counts: MatchCounts) -> Values:
        """Return the metric at each threshold."""
        unknown, accepted = _open_set(self.name, counts)
        rejected = counts.tn + counts.fn - (unknown - accepted)
        return _ratio(rejected, np.full_like(rejected, counts.count - unknown), empty=np.nan)


def make_classification_metric(
    metric: str | ClassificationMetric | type[ClassificationMetric],
) -> ClassificationMetric:
    """Return the metric of that name or class; an instance as it is.

    Raises
    ------
    ValueError
        The name is unknown; the message lists the known ones.
    """
    if isinstance(metric, ClassificationMetric):
        return metric
    if isinstance(metric, type) and issubclass(metric, ClassificationMetric):
        return metric()
    return _REGISTRY.find(metric)()


def make_classification_metrics(name: str, metrics: Any) -> list[ClassificationMetric]:
    """Return the metrics of a list of names, classes or instances.

    Raises
    ------
    ValueError
        `metrics`, which the message calls `name`, is no list; a name in it is unknown.
    """
    single = isinstance(metrics, (str, type, ClassificationMetric))
    if single or not isinstance(metrics, Iterable):
        raise ValueError(f"`{name}` must be a list of metrics. Received: {name}={metrics!r}")
    return [make_classification_metric(metric) for metric in metrics]


def names() -> list[str]:
    """Return the names that `make_classification_metric` knows, without aliases."""
    return _REGISTRY.names()


def _ratio(part: Counts, whole: Counts, empty: float = 0.0) -> Values:
    return np.where(whole > 0, part / np.maximum(whole, 1), empty)


def _open_set(name: str, counts: MatchCounts) -> tuple[int | Counts, Counts]:
    if counts.unknown is None or counts.accepted_unknown is None:
        raise ValueError(f"{name} needs `known_classes`, the classes that are in the index.")
    return counts.unknown, counts.accepted_unknown
