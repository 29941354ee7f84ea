"""What a projector answers when its page asks: cards, neighbours, search, thumbnails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from simnb import check
from simnb.widgets.binary import encode
from simnb.widgets.columns import Column
from simnb.widgets.neighbors import Neighbors
from simnb.widgets.thumbnails import Thumbnails

_LONGEST = 400  # letters of one entry of a card
_TILES = 1024  # thumbnails in one answer
_NEIGHBORS = 1000
_LARGEST = 128  # pixels of one

Answer = tuple[dict[str, Any], list[Any]]


class Answers:
    """Mixed into `Projector`; each method answers one kind of request of its page."""

    _table: dict[str, Column]
    _thumbnails: Thumbnails | None

    @property
    def count(self) -> int:
        """Number of items."""
        raise NotImplementedError

    def neighbors_of(self, ids: Any, k: int | None = None) -> Neighbors:
        """Return neighbours of rows."""
        raise NotImplementedError

    def cancel(self) -> None:
        """Stop the layout in the background."""
        raise NotImplementedError

    def _answer_card(self, message: Mapping[str, Any]) -> Answer:
        row = self._row(message)
        fields = [
            [name, column.text(row)[:_LONGEST]]
            for name, column in self._table.items()
            if column.given
        ]
        images = self._thumbnails
        picture = [images.png(row)] if images is not None and images.has(row) else []
        return {"row": row, "fields": fields}, picture

    def _answer_neighbors(self, message: Mapping[str, Any]) -> Answer:
        row = self._row(message)
        found = self.neighbors_of([row], min(check.positive_integer("k", message["k"]), _NEIGHBORS))
        there = found.ids[0] >= 0
        ids, distances = found.ids[0][there], found.distances[0][there]
        labels = self._table["label"]
        return {
            "row": row,
            "label": labels.text(row) if labels.given else None,
            "ids": encode(ids.astype(np.uint32)),
            "distances": encode(distances),
            "labels": [labels.text(own)[:_LONGEST] if labels.given else "" for own in ids.tolist()],
        }, []

    def _answer_search(self, message: Mapping[str, Any]) -> Answer:
        text = str(message["text"])
        hits = np.zeros(self.count, bool)
        for column in self._table.values():
            hits |= column.rows_with(text)
        return {"text": text, "ids": encode(np.flatnonzero(hits).astype(np.uint32))}, []

    def _answer_thumbnails(self, message: Mapping[str, Any]) -> Answer:
        if self._thumbnails is None:
            raise ValueError("there are no images")
        rows = check.rows("rows", message["rows"], self.count)
        tile = check.positive_integer("size", message["size"])
        if len(rows) > _TILES or tile > _LARGEST:
            raise ValueError(
                f"at most {_TILES} thumbnails of {_LARGEST} pixels are sent at once. "
                f"Received: {len(rows)} of {tile}"
            )
        there = [row for row in rows.tolist() if self._thumbnails.has(row)]
        atlas = self._thumbnails.atlas(there, tile) if there else b""
        return {"rows": there, "size": tile}, [atlas]

    def _answer_cancel(self, message: Mapping[str, Any]) -> Answer:
        self.cancel()
        return {}, []

    def _row(self, message: Mapping[str, Any]) -> int:
        return check.row("row", message["row"], self.count)
