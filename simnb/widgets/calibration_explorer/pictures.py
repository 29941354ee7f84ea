"""A calibration as pictures that need no Python: for print, for where no script runs, as a page."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

from simnb.calibration import CalibrationResults
from simnb.widgets.calibration_explorer.cut_points import cut_point, free_name
from simnb.widgets.calibration_explorer.splits import Explored

_SHOWN = ("precision", "recall", "coverage")  # beside the metric that stands out
_HERE = "shown"


def metrics_figure(explored: Explored, threshold: float, metric: str, backend: str) -> Any:
    """Return the metrics by threshold, with the cut points and the threshold that is set."""
    from simnb.visualization import metrics_by_threshold

    names = [own for own in (metric, *_SHOWN) if own in explored.names]
    return metrics_by_threshold(marked(explored, threshold), list(dict.fromkeys(names)), backend)


def distances_figure(explored: Explored, threshold: float, backend: str) -> Any:
    """Return the distances of right and wrong answers; None where there are only results."""
    from simnb.visualization import distance_histograms

    split = explored.calibration
    if split is None:
        return None
    unknown = split.decided.unknown
    known = explored.source.known_classes if unknown is not None and unknown.any() else None
    return distance_histograms(
        split.queries.lookups,
        split.queries.labels,
        marked(explored, threshold),
        explored.results.k,
        explored.matcher or explored.results.matcher,
        known,
        backend=backend,
    )


def still(explored: Explored, threshold: float, metric: str) -> bytes:
    """Return a PNG of both, side by side."""
    from simnb.visualization.present import side_by_side

    both = (
        metrics_figure(explored, threshold, metric, "matplotlib"),
        distances_figure(explored, threshold, "matplotlib"),
    )
    figures = [own for own in both if own is not None]
    height = max(own.get_figheight() for own in figures)
    for own in figures:
        own.set_size_inches(6.4 if len(figures) > 1 else 8.0, height)
    with warnings.catch_warnings():
        # A name in letters that matplotlib's font lacks is no news each time it is drawn.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        return side_by_side(figures)


def page(explored: Explored, threshold: float, metric: str) -> Any:
    """Return both as Bokeh figures, one below the other."""
    from simnb.visualization.interactive import stacked

    both = (
        metrics_figure(explored, threshold, metric, "bokeh"),
        distances_figure(explored, threshold, "bokeh"),
    )
    return stacked([own for own in both if own is not None])


def marked(explored: Explored, threshold: float) -> CalibrationResults:
    """Return the results with the threshold that is set as one more cut point, if it is near the others."""
    results, cuts = explored.results, explored.cuts
    width = max(cuts[-1] - cuts[0], abs(cuts[0])) if len(cuts) else 0.0
    if not len(cuts) or not cuts[0] - width <= explored.sign * threshold <= cuts[-1] + width:
        return results  # it would press the curves into a corner
    name = free_name(_HERE, results.cutpoints)
    here = cut_point(explored, results, name, threshold)
    return replace(results, cutpoints={**results.cutpoints, name: here})
