"""Showing a figure once: in a notebook, a loop, an nbconvert run or a script."""

from __future__ import annotations

import sys
from io import BytesIO
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure


class NotebookFigure(Figure):
    """A figure that a notebook draws where it is a cell's value, pyplot imported or not."""

    def _repr_png_(self) -> bytes:
        return _png(self)


def new_figure(size: tuple[float, float]) -> Figure:
    """Return a figure that pyplot does not know, and so neither keeps nor shows by itself."""
    return NotebookFigure(figsize=size, layout="constrained")


def show_once(figure: Figure) -> None:
    """Show the figure now; as the last value of the same notebook cell it is not shown again."""
    shell = _notebook()
    if shell is not None:
        from IPython.display import display

        display({"image/png": _png(figure), "text/plain": repr(figure)}, raw=True)
        _suppress_in_this_cell(figure, shell)
    elif mpl.get_backend().lower() not in ("agg", "pdf", "ps", "svg", "cairo", "template"):
        _show_in_window(figure)


def _notebook() -> Any:
    """The running notebook kernel's shell; None in a script or a terminal."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell if shell is not None and hasattr(shell, "kernel") else None


def _png(figure: Figure) -> bytes:
    stream = BytesIO()
    figure.savefig(stream, format="png", dpi=figure.dpi)
    return stream.getvalue()


def _suppress_in_this_cell(figure: Figure, shell: Any) -> None:
    shown_by = shell.execution_count

    def display_again() -> None:
        if shell.execution_count != shown_by:
            from IPython.display import display

            display({"image/png": _png(figure), "text/plain": repr(figure)}, raw=True)

    figure._ipython_display_ = display_again  # type: ignore[attr-defined]  # IPython's protocol


def _show_in_window(figure: Figure) -> None:
    from matplotlib import pyplot as plt

    manager = plt.figure(figsize=figure.get_size_inches())
    figure.set_canvas(manager.canvas)
    manager.canvas.figure = figure
    plt.show()
    plt.close(manager)
