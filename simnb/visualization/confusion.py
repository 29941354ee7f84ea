"""Which class was taken for which, and how often no answer was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.colors import Colormap, to_hex
from numpy.typing import NDArray

from simnb import check
from simnb.visualization.contingency import Contingency, contingency
from simnb.visualization.interactive import add_hover, new_plot, plain
from simnb.visualization.palette import GREY
from simnb.visualization.present import literal, new_figure, shortened, show_once

_MOST_WITH_TEXT = 25  # classes; cells of more are too small for a number
_MOST_NAMED = 40  # classes; of more only about 20 are named along the axes


def confusion_matrix(
    y_pred: Any,
    y_true: Any,
    normalize: bool = True,
    labels: Sequence[str] | Mapping[Any, str] | None = None,
    title: str = "Confusion matrix",
    cmap: str = "Blues",
    show: bool = True,
    no_match_label: Any = -1,
    backend: str = "matplotlib",
) -> tuple[Any, NDArray[Any]]:
    """Draw how often queries of each class, row by row, were taken for each class.

    Answers withheld get a column of their own, the last, and a row, where true labels that
    are no class either would stand.

    Parameters
    ----------
    y_pred : labels [q]
        What `match` returned: integers, strings, and `no_match_label`.
    y_true : labels [q]
        The queries' classes.
    normalize : bool, default True
        Divide each row by its sum; a row without queries stays 0.
    labels : sequence or mapping, optional
        The classes' names: a mapping from labels, or a sequence that integer labels are
        places in. Every class of a sequence gets a row, found or not. Strings in a sequence
        for labels that are strings themselves are these labels, in the order wanted.
    title : str, default "Confusion matrix"
    cmap : str, default "Blues"
        A colour map of matplotlib.
    show : bool, default True
        Show the figure, once; Bokeh's only in a notebook. False only returns it.
    no_match_label : default -1
        What `match` returned for answers withheld. Its row and column are there when it
        occurs; its name is that in `labels`, else "no match".
    backend : str, default "matplotlib"
        Or `"bokeh"`, for a figure with classes and counts under the pointer.

    Returns
    -------
    axes, matrix
        Matplotlib's axes or Bokeh's figure, and float64 [c, c] if normalised, else int64.

    Raises
    ------
    ValueError
        Labels of another number or kind, or of a class that a sequence lacks.

    Examples
    --------
    >>> predicted, true = ["cat", "dog", "none", "cat"], ["cat", "dog", "dog", "dog"]
    >>> axes, matrix = confusion_matrix(
    ...     predicted, true, normalize=False, show=False, no_match_label="none"
    ... )
    >>> matrix
    array([[1, 0, 0],
           [1, 1, 1],
           [0, 0, 0]])
    >>> [text.get_text() for text in axes.get_xticklabels()]
    ['cat', 'dog', 'no match']
    """
    check.one_of("backend", backend, ("matplotlib", "bokeh"))
    table = contingency(y_pred, y_true, labels, no_match_label)
    cells = Cells(table, normalize, mpl.colormaps.get_cmap(cmap))
    if backend == "matplotlib":
        panel = _in_matplotlib(cells, title)
        figure = panel.figure
    else:
        panel = figure = _in_bokeh(cells, title)
    if show:
        show_once(figure)
    return panel, cells.matrix


class Cells:
    """Numbers and colours of the cells, the same for both backends.

    Attributes
    ----------
    table : Contingency
    share : float64 [c, c]
        Of the queries of the row's class; 0 where there is none.
    matrix : array [c, c]
        The counts or the shares, whichever were asked for; `top` at most.
    """

    def __init__(self, table: Contingency, normalize: bool, cmap: Colormap) -> None:
        self.table, self.cmap, self.size = table, cmap, len(table.names)
        self.share = table.counts / np.maximum(table.counts.sum(axis=1, keepdims=True), 1)
        self.matrix: NDArray[Any] = self.share if normalize else table.counts
        self.top = 1.0 if normalize else float(max(table.counts.max(), 1))
        self.of_what = "share of the true class" if normalize else "queries"
        self._digits = 2 if normalize else 0

    @property
    def with_text(self) -> bool:
        """Whether the cells have room for their number."""
        return self.size <= _MOST_WITH_TEXT

    def text(self, row: int, column: int) -> str:
        """The number of a cell; a share of exactly 0 or 1 without decimals."""
        value = self.matrix[row, column]
        return f"{value:.{0 if value in (0, 1) else self._digits}f}"

    def text_color(self, row: int, column: int) -> str:
        """Black or white, whichever has more contrast with the cell (WCAG's luminance)."""
        red, green, blue, _ = self.cmap(float(self.matrix[row, column] / self.top))
        luminance = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2
        return "black" if luminance > 0.18 else "white"


def _in_matplotlib(cells: Cells, title: str) -> Any:
    size, side = cells.size, float(np.clip(0.5 * cells.size, 3.0, 6.0))
    points = 72 * side / size  # of a cell
    places, names, letters = _tick_names(cells, points)
    longest = max(map(len, names)) * 0.62 * letters / 72  # inches
    every = places[1] - places[0] if size > 1 else 1
    angle = 0 if 72 * longest < points * every else 45 if cells.with_text else 90
    below = longest * np.sin(np.radians(angle))
    figure = new_figure((side + longest + (0.6 if cells.with_text else 1.6), side + below + 1.1))
    axes = figure.subplots()
    image = axes.imshow(
        cells.matrix, cmap=cells.cmap, vmin=0, vmax=cells.top, interpolation="nearest"
    )
    axes.set(title=literal(title), xlabel="predicted class", ylabel="true class")
    slant = {"rotation": 45, "horizontalalignment": "right", "rotation_mode": "anchor"}
    axes.set_xticks(places, names, size=letters, **(slant if angle == 45 else {"rotation": angle}))
    axes.set_yticks(places, names, size=letters)
    if cells.with_text:
        _write_numbers(axes, cells, points)
    else:
        figure.colorbar(image, ax=axes, label=cells.of_what, shrink=0.8)
    if cells.table.no_match:
        axes.axhline(size - 1.5, color=GREY, linewidth=1)
        axes.axvline(size - 1.5, color=GREY, linewidth=1)
    return axes


def _tick_names(cells: Cells, points: float) -> tuple[list[int], list[str], float]:
    """Places and names of the classes named along the axes, and their size in points."""
    every = 1 if cells.size <= _MOST_NAMED else -(-cells.size // 20)
    places = list(range(0, cells.size, every))
    if cells.table.no_match:  # never left out
        places = [place for place in places if place < cells.size - every] + [cells.size - 1]
    names = [literal(shortened(cells.table.names[place], 20)) for place in places]
    return places, names, min(10.0 if cells.with_text else 7.5, 0.85 * points * every)


def _write_numbers(axes: Any, cells: Cells, points: float) -> None:
    places = list(product(range(cells.size), repeat=2))
    longest = max(len(cells.text(*place)) for place in places)
    for row, column in places:
        axes.text(
            column,
            row,
            cells.text(row, column),
            color=cells.text_color(row, column),
            size=min(10.0, 1.4 * points / max(longest, 2)),
            horizontalalignment="center",
            verticalalignment="center",
        )


def _in_bokeh(cells: Cells, title: str) -> Any:
    from bokeh.models import ColorBar, LinearColorMapper

    ends = (-0.5, cells.size - 0.5)
    height = int(np.clip(38 * cells.size, 240, 640)) + 140
    plot = new_plot(title, "predicted class", "true class", height, ends, ends[::-1])
    plot.max_width = height + 120
    plot.grid.visible = False
    palette = [to_hex(color) for color in cells.cmap(np.linspace(0, 1, 256))]
    plot.background_fill_color = palette[0]  # stands for the empty cells of a large matrix
    colors = LinearColorMapper(palette=palette, low=0, high=cells.top)
    fill = {"field": "value", "transform": colors}
    source = _source(cells)
    drawn = plot.rect("column", "row", 1, 1, source=source, fill_color=fill, line_color=None)
    if cells.with_text:
        written = plot.text("column", "row", "text", source=source, text_color="text_color")
        written.glyph.update(text_align="center", text_baseline="middle", text_font_size="12px")
    else:
        plot.add_layout(ColorBar(color_mapper=colors, title=cells.of_what), "right")
    _name_in_bokeh(plot, cells)
    hover = [
        ("true", "@true"),
        ("predicted", "@predicted"),
        ("queries", "@queries"),
        ("% of the true class", "@percent{%.1f}"),
    ]
    add_hover(plot, [drawn], hover)
    return plot


def _source(cells: Cells) -> Any:
    """A row a cell; of a large matrix, which is mostly empty, a row a cell with queries."""
    from bokeh.models import ColumnDataSource

    counts, names = cells.table.counts, np.array(cells.table.names, dtype=object)
    rows, columns = np.nonzero(np.ones_like(counts) if cells.with_text else counts)
    columns_of_data = {
        "row": rows.astype(np.int32),
        "column": columns.astype(np.int32),
        "true": names[rows].tolist(),
        "predicted": names[columns].tolist(),
        "value": cells.matrix[rows, columns].astype(np.float64),
        "queries": counts[rows, columns].astype(np.int32),
        "percent": 100 * cells.share[rows, columns],
    }
    if cells.with_text:
        places = list(zip(rows.tolist(), columns.tolist(), strict=True))
        columns_of_data["text"] = [cells.text(*place) for place in places]
        columns_of_data["text_color"] = [cells.text_color(*place) for place in places]
    return ColumnDataSource(columns_of_data)


def _name_in_bokeh(plot: Any, cells: Cells) -> None:
    """Name the classes along both axes; of many, zooming in brings those without room."""
    from bokeh.models import FixedTicker, NoOverlap, Span

    names = [plain(shortened(name, 20)) for name in cells.table.names]
    for axis in (plot.xaxis, plot.yaxis):
        axis.ticker = FixedTicker(ticks=list(range(cells.size)))
        axis.major_label_overrides = dict(enumerate(names))
        if not cells.with_text:
            axis.major_label_policy = NoOverlap(min_distance=1)
            axis.major_label_text_font_size = "10px"
            axis.major_tick_line_color = None
    plot.xaxis.major_label_orientation = np.pi / (4 if cells.with_text else 2)
    if cells.table.no_match:
        for dimension in ("width", "height"):
            line = Span(dimension=dimension, location=cells.size - 1.5, line_color=GREY)
            plot.add_layout(line)
