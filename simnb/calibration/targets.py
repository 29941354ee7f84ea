"""Ways to choose a cut point: a metric to reach, a price of mistakes, equal error rates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from simnb import check
from simnb.classification_metrics import (
    ClassificationMetric,
    MatchCounts,
    make_classification_metric,
)

Target: TypeAlias = float | Mapping[str, float] | str


def best_place(
    metric: ClassificationMetric, counts: MatchCounts, argument: str = "calibration_metric"
) -> int:
    """The threshold where a metric, which errors call `argument`, is best; at ties the nearest."""
    curve = metric.at(counts).copy()
    curve[0] = np.nan  # withholding every answer is no threshold
    if np.isnan(curve).all():
        raise ValueError(
            f"`{argument}` must be defined for these queries. Received: {metric.name}, a rate of none of them"
        )
    return int(np.nanargmax(curve) if metric.maximize else np.nanargmin(curve))


def place_of(argument: str, target: Any, metric: ClassificationMetric, counts: MatchCounts) -> int:
    """The threshold that meets a target, which errors call `argument`, and gives up least.

    The first of the counts is that of withholding every answer: it is taken where no other
    meets a limit on mistakes, or none is as cheap.
    """
    if isinstance(target, str) and target == "equal_error_rate":
        return _equal_error_rate(counts)
    ratio = _cost_ratio(argument, target)
    if ratio is not None:
        return int(np.argmin(ratio * counts.fp + counts.fn))
    metric, value = _metric_and_value(argument, target, metric)
    return _reaching(argument, value, metric, counts)


def _metric_and_value(argument: str, target: Any, metric: Any) -> tuple[Any, float]:
    """The metric to reach, the given one for a bare number, and how much of it."""
    value = target
    if isinstance(target, Mapping) and len(target) == 1:
        own, value = next(iter(target.items()))
        metric = make_classification_metric(own)
    number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not number or not 0 <= value <= 1:
        raise ValueError(
            f"`{argument}` must be a number from 0 to 1, {{metric: number}}, {{'cost_ratio': number}} or "
            f"'equal_error_rate'. Received: {target!r}"
        )
    return metric, float(value)


def _cost_ratio(argument: str, target: Any) -> float | None:
    """The ratio of a target that is one."""
    if isinstance(target, Mapping) and set(target) == {"cost_ratio"}:
        return check.positive(argument, target["cost_ratio"])
    return None


def _equal_error_rate(counts: MatchCounts) -> int:
    """Where as large a share of wrong answers is given as of right ones is withheld."""
    wrong = counts.fp / np.maximum(counts.fp + counts.tn, 1)
    missed = counts.fn / np.maximum(counts.fn + counts.tp, 1)
    return int(np.argmin(np.abs(wrong - missed)))


def _reaching(
    argument: str, value: float, metric: ClassificationMetric, counts: MatchCounts
) -> int:
    curve = metric.at(counts)
    if np.isnan(curve).all():
        raise ValueError(
            f"`{argument}`: {metric.name} is undefined, a rate of none of these queries."
        )
    meets = np.flatnonzero(curve >= value if metric.maximize else curve <= value)
    if metric.maximize or not metric.increasing:
        meets = meets[meets > 0]
    if len(meets) == 0:
        nearest = np.nanmax(curve[1:]) if metric.maximize else np.nanmin(curve[1:])
        raise ValueError(
            f"`{argument}`: no threshold has {metric.name} "
            f"{'of at least' if metric.maximize else 'of at most'} {value}; the best is {nearest:.4f}."
        )
    # Growing metrics that should be large are met from some distance on, and so are falling
    # ones that should be small; the others are met up to one.
    return int(meets[0] if metric.maximize == metric.increasing else meets[-1])


def checked_targets(targets: Any) -> Mapping[str, Target]:
    """Targets of the forms there are, by names that a cut point may have."""
    if targets is None:
        return {}
    if not isinstance(targets, Mapping):
        raise ValueError(
            f"`thresholds_targets` must map names to targets. Received: {type(targets).__name__}"
        )
    for name, target in targets.items():
        if not isinstance(name, str) or name in ("optimal", "all"):
            raise ValueError(
                f"`thresholds_targets` must have names that are strings, other than 'optimal' and 'all'. Received: {name!r}"
            )
        check_target(argument_of(name), target)
    return targets


def check_target(argument: str, target: Any) -> None:
    """Refuse what is no target, before the time that looking up takes."""
    rate = isinstance(target, str) and target == "equal_error_rate"
    if not rate and _cost_ratio(argument, target) is None:
        _metric_and_value(argument, target, None)


def argument_of(name: str) -> str:
    """What errors call the target of that name."""
    return f"thresholds_targets[{name!r}]"
