"""A loss on points in the plane as a picture: for print, and where no script runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle
from numpy.typing import NDArray

from simnb.visualization import palette
from simnb.visualization.present import literal, new_figure, shortened
from simnb.visualization.visible_text import visible_text

if TYPE_CHECKING:
    from simnb.losses import Explanation

PULL, PUSH = "#56565e", "#b3006b"
_LONGEST_ARROW = 0.16  # of the picture's width
_SMALL = 0.02  # a gradient whose arrow is not drawn longer than it is large
_WIDEST = 5.0  # points of a line
_NAMED = 12  # classes


def loss_picture(
    points: NDArray[np.float64],
    found: Explanation,
    names: Sequence[str],
    codes: Sequence[int],
    classes: Sequence[str],
    *,
    title: str = "",
    circle: bool = False,
) -> Figure:
    """Draw points, what a loss pulls and pushes, and where each point would go.

    Parameters
    ----------
    points : float64 [n, 2]
    found : Explanation
    names, codes : sequence of n
        Of the points; codes are places in `classes`.
    classes : sequence of str
    title : str, default ""
    circle : bool, default False
        Draw the unit circle, for distances that see directions alone.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = new_figure((6.4, 5.0))
    axes = figure.subplots()
    middle, half = frame(points, circle)
    axes.set(xlim=middle[0] + half * np.array([-1, 1]), ylim=middle[1] + half * np.array([-1, 1]))
    axes.set_aspect("equal")
    axes.grid(color="#e4e4ea", linewidth=0.6)
    axes.tick_params(labelsize=8, length=0)
    axes.spines[:].set_color("#c9c9d1")
    axes.set_title(literal(shortened(visible_text(title), 60)), size=10)
    said = found.note or f"value {found.value:.4f}"
    axes.set_xlabel(said, size=10)
    if circle:
        axes.add_patch(Circle((0, 0), 1, fill=False, color="#77777f", linewidth=0.8))
    _draw_pairs(axes, points, found.pairs)
    _draw_points(axes, points, names, codes)
    _draw_arrows(axes, points, found.gradient, codes, half)
    _explain(figure, codes, classes)
    return figure


def frame(points: NDArray[np.float64], circle: bool) -> tuple[NDArray[np.float64], float]:
    """Middle and half the side of the square that shows all, the unit circle too."""
    shown = np.vstack([points, [[-1, -1], [1, 1]]]) if circle else points
    low, high = shown.min(axis=0), shown.max(axis=0)
    return (low + high) / 2, 0.76 * float((high - low).max()) or 1.0


def _draw_pairs(axes: Any, points: NDArray[np.float64], pairs: NDArray[np.float64]) -> None:
    both = np.triu(pairs + pairs.T, 1)
    most = np.abs(both).max(initial=0.0)
    for i, j in np.argwhere(np.abs(both) > 1e-3 * most):
        width = 0.6 + _WIDEST * abs(both[i, j]) / most
        style = {"color": PULL} if both[i, j] > 0 else {"color": PUSH, "linestyle": (0, (4, 2))}
        ends = points[[i, j]]
        axes.plot(ends[:, 0], ends[:, 1], linewidth=width, alpha=0.75, zorder=2, **style)


def _draw_points(
    axes: Any, points: NDArray[np.float64], names: Sequence[str], codes: Sequence[int]
) -> None:
    colors = palette.categorical_colors(max(codes) + 1)
    for (x, y), name, code in zip(points.tolist(), names, codes, strict=True):
        is_triangle = _mark(code)["marker"] == "^"
        size = 21 if is_triangle else 17
        axes.plot(x, y, color=colors[code], markersize=size, zorder=4, **_mark(code))
        ink = "#ffffff" if _is_dark(colors[code]) else "#1b1b1f"
        place = {"horizontalalignment": "center", "verticalalignment": "center_baseline"}
        axes.annotate(
            name,
            (x, y),
            (0, -3 if is_triangle else 0),  # a triangle is widest at its foot
            textcoords="offset points",
            size=8,
            weight="bold",
            color=ink,
            zorder=5,
            **place,
        )


def _draw_arrows(
    axes: Any,
    points: NDArray[np.float64],
    gradient: NDArray[np.float64],
    codes: Sequence[int],
    half: float,
) -> None:
    sizes = np.linalg.norm(gradient, axis=1)
    factor = _LONGEST_ARROW * 2 * half / max(sizes.max(), _SMALL)
    colors = palette.categorical_colors(max(codes) + 1)
    for point, slope, size, code in zip(points, gradient, sizes, codes, strict=True):
        if size * factor < 0.02 * half:
            continue
        start = point - 0.06 * half * slope / size
        arrow = {"width": 0.012 * half, "head_width": 0.05 * half, "length_includes_head": True}
        step = {"facecolor": colors[code], "edgecolor": "#1b1b1f", "linewidth": 0.6, "zorder": 3}
        axes.arrow(*start, *(-factor * slope), **arrow, **step)


def _explain(figure: Figure, codes: Sequence[int], classes: Sequence[str]) -> None:
    """Say what colours, shapes and lines mean."""
    colors = palette.categorical_colors(max(codes) + 1)
    drawn = sorted(set(codes))
    handles = [
        Line2D(
            [],
            [],
            linestyle="none",
            color=colors[code],
            markersize=9,
            label=literal(shortened(visible_text(classes[code]), 24)) or " ",
            **_mark(code),
        )
        for code in drawn[:_NAMED]
    ]
    handles.append(Line2D([], [], color=PULL, linewidth=2.5, label="pulled together"))
    handles.append(
        Line2D([], [], color=PUSH, linewidth=2.5, linestyle=(0, (4, 2)), label="pushed apart")
    )
    handles.append(Line2D([], [], linestyle="none", marker=">", color="#77777f", label="−gradient"))
    figure.legend(handles=handles, loc="outside right upper", frameon=False, fontsize=9)


def _mark(code: int) -> dict[str, Any]:
    # A letter is written on a mark: of the shapes only those that are filled.
    marker = palette.MARKERS[code % 6].matplotlib
    return {"marker": marker, "markeredgecolor": "#1b1b1f", "markeredgewidth": 0.8}


def _is_dark(color: str) -> bool:
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue < 140
