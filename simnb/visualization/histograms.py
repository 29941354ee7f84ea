"""Distances of right and of wrong answers, as histograms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from numpy.typing import NDArray

from simnb import check
from simnb.calibration import CalibrationResults
from simnb.calibration.outcomes import Outcomes, outcomes_of
from simnb.matchers import ClassificationMatch, MatchNearest, make_classification_matcher
from simnb.types import Lookups
from simnb.visualization.interactive import add_hover, add_legend
from simnb.visualization.palette import BLUE, GREEN, VERMILION
from simnb.visualization.threshold_axes import ThresholdAxes, calibrated, measure

_NAMES = ("right", "wrong", "of unknown classes")
_COLORS = (GREEN, VERMILION, BLUE)
_DASHES = ((), (5, 2), (2, 1))


@dataclass(frozen=True)
class Histogram:
    """The answers of one kind: queries in each bin, and that as a share of all of the kind."""

    name: str
    counts: NDArray[np.int64]
    percent: NDArray[np.float64]


def distance_histograms(
    lookups: Lookups,
    labels: Any,
    results: CalibrationResults | None = None,
    k: int = 1,
    matcher: str | ClassificationMatch = "match_nearest",
    known_classes: Any = None,
    bins: int = 40,
    backend: str = "matplotlib",
) -> Figure | Any:
    """Draw the distances of right answers over those of wrong ones.

    Each histogram has the share of its own group, so that a few wrong answers are seen
    beside many right ones; the legend tells how many there are. Queries without a neighbour
    are left out, and counted in the title.

    Parameters
    ----------
    lookups : Lookups
        Of q queries, from an index with labels.
    labels : integers or strings [q]
        The queries' true labels.
    results : CalibrationResults, optional
        Draws its cut points; its `k` and `matcher` are used.
    k : int, default 1
        Neighbours for the matcher.
    matcher : default "match_nearest"
    known_classes : labels, optional
        The classes in the index: answers to queries of others, which cannot be right,
        become a third histogram.
    bins : int, default 40
        Of equal width, the same for all groups.
    backend : str, default "matplotlib"
        Or `"bokeh"`, for a figure with values under the pointer.

    Returns
    -------
    matplotlib.figure.Figure or bokeh.plotting.figure
        Not shown: as the last value of a notebook cell it draws itself.

    Raises
    ------
    ValueError
        No labels in the index, labels of another kind or number, no query with a
        neighbour, or results of another k, matcher or kind of index.

    Examples
    --------
    >>> distances = np.array([[0.1], [0.2], [0.9]], "float32")
    >>> found = Lookups(np.array([[0], [1], [0]]), distances, np.array([["cat"], ["dog"], ["cat"]]))
    >>> figure = distance_histograms(found, ["cat", "dog", "fox"], known_classes=["cat", "dog"])
    >>> [text.get_text() for text in figure.legends[0].get_texts()]
    ['right (2)', 'wrong (0)', 'of unknown classes (1)']
    """
    check.one_of("backend", backend, ("matplotlib", "bokeh"))
    bins = check.positive_integer("bins", bins)
    if results is not None:
        k, matcher = _as_calibrated(results, k, matcher)
    outcomes = outcomes_of(lookups, labels, make_classification_matcher(matcher), k, known_classes)
    if results is not None and results.larger_is_nearer != lookups.larger_is_nearer:
        raise ValueError(
            f"`results` must be of the index looked up in. Received: results by "
            f"{measure(results.larger_is_nearer)}, lookups by {measure(lookups.larger_is_nearer)}"
        )
    if outcomes.answered == 0:
        raise ValueError("`lookups` must hold neighbours: no query has any.")
    edges, histograms = _histograms(outcomes, bins, lookups.larger_is_nearer)
    top = 1.05 * max(own.percent.max() for own in histograms)
    axes = ThresholdAxes(edges, 0.0, float(top), results)
    name = measure(lookups.larger_is_nearer)
    left_out = len(outcomes) - outcomes.answered
    said = f"\nleft out, without a neighbour: {left_out:,}" if left_out else ""
    title = f"{name.capitalize()} of the answers ({outcomes.answered:,}){said}"
    draw = _in_matplotlib if backend == "matplotlib" else _in_bokeh
    return draw(edges, histograms, axes, (title, f"{name} of the answer", "% of its kind"))


def _as_calibrated(
    results: CalibrationResults, k: int, matcher: str | ClassificationMatch
) -> tuple[int, str | ClassificationMatch]:
    """The k and the matcher of the calibration, with which the caller's must agree."""
    calibrated(results)
    if k not in (1, results.k):
        raise ValueError(f"`k` must be that of `results`, {results.k}. Received: k={k!r}")
    name = make_classification_matcher(matcher).name
    if name == results.matcher:
        return results.k, matcher
    if name != MatchNearest.name:
        raise ValueError(
            f"`matcher` must be that of `results`, {results.matcher!r}. Received: matcher={name!r}"
        )
    return results.k, results.matcher


