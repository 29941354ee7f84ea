"""Precision against recall, over all thresholds."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from simnb import check
from simnb.calibration import CalibrationResults
from simnb.visualization.curves import steps, thinned
from simnb.visualization.interactive import add_hover, add_legend, new_plot
from simnb.visualization.palette import BLUE, GREY, marker_style
from simnb.visualization.present import literal, new_figure
from simnb.visualization.threshold_axes import CutPoint, calibrated, cut_points, measure

_TITLE = "Precision and recall"
_ENDS = (-0.02, 1.02)

Curve = dict[str, NDArray[np.float64]]


def precision_recall_curve(
    results: CalibrationResults, backend: str = "matplotlib"
) -> Figure | Any:
    """Draw precision against recall, with a marker at each cut point.

    Between two thresholds the curve has the precision of the one with more recall. A curve
    of more than 2,000 thresholds is thinned to those that give it its shape.

    Parameters
    ----------
    results : CalibrationResults
        Of a calibration with the metrics precision and recall.
    backend : str, default "matplotlib"
        Or `"bokeh"`, for a figure with values under the pointer.

    Returns
    -------
    matplotlib.figure.Figure or bokeh.plotting.figure
        Not shown: as the last value of a notebook cell it draws itself.

    Raises
    ------
    ValueError
        Precision or recall was not calibrated with.

    Examples
    --------
    >>> from simnb import Lookups
    >>> from simnb.calibration import calibrate
    >>> distances = np.array([[0.1], [0.2], [0.9]], "float32")
    >>> found = Lookups(np.array([[0], [1], [0]]), distances, np.array([["cat"], ["dog"], ["cat"]]))
    >>> figure = precision_recall_curve(calibrate(found, ["cat", "dog", "fox"]))
    >>> [text.get_text() for text in figure.legends[0].get_texts()]
    ['all thresholds', 'optimal  0.55']
    """
    check.one_of("backend", backend, ("matplotlib", "bokeh"))
    calibrated(results)
    lacking = [name for name in ("precision", "recall") if name not in results.thresholds]
    if lacking:
        raise ValueError(
            f"`results` must hold precision and recall: calibrate with "
            f'extra_metrics=["precision", "recall"]. Received: results without {" and ".join(lacking)}'
        )
    if backend == "matplotlib":
        return _in_matplotlib(_curve(results), cut_points(results))
    return _in_bokeh(_curve(results), cut_points(results), measure(results.larger_is_nearer))


def _curve(results: CalibrationResults) -> Curve:
    precision, recall = results.thresholds["precision"], results.thresholds["recall"]
    kept = thinned(recall, precision)
    # As seen from the end of more recall, each precision holds until the next recall.
    back = kept[::-1]
    x, y = steps(recall[back], precision[back])
    return {
        "recall": x,
        "precision": y,
        "distance": np.repeat(results.thresholds["distance"][back], 2)[:-1],
    }


def _in_matplotlib(curve: Curve, cuts: list[CutPoint]) -> Figure:
    figure = new_figure((8, 4.4))
    axes = figure.subplots()
    axes.set(title=_TITLE, xlabel="recall", ylabel="precision", xlim=_ENDS, ylim=_ENDS)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color=GREY, alpha=0.25, linewidth=0.6)
    axes.plot(
        curve["recall"], curve["precision"], color=BLUE, linewidth=1.8, label="all thresholds"
    )
    for place, cut in enumerate(cuts):
        color, marker, _ = marker_style(place)
        axes.plot(
            cut.metrics["recall"],
            cut.metrics["precision"],
            color=color,
            marker=marker,
            markersize=9,
            markeredgecolor="white",
            linestyle="none",
            label=literal(cut.label),
        )
    handles, texts = axes.get_legend_handles_labels()
    figure.legend(handles, texts, loc="outside right upper", frameon=False)
    return figure


def _in_bokeh(curve: Curve, cuts: list[CutPoint], name: str) -> Any:
    plot = new_plot(_TITLE, "recall", "precision", 420, _ENDS, _ENDS)
    line = plot.line("recall", "precision", source=curve, line_color=BLUE, line_width=2)
    points = []
    for place, cut in enumerate(cuts):
        color, _, marker = marker_style(place)
        points.append(
            plot.scatter(
                "recall",
                "precision",
                source={
                    "distance": [cut.x],
                    "recall": [cut.metrics["recall"]],
                    "precision": [cut.metrics["precision"]],
                },
                name=cut.label,
                marker=marker,
                size=12,
                fill_color=color,
                line_color="white",
            )
        )
    add_legend(plot, [("all thresholds", [line]), *((point.name, [point]) for point in points)])
    rows = [
        (name, "@distance{%.4g}"),
        ("precision", "@precision{%.4f}"),
        ("recall", "@recall{%.4f}"),
    ]
    add_hover(plot, [line], rows)
    add_hover(plot, points, [("cut point", "$name"), *rows])
    return plot
