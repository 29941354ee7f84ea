"""The neighbour viewer: what the index finds for a query, what of it is right, and where next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import traitlets

from simnb import check, distances
from simnb.indexer import Indexer
from simnb.widgets.base import counted
from simnb.widgets.binary import Number
from simnb.widgets.cards import Answer
from simnb.widgets.neighbor_viewer.catalogue import Source
from simnb.widgets.neighbor_viewer.contents import Attached
from simnb.widgets.neighbor_viewer.finder import Finder, Found, Query
from simnb.widgets.neighbor_viewer.pasted import Paster
from simnb.widgets.neighbor_viewer.pictures import measures_in_words, picture_of, still_of
from simnb.widgets.neighbor_viewer.ranking import Ranking, no_neighbors
from simnb.widgets.neighbor_viewer.ranking_cards import (
    beside_cards,
    card_of,
    cards_of,
    number,
    table_of,
)
from simnb.widgets.neighbor_viewer.ranking_measures import compared, summary_of
from simnb.widgets.neighbor_viewer.viewed_query import MOST, ViewedQuery

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

MODES = ("nearest", "false friends")


class NeighborViewer(ViewedQuery, script="neighbor_viewer"):
    """Queries and their nearest neighbours as cards, told right from wrong.

    Click a neighbour and it becomes the query; go back and forward; look at the false
    friends, which are the nearest items of another class; see two indexes side by side. All
    of it works by keyboard too.

    An index that changes while it is looked at is noticed, and the cards are made anew.

    Parameters
    ----------
    source : Indexer, SimilarityModel or array [n, d]
        Where neighbours come from. Of embeddings an exact index is made.
    queries : array [q, d], optional
        Embeddings; where `source` is a model, its inputs. Default: the items themselves, each
        without itself.
    labels : sequence of q, optional
        Of the queries; None is "no label". Where the queries are the items, those of the
        index by default.
    images : array [n, h, w] or [n, h, w, c], or sequence of n, optional
        Of the items. Default: what was stored with them: images; texts; dicts, which are
        fields of a card; other arrays [m] or [h, w], which are drawn as heat maps.
    query_images : array or sequence of q, optional
        A model's inputs by default, if they are images.
    metadata : DataFrame, dict of columns or list of dicts, optional
        Of the items, shown in their cards.
    class_names : mapping or sequence, optional
        From labels to the names to show.
    beside : Indexer or True, optional
        A second index over the same items, shown beside; True is an exact one.
    embed : callable, optional
        From a list of one array, image or text to an embedding [1, d], for what is
        uploaded or pasted; or a model's own `embed`. A model as `source` brings it.
    k : int, default 10
        Neighbours to show, at most 200.
    threshold : float, optional
        In the index's own units; neighbours beyond it are greyed.
    distance : str or Distance, default "cosine"
        Of embeddings; an index has its own.
    seed : int, default 0
        Of random queries.
    thumbnail_size : int, default 96
        Pixels of a card's picture.
    theme : str, default "auto"
        "light", "dark", or "auto", which is the page's.
    height : int, default 420
        Of the widget, in pixels.
    title : str, default ""

    Attributes
    ----------
    query : int or None
        Row of the query that is shown. Set it, observe it, link it.
    item : int or None
        Row in the index of a neighbour that became the query, where items are no queries.
    selection : list of int
        Rows of queries that "next" and "random" keep to; all if it is empty.
    mode : {"nearest", "false friends"}

    Raises
    ------
    ValueError
        Shapes or numbers of items do not agree; the message says which.

    Examples
    --------
    >>> index = Indexer(embedding_size=1, distance="euclidean")
    >>> ids = index.add([[0.0], [1.0], [3.0]], labels=["cat", "dog", "cat"])
    >>> viewer = NeighborViewer(index, [[0.4]], ["cat"], k=2)
    >>> viewer
    NeighborViewer(1 query, 3 items, k=2, exact, euclidean)
    >>> viewer.neighbors()[["label", "distance", "right"]].values.tolist()
    [['cat', 0.4..., True], ['dog', 0.6..., False]]
    >>> viewer.close()
    """

    threshold = Number(None, allow_none=True)
    mode = traitlets.Enum(MODES, "nearest").tag(sync=True)

    _size = traitlets.Int(96).tag(sync=True)

    _last: Any = None  # what the page was shown last

    def __init__(
        self,
        source: Any,
        queries: Any = None,
        labels: Any = None,
        *,
        images: Any = None,
        query_images: Any = None,
        metadata: Any = None,
        class_names: Mapping[Any, str] | Sequence[str] | None = None,
        beside: Indexer | bool | None = None,
        embed: Any = None,
        k: int = 10,
        threshold: float | None = None,
        distance: str | distances.Distance = "cosine",
        seed: int = 0,
        thumbnail_size: int = 96,
        theme: str = "auto",
        height: int = 420,
        title: str = "",
    ) -> None:
        finder = Finder(
            Source(source, distance),
            queries,
            labels,
            images,
            query_images,
            metadata,
            class_names,
            beside,
        )
        super().__init__(
            finder,
            Paster(finder, embed),
            check.seed("seed", seed),
            k=k,
            threshold=threshold,
            theme=theme,
            height=height,
            title=title,
            _size=check.positive_integer("thumbnail_size", thumbnail_size),
        )

    def neighbors(self) -> pd.DataFrame:
        """Return the neighbours that are shown: rank, id, row, label, distance, right, within.

        In the mode "false friends" it is these. `label` is as it was given, and `right` is
        missing where it is not known.
        """
        return table_of(self._shown(self._found()[1]), self._finder.classes)

    def false_friends(self) -> pd.DataFrame:
        """Return the nearest items of another class, with their ranks among all."""
        return table_of(self._found(friends=True)[1].friends, self._finder.classes)

    def summary(self) -> dict[str, float]:
        """Return precision@k, average precision@k and recall@k of the query, by name.

        `relevant` is how many items of its class there are, `k` how many were looked up.
        Empty where nothing can be right or wrong.
        """
        return summary_of(self._found()[1].near)

    def compare(self) -> pd.DataFrame:
        """Return the neighbours by both indexes: id, rank, rank_beside, moved, distance.

        `attrs["recall"]` is the share of the index beside's that are found.

        Raises
        ------
        ValueError
            There is no index beside.
        """
        found = self._found()[1]
        if found.beside is None:
            raise ValueError("There is no index beside: pass `beside=True` or an Indexer.")
        return compared(found.near, found.beside)

    def plot(self) -> Figure:
        """Return the query and its first neighbours as a matplotlib figure, for print."""
        (query, found), attached = self._found(), Attached()
        groups = [(self._engine, self._cards(self._shown(found), attached))]
        if found.beside is not None:
            groups.append((self._beside, self._cards(found.beside, attached)))
        return picture_of(
            None if query is None else self._who(query, attached),
            groups,
            attached.buffers,
            self.title,
            found.note or measures_in_words(summary_of(found.near)),
        )

    def __repr__(self) -> str:
        name = type(self).__name__
        if not self._built:
            return f"{name}()"
        queries = "" if self._own else f"{counted(self.count, 'query', 'queries')}, "
        engine = f"{self._engine} | {self._beside}" if self._beside else self._engine
        items = counted(self._item_count, "item")
        return f"{name}({queries}{items}, k={self.k}, {engine}, {self._distance})"

    def _found(self, friends: bool = False) -> tuple[Query | None, Found]:
        """The query that is shown now, embedded once, and its neighbours."""
        self.refresh()
        query = None
        if self._here is not None:
            kind, what = self._here
            query = self._asked({"pasted": True} if kind == "array" else {kind: what}, None)
        return query, self._find(query, self.k, friends or self.mode == "false friends")

    def _shown(self, found: Found) -> Ranking:
        return found.near if self.mode == "nearest" else found.friends

    def _find(self, query: Query | None, k: int, friends: bool) -> Found:
        if query is None:
            return Found(no_neighbors(), no_neighbors(), None, "There is no query.")
        return self._finder.find(query, k, friends, self.threshold)

    def _who(self, query: Query, attached: Attached) -> dict[str, Any]:
        finder = self._finder
        if query.row is None:
            content = {} if self._pasted is None else self._pasted.content(attached)
            return {"kind": "array", "row": None, "label": None, "fields": [], "content": content}
        rows = finder.queries if query.kind == "query" else finder.catalogue
        card = card_of(rows, query.row, query.code, finder.classes, attached)
        return {"kind": query.kind, "id": query.own_id, **card}

    def _cards(self, ranking: Ranking, attached: Attached) -> list[dict[str, Any]]:
        return cards_of(ranking, self._finder.catalogue, self._finder.classes, attached)

    def _answer_neighbors(self, message: Mapping[str, Any]) -> Answer:
        k = min(check.positive_integer("k", message["k"]), MOST)
        mode = check.one_of("mode", message["mode"], MODES)
        before = self._finder.catalogue
        changed = self.refresh()
        query = self._asked(message, before if changed else None)
        if query is None:
            raise ValueError("The query is no longer in the index.")
        shown = (self._finder.catalogue, k, mode, query.kind, query.row)
        if self._last is not None and self._last[0] is shown[0] and self._last != shown:
            self._stale = ""  # it was read: this is the second question since
        self._last = shown
        found, attached = self._find(query, k, mode != "nearest"), Attached()
        summary = {name: number(value) for name, value in summary_of(found.near).items()}
        beside = None
        if found.beside is not None:
            finder = self._finder
            both = (found.near, found.beside, finder.catalogue, finder.classes, attached)
            beside = {"engine": self._beside, **beside_cards(*both)}
        return {
            "who": self._who(query, attached),
            "ranks": self._cards(found.near, attached),
            "friends": self._cards(found.friends, attached),
            "summary": summary or None,
            "beside": beside,
            "changed": changed,
            "note": found.note,
        }, attached.buffers

    def _picture(self) -> bytes:
        return still_of(self.plot())