def _histograms(
    outcomes: Outcomes, bins: int, larger_is_nearer: bool
) -> tuple[NDArray[np.float64], list[Histogram]]:
    answered = slice(outcomes.answered)
    values = -outcomes.distance[answered] if larger_is_nearer else outcomes.distance[answered]
    right = outcomes.right[answered]
    kinds = [right, ~right]
    if outcomes.unknown is not None:
        unknown = outcomes.unknown[answered]
        kinds = [right & ~unknown, ~right & ~unknown, unknown]
    edges = _edges(values, bins)
    histograms = []
    for name, kind in zip(_NAMES, kinds, strict=False):
        counts = np.histogram(values[kind], edges)[0]
        histograms.append(Histogram(name, counts, 100 * counts / max(counts.sum(), 1)))
    return edges, histograms


def _edges(values: NDArray[np.float64], bins: int) -> NDArray[np.float64]:
    """Bins over all values; where these are all but one, over a little on either side."""
    low, high = values.min(), values.max()
    if high - low <= 1e-6 * max(abs(low), abs(high)):
        margin = 0.05 * (max(abs(low), abs(high)) or 1.0)
        low, high = low - margin, high + margin
    return np.linspace(low, high, bins + 1)


def _in_matplotlib(
    edges: NDArray[np.float64],
    histograms: list[Histogram],
    axes: ThresholdAxes,
    labels: tuple[str, str, str],
) -> Figure:
    figure, panel = axes.in_matplotlib(*labels)
    for own, color, dashes in zip(histograms, _COLORS, _DASHES, strict=False):
        panel.stairs(
            own.percent,
            edges,
            fill=True,
            facecolor=to_rgba(color, 0.2),
            edgecolor=color,
            linewidth=1.8,
            linestyle=(0, dashes) if dashes else "-",
            label=_legend(own),
        )
    handles, texts = panel.get_legend_handles_labels()
    figure.legend(handles, texts, loc="outside right upper", frameon=False)
    return figure


def _in_bokeh(
    edges: NDArray[np.float64],
    histograms: list[Histogram],
    axes: ThresholdAxes,
    labels: tuple[str, str, str],
) -> Any:
    plot = axes.in_bokeh(*labels)
    drawn = []
    for own, color, dashes in zip(histograms, _COLORS, _DASHES, strict=False):
        there = own.counts > 0
        bars = plot.quad(
            left="low",
            right="high",
            bottom=0,
            top="percent",
            source={
                "low": edges[:-1][there],
                "high": edges[1:][there],
                "percent": own.percent[there],
                "queries": own.counts[there].astype(np.int32),
            },
            name=own.name,
            fill_color=color,
            fill_alpha=0.2,
            line_color=color,
            line_width=2,
            line_dash=" ".join(str(2 * dash) for dash in dashes) or "solid",
        )
        drawn.append(bars)
    add_legend(plot, [(_legend(own), [bars]) for own, bars in zip(histograms, drawn, strict=True)])
    rows = [
        ("answers", "$name"),
        (labels[1], "@low{%.4g} – @high{%.4g}"),
        ("queries", "@queries"),
        ("% of its kind", "@percent{%.1f}"),
    ]
    add_hover(plot, drawn, rows)
    return plot


def _legend(own: Histogram) -> str:
    return f"{own.name} ({own.counts.sum():,})"
