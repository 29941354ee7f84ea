"""Axes over distances, with the cut points as labelled lines that cover no data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from simnb.calibration import CalibrationResults
from simnb.visualization.interactive import new_plot, plain
from simnb.visualization.palette import GREY
from simnb.visualization.present import literal, new_figure, shortened

_HEIGHT, _ROW = 4.2, 0.22  # inches: of the figure without flags, and of one row of them
_DATA = 3.4  # inches: about what the axes have of that height
_CHARACTER = 0.0135  # about a letter's share of the width of the axes


@dataclass(frozen=True)
class CutPoint:
    """A cut point as figures show it: its label, its distance, and its metrics by name."""

    label: str
    x: float
    metrics: Mapping[str, Any]


@dataclass(frozen=True)
class Flag:
    """A cut point's label at the upper end of its line.

    `row` counts upwards from the data; `leftwards` tells on which side of the line it flies.
    """

    text: str
    x: float
    row: int
    leftwards: bool


class ThresholdAxes:
    """The ranges of the axes: the data, the cut points, and above the data their flags.

    Parameters
    ----------
    x : float64 [n]
        Along the x axis.
    bottom, top : float
        Ends of the y axis.
    results : CalibrationResults, optional
        Whose cut points to draw.
    """

    def __init__(
        self,
        x: NDArray[np.float64],
        bottom: float,
        top: float,
        results: CalibrationResults | None = None,
    ) -> None:
        cuts = [] if results is None else cut_points(results)
        ends = [float(x.min()), float(x.max()), *(cut.x for cut in cuts)]
        margin = 0.02 * (max(ends) - min(ends) or abs(max(ends)) or 1.0)
        self.x = (min(ends) - margin, max(ends) + margin)
        self.flags = _flags(cuts, *self.x)
        self.bottom, self.top = bottom, top
        self._rows = max((flag.row + 1 for flag in self.flags), default=0)
        room = (top - bottom) / _DATA
        self._row_height = room * _ROW
        self.y = (bottom - 0.05 * room, top + 0.05 * room + self._rows * self._row_height)

    def in_matplotlib(self, title: str, x_label: str, y_label: str) -> tuple[Figure, Any]:
        """Return a new figure and its axes, the flags drawn."""
        figure = new_figure((8, _HEIGHT + self._rows * _ROW))
        axes = figure.subplots()
        axes.set(title=literal(title), xlabel=literal(x_label), ylabel=literal(y_label))
        axes.set(xlim=self.x, ylim=self.y)
        limit = self.top + 1e-9 * abs(self.top)
        axes.set_yticks([tick for tick in axes.get_yticks() if self.y[0] <= tick <= limit])
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines["left"].set_bounds(self.y[0], self.top)
        axes.grid(color=GREY, alpha=0.25, linewidth=0.6)
        for flag in self.flags:
            y = self._height_of(flag)
            axes.plot([flag.x, flag.x], [self.y[0], y], color=GREY, linewidth=1.2, dashes=(4, 2))
            axes.text(
                flag.x,
                y,
                f" {literal(flag.text)} ",
                horizontalalignment="right" if flag.leftwards else "left",
                verticalalignment="center",
                size=9,
                bbox={"facecolor": axes.get_facecolor(), "edgecolor": "none", "pad": 0.5},
            )
        return figure, axes

    def in_bokeh(self, title: str, x_label: str, y_label: str) -> Any:
        """Return a new Bokeh figure, the flags drawn."""
        from bokeh.models import Label

        height = int(100 * _HEIGHT + 20 * self._rows)
        plot = new_plot(title, x_label, y_label, height, self.x, self.y)
        plot.yaxis.bounds = plot.ygrid.bounds = (self.y[0], self.top)
        for flag in self.flags:
            y = self._height_of(flag)
            plot.line([flag.x, flag.x], [self.y[0], y], color=GREY, line_dash=[4, 2])
            plot.add_layout(
                Label(
                    text=plain(flag.text),
                    x=flag.x,
                    y=y,
                    x_offset=-4 if flag.leftwards else 4,
                    text_align="right" if flag.leftwards else "left",
                    text_baseline="middle",
                    text_font_size="12px",
                    background_fill_color="white",
                )
            )
        return plot

    def _height_of(self, flag: Flag) -> float:
        return self.y[1] - (self._rows - flag.row - 0.5) * self._row_height


def calibrated(results: Any) -> None:
    """Refuse what is not the results of a calibration."""
    if not isinstance(results, CalibrationResults):
        raise ValueError(
            f"`results` must be CalibrationResults: calibrate first. Received: {type(results).__name__}"
        )


def cut_points(results: CalibrationResults) -> list[CutPoint]:
    """Return the cut points, by ascending distance; those at one distance as one."""
    names: dict[float, list[str]] = {}
    for name in results.cutpoints:
        if np.isfinite(results.cutpoint(name)):  # else it withholds every answer, left of all
            names.setdefault(results.cutpoint(name), []).append(name)
    return [
        CutPoint(f"{shortened(', '.join(own), 26)}  {x:.4g}", x, results.cutpoints[own[0]])
        for x, own in sorted(names.items())
    ]


def measure(larger_is_nearer: bool) -> str:
    """What an index measures by."""
    return "similarity" if larger_is_nearer else "distance"


def _flags(cuts: Sequence[CutPoint], low: float, high: float) -> list[Flag]:
    """Each label in the lowest row where it covers neither another label nor, mostly, a line.

    Labels fly away from the middle, and towards it where they would leave the axes. Taken
    from the outside inwards, those of the second kind last and the other way, each is above
    those it would overlap; its line ends at it, and so passes only beside lower labels.
    """
    middle = (low + high) / 2
    width = {cut.x: (len(cut.label) + 2) * _CHARACTER * (high - low) for cut in cuts}
    outside_in = sorted(cuts, key=lambda cut: -abs(cut.x - middle))
    away = [cut for cut in outside_in if abs(cut.x - middle) + width[cut.x] <= (high - low) / 2]
    back = [cut for cut in reversed(outside_in) if cut not in away]
    flags: list[Flag] = []
    taken: list[tuple[float, float, int]] = []
    for cut in (*away, *back):
        leftwards = (cut.x <= middle) == (cut in away)
        start, stop = (cut.x - width[cut.x], cut.x) if leftwards else (cut.x, cut.x + width[cut.x])
        row = 1 + max((own for a, b, own in taken if a < stop and start < b), default=-1)
        taken.append((start, stop, row))
        flags.append(Flag(cut.label, cut.x, row, leftwards))
    return flags
