"""Showing a figure once: in a notebook, a loop, an nbconvert run or a script."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from PIL import Image

_WITHOUT_SCREEN = ("agg", "pdf", "ps", "svg", "cairo", "template")


class NotebookFigure(Figure):
    """A figure that a notebook draws where it is a cell's value, pyplot imported or not."""

    def _repr_png_(self) -> bytes:
        return _png(self)


def new_figure(size: tuple[float, float]) -> Figure:
    """Return a figure that pyplot does not know, and so neither keeps nor shows by itself."""
    return NotebookFigure(figsize=size, layout="constrained")


def literal(text: Any) -> str:
    """Return a user's text such that matplotlib draws its letters and reads no mathematics."""
    return str(text).replace("$", r"\$")


def shortened(text: Any, length: int) -> str:
    """Return a user's text on one line, cut after so many characters."""
    line = " ".join(str(text).split())
    return line if len(line) <= length else line[: length - 1] + "…"


def show_once(figure: Any) -> None:
    """Show the figure now; as the last value of the same notebook cell it is not shown again.

    Outside notebooks a matplotlib figure opens a window where there is a screen; a Bokeh
    figure, which would open a browser, does nothing.
    """
    shell = notebook_shell()
    if shell is not None:
        from IPython.display import display

        display(_bundle(figure), raw=True)
        _suppress_in_this_cell(figure, shell)
    elif isinstance(figure, Figure) and mpl.get_backend().lower() not in _WITHOUT_SCREEN:
        _show_in_window(figure)


def side_by_side(figures: Sequence[Figure]) -> bytes:
    """Return one PNG of several figures of the same height, or of one.

    It has 256 colours: a third of the bytes, for a notebook that is saved with it.
    """
    drawn = [Image.open(BytesIO(_png(figure))) for figure in figures]
    sheet = Image.new("RGB", (sum(own.width for own in drawn), drawn[0].height))
    left = 0
    for own in drawn:
        sheet.paste(own, (left, 0))
        left += own.width
    stream = BytesIO()
    sheet.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        stream, "png", optimize=True
    )
    return stream.getvalue()


def notebook_shell() -> Any:
    """The running notebook kernel's shell; None in a script or a terminal."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell if shell is not None and hasattr(shell, "kernel") else None


def _bundle(figure: Any) -> dict[str, Any]:
    if isinstance(figure, Figure):
        return {"image/png": _png(figure), "text/plain": repr(figure)}
    return {"text/html": figure._repr_html_(), "text/plain": repr(figure)}


def _png(figure: Figure) -> bytes:
    stream = BytesIO()
    figure.savefig(stream, format="png", dpi=figure.dpi)
    return stream.getvalue()


def _suppress_in_this_cell(figure: Any, shell: Any) -> None:
    shown_by = shell.execution_count

    def display_again() -> None:
        if shell.execution_count != shown_by:
            from IPython.display import display

            display(_bundle(figure), raw=True)

    figure._ipython_display_ = display_again  # IPython's protocol


def _show_in_window(figure: Figure) -> None:
    from matplotlib import pyplot as plt

    manager = plt.figure(figsize=figure.get_size_inches())
    figure.set_canvas(manager.canvas)
    manager.canvas.figure = figure
    plt.show()
    plt.close(manager)
