"""What a reader asks about, and among what: queries, and the items of an index at one version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from simnb import distances
from simnb.indexer import Indexer
from simnb.widgets.neighbor_viewer.classes import NONE, Classes
from simnb.widgets.neighbor_viewer.contents import Contents, followed
from simnb.widgets.neighbor_viewer.own_items import still_own
from simnb.widgets.points import array_of, images_in, matrix_of, read_points


class Source:
    """Where neighbours come from: an index, a model's, or one that is made of embeddings.

    Rows of embeddings that are not finite are left out of the index; its ids are row numbers.

    Parameters
    ----------
    value : Indexer, SimilarityModel or array [n, d]
    distance : str or Distance
        Of embeddings.
    search : str, default "exact"
        Of embeddings: "auto" is approximate where they are many.
    """

    def __init__(
        self, value: Any, distance: str | distances.Distance, search: str = "exact"
    ) -> None:
        self.model = value if hasattr(value, "index_summary") else None
        self.matrix: NDArray[np.float32] | None = None
        self._index: Indexer | None = value if isinstance(value, Indexer) else None
        if self.model is None and self._index is None:
            self.matrix = matrix_of(value)
            self._index = _index_of(self.matrix, distance, search)

    @property
    def index(self) -> Indexer:
        """The index that there is now: a model may have got another."""
        index = self._index if self.model is None else getattr(self.model, "_index", None)
        if index is None:
            raise ValueError(
                "`source` is a model without an index: call `model.compile(...)` or "
                "`model.create_index()` first, then `model.index(x, y, data=x)`"
            )
        found: Indexer = index
        return found

    @property
    def ids(self) -> NDArray[np.int64]:
        """The id in the index of every row there is now."""
        return self.index.ids.copy() if self.matrix is None else np.arange(len(self.matrix))


class Viewed(Protocol):
    """Rows that a reader sees, and can ask about: the items themselves, or other queries.

    Attributes
    ----------
    count : int
    codes : int64 [count]
        Of their classes; -1 for none.
    contents : Contents
    """

    count: int
    codes: NDArray[np.int64]
    contents: Contents

    @property
    def embeddings(self) -> NDArray[np.float32]:
        """Of all rows."""

    def embedding(self, row: int) -> NDArray[np.float32]:
        """Return one row's embedding."""

    def own_ids(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the ids that rows have in the index as items of it; -1 for none."""


@dataclass(frozen=True)
class KnownQueries:
    """Queries that are embedded already, and of which more is known than that.

    Attributes
    ----------
    embeddings : float32 [q, d]
    own_ids : int64 [q]
        Those that they have in the index as items of it; -1 for none.
    metadata : dict of columns
    """

    embeddings: NDArray[np.float32]
    own_ids: NDArray[np.int64]
    metadata: dict[str, Any]


class Catalogue:
    """The items of an index at one version, by rows.

    Rows are those of the index; of embeddings, their own.

    Parameters
    ----------
    source : Source
    classes : Classes
    labels, images, metadata : optional
        Of the items, in place of what the index holds.
    given_ids : int64, optional
        The items that those are of, where the index has changed since.
    """

    def __init__(
        self,
        source: Source,
        classes: Classes,
        labels: Any = None,
        images: Any = None,
        metadata: dict[str, Any] | None = None,
        given_ids: NDArray[np.int64] | None = None,
    ) -> None:
        index = source.index
        self.index, self.version, self.engine = index, index.version, index.engine.name
        self._matrix = source.matrix
        self.ids = source.ids
        self.count = len(self.ids)
        places = np.arange(self.count)
        if given_ids is not None:
            places = rows_of_ids(given_ids, self.ids)
            images = None if images is None else followed(images, places)
            columns = (metadata or {}).items()
            metadata = {name: followed(values, places) for name, values in columns} or None
        stored = index.data
        known = stored if any(own is not None for own in stored) else None
        self.contents = Contents(self.count, known, images, metadata)
        self.codes = self._coded(classes, labels, places)
        self.counts = np.bincount(self.codes[self.codes >= 0])

    @property
    def current(self) -> bool:
        """Whether the index is still at this version."""
        return self.index.version == self.version

    @property
    def codes_in_index(self) -> NDArray[np.int64]:
        """The items' classes in the order of the index's own rows."""
        return self.codes if self._matrix is None else self.codes[self.index.ids]

    @property
    def embeddings(self) -> NDArray[np.float32]:
        """Of all rows, also of those that are in no index."""
        return self.index.embeddings if self._matrix is None else self._matrix

    def embedding(self, row: int) -> NDArray[np.float32]:
        """Return one row's embedding."""
        own: NDArray[np.float32] = self.embeddings[row]
        return own

    def rows(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows of items; -1 of what is not among them."""
        return self.index.engine.rows(ids) if self._matrix is None else ids

    def own_ids(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the items' ids."""
        return np.asarray(self.ids[rows])

    def _coded(self, classes: Classes, labels: Any, places: NDArray[np.int64]) -> NDArray[np.int64]:
        codes = np.full(self.count, NONE)
        if self.index.labels is not None:
            codes = classes.codes(self.index.labels)
        if labels is None:
            return codes
        # Items that were added since have what the index says.
        return np.where(places >= 0, classes.codes(labels)[np.maximum(places, 0)], codes)


class Queries:
    """What neighbours are looked for, other than the items themselves.

    Parameters
    ----------
    source : Source
    x : array [q, d], a model's inputs, or KnownQueries
        Arrays of inputs are embedded row by row as they are asked for; other inputs, such
        as dicts of arrays and datasets, at once.
    classes : Classes
    labels : sequence of q, optional
    images : sequence of q, optional
    """

    def __init__(
        self, source: Source, x: Any, classes: Classes, labels: Any = None, images: Any = None
    ) -> None:
        self._model, self._x, self._matrix = source.model, None, None
        self._own_ids = values = metadata = None
        if isinstance(x, KnownQueries):
            self._matrix, self._own_ids, metadata = x.embeddings, x.own_ids, x.metadata or None
            _check_width(self._matrix, source.index)
        elif self._model is None:
            self._matrix = matrix_of(x, "queries")
            _check_width(self._matrix, source.index)
        elif getattr(x, "shape", ()):
            self._x = values = array_of(x)
            images = images_in(x) if images is None else images
        else:
            self._matrix = matrix_of(self._model.embed(x), "queries")
        rows = self._x if self._matrix is None else self._matrix
        self.count = len(rows)  # type: ignore[arg-type]
        labels = checked_labels(self.count, labels)
        self.codes = np.full(self.count, NONE) if labels is None else classes.codes(labels)
        known = None if values is None or images is not None else np.asarray(values)
        self.contents = Contents(self.count, known, images, metadata, name="query_images")

    @property
    def embeddings(self) -> NDArray[np.float32]:
        """Of all queries."""
        if self._matrix is None:
            return np.asarray(self._model.embed(self._x), np.float32)  # type: ignore[union-attr]
        return self._matrix

    def embedding(self, row: int) -> NDArray[np.float32]:
        """Return one query's embedding, made now where it is a model's."""
        if self._matrix is None:
            found = self._model.embed(self._x[row : row + 1])  # type: ignore[index,union-attr]
            return np.asarray(found[0], np.float32)
        own: NDArray[np.float32] = self._matrix[row]
        return own

    def own_ids(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the ids of those that are items of the index; -1 for the others."""
        return np.full(len(rows), -1) if self._own_ids is None else self._own_ids[rows]

    def follow(self, index: Indexer) -> None:
        """See which queries are items of the index, now that it has changed."""
        if self._own_ids is not None and self._matrix is not None:
            self._own_ids = still_own(index, self._own_ids, self._matrix)


def checked_labels(count: int, labels: Any) -> Any:
    """Return labels as one value a row, or raise; None for none."""
    return read_points(np.zeros((count, 1), np.float32), labels, None, None).labels


def rows_of_ids(known: NDArray[np.int64], ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each id is among the known ones; -1 where it is not."""
    if len(known) == 0:
        return np.full(ids.shape, -1)
    order = np.argsort(known, kind="stable")
    places = order[np.minimum(np.searchsorted(known, ids, sorter=order), len(known) - 1)]
    return np.where(known[places] == ids, places, -1)


def _index_of(
    matrix: NDArray[np.float32], distance: str | distances.Distance, search: str
) -> Indexer:
    index = Indexer(max(matrix.shape[1], 1), distance, search)
    finite = np.asarray(np.isfinite(matrix).all(axis=1))
    if len(matrix):
        # In and out again, so that an item's id is its row.
        ids = index.add(np.where(finite[:, None], matrix, np.float32(1)))
        index.remove(ids[~finite])
    return index


def _check_width(matrix: NDArray[np.float32], index: Indexer) -> None:
    if len(matrix) and matrix.shape[1] != index.embedding_size:
        raise ValueError(
            f"`queries` must have {index.embedding_size} columns, as the index has. "
            f"Received: shape {matrix.shape}"
        )
