"""What a widget shows of an item when it is asked: texts, its image, thumbnails of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from simnb import check
from simnb.widgets.columns import columns_of
from simnb.widgets.points import Points
from simnb.widgets.thumbnails import Thumbnails

LONGEST = 400  # letters of one entry of a card
_TILES = 1024  # thumbnails in one answer
_LARGEST = 128  # pixels of one

# What answers a request of the page: a message, and buffers.
Answer: TypeAlias = tuple[dict[str, Any], list[Any]]


class Cards:
    """Labels, metadata and images of items, as answers to what a page asks.

    Parameters
    ----------
    points : Points
    class_names : mapping or sequence, optional
    thumbnail_size : int
        Pixels of an image's longer side.

    Attributes
    ----------
    table : dict of Column
        The labels, under "label", and all metadata.
    thumbnails : Thumbnails or None
    """

    def __init__(
        self,
        points: Points,
        class_names: Mapping[Any, str] | Sequence[str] | None,
        thumbnail_size: int,
    ) -> None:
        size = check.positive_integer("thumbnail_size", thumbnail_size)
        self._count = len(points.embeddings)
        images = points.images
        self.thumbnails = None if images is None else Thumbnails(images, size, count=self._count)
        self.table = columns_of(points, class_names)

    def label(self, row: int) -> str | None:
        """The label of an item as text; None where items have no labels."""
        labels = self.table["label"]
        return labels.text(row)[:LONGEST] if labels.given else None

    def card(self, row: Any) -> Answer:
        """Return an item's texts and, if it has one, its image."""
        row = check.row("row", row, self._count)
        table = self.table.items()
        fields = [[name, column.text(row)[:LONGEST]] for name, column in table if column.given]
        images = self.thumbnails
        picture = [images.png(row)] if images is not None and images.has(row) else []
        return {"row": row, "fields": fields}, picture

    def tiles(self, rows: Any, size: Any) -> Answer:
        """Return the thumbnails of some items as one picture of tiles."""
        if self.thumbnails is None:
            raise ValueError("there are no images")
        rows = check.rows("rows", rows, self._count)
        tile = check.positive_integer("size", size)
        if len(rows) > _TILES or tile > _LARGEST:
            raise ValueError(
                f"at most {_TILES} thumbnails of {_LARGEST} pixels are sent at once. "
                f"Received: {len(rows)} of {tile}"
            )
        there = [row for row in rows.tolist() if self.thumbnails.has(row)]
        atlas = self.thumbnails.atlas(there, tile) if there else b""
        return {"rows": there, "size": tile}, [atlas]
