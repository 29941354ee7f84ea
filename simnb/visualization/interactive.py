"""Bokeh figures: how they begin, how a notebook draws them, and as a file of their own."""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

_COLUMNS = 2  # of a legend


def new_plot(
    title: str, x_label: str, y_label: str, height: int, x: Sequence[float], y: Sequence[float]
) -> Any:
    """Return a Bokeh figure as wide as the page, with fixed ranges and without a logo.

    Bokeh, which takes half a second to import, is imported by what draws with it.
    """
    from bokeh.models import Range1d, Title
    from bokeh.plotting import figure

    plot = figure(
        title=Title(text=plain(title)),
        x_axis_label=plain(x_label),
        y_axis_label=plain(y_label),
        x_range=Range1d(*x),
        y_range=Range1d(*y),
        height=height,
        sizing_mode="stretch_width",
        tools="pan,box_zoom,wheel_zoom,reset,save",
        toolbar_location="above",
    )
    plot.toolbar.logo = None
    plot._repr_html_ = lambda: _in_a_frame(plot)  # IPython's protocol
    return plot


def plain(text: Any) -> Any:
    """Return a user's text such that Bokeh draws its letters and reads no mathematics."""
    from bokeh.models import PlainText

    return PlainText(text=str(text))


def stacked(plots: Sequence[Any]) -> Any:
    """Return Bokeh figures as one, each below the other, as wide as the page."""
    from bokeh.layouts import column

    height = sum(plot.height for plot in plots)
    layout = column(*plots, sizing_mode="stretch_width", height=height)
    layout._repr_html_ = lambda: _in_a_frame(layout)  # IPython's protocol
    return layout


def add_hover(plot: Any, renderers: Sequence[Any], rows: Sequence[tuple[str, str]]) -> None:
    """Show values under the pointer; of a line those of its nearest point, none in between.

    `rows` are our own words and templates. A user's text belongs in a column or a
    renderer's name, which Bokeh escapes, never in a template, which it reads as HTML.
    """
    from bokeh.models import HoverTool

    columns = [template.partition("{%")[0] for _, template in rows if "{%" in template]
    formatters = dict.fromkeys(columns, "printf")
    hover = HoverTool(renderers=list(renderers), tooltips=list(rows), formatters=formatters)
    hover.line_policy = "nearest"
    plot.add_tools(hover)


def add_legend(plot: Any, entries: Sequence[tuple[str, Sequence[Any]]]) -> None:
    """Name curves below the figure, where they cover nothing; a click hides one."""
    from bokeh.models import Legend, LegendItem

    items = [
        LegendItem(label={"value": name}, renderers=list(renderers)) for name, renderers in entries
    ]
    legend = Legend(items=items, click_policy="hide", ncols=_COLUMNS, location="top_left")
    legend.border_line_color = None
    plot.add_layout(legend, "below")
    plot.height += 26 * -(-len(items) // _COLUMNS)


def save_html(figure: Any, path: str | os.PathLike[str]) -> Path:
    """Write a Bokeh figure as one HTML file that works offline, and return its path.

    Bokeh's own code is in the file, about 1.3 MB. A file that is there is replaced, in one
    step and only when the new one is whole.

    Parameters
    ----------
    figure : bokeh figure
        What a function of this package returned for `backend="bokeh"`, or any other
        Bokeh layout.
    path : path
        In a folder that is there.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    ValueError
        `figure` is not Bokeh's, or the folder is not there.

    Examples
    --------
    >>> import tempfile
    >>> from simnb.visualization import confusion_matrix
    >>> plot, _ = confusion_matrix([1, -1], [1, 2], show=False, backend="bokeh")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_html(plot, f"{folder}/confusion.html").name
    'confusion.html'
    """
    from bokeh.models import LayoutDOM

    if not isinstance(figure, LayoutDOM):
        raise ValueError(
            '`figure` must be a Bokeh figure, such as backend="bokeh" gives; matplotlib\'s are saved '
            f"by figure.savefig(path). Received: {type(figure).__name__}"
        )
    path = Path(path)
    if not path.parent.is_dir() or path.is_dir():
        raise ValueError(
            f"`path` must be a file in a folder that is there. Received: path={str(path)!r}"
        )
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        beside.write_text(_page(figure), encoding="utf-8")
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return path


def _page(figure: Any) -> str:
    """An HTML page that needs nothing but itself."""
    from bokeh.embed import file_html
    from bokeh.resources import INLINE

    text = getattr(getattr(figure, "title", None), "text", "")
    free = figure.document is None
    page = file_html(figure, INLINE, title=str(getattr(text, "text", text)) or "simnb")
    if free:  # Bokeh made it the root of a document, and then it would fit into no layout
        figure.document.remove_root(figure)
    return str(page)


def _in_a_frame(plot: Any) -> str:
    """The page inside a notebook's cell: no extension, no server and no network needed."""
    page = escape(_page(plot))
    return f'<iframe srcdoc="{page}" style="width: 100%; height: {plot.height + 10}px; border: 0"></iframe>'
