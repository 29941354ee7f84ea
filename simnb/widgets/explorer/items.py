"""What an explorer is given, read and looked up once: items, and where their neighbours come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simnb import check, distances
from simnb.indexer import Indexer
from simnb.types import Lookups
from simnb.widgets.neighbor_viewer.catalogue import Source, rows_of_ids
from simnb.widgets.neighbor_viewer.contents import followed
from simnb.widgets.neighbor_viewer.own_items import own_ids, search_of
from simnb.widgets.points import Points, images_in, matrix_of, numbers_of, read_points


@dataclass(frozen=True)
class ExplorerItems:
    """The items of an explorer, embedded.

    Attributes
    ----------
    points : Points
        Embeddings, of which rows that are not finite have no neighbours; labels, of which
        those that are missing are None; images and metadata.
    distance : Distance
    source : Indexer, SimilarityModel or None
        Where their neighbours come from; None where that is the embeddings themselves.
    index : Indexer or None
        The source's, as it was met.
    own_ids : int64 [n]
        Those that items have in the index; -1 for none. None is its own neighbour.
    embed : callable or None
        A model's, from inputs to embeddings.
    """

    points: Points
    distance: distances.Distance
    source: Any
    index: Indexer | None
    own_ids: NDArray[np.int64]
    embed: Callable[[Any], Any] | None

    @cached_property
    def own(self) -> bool:
        """Whether neighbours are the items themselves, in their order."""
        return self.index is None or np.array_equal(self.own_ids, self.index.ids)

    @cached_property
    def labelled(self) -> NDArray[np.int64]:
        """Rows of the items that can be calibrated with: they have a label, as have neighbours."""
        labels, index = self.points.labels, self.index
        if labels is None or (not self.own and (index is None or index.labels is None)):
            return np.zeros(0, np.int64)
        return np.flatnonzero([own is not None for own in labels])

    @property
    def all_labelled(self) -> bool:
        """Whether every item can be calibrated with."""
        return len(self.labelled) == len(self.points.embeddings)

    @cached_property
    def labels(self) -> NDArray[Any]:
        """Of the labelled items."""
        return check.labels("y", self.of_labelled(self.points.labels))

    def of_labelled(self, values: Any) -> Any:
        """Return the values of the labelled items; None for none."""
        if values is None or self.all_labelled:
            return values
        return [values[row] for row in self.labelled.tolist()]

    def lookups(self, k: int) -> Lookups:
        """Look up the labelled items, each without itself where it is among its neighbours."""
        embeddings = self.points.embeddings[self.labelled]
        if not self.own:
            return self._of_index(embeddings, k, self.own_ids[self.labelled])
        index, own = self.index, self.own_ids
        if index is None or not self.all_labelled:
            index, own = self._labelled_index, np.arange(len(embeddings))
        ids, far = _others(index, embeddings, k, own)
        return self._by_rows(rows_of_ids(own, ids), far)

    def lookups_of(self, x: Any, k: int) -> Lookups:
        """Look up other queries: embeddings, or a model's inputs."""
        embeddings = matrix_of(x if self.embed is None else self.embed(x), "held_out")
        if self.index is None:
            return self._by_rows(*_found(self._labelled_index, embeddings, k))
        return self._of_index(embeddings, k, own_ids(self.index, embeddings))

    @cached_property
    def _labelled_index(self) -> Indexer:
        """An index of the labelled items: of many, one that does not compare all with all."""
        count = len(self.labelled)
        search = search_of(count, count)
        return Source(self.points.embeddings[self.labelled], self.distance, search).index

    def _of_index(self, embeddings: NDArray[np.float32], k: int, own: NDArray[np.int64]) -> Lookups:
        index: Indexer = self.index  # type: ignore[assignment]
        ids, far = _others(index, embeddings, k, own)
        labels: NDArray[Any] = index.labels  # type: ignore[assignment]
        named = labels[np.maximum(index.engine.rows(ids), 0)]
        return Lookups(ids, far, named, larger_is_nearer=self.distance.larger_is_nearer)

    def _by_rows(self, rows: NDArray[np.int64], far: NDArray[np.float32]) -> Lookups:
        """Neighbours that are labelled items, by their place among these."""
        named = self.labels[np.maximum(rows, 0)]
        return Lookups(rows, far, named, larger_is_nearer=self.distance.larger_is_nearer)


