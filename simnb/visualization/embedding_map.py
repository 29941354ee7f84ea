"""An embedding's points as a picture: for print, and where no script runs."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap, to_rgba_array
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from simnb.visualization.embedding_colors import (
    Column,
    Entry,
    code_shapes,
    drawing_order,
    heading,
    legend_entries,
    note,
    point_size,
    short_name,
)
from simnb.visualization.embedding_points import draw_points, mark
from simnb.visualization.palette import GREY
from simnb.visualization.present import literal, new_figure

_ENOUGH = 5_000  # points of a category to find where most of them are
_CLUSTER_NAME = {
    "size": 8.5,
    "weight": "bold",
    "horizontalalignment": "center",
    "verticalalignment": "center",
    "zorder": 4,
}


def embedding_map(
    coords: Any,
    column: Column,
    *,
    title: str,
    selection: Any = None,
    faint: Any = None,
    neighbors: Any = None,
    size: tuple[float, float] = (7.0, 5.0),
) -> Figure:
    """Draw an embedding's points, coloured by a column.

    Up to 20,000 points are drawn one by one, in an order by chance that favours no category,
    and every six categories have another shape. Of more the density is drawn: each pixel in
    the mean colour of its points. Of three dimensions the first two are drawn, and points
    nearer to the eye cover those behind them.

    Parameters
    ----------
    coords : float [n, 2] or [n, 3]
        Rows with NaN are left out, and counted below the picture.
    column : Column
    title : str
    selection : rows, optional
        Drawn in full colour, all others faint.
    faint : bool [n], optional
        Drawn faint, and counted below the picture; a selection is in full colour all the same.
    neighbors : (int, rows), optional
        A row and its neighbours, to each of which a line leads.
    size : (float, float), default (7.0, 5.0)
        Inches.

    Returns
    -------
    matplotlib.figure.Figure
    """
    coords = np.asarray(coords)
    shown = np.isfinite(coords).all(axis=1)
    chosen = np.zeros(len(coords), bool)
    chosen[[] if selection is None else np.asarray(selection, dtype=np.int64)] = True
    points, codes, chosen = coords[shown], np.asarray(column.codes)[shown], chosen[shown]
    dimmed = np.zeros(len(points), bool) if faint is None else np.asarray(faint)[shown]
    figure = new_figure(size)
    axes = figure.subplots()
    _frame(axes, points[:, :2])
    axes.set_title(literal(heading(title, coords)))
    axes.set_xlabel(note(column, shown, int(chosen.sum()), int(dimmed.sum())), size=8.5, color=GREY)
    entries = legend_entries(column, codes)
    _explain(axes, column, entries, len(codes))
    _name_clusters(axes, points[:, :2], codes, entries)
    _draw(axes, points, codes, chosen, dimmed, column)
    if neighbors is not None:
        _draw_lines(axes, coords[:, :2], *neighbors)
    return figure


def bounds(xy: NDArray[Any]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Ends of the x and y axes around points, with a margin; for one point or none too."""
    if len(xy) == 0:
        return (-1.0, 1.0), (-1.0, 1.0)
    low, high = (ends.astype(np.float64) for ends in (xy.min(axis=0), xy.max(axis=0)))
    margin = 0.04 * float((high - low).max()) or 1.0
    (left, bottom), (right, top) = (low - margin).tolist(), (high + margin).tolist()
    return (left, right), (bottom, top)


def _frame(axes: Any, xy: NDArray[Any]) -> None:
    """Axes of one scale and without numbers: those of a projection mean nothing."""
    x, y = bounds(xy)
    axes.set(xticks=[], yticks=[])
    axes.margins(0)
    axes.update_datalim(list(zip(x, y, strict=True)))
    axes.set_aspect("equal", adjustable="datalim")
    axes.spines[:].set_visible(False)


