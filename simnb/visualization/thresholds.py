"""Metrics against the threshold, one curve each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from simnb import check
from simnb.calibration import CalibrationResults
from simnb.visualization.curves import thinned
from simnb.visualization.interactive import add_hover, add_legend
from simnb.visualization.palette import curve_style
from simnb.visualization.present import literal, shortened
from simnb.visualization.threshold_axes import ThresholdAxes, calibrated, measure

Curves = dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]

_FEW = 30  # points; fewer are marked, and so one is seen that makes no line


def metrics_by_threshold(
    results: CalibrationResults,
    metrics: str | Sequence[str] | None = None,
    backend: str = "matplotlib",
) -> Figure | Any:
    """Draw how metrics change with the threshold, and where the cut points are.

    Each point of a curve, a threshold and the metric there, is exact, and Bokeh shows only
    these under the pointer. The lines in between are there for the eye: the metric changes
    somewhere between two thresholds, all at once. Points fewer than 30 are marked. A curve
    of more than 2,000 thresholds is thinned to those that give it its shape, extremes
    included.

    Parameters
    ----------
    results : CalibrationResults
        What `calibrate` returned.
    metrics : str or sequence of str, optional
        Names among `results.thresholds`; all of them when not given.
    backend : str, default "matplotlib"
        Or `"bokeh"`, for a figure with values under the pointer.

    Returns
    -------
    matplotlib.figure.Figure or bokeh.plotting.figure
        Not shown: as the last value of a notebook cell it draws itself.

    Raises
    ------
    ValueError
        A metric was not calibrated with; the message lists those that were.

    Examples
    --------
    >>> from simnb import Lookups
    >>> from simnb.calibration import calibrate
    >>> distances = np.array([[0.1], [0.2], [0.9]], "float32")
    >>> found = Lookups(np.array([[0], [1], [0]]), distances, np.array([["cat"], ["dog"], ["cat"]]))
    >>> figure = metrics_by_threshold(calibrate(found, ["cat", "dog", "fox"]), ["f1", "precision"])
    >>> figure.axes[0].get_xlabel(), figure.axes[0].get_title()
    ('distance threshold', 'Metrics by distance threshold')
    """
    check.one_of("backend", backend, ("matplotlib", "bokeh"))
    curves = _curves(results, metrics)
    values = np.concatenate([y[np.isfinite(y)] for _, y in curves.values()])
    axes = ThresholdAxes(
        np.concatenate([x for x, _ in curves.values()]),
        bottom=float(min(values.min(initial=0.0), 0.0)),
        top=float(max(values.max(initial=1.0), 1.0)),
        results=results,
    )
    name = measure(results.larger_is_nearer)
    labels = f"Metrics by {name} threshold", f"{name} threshold", "value of the metric"
    if backend == "matplotlib":
        return _in_matplotlib(curves, axes, labels)
    return _in_bokeh(curves, axes, labels, name)


def _curves(results: CalibrationResults, metrics: str | Sequence[str] | None) -> Curves:
    """The points of each metric's curve, thinned."""
    calibrated(results)
    known = [name for name in results.thresholds if name not in ("distance", "value")]
    chosen = known if metrics is None else [metrics] if isinstance(metrics, str) else list(metrics)
    unknown = [name for name in chosen if name not in known]
    if unknown or not chosen:
        raise ValueError(
            f"`metrics` must be among those calibrated with, {', '.join(map(repr, known))}; calibrate "
            f"with extra_metrics=[…] for others. Received: metrics={metrics!r}"
        )
    x = results.thresholds["distance"]
    found = {}
    for name in dict.fromkeys(chosen):
        y = results.thresholds[name]
        kept = thinned(x, y)
        found[name] = x[kept], y[kept]
    return found


def _in_matplotlib(curves: Curves, axes: ThresholdAxes, labels: tuple[str, str, str]) -> Figure:
    figure, panel = axes.in_matplotlib(*labels)
    for place, (metric, (x, y)) in enumerate(curves.items()):
        color, dashes = curve_style(place)
        label = literal(shortened(metric, 30))
        marker = "o" if len(x) < _FEW else None
        panel.plot(
            x,
            y,
            color=color,
            dashes=dashes,
            linewidth=1.8,
            marker=marker,
            markersize=4,
            label=label,
        )
    handles, texts = panel.get_legend_handles_labels()
    figure.legend(handles, texts, loc="outside right upper", frameon=False)
    return figure


def _in_bokeh(curves: Curves, axes: ThresholdAxes, labels: tuple[str, str, str], name: str) -> Any:
    from bokeh.models import ColumnDataSource

    plot = axes.in_bokeh(*labels)
    entries, hovered = [], []
    for place, (metric, (x, y)) in enumerate(curves.items()):
        color, dashes = curve_style(place)
        columns = {"source": ColumnDataSource({"threshold": x, "value": y}), "name": metric}
        line = plot.line("threshold", "value", **columns, line_color=color, line_width=2)
        line.glyph.line_dash = list(dashes)
        drawn = [line]
        if len(x) < _FEW:
            drawn.append(plot.scatter("threshold", "value", **columns, color=color, size=5))
        entries.append((shortened(metric, 30), drawn))
        hovered.append(line if len(x) > 1 else drawn[-1])
    add_legend(plot, entries)
    rows = [("metric", "$name"), (name, "@threshold{%.4g}"), ("value", "@value{%.4f}")]
    add_hover(plot, hovered, rows)
    return plot