def read_items(
    source: Any, x: Any, y: Any, images: Any, metadata: Any, distance: Any
) -> ExplorerItems:
    """Read an index or a model, with what to look up in it; or embeddings and their labels.

    Raises
    ------
    ValueError
        Shapes or numbers of items differ; a model without an index is given nothing to embed.
    """
    if isinstance(source, Indexer):
        embeddings = None if x is None else numbers_of("x", x)
        return _items_beside(source, source, embeddings, y, images, metadata, None)
    if hasattr(source, "index_summary"):  # a SimilarityModel, which this half does not know
        return _items_of_model(source, x, y, images, metadata, distance)
    if x is not None and y is not None:
        raise ValueError(
            "`x` must be the labels where `source` is embeddings: these are what is looked up. "
            "Received: both `x` and `y`"
        )
    embeddings, labels = numbers_of("source", source), x if y is None else y
    return _items_alone(embeddings, labels, images, metadata, distances.get(distance), None)


def _items_of_model(
    model: Any, x: Any, y: Any, images: Any, metadata: Any, distance: Any
) -> ExplorerItems:
    index: Indexer | None = getattr(model, "_index", None)
    if x is None and not index:
        raise ValueError(
            "`source` is a model without indexed items: call `model.index(x, y, data=x)` first, "
            "or pass `x`"
        )
    embeddings = None if x is None else numbers_of("x", model.embed(x))
    images = images_in(x) if images is None else images
    if index:
        return _items_beside(model, index, embeddings, y, images, metadata, model.embed)
    measure = distances.get(distance) if index is None else index.distance
    return _items_alone(embeddings, y, images, metadata, measure, model.embed)


def _items_alone(
    embeddings: Any, y: Any, images: Any, metadata: Any, measure: distances.Distance, embed: Any
) -> ExplorerItems:
    points = _checked(read_points(embeddings, y, images, metadata))
    return ExplorerItems(points, measure, None, None, np.arange(len(points.embeddings)), embed)


def _items_beside(
    source: Any, index: Indexer, embeddings: Any, y: Any, images: Any, metadata: Any, embed: Any
) -> ExplorerItems:
    own = index.ids.copy() if embeddings is None else own_ids(index, embeddings)
    if np.array_equal(own, index.ids):
        points = read_points(index, y, images, metadata)
    else:
        places = rows_of_ids(index.ids, own)
        if y is None and index.labels is not None and (places >= 0).any():
            y = followed(index.labels, places)  # of its items, the index knows them
        points = read_points(embeddings, y, images, metadata)
    return ExplorerItems(_checked(points), index.distance, source, index, own, embed)


def _checked(points: Points) -> Points:
    """Points whose labels are integers or strings, all of them known, or None among them."""
    labels = points.labels
    if labels is None or (isinstance(labels, np.ndarray) and labels.dtype.kind in "iuUb"):
        return points
    given = np.empty(len(labels), object)
    given[:] = list(labels)
    known = ~pd.isna(given)
    checked = check.labels("y", [_whole(own) for own in given[known]])
    given[~known], given[known] = None, checked.tolist()
    return replace(points, labels=checked if known.all() else given.tolist())


def _whole(label: Any) -> Any:
    """A label that a column with gaps has made a float, as the integer that it was."""
    return int(label) if isinstance(label, (float, np.floating)) and label % 1 == 0 else label


def _others(
    index: Indexer, embeddings: NDArray[np.float32], k: int, own: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Ids and distances [q, k] of the nearest items, without the query's own."""
    ids, far = _found(index, embeddings, k + 1)
    dropped = (ids == own[:, None]) & (own >= 0)[:, None]
    dropped[:, -1] |= ~dropped.any(axis=1)
    return ids[~dropped].reshape(-1, k), far[~dropped].reshape(-1, k)


def _found(
    index: Indexer, embeddings: NDArray[np.float32], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Ids and distances [q, k] of the nearest items; none of rows that are not finite."""
    ids = np.full((len(embeddings), k), -1)
    far = np.full((len(embeddings), k), np.inf, np.float32)
    finite = np.isfinite(embeddings).all(axis=1)
    if finite.any():
        found = index.query(embeddings[finite], k)
        ids[finite, : found.ids.shape[1]] = found.ids
        far[finite, : found.ids.shape[1]] = found.distances
    return ids, far
