"""A projector as pictures that need no Python: for print, for where no script runs, as a page."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from simnb.widgets.columns import Column
from simnb.widgets.thumbnails import Thumbnails

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_OF_A_PAIR = (5.4, 4.2)  # inches


def still(panels: Sequence[tuple[str, Any]], column: Column, **marked: Any) -> bytes:
    """Return a PNG of one map, or of several side by side.

    Parameters
    ----------
    panels : sequence of (title, coordinates)
    column : Column
    **marked
        As `embedding_map` takes them: what is selected, what is near.
    """
    from simnb.visualization.embedding_map import embedding_map
    from simnb.visualization.present import side_by_side

    options = {"size": _OF_A_PAIR, **marked} if len(panels) > 1 else marked
    figures: list[Figure] = [
        embedding_map(coordinates, column, title=title, **options) for title, coordinates in panels
    ]
    with warnings.catch_warnings():
        # A name in letters that matplotlib's font lacks is no news each time it is drawn.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        return side_by_side(figures)


def page(
    title: str,
    coordinates: Any,
    column: Column,
    table: dict[str, Column],
    thumbnails: Thumbnails | None,
    height: int,
) -> Any:
    """Return a map as a Bokeh figure, whose cards tell all that the table does."""
    from simnb.visualization.embedding_page import embedding_plot

    fields = [(name, own.texts()) for name, own in table.items() if own.given]
    return embedding_plot(
        coordinates, column, title=title, thumbnails=thumbnails, fields=fields, height=height
    )
