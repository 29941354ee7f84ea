"""Neighbours for a viewer: of which query, among which items, beside which other index."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simnb.indexer import Indexer
from simnb.widgets.neighbor_viewer.beside import checked_beside
from simnb.widgets.neighbor_viewer.catalogue import (
    Catalogue,
    Queries,
    Source,
    Viewed,
    checked_labels,
    rows_of_ids,
)
from simnb.widgets.neighbor_viewer.classes import NONE, Classes
from simnb.widgets.neighbor_viewer.contents import columns_of
from simnb.widgets.neighbor_viewer.ranking import (
    Ranking,
    mistakes_of,
    no_neighbors,
    ranked,
    with_false_friends,
)


@dataclass(frozen=True)
class Query:
    """What neighbours are asked of.

    Attributes
    ----------
    kind : {"query", "item", "array"}
    row : int or None
    code : int
        Of its class; -1 for none.
    own_id : int or None
        Its id, where it is an item of the index.
    embedding : float32 [d]
    """

    kind: str
    row: int | None
    code: int
    own_id: int | None
    embedding: NDArray[np.float32]


@dataclass(frozen=True)
class Found:
    """The neighbours of a query, by the rows that a reader sees; classes are codes.

    Attributes
    ----------
    near, friends : Ranking
        The nearest; the nearest of other classes, if they were asked for.
    beside : Ranking or None
        By the index beside.
    note : str
        What a reader should know: why nothing is there, or nothing right or wrong.
    """

    near: Ranking
    friends: Ranking
    beside: Ranking | None
    note: str


class Finder:
    """Joins an index with the queries, labels and contents that were given to a viewer.

    Parameters
    ----------
    source : Source
    queries, labels, images, query_images, metadata, class_names, beside :
        As `NeighborViewer`.

    Attributes
    ----------
    catalogue : Catalogue
        Of the index as `notice` saw it last.
    queries : Viewed
    own : bool
        Whether the queries are the items themselves.
    """

    def __init__(
        self,
        source: Source,
        queries: Any,
        labels: Any,
        images: Any,
        query_images: Any,
        metadata: Any,
        class_names: Any,
        beside: Any,
    ) -> None:
        self.source, self.classes = source, Classes(class_names)
        self.own = queries is None
        if self.own and images is not None and query_images is not None:
            raise ValueError(
                "`query_images` must be None where the queries are the items: `images` are theirs. "
                "Received: both"
            )
        ids = source.ids
        self._given: dict[str, Any] = {
            "labels": checked_labels(len(ids), labels) if self.own else None,
            "images": images if images is not None or not self.own else query_images,
            "metadata": None if metadata is None else columns_of(len(ids), metadata),
        }
        self.catalogue = Catalogue(source, self.classes, **self._given)
        self._given["given_ids"] = ids  # whose they are, when the index has others
        self._queries: Queries | None = None
        if not self.own:
            self._queries = Queries(source, queries, self.classes, labels, query_images)
            self._check_kinds()
        self._beside = checked_beside(beside, self.catalogue.index)
        self._twin: Indexer | None = None
        self._mistakes: NDArray[np.int64] | None = None

    @property
    def queries(self) -> Viewed:
        """The queries: the items, where no others were given."""
        return self.catalogue if self._queries is None else self._queries

    @property
    def labelled(self) -> bool:
        """Whether anything can be right or wrong."""
        return bool((self.catalogue.codes >= 0).any() and (self.queries.codes >= 0).any())

    @property
    def beside(self) -> Indexer | None:
        """The index beside; an exact twin is made anew after every change."""
        if self._beside is not True:
            return self._beside  # type: ignore[no-any-return]
        if self._twin is None:
            self._twin = self.catalogue.index.with_search("exact")
        return self._twin

    @property
    def beside_name(self) -> str:
        """The engine of the index beside; "" where there is none."""
        if self._beside is None or self._beside is True:
            return "" if self._beside is None else "exact"
        name, measure = str(self._beside.engine.name), self._beside.distance
        return name if measure == self.catalogue.index.distance else f"{name}, {measure}"

    def notice(self) -> tuple[str, Catalogue | None]:
        """See whether the index has changed: return what, in words, and the items before it."""
        before, index = self.catalogue, self.source.index
        if index is before.index and before.current:
            return "", None
        self.catalogue = Catalogue(self.source, self.classes, **self._given)
        self._twin = self._mistakes = None
        if self._queries is not None:
            self._queries.follow(index)
        return _difference(before, self.catalogue), before

    def query(self, kind: str, row: int) -> Query:
        """Return a query by its row, or an item that has become one."""
        among = self.queries if kind == "query" else self.catalogue
        own = int(among.own_ids(np.array([row]))[0])
        return Query(
            kind, row, int(among.codes[row]), None if own < 0 else own, among.embedding(row)
        )

    def find(self, query: Query, k: int, friends: bool, threshold: float | None) -> Found:
        """Look up a query's neighbours, once."""
        index = self.catalogue.index
        note = self._obstacle(query)
        if note:
            empty = no_neighbors()
            return Found(empty, empty, None if self._beside is None else empty, note)
        label = None if query.code == NONE or not len(self.catalogue.counts) else query.code
        asked = (index, query.embedding, k, label, query.own_id, threshold)
        classes = (self.catalogue.codes_in_index, NONE)
        if friends and self._has_others(query.code):
            rankings = with_false_friends(*asked, *classes)
        else:
            rankings = ranked(*asked, *classes), no_neighbors()
        near, wrong = (self._seen(own) for own in rankings)
        note = self._remark(query, near, k) or ("" if len(wrong) or not friends else _NO_FRIENDS)
        return Found(near, wrong, self._found_beside(query, k, label, threshold), note)

    def mistakes(self) -> NDArray[np.int64]:
        """Return the rows of queries whose nearest neighbour is of another class."""
        if self._mistakes is None:
            catalogue, queries = self.catalogue, self.queries
            known = np.flatnonzero(queries.codes >= 0)
            if len(known) == 0 or not self.labelled:
                return known[:0]
            self._mistakes = known[
                mistakes_of(
                    catalogue.index,
                    queries.embeddings[known],
                    queries.codes[known],
                    queries.own_ids(known),
                    catalogue.codes_in_index,
                    NONE,
                )
            ]
        return self._mistakes

    def know_mistakes(self, rows: NDArray[np.int64]) -> None:
        """Take over what was looked up elsewhere, as long as the index stays as it is."""
        self._mistakes = rows

    def _has_others(self, code: int) -> bool:
        """Whether any item is of another class: if none is, the whole index would be sorted."""
        counts = self.catalogue.counts
        return code != NONE and bool(counts.sum() > counts[code : code + 1].sum())

    def _check_kinds(self) -> None:
        """Refuse labels that are texts where the index's are numbers, or the other way."""
        kinds = [
            {isinstance(self.classes.value(code), str) for code in np.unique(codes[codes >= 0])}
            for codes in (self.queries.codes, self.catalogue.codes)
        ]
        if all(kinds) and not kinds[0] & kinds[1]:
            words = ["strings" if True in own else "integers" for own in kinds]
            raise ValueError(
                f"`labels` must be of the kind of the index's labels, {words[1]}. Received: {words[0]}"
            )

    def _found_beside(
        self, query: Query, k: int, label: int | None, threshold: float | None
    ) -> Ranking | None:
        other = self.beside
        if other is None or len(other) == 0:
            return None if other is None else no_neighbors()
        found = ranked(other, query.embedding, k, None, query.own_id, threshold)
        found = found.take(self.catalogue.rows(found.ids) >= 0)  # what both hold
        return self._seen(found, label)

    def _seen(self, ranking: Ranking, label: int | None = None) -> Ranking:
        """A ranking by the rows that a reader sees."""
        rows = self.catalogue.rows(ranking.ids)
        codes = self.catalogue.codes[rows]
        seen = replace(ranking, rows=rows, labels=codes)
        if label is None:
            return seen
        return replace(seen, right=codes == label, wrong=(codes != label) & (codes != NONE))

    def _obstacle(self, query: Query) -> str:
        """Why a query has no neighbours; "" if it should have some."""
        index = self.catalogue.index
        if len(index) == 0:
            return "The index is empty."
        if query.embedding.shape != (index.embedding_size,):
            return (
                f"The query has {query.embedding.size} numbers, "
                f"and the index is of embeddings of {index.embedding_size}."
            )
        if not np.isfinite(query.embedding).all():
            return "The query has NaN or inf: nothing is near it."
        alone = len(index) == 1 and query.own_id is not None
        return "The index has no other item." if alone else ""

    def _remark(self, query: Query, near: Ranking, k: int) -> str:
        """What else a reader should know."""
        counts, code = self.catalogue.counts, query.code
        remarks = []
        if not len(counts):
            remarks.append("The index has no labels: nothing is right or wrong.")
        elif code == NONE:
            remarks.append("The query has no label: nothing is right or wrong.")
        elif not near.relevant:
            among = "other " if query.own_id is not None else ""
            remarks.append(
                f"No {among}item of the index is of the class {self.classes.name(code)}: "
                "none can be right."
            )
        elif (counts > 0).sum() == 1:
            remarks.append("All items are of one class: all are right.")
        if k > near.others:
            remarks.append(f"The index has no more than {near.others} items to show.")
        return " ".join(remarks)


_NO_FRIENDS = "There are no false friends: no item is of another class."


def _difference(before: Catalogue, after: Catalogue) -> str:
    """What has changed from one to the other, in words."""
    added = int((rows_of_ids(before.ids, after.ids) < 0).sum())
    gone = int((rows_of_ids(after.ids, before.ids) < 0).sum())
    parts = [f"{count:,} {word}" for count, word in ((added, "added"), (gone, "removed")) if count]
    if before.index is not after.index:
        parts = ["another index is in its place"]
    text = f"The index has changed: {', '.join(parts) or 'its items were replaced'}; "
    text += f"it has {len(after.index):,} items"
    if before.engine != after.engine:
        text += f", and searches by {after.engine} now"
    return f"{text}."
