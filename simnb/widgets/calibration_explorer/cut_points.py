"""A threshold taken out of a widget: as a cut point of an index, and as code."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from typing import Any

import numpy as np

from simnb.calibration import CalibrationResults
from simnb.classification_metrics import make_classification_metric
from simnb.indexer import Indexer
from simnb.matchers import make_classification_matcher
from simnb.widgets.base import sendable
from simnb.widgets.calibration_explorer.splits import Explored

_TAKEN = ("optimal", "all")
_KNOWN = {
    "index": "index.class_counts[0]",
    "model": 'model.to_data_frame()["label"].unique()',
}
_LOOK_UP = {
    "lookups": "",
    "index": "lookups = index.query(x, k={k})\n",
    "model": "lookups = model.lookup(x, k={k}, verbose=0)\n",
}


def points_of_page(explored: Explored) -> list[dict[str, Any]]:
    """Return the cut points as the page has them: None is a number that JSON has no word for."""
    return [
        {
            "name": sendable(name),
            "threshold": _in_json(point["distance"]),
            "place": explored.curves.place(explored.sign * point["distance"]),
            "value": _in_json(point["value"]),
        }
        for name, point in explored.results.cutpoints.items()
    ]


def code_of(explored: Explored, threshold: float) -> str:
    """Return Python code that gives the answers and the numbers of a threshold."""
    results, kind = explored.results, explored.source.kind
    of_index = explored.calibration is None and kind != "results"
    if of_index and threshold < 0 and not results.larger_is_nearer:
        threshold = -np.inf  # an index takes no other number below zero
    limit = repr(float(threshold)) if np.isfinite(threshold) else f'float("{threshold}")'
    if of_index:
        return f"answers = {kind}.match(x, cutpoint={limit})"
    rule = _named(explored.matcher, "matcher") if explored.matcher else repr(results.matcher)
    options = f"k={results.k}, matcher={rule}"
    answers = f"answers = match(lookups, {limit}, {options})"
    if explored.calibration is None:
        return f"from simnb.calibration import match\n\n{answers}"
    named = [_named(own, "") for own in explored.metrics]
    metrics = f"[{', '.join(named)}]" if all(named) else "metrics"
    if explored.source.known_classes is not None:
        known = "known_classes" if explored.source.known_given else _KNOWN.get(kind)
        options += f", known_classes={known or 'known_classes'}"
    return (
        "from simnb.calibration import evaluate_at, match\n\n"
        f"{_LOOK_UP[kind].format(k=results.k)}{answers}\n"
        f"numbers = evaluate_at(lookups, labels, {limit}, {metrics}, {options})"
    )


def cut_point(
    explored: Explored, results: CalibrationResults, name: str, threshold: float
) -> dict[str, Any]:
    """Return a threshold as a cut point with the metrics that a calibration reports."""
    last = results.calibration_metric
    others = [own for own in results.thresholds if own not in ("value", "distance", last)]
    found = explored.metrics_at([*others, last], threshold)
    return {"name": name, "value": found[last], "distance": threshold, **found}


def applied(
    explored: Explored, index: Indexer, name: Any, threshold: float
) -> tuple[CalibrationResults, Explored]:
    """Return an index's calibration, and what is explored, with one more cut point.

    An index that is not calibrated is given the calibration that is explored.

    Raises
    ------
    ValueError
        The name is no cut point's or no whole text, the index measures otherwise, or it is calibrated with
        another k or matcher.
    """
    text = isinstance(name, str) and sendable(name) == name
    if not text or not name or name in _TAKEN:
        raise ValueError(
            "`name` must be a text other than 'optimal' and 'all', of whole characters. "
            f"Received: name={name!r}"
        )
    own = explored.with_point(cut_point(explored, explored.results, name, threshold))
    _check_index(explored, index)
    there = index.calibration
    if there is None:
        return own.results, own
    point = cut_point(explored, there, name, threshold)
    return replace(there, cutpoints={**there.cutpoints, name: point}), own


def free_name(name: str, taken: Container[str]) -> str:
    """Return a name, starred until it is none of those taken."""
    while name in taken:
        name += "*"
    return name


def _check_index(explored: Explored, index: Indexer) -> None:
    """Refuse an index whose `match` would answer by other rules than those explored."""
    results, there = explored.results, index.calibration
    ours = results.larger_is_nearer
    if index.distance.larger_is_nearer != ours:
        kinds = ("similarity", "distance") if ours else ("distance", "similarity")
        raise ValueError(
            f"`index` must be one by {kinds[0]}, as what was looked up. Received: one by {kinds[1]}"
        )
    looked_up = explored.source.index
    if looked_up is not None and looked_up.distance != index.distance:
        raise ValueError(
            f"`index` must be by {looked_up.distance}, as that which was looked up in. "
            f"Received: one by {index.distance}"
        )
    if index.labels is None:
        raise ValueError("`index` must have labels to answer with. Received: one without")
    kept: dict[str, Any] = {"matcher": explored.matcher}
    if there is None and explored.metrics:
        kept["calibration_metric"] = explored.metrics[0]
    for argument, rule in kept.items():
        if rule is not None and not _named(rule, ""):
            raise ValueError(
                f"`{argument}` must be told whole by its name, since a calibration keeps its name alone. "
                f"Received: {argument}={rule!r}"
            )
    for name in () if there is None else ("k", "matcher"):
        own, other = getattr(results, name), getattr(there, name)
        if own != other:
            raise ValueError(
                f"`index` must be calibrated with {name}={own!r}, as what is explored. Received: one with "
                f"{name}={other!r}; `index.calibration = None` lets go of that"
            )


def _in_json(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _named(own: Any, variable: str) -> str:
    """A metric or matcher by its name, where that tells it whole; else a variable."""
    make = (
        make_classification_matcher if hasattr(own, "derive_match") else make_classification_metric
    )
    whole = isinstance(getattr(own, "name", None), str) and not vars(own)
    return repr(own.name) if whole and type(make(own.name)) is type(own) else variable
