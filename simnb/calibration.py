"""Turn distances into decisions: the cut points beyond which an answer is withheld.

Calibration sorts the queries by the distance of their answer once; cumulative counts then
give every metric at every threshold, in O(n log n). Thresholds lie midway between
neighbouring distances, so that a last-bit change of a distance flips no decision, and
`match_answers` at a cut point reproduces the counts that calibration reported.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simnb import check
from simnb.classification_metrics import (
    ClassificationMetric,
    MatchCounts,
    make_classification_metric,
)
from simnb.matchers import ClassificationMatch, answers, make_classification_matcher
from simnb.types import Lookups

__all__ = ["CalibrationResults", "calibrate", "evaluate_classification", "match"]

Target = float | Mapping[str, float] | str


@dataclass(frozen=True)
class CalibrationResults:
    """What `calibrate` found.

    Attributes
    ----------
    cutpoints : dict
        By name: `{"name", "value", "distance", metric: value, …}`. `value` is the
        calibration metric there, `distance` the threshold.
    thresholds : dict of lists
        `"distance"`, `"value"` and every metric, one entry a threshold, ascending.
    k : int
        Neighbours that the matcher was given.
    matcher : str
    calibration_metric : str
    larger_is_nearer : bool
        True for an index by similarity: answers at or above a threshold are given.
    """

    cutpoints: dict[str, dict[str, Any]]
    thresholds: dict[str, NDArray[np.float64]]
    k: int = 1
    matcher: str = "match_nearest"
    calibration_metric: str = "f1"
    larger_is_nearer: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the results as plain JSON, every number exact."""
        content = asdict(self)
        content["thresholds"] = {name: values.tolist() for name, values in self.thresholds.items()}
        return content

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> CalibrationResults:
        """Read what `to_dict` returned."""
        curves = {
            name: np.array(values, np.float64) for name, values in content["thresholds"].items()
        }
        return cls(**{**content, "thresholds": curves})

    def to_json(self) -> str:
        """Return the results as JSON text."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_json(cls, text: str) -> CalibrationResults:
        """Read what `to_json` wrote."""
        return cls.from_dict(json.loads(text))

    def __str__(self) -> str:
        """The cut points as a table."""
        rows = [list(next(iter(self.cutpoints.values()))), *map(_cells, self.cutpoints.values())]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        rows.insert(1, ["-" * width for width in widths])
        return "\n".join("  ".join(map(str.rjust, row, widths)) for row in rows)

    def cutpoint(self, name: str) -> float:
        """Return the distance of a cut point.

        Raises
        ------
        ValueError
            There is none of that name; the message lists those there are.
        """
        if name not in self.cutpoints:
            known = ", ".join(repr(own) for own in self.cutpoints)
            raise ValueError(f"`cutpoint` must be one of {known}. Received: cutpoint={name!r}")
        return float(self.cutpoints[name]["distance"])


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
        wrong answer costs ten times a withheld right one; `"equal_error_rate"`. Of the
        thresholds that meet a target, the one that gives up least is taken: for a metric
        that falls with distance, or should be small and grows, the largest; else the
        smallest.
    k : int, default 1
        Neighbours for the matcher.
    calibration_metric : default "f1"
        What `"optimal"` is best at; at ties the smallest distance.
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
    chosen = make_classification_matcher(matcher)
    metric = make_classification_metric(calibration_metric)
    distance, right, unknown = _outcomes(lookups, labels, chosen, k, known_classes)
    found = np.isfinite(distance)
    if not found.any():
        raise ValueError("`lookups` must hold neighbours: no query has any.")
    cuts = _cuts(np.unique(distance[found]))
    counts = _counts(cuts, distance, right, unknown)
    metrics = {metric.name: metric}
    metrics.update((own.name, own) for own in map(make_classification_metric, extra_metrics))
    curves = {name: own.at(counts) for name, own in metrics.items()}
    best = curves[metric.name]
    places = {"optimal": int(np.argmax(best) if metric.maximize else np.argmin(best))}
    for name, target in (thresholds_targets or {}).items():
        places[name] = _place(name, target, metric, counts)
    sign = -1.0 if lookups.larger_is_nearer else 1.0
    cutpoints = {
        name: {
            "name": name,
            "value": float(best[place]),
            "distance": float(sign * cuts[place]),
            **{own: float(curve[place]) for own, curve in curves.items()},
        }
        for name, place in places.items()
    }
    thresholds = {"distance": sign * cuts, "value": best, **curves}
    results = CalibrationResults(
        cutpoints, thresholds, k, chosen.name, metric.name, lookups.larger_is_nearer
    )
    if verbose:
        print(f"Calibrated on {len(distance):,} queries by {metric.name}\n{results}")
    return results


def match(
    lookups: Lookups,
    distance: float,
    no_match_label: Any = -1,
    k: int = 1,
    matcher: str | ClassificationMatch = "match_nearest",
) -> NDArray[Any]:
    """Return each query's answer, or `no_match_label` where it is beyond a distance.

    Parameters
    ----------
    lookups : Lookups
    distance : float
        A cut point's; for an index by similarity, the least similarity.
    no_match_label : default -1
    k : int, default 1
    matcher : default "match_nearest"

    Returns
    -------
    array [q]
        Of the labels' dtype where `no_match_label` fits it, else of objects.
    """
    labels, answered = answers(make_classification_matcher(matcher), lookups, k)
    given = answered <= (-distance if lookups.larger_is_nearer else distance)
    if labels.dtype.kind == "U":
        if isinstance(no_match_label, str):
            return np.where(given, labels, no_match_label)
    elif isinstance(no_match_label, (int, np.integer)) and np.can_cast(
        np.min_scalar_type(no_match_label), labels.dtype
    ):
        return np.where(given, labels, np.asarray(no_match_label, labels.dtype))
    return np.where(given, labels.astype(object), no_match_label)


def evaluate_classification(
    lookups: Lookups,
    labels: Any,
    results: CalibrationResults,
    extra_metrics: Sequence[str | ClassificationMetric] = ("precision", "recall"),
    known_classes: Any = None,
) -> dict[str, dict[str, Any]]:
    """Return the metrics of each cut point on other queries than it was chosen by.

    By name of the cut point: `{"name", "distance", metric: value, …}`.
    """
    chosen = make_classification_matcher(results.matcher)
    distance, right, unknown = _outcomes(lookups, labels, chosen, results.k, known_classes)
    names = list(results.cutpoints)
    sign = -1.0 if results.larger_is_nearer else 1.0
    cuts = np.array([sign * results.cutpoint(name) for name in names])
    counts = _counts(cuts, distance, right, unknown)
    metrics = [
        make_classification_metric(own) for own in (results.calibration_metric, *extra_metrics)
    ]
    curves = {own.name: own.at(counts) for own in metrics}
    return {
        name: {
            "name": name,
            "distance": results.cutpoint(name),
            **{own: float(curve[place]) for own, curve in curves.items()},
        }
        for place, name in enumerate(names)
    }


def _outcomes(
    lookups: Lookups, labels: Any, matcher: ClassificationMatch, k: int, known_classes: Any
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_] | None]:
    """Distance of each query's answer, whether it is right, whether the query's class is unknown."""
    k = check.positive_integer("k", k)
    truth = check.labels("labels", labels, len(lookups))
    if len(truth) == 0:
        raise ValueError("`labels` must be of at least one query. Received: 0")
    found, distance = answers(matcher, lookups, k)
    _same_kind("labels", truth, found)
    right = (found == truth) & np.isfinite(distance)
    if known_classes is None:
        return distance, right, None
    known = check.labels("known_classes", known_classes)
    _same_kind("known_classes", known, found)
    return distance, right, ~np.isin(truth, known)


def _cells(cutpoint: Mapping[str, Any]) -> list[str]:
    return [own if isinstance(own, str) else f"{own:.6g}" for own in cutpoint.values()]


def _same_kind(name: str, own: NDArray[Any], index: NDArray[Any]) -> None:
    if (own.dtype.kind == "U") != (index.dtype.kind == "U"):
        kinds = ["strings" if array.dtype.kind == "U" else "integers" for array in (own, index)]
        raise ValueError(
            f"`{name}` must be of the kind of the index's labels, {kinds[1]}. Received: {kinds[0]}"
        )


def _cuts(distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """A threshold behind each distance, ascending: midway to the next."""
    gaps = np.diff(distances)
    last = gaps[-1] if len(gaps) else max(abs(distances[-1]), 1e-6)
    return distances + np.append(gaps, last) / 2


def _counts(
    cuts: NDArray[np.float64],
    distance: NDArray[np.float64],
    right: NDArray[np.bool_],
    unknown: NDArray[np.bool_] | None,
) -> MatchCounts:
    """Counts at each cut: one sort, then what stands at or before the cut."""
    order = np.argsort(distance, kind="stable")
    given = np.searchsorted(distance[order], cuts, side="right")
    tp = np.concatenate([[0], np.cumsum(right[order])])[given]
    fp = given - tp
    total = int(right.sum())
    accepted = None
    if unknown is not None:
        accepted = np.concatenate([[0], np.cumsum(unknown[order])])[given]
    return MatchCounts(
        tp=tp,
        fp=fp,
        tn=len(distance) - total - fp,
        fn=total - tp,
        count=len(distance),
        unknown=None if unknown is None else int(unknown.sum()),
        accepted_unknown=accepted,
    )


def _place(name: str, target: Target, metric: ClassificationMetric, counts: MatchCounts) -> int:
    """The threshold that meets a target and gives up least."""
    if target == "equal_error_rate":
        wrong = counts.fp / np.maximum(counts.fp + counts.tn, 1)
        missed = counts.fn / np.maximum(counts.fn + counts.tp, 1)
        return int(np.argmin(np.abs(wrong - missed)))
    if isinstance(target, Mapping) and set(target) == {"cost_ratio"}:
        ratio = check.positive(f"thresholds_targets[{name!r}]", target["cost_ratio"])
        return int(np.argmin(ratio * counts.fp + counts.fn))
    if isinstance(target, Mapping) and len(target) == 1:
        own, value = next(iter(target.items()))
        metric = make_classification_metric(own)
    else:
        value = target  # type: ignore[assignment]
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float, np.number))
        or not 0 <= value <= 1
    ):
        raise ValueError(
            f"`thresholds_targets` must be numbers from 0 to 1, {{metric: number}}, {{'cost_ratio': number}} or "
            f"'equal_error_rate'. Received: {name!r}: {target!r}"
        )
    curve = metric.at(counts)
    meets = np.flatnonzero(curve >= value if metric.maximize else curve <= value)
    if len(meets) == 0:
        nearest = curve.max() if metric.maximize else curve.min()
        raise ValueError(
            f"`thresholds_targets` {name!r}: no threshold has {metric.name} "
            f"{'of at least' if metric.maximize else 'of at most'} {value}; the best is {nearest:.4f}."
        )
    # Growing metrics that should be large are met from some distance on, the others up to one.
    return int(meets[0] if metric.maximize == metric.increasing else meets[-1])
