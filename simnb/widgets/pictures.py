"""A projector as pictures that need no Python: matplotlib's, Bokeh's, and a page of its own."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simnb.widgets.columns import Column
from simnb.widgets.neighbors import Neighbors
from simnb.widgets.projection import METHOD_TITLES
from simnb.widgets.thumbnails import Thumbnails

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Pictures:
    """Mixed into `Projector`."""

    selection: Any
    clicked: Any
    title: Any
    height: Any
    epoch: Any
    _coords: Any
    _beside: Any
    _shown: Any
    _epochs: Any
    _table: dict[str, Column]
    _thumbnails: Thumbnails | None

    @property
    def count(self) -> int:
        """Number of items."""
        raise NotImplementedError

    def neighbors_of(self, ids: Any, k: int | None = None) -> Neighbors:
        """Return neighbours of rows."""
        raise NotImplementedError

    def _column(self) -> Column:
        raise NotImplementedError

    def plot(self) -> Figure:
        """Return the picture as a matplotlib figure, for print; of a pair, the first."""
        return self._drawn(self._coords, self._heading())

    def figure(self) -> Any:
        """Return the picture as a Bokeh figure, which hovers and zooms without Python."""
        from simnb.visualization.embedding_page import embedding_plot

        texts = {
            name: [column.text(row) for row in range(self.count)]
            for name, column in self._table.items()
            if column.given
        }
        return embedding_plot(
            self._coords,
            self._column(),
            title=self._heading(),
            thumbnails=self._thumbnails,
            fields=list(texts.items()),
            height=self.height,
        )

    def save_html(self, path: str | os.PathLike[str]) -> Path:
        """Write an interactive page that works from a file, offline; return its path.

        Up to 5,000 images are carried in it.
        """
        from simnb.visualization import save_html

        return save_html(self.figure(), path)

    def _heading(self) -> str:
        name = self._shown[0]
        shown = self._epochs[self.epoch] if self._epochs else METHOD_TITLES.get(name, name)
        return f"{self.title} ({shown})" if self.title else shown

    def _picture(self) -> bytes | None:
        from simnb.visualization.present import side_by_side

        figures = [self.plot()]
        if self._beside is not None:
            pair = zip((self._coords, self._beside), self._shown, strict=True)
            figures = [
                self._drawn(own, METHOD_TITLES.get(name, name), size=(5.4, 4.2))
                for own, name in pair
            ]
        with warnings.catch_warnings():
            # A name in letters that matplotlib's font lacks is no news each time it is drawn.
            warnings.filterwarnings("ignore", message="Glyph .* missing from")
            return side_by_side(figures)

    def _drawn(self, coordinates: Any, title: str, **options: Any) -> Figure:
        from simnb.visualization.embedding_map import embedding_map

        selection = self.selection or None
        neighbors = None
        if self.clicked is not None:
            near = self.neighbors_of([self.clicked]).ids[0]
            neighbors = (self.clicked, near[near >= 0])
        return embedding_map(
            coordinates,
            self._column(),
            title=title,
            selection=selection,
            neighbors=neighbors,
            **options,
        )
