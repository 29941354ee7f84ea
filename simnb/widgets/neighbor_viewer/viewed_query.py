"""A widget that stands at one query: which, how it was come by, and what changed meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
import traitlets

from simnb import check
from simnb.widgets.base import Widget
from simnb.widgets.binary import Number, Rows, refusing
from simnb.widgets.cards import Answer
from simnb.widgets.neighbor_viewer.catalogue import Catalogue, rows_of_ids
from simnb.widgets.neighbor_viewer.cells import after_each_cell
from simnb.widgets.neighbor_viewer.classes import NONE
from simnb.widgets.neighbor_viewer.finder import Finder, Query
from simnb.widgets.neighbor_viewer.pasted import Pasted, Paster
from simnb.widgets.neighbor_viewer.trail import Trail

MOST = 200  # neighbours in one answer, each with its picture

# A query's row, an item's, or what the reader brought.
Place = tuple[str, Any]


class ViewedQuery(Widget):
    """What a viewer of one query at a time keeps: the query, the way to it, the index's state.

    Parameters
    ----------
    finder : Finder
    paster : Paster
    seed : int
        Of random queries.
    **state
        Traits of the subclass.

    Attributes
    ----------
    query, item : int or None
        Row of the query that is shown, or of an item that became one.
    selection : list of int
        Rows of the queries to keep to.
    k : int, default 10
    """

    query = traitlets.Int(None, allow_none=True).tag(sync=True)
    item = traitlets.Int(None, allow_none=True).tag(sync=True)
    selection = Rows()
    k = Number(10, partial(check.positive_integer, most=MOST))

    _query_count = traitlets.Int(0).tag(sync=True)
    _item_count = traitlets.Int(0).tag(sync=True)
    _own = traitlets.Bool(False).tag(sync=True)
    _labelled = traitlets.Bool(False).tag(sync=True)
    _distance = traitlets.Unicode("").tag(sync=True)
    _larger = traitlets.Bool(False).tag(sync=True)
    _engine = traitlets.Unicode("").tag(sync=True)
    _beside = traitlets.Unicode("").tag(sync=True)
    _uploads = traitlets.Bool(False).tag(sync=True)
    _stale = traitlets.Unicode("").tag(sync=True)
    _brought = traitlets.Int(0).tag(sync=True)  # which one of the reader's own is shown; 0: none

    _built = False  # its constructor has come to an end

    def __init__(self, finder: Finder, paster: Paster, seed: int, **state: Any) -> None:
        self._finder, self._paster = finder, paster
        self._random = np.random.default_rng(seed)
        self._trail: Trail[Place] = Trail()
        self._pasted: Pasted | None = None
        self._walking = False
        self._times_brought = 0
        self._received: Sequence[Any] = ()
        facts = {"_own": finder.own, "_uploads": paster.embeds, **self._facts()}
        super().__init__(selection=[], **facts, **state)
        self.observe(self._turn, ["query", "item"])
        if self.count:
            self.query = 0
        self._unwatch = after_each_cell(self._after_cell)
        self._built = True

    @property
    def count(self) -> int:
        """Number of queries."""
        return int(self._query_count)

    @property
    def mistakes(self) -> list[int]:
        """Rows of the queries whose nearest neighbour is of another class."""
        self.refresh()
        found: list[int] = self._finder.mistakes().tolist()
        return found

    def back(self) -> None:
        """Show what was shown before."""
        self._walk(self._trail.back())

    def forward(self) -> None:
        """Show what `back` left."""
        self._walk(self._trail.forward())

    def refresh(self) -> str:
        """See whether the index has changed, and show it as it is; return what changed.

        A request does this by itself, and a notebook after each cell.
        """
        text, before = self._finder.notice()
        if before is not None:
            self._stale = ""  # the same words again are news
            with self.hold_sync():
                self._move(before)
                self._stale = text
                if before.count == 0 and self._own and self.count:
                    self.query = 0
        return text

    def close(self) -> None:
        """Stop watching the index, and remove the widget from the page."""
        if self._built:
            self._unwatch()
        super().close()

    @traitlets.validate("query", "item")
    def _check_row(self, proposal: Any) -> int | None:
        name, value = proposal.trait.name, proposal.value
        count = self.count if name == "query" else self._item_count
        with refusing():
            return None if value is None else check.row(name, value, count)

    @property
    def _here(self) -> Place | None:
        if self.item is not None:
            return "item", self.item
        if self.query is not None:
            return "query", self.query
        return None if self._pasted is None else ("array", self._pasted)

    def _turn(self, change: Any) -> None:
        """Of a query, an item and what was brought, one is shown: the one that came last."""
        name, row = change.name, change.new
        if row is None or getattr(self, name) != row:
            return
        if name == "item" and self._own:
            self.item, self.query = None, row
            return
        self._pasted, self._brought = None, 0
        setattr(self, "item" if name == "query" else "query", None)
        self._visit((name, row))

    def _bring(self, pasted: Pasted) -> None:
        self._pasted = pasted
        self._times_brought += 1
        with self.hold_sync():
            self.query = self.item = None
            self._brought = self._times_brought
        self._visit(("array", pasted))

    def _visit(self, place: Place) -> None:
        if not self._walking:
            self._trail.visit(place)

    def _walk(self, place: Place | None) -> None:
        if place is None:
            return
        kind, what = place
        self._walking = True
        try:
            if kind == "array":
                self._bring(what)
            else:
                setattr(self, kind, what)
        finally:
            self._walking = False

    def _after_cell(self) -> None:
        with suppress(ValueError):  # a model between two indexes
            self.refresh()

    def _facts(self) -> dict[str, Any]:
        """What the page is told of the index."""
        finder = self._finder
        index = finder.catalogue.index
        return {
            "_query_count": finder.queries.count,
            "_item_count": finder.catalogue.count,
            "_labelled": finder.labelled,
            "_distance": str(index.distance),
            "_larger": index.distance.larger_is_nearer,
            "_engine": finder.catalogue.engine,
            "_beside": finder.beside_name,
        }

    def _move(self, before: Catalogue) -> None:
        """Let rows follow their items, now that the index has others."""
        places = rows_of_ids(self._finder.catalogue.ids, before.ids)
        own = ("query", "item") if self._own else ("item",)

        def moved(place: Place) -> Place | None:
            kind, what = place
            if kind not in own:
                return place
            return (kind, int(places[what])) if places[what] >= 0 else None

        here = self._here
        self._trail.keep(moved)
        self._together(self._facts())
        if self._own:
            self.selection = [own for own in places[self.selection].tolist() if own >= 0]
        if here is not None and moved(here) != here:
            self.query = self.item = None
            self._walk(moved(here) or self._trail.here)

    def _asked(self, message: Mapping[str, Any], before: Catalogue | None) -> Query | None:
        """The query that a message is about; None where its item is no longer there."""
        if message.get("pasted"):
            if self._pasted is None:
                raise ValueError("nothing was pasted or uploaded")
            return Query("array", None, NONE, None, self._pasted.embedding)
        kind = "query" if message.get("query") is not None else "item"
        old = before is not None and (kind == "item" or self._own)
        if before is not None and old:  # the page asks by the rows that it knows
            row = check.row(kind, message[kind], before.count)
            place = int(rows_of_ids(self._finder.catalogue.ids, before.ids[row : row + 1])[0])
            return None if place < 0 else self._finder.query(kind, place)
        count = self.count if kind == "query" else self._item_count
        return self._finder.query(kind, check.row(kind, message.get(kind), count))

    def _receive(self, widget: Any, content: Any, buffers: Sequence[Any]) -> None:
        self._received = buffers
        super()._receive(widget, content, buffers)
        self._received = ()

    def _answer_random(self, message: Mapping[str, Any]) -> Answer:
        self.refresh()
        rows = self._finder.mistakes() if message.get("mistake") else np.arange(self.count)
        if self.selection:
            rows = np.intersect1d(rows, self.selection)
        if len(rows) == 0:
            raise ValueError("no mistakes" if message.get("mistake") else "no queries")
        others = rows[rows != self.query] if self.query is not None and len(rows) > 1 else rows
        return {"query": int(self._random.choice(others))}, []

    def _answer_paste(self, message: Mapping[str, Any]) -> Answer:
        self._bring(self._paster.of_text(message.get("text")))
        return {}, []

    def _answer_file(self, message: Mapping[str, Any]) -> Answer:
        if len(self._received) != 1:
            raise ValueError(f"one file must be sent. Received: {len(self._received)}")
        self._bring(self._paster.of_file(self._received[0]))
        return {}, []
