"""The metrics and thresholds that a callback is asked for, checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from simnb.classification_metrics import ClassificationMetric, make_classification_metric
from simnb.retrieval_metrics import RetrievalMetric
from simnb.retrieval_metrics.evaluate import checked_metrics


def both_kinds(
    classification: Sequence[str | ClassificationMetric],
    retrieval: Sequence[str | RetrievalMetric] | None,
) -> tuple[list[ClassificationMetric], list[RetrievalMetric]]:
    """The metrics of both kinds, at least one, which differ in name."""
    if isinstance(classification, (str, ClassificationMetric, type)):
        raise ValueError(f"`metrics` must be a list of metrics. Received: {classification!r}")
    chosen = [make_classification_metric(metric) for metric in classification]
    others = checked_metrics("retrieval_metrics", retrieval) if retrieval else []
    names = [metric.name for metric in chosen] + [metric.name for metric in others]
    if len(names) == 0 or len(set(names)) < len(names):
        raise ValueError(
            f"`metrics` and `retrieval_metrics` must be at least one metric, and differ in name. Received: {names}"
        )
    for metric in others:
        if metric.exclude_self:
            raise ValueError(
                f"`retrieval_metrics` must not exclude the query itself: queries are no targets. Received: {metric!r}"
            )
    return chosen, others


def named_thresholds(value: Any) -> dict[str, float]:
    """Thresholds by what a metric's name has added, nothing for a single one; none for None."""
    if value is None:
        return {}
    found = np.atleast_1d(np.asarray(value))
    if found.dtype.kind in "iu":
        found = found.astype(np.float64)
    if found.dtype.kind != "f" or found.ndim != 1 or len(found) == 0 or np.isnan(found).any():
        raise ValueError(
            f"`distance_thresholds` must be a number or a list of numbers. Received: {value!r}"
        )
    if len(found) == 1:
        return {"": float(found[0])}
    return {f"@{own!s}": float(own) for own in found}  # @0.3 for a float32, too
