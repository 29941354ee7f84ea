"""A widget of embedded items: which are selected, what is known of them, what lies near them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from simnb import check, distances
from simnb.indexer import Indexer
from simnb.widgets.base import Widget
from simnb.widgets.binary import Array, Number, Rows, encode, refusing
from simnb.widgets.cards import Answer, Cards
from simnb.widgets.columns import Column
from simnb.widgets.neighbors import Neighborhood, Neighbors
from simnb.widgets.points import Points

if TYPE_CHECKING:
    import pandas as pd

MOST_NEIGHBORS = 1000  # in one answer


class ItemsWidget(Widget):
    """What widgets of embedded items share: selection, colours, cards, neighbours, thumbnails.

    Ids are row numbers of the embeddings.

    Parameters
    ----------
    points : Points
    class_names : mapping or sequence, optional
    distance : Distance
    index : Indexer, optional
    thumbnail_size : int
        Pixels of an image's longer side.
    **state
        Traits of the subclass.

    Attributes
    ----------
    selection : list of int
        Selected rows, sorted. Set it, observe it, link it.
    hovered, clicked : int or None
    k : int, default 10
        Neighbours to show, at most 1,000.
    color_by : str, default "label"
        "label" or a column of the metadata.
    """

    selection = Rows()
    hovered = traitlets.Int(None, allow_none=True).tag(sync=True)
    clicked = traitlets.Int(None, allow_none=True).tag(sync=True)
    k = Number(10, partial(check.positive_integer, most=MOST_NEIGHBORS))
    color_by = traitlets.Unicode("label").tag(sync=True)

    _count = traitlets.Int(0).tag(sync=True)
    _distance = traitlets.Unicode("").tag(sync=True)
    _has_images = traitlets.Bool(False).tag(sync=True)
    _columns = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _colored = traitlets.Unicode("label").tag(sync=True)  # what the next five tell of
    _codes = Array()
    _names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _colors = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _range = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _missing = traitlets.Int(None, allow_none=True).tag(sync=True)

    def __init__(
        self,
        points: Points,
        class_names: Mapping[Any, str] | Sequence[str] | None,
        distance: distances.Distance,
        index: Indexer | None,
        thumbnail_size: int,
        **state: Any,
    ) -> None:
        self._cards = Cards(points, class_names, thumbnail_size)
        self._table = self._cards.table
        self._neighborhood = Neighborhood(points.embeddings, distance, index)
        super().__init__(
            selection=[],
            _count=len(points.embeddings),
            _distance=str(distance),
            _has_images=points.images is not None,
            _columns=[name for name, column in self._table.items() if column.kind != "text"],
            **_coloring(self._table.get(state.get("color_by", "label"))),
            **state,
        )
        self.observe(lambda change: self._together(_coloring(self._column())), "color_by")

    @property
    def count(self) -> int:
        """Number of items, those without a place in the picture included."""
        return int(self._count)

    @property
    def selected(self) -> pd.DataFrame:
        """The selected items: label and metadata, indexed by row number."""
        import pandas as pd

        rows = self.selection
        table = self._table.items()
        found = {name: column.values_at(rows) for name, column in table if column.given}
        return pd.DataFrame(found, index=pd.Index(rows, dtype="int64", name="id"))

    def select(self, ids: Any) -> None:
        """Select these rows, or those where a mask of all rows is True.

        Raises
        ------
        ValueError
            An id is no row number; the selection stays as it was.
        """
        self.selection = check.rows("ids", ids, self.count)

    def neighbors_of(self, ids: Any, k: int | None = None) -> Neighbors:
        """Return the neighbours of rows in the original space, as a click shows them.

        Parameters
        ----------
        ids : integers [q], or one
        k : int, optional
            Default: the widget's.
        """
        rows = check.rows("ids", ids, self.count)
        return self._neighborhood.of(rows, check.positive_integer("k", self.k if k is None else k))

    @traitlets.validate("hovered", "clicked")
    def _check_row(self, proposal: Any) -> int | None:
        with refusing():
            name, value = proposal.trait.name, proposal.value
            return None if value is None else check.row(name, value, self.count)

    @traitlets.validate("color_by")
    def _check_color(self, proposal: Any) -> str:
        with refusing():
            return check.one_of("color_by", proposal.value, self._columns)

    def _column(self) -> Column:
        return self._table[self.color_by]

    def _answer_card(self, message: Mapping[str, Any]) -> Answer:
        return self._cards.card(message["row"])

    def _answer_neighbors(self, message: Mapping[str, Any]) -> Answer:
        row = check.row("row", message["row"], self.count)
        k = min(check.positive_integer("k", message["k"]), MOST_NEIGHBORS)
        found = self.neighbors_of([row], k)
        there = found.ids[0] >= 0
        ids, far = found.ids[0][there], found.distances[0][there]
        label = self._cards.label
        return {
            "row": row,
            "label": label(row),
            "ids": encode(ids.astype(np.uint32)),
            "distances": encode(far),
            "labels": [label(own) or "" for own in ids.tolist()],
        }, []

    def _answer_search(self, message: Mapping[str, Any]) -> Answer:
        text = str(message["text"])
        hits = np.zeros(self.count, bool)
        for column in self._table.values():
            if column.given:
                hits |= column.rows_with(text)
        return {"text": text, "ids": encode(np.flatnonzero(hits).astype(np.uint32))}, []

    def _answer_thumbnails(self, message: Mapping[str, Any]) -> Answer:
        return self._cards.tiles(message["rows"], message["size"])


def _coloring(column: Column | None) -> dict[str, Any]:
    if column is None:  # a name that is refused when it is set
        return {}
    return {
        "_colored": column.name,
        "_codes": column.codes,
        "_names": column.names,
        "_colors": column.colors,
        "_range": column.range_texts,
        "_missing": column.missing,
    }
