"""An embedding's points as a Bokeh figure: an interactive page that needs no Python."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
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
from simnb.visualization.embedding_images import Thumbnails, data_uris
from simnb.visualization.interactive import new_plot, plain
from simnb.visualization.palette import GREY, MARKERS, NO_LABEL
from simnb.visualization.present import shortened
from simnb.visualization.visible_text import visible_text

_LONGEST = 200  # letters of a text
_LINE = 21  # pixels of a legend's line

# A user's text is in the columns, which are escaped, and never here; a line break within
# `@details` is ours.
_CARD = f"""
<div style="display: flex; gap: 8px; max-width: 320px; font: 12px/1.4 sans-serif">
  <img src="@image" alt="" style="flex: none; align-self: start; max-height: 128px">
  <div style="overflow-wrap: anywhere">
    <div style="font-weight: bold">@label</div>
    <div style="white-space: pre-line">@details</div>
    <div style="color: {GREY}">row @row</div>
  </div>
</div>
"""

_HIDE = """
const {entry} = source.data;
filter.booleans = Array.from(entry, (place) => place < 0 || lines[place].visible);
"""


def embedding_plot(
    coords: Any,
    column: Column,
    *,
    title: str,
    thumbnails: Thumbnails | None = None,
    fields: Sequence[tuple[str, Sequence[str]]] | None = None,
    height: int = 600,
) -> Any:
    """Draw an embedding's points, coloured by a column, for a page that needs no Python.

    The pointer shows a point's image and texts; a click on the legend hides a category.
    Points are selected by box or lasso, and look as `embedding_map` draws them.

    Parameters
    ----------
    coords : float [n, 2] or [n, 3]
        Rows with NaN are left out, and counted below the picture.
    column : Column
    title : str
    thumbnails : Thumbnails, optional
        At most 5,000 are carried, evenly chosen among the rows; the others have none.
    fields : list of (name, n texts), optional
        What the pointer shows of a point. The field that is called as the column heads it.
    height : int, default 600
        Of the drawing, in pixels.

    Returns
    -------
    bokeh.plotting.figure
    """
    coords = np.asarray(coords)
    shown = np.isfinite(coords).all(axis=1)
    rows = np.flatnonzero(shown)[drawing_order(coords[shown])]
    entries = legend_entries(column, column.codes[rows])
    plot = _empty_plot(heading(title, coords), note(column, shown), height, len(rows))
    columns = {
        **_places(coords, column, rows, entries),
        **_texts(column, fields or [], rows),
        "image": data_uris(thumbnails, rows),
    }
    points, condition = _draw(plot, column, columns)
    if entries:
        _add_legend(plot, column, entries, points.data_source, condition, len(rows))
    elif column.range is not None:
        _add_color_bar(plot, column)
    _add_tools(plot, points)
    return plot


def _empty_plot(title: str, below: str, height: int, count: int) -> Any:
    """A plot of one scale and without axes: those of a projection mean nothing."""
    from bokeh.models import DataRange1d, Title

    plot = new_plot(title, "", "", height, (0, 1), (0, 1))
    if count:
        plot.x_range, plot.y_range = (DataRange1d(range_padding=0.05) for _ in "xy")
        plot.match_aspect = True
    plot.axis.visible = plot.grid.visible = False
    plot.outline_line_color = None
    plot.lod_factor, plot.lod_interval, plot.lod_timeout = 50, 2000, 2000
    foot = Title(text=plain(below), text_color=GREY, text_font_style="normal", align="center")
    plot.add_layout(foot, "below")
    return plot


def _places(
    coords: NDArray[Any], column: Column, rows: NDArray[np.int64], entries: list[Entry]
) -> dict[str, Any]:
    """Where the points are, and which line of the legend they belong to."""
    codes = np.asarray(column.codes)[rows]
    lines = np.full(len(column.colors), -1, np.int8)
    for line, entry in enumerate(entries):
        lines[entry.codes] = line
    x, y = coords[rows, :2].astype(np.float32).T
    return {
        "x": x,
        "y": y,
        "code": codes.astype(np.float32),
        "entry": lines[codes],
        "row": rows.astype(np.int32),
    }


def _texts(
    column: Column, fields: Sequence[tuple[str, Sequence[str]]], rows: NDArray[np.int64]
) -> dict[str, list[str]]:
    """What to show of each point: a heading, and a line a field."""
    places = rows.tolist()
    labels = [""] * len(places)
    details: list[list[str]] = [[] for _ in places]
    if column.kind == "categorical" and len(column.names) > 1:
        names = [_text(name) for name in column.names]
        labels = [names[code] for code in column.codes[rows].tolist()]
    for name, texts in fields:
        heads = name == column.name
        before = "" if heads and column.kind == "categorical" else f"{_text(name)}: "
        for place, row in enumerate(places):
            if texts[row] != "" and heads:
                labels[place] = before + _text(texts[row])
            elif texts[row] != "":
                details[place].append(before + _text(texts[row]))
    found = {"label": labels, "details": ["\n".join(lines) for lines in details]}
    if _bokeh_escapes():
        return found
    return {name: [escape(text) for text in column] for name, column in found.items()}


def _bokeh_escapes() -> bool:
    """Whether Bokeh escapes what it puts into a card of our own: until 3.7 it did not."""
    import bokeh

    return tuple(int(part) for part in bokeh.__version__.split(".")[:2]) >= (3, 8)


def _text(text: Any) -> str:
    return shortened(visible_text(text), _LONGEST)


def _draw(plot: Any, column: Column, columns: dict[str, Any]) -> tuple[Any, Any]:
    """The points, all of one renderer and so in their order, and the filter that hides some."""
    from bokeh.models import BooleanFilter, CDSView, ColumnDataSource, LinearColorMapper

    colors = column.colors or [NO_LABEL]
    mapper = LinearColorMapper(
        palette=colors, low=-0.5, high=len(colors) - 0.5, nan_color="#00000000"
    )
    look: dict[str, Any] = {
        "fill_color": {"field": "code", "transform": mapper},
        "line_color": None,
    }
    shapes = np.array(code_shapes(column, len(columns["x"])), dtype=np.int64)
    if shapes.any():
        markers = [MARKERS[shape] for shape in shapes[columns["code"].astype(np.int64)]]
        hollow = np.array([marker.hollow for marker in markers])
        columns["marker"] = [marker.bokeh for marker in markers]
        columns["angle"] = np.array([marker.angle for marker in markers], np.float32)
        look.update(marker="marker", angle="angle")
        if hollow.any():
            columns["fill"] = np.where(hollow, np.nan, columns["code"])
            columns["line"] = np.where(hollow, columns["code"], np.nan)
            look["fill_color"] = {"field": "fill", "transform": mapper}
            look["line_color"] = {"field": "line", "transform": mapper}
    condition = BooleanFilter()
    points = plot.scatter(
        "x",
        "y",
        source=ColumnDataSource(columns),
        view=CDSView(filter=condition),
        size=1 + point_size(len(columns["x"])),
        nonselection_alpha=0.1,
        **look,
    )
    return points, condition


def _add_legend(
    plot: Any, column: Column, entries: list[Entry], source: Any, condition: Any, count: int
) -> None:
    """Lines beside the plot; each has a renderer that draws nothing, to be hidden by a click."""
    from bokeh.models import CustomJS, Legend, LegendItem

    colors, shapes = column.colors, code_shapes(column, count)
    lines = []
    for entry in entries:
        marker = MARKERS[shapes[entry.codes[0]]]
        color = colors[entry.codes[0]] if len(entry.codes) == 1 else GREY
        hollow = marker.hollow or len(entry.codes) > 1
        lines.append(
            plot.scatter(
                [np.nan],
                [np.nan],
                marker=marker.bokeh,
                angle=marker.angle,
                size=11,
                fill_color=None if hollow else color,
                line_color=color if hollow else None,
            )
        )
    hide = CustomJS(args={"source": source, "filter": condition, "lines": lines}, code=_HIDE)
    for line in lines:
        line.js_on_change("visible", hide)
    items = [
        LegendItem(label={"value": entry.name}, renderers=[line])
        for entry, line in zip(entries, lines, strict=True)
    ]
    legend = Legend(items=items, click_policy="hide", location="top_left")
    legend.ncols = -(-len(items) * _LINE // plot.height)
    legend.update(border_line_color=None, spacing=0, padding=0, label_text_font_size="12px")
    legend.update(title=short_name(column.name), title_text_font_style="normal")
    plot.add_layout(legend, "right")


def _add_color_bar(plot: Any, column: Column) -> None:
    from bokeh.models import ColorBar, FixedTicker, LinearColorMapper

    ends = list(dict.fromkeys(column.range_texts))
    bar = ColorBar(
        color_mapper=LinearColorMapper(palette=column.colors[:256], low=0, high=1),
        ticker=FixedTicker(ticks=[0, 1][: len(ends)]),
        major_label_overrides={place: plain(visible_text(end)) for place, end in enumerate(ends)},
        title=plain(short_name(column.name)),
        title_text_font_style="normal",
        width=12,
        height=min(240, plot.height // 2),
        location="center",
    )
    plot.add_layout(bar, "right")


def _add_tools(plot: Any, points: Any) -> None:
    from bokeh.models import (
        BoxSelectTool,
        BoxZoomTool,
        HoverTool,
        LassoSelectTool,
        WheelZoomTool,
    )

    plot.select_one(BoxZoomTool).match_aspect = True
    plot.toolbar.active_scroll = plot.select_one(WheelZoomTool)
    selects = {"renderers": [points], "continuous": False}
    plot.add_tools(LassoSelectTool(**selects), BoxSelectTool(**selects))
    hover = HoverTool(renderers=[points], tooltips=_CARD, point_policy="snap_to_data")
    if "limit" in HoverTool.properties():  # since Bokeh 3.8
        hover.limit = 1
    plot.add_tools(hover)