def _explain(axes: Any, column: Column, entries: list[Entry], count: int) -> None:
    """A legend for categories, a colour bar for a range."""
    name = literal(short_name(column.name))
    colors, shapes = column.colors, code_shapes(column, count)
    if column.range is not None:
        mapped = ScalarMappable(cmap=ListedColormap(colors[:256]))
        bar = axes.figure.colorbar(mapped, ax=axes, shrink=0.5, aspect=18, pad=0.02)
        ends = list(dict.fromkeys(column.range_texts))
        bar.set_ticks([0, 1][: len(ends)], labels=ends)
        bar.set_label(name, size=9)
        bar.outline.set_visible(False)
        bar.ax.tick_params(labelsize=8.5, length=0)
    if not entries:
        return
    handles = [
        Line2D(
            [],
            [],
            linestyle="none",
            marker=mark(shapes[entry.codes[0]]),
            markersize=8,
            markeredgewidth=0,
            color=colors[entry.codes[0]] if len(entry.codes) == 1 else "none",
            label=literal(entry.name),
        )
        for entry in entries
    ]
    axes.figure.legend(
        handles=handles,
        title=name,
        loc="outside right upper",
        alignment="left",
        frameon=False,
        fontsize=9,
        title_fontsize=9,
        handletextpad=0.3,
        labelspacing=0.35,
    )


def _name_clusters(axes: Any, xy: NDArray[Any], codes: NDArray[Any], entries: list[Entry]) -> None:
    """Write each category's name where most of its points are; of two that collide, the larger's."""
    texts = []
    for name, own in entries if all(len(own.codes) == 1 for own in entries) else []:
        rows = np.flatnonzero(codes == own[0])
        place = densest_place(xy[rows[:: max(len(rows) // _ENOUGH, 1)]])
        texts.append((len(rows), axes.text(*place, literal(name), **_CLUSTER_NAME)))
        texts[-1][1].set_path_effects([withStroke(linewidth=2.5, foreground=axes.get_facecolor())])
    axes.figure.draw_without_rendering()  # the place of everything is known from here on
    kept: list[Any] = []
    for _, text in sorted(texts, key=lambda own: -own[0]):
        box = text.get_window_extent().padded(1)
        if not any(box.overlaps(other.get_window_extent()) for other in kept):
            kept.append(text)
    for _, text in texts:
        if text not in kept or len(kept) < len(texts) / 2:  # few of many would mislead
            text.remove()


def densest_place(xy: NDArray[Any]) -> tuple[float, float]:
    """Return where the most points are: the mean of those in the fullest part of a grid.

    Parameters
    ----------
    xy : float [n, 2]
        At least one point.
    """
    low, span = xy.min(axis=0), np.maximum(np.ptp(xy, axis=0), 1e-12)
    side = int(np.clip(np.sqrt(len(xy)) / 2, 1, 24))
    cells = np.minimum((xy - low) / span * side, side - 1).astype(np.int64)
    counts = np.zeros((side + 2, side + 2), np.int64)
    np.add.at(counts, (cells[:, 0] + 1, cells[:, 1] + 1), 1)
    around = sum(counts[i : i + side, j : j + side] for i in range(3) for j in range(3))
    fullest = np.unravel_index(int(np.argmax(around)), (side, side))
    x, y = xy[np.abs(cells - fullest).max(axis=1) <= 1].mean(axis=0).tolist()
    return x, y


def _draw(
    axes: Any,
    points: NDArray[Any],
    codes: NDArray[Any],
    chosen: NDArray[np.bool_],
    dimmed: NDArray[np.bool_],
    column: Column,
) -> None:
    order = drawing_order(points)
    colors = to_rgba_array(column.colors)[:, :3]
    shapes = np.array(code_shapes(column, len(codes)), dtype=np.int64)
    size = point_size(len(points))
    layers = [(order[dimmed[order]], size, True), (order[~dimmed[order]], size, False)]
    if chosen.any():
        inside = chosen[order]
        layers = [(order[~inside], size, True), (order[inside], size + 1.5, False)]
    for rows, own_size, faint in layers:
        own = codes[rows]
        draw_points(axes, points[rows, :2], colors[own], shapes[own], own_size, faint)


def _draw_lines(axes: Any, xy: NDArray[Any], row: int, found: Any) -> None:
    """A line from a row to each of its neighbours that has a place."""
    if not np.isfinite(xy[row]).all():
        return
    ends = xy[np.asarray(found, dtype=np.int64)]
    ends = ends[np.isfinite(ends).all(axis=1)]
    segments = [(xy[row], end) for end in ends]
    lines = LineCollection(segments, colors="black", linewidths=0.8, zorder=3)
    axes.add_collection(lines, autolim=False)
    ring = {"linestyle": "none", "markerfacecolor": "none", "markeredgecolor": "black", "zorder": 3}
    axes.plot(*ends.T, marker="o", markersize=6, markeredgewidth=0.8, **ring)
    axes.plot(*xy[row], marker="o", markersize=11, markeredgewidth=1.6, **ring)
