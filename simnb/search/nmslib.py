"""Approximate search by NMSLIB's HNSW graph, for indexes past some ten thousand items."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simnb import check
from simnb.distances import Distance, InnerProductSimilarity
from simnb.search.base import Search
from simnb.search.nmslib_graph import Graph, library
from simnb.search.scan import RowScan

_WAITING = 1000  # items are searched exactly at least up to here
_TUNING_QUERIES = 200
_TUNING_NEIGHBORS = 10
_SMALLEST_EF = 50
_LARGEST_EF = 3200


class NMSLibSearch(Search):
    """Hierarchical navigable small world graph (Malkov & Yashunin 2016), built by NMSLIB.

    Every item is searchable as soon as it is added: NMSLIB cannot extend a graph, so
    new items wait in a buffer that is searched exactly, until they are a quarter of
    the graph and one rebuild takes them in. Removed items are left out of the answers
    and leave the graph at the next rebuild. Equal vectors stand in the graph once.

    Parameters
    ----------
    distance : str or Distance
        Cosine, euclidean, squared_euclidean, manhattan, snr or inner_product.
    dim : int
    index_params : dict, optional
        NMSLIB's build parameters; default `{"M": 16, "efConstruction": 200}`.
    query_params : dict, optional
        `{"efSearch": n}` fixes how many graph nodes a query visits. By default it is
        measured after each build, on 200 of the items, for a recall of `recall`:
        the value needed ranges from 12 to over a thousand from one data set to another.
    recall : float, default 0.99
        Share of the true 10 nearest to be found, when `efSearch` is measured.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> engine = NMSLibSearch("cosine", dim=8)
    >>> engine.add(np.arange(5000), rng.normal(size=(5000, 8)))
    >>> ids, distances = engine.query(engine.vectors[:3], k=1)
    >>> ids[:, 0].tolist()
    [0, 1, 2]
    """

    name = "nmslib"
    aliases = ("hnsw",)

    def __init__(
        self,
        distance: str | Distance,
        dim: int,
        index_params: dict[str, Any] | None = None,
        query_params: dict[str, Any] | None = None,
        recall: float = 0.99,
    ) -> None:
        super().__init__(distance, dim)
        library()  # a missing package is reported here, not at the first build
        self.index_params = {"M": 16, "efConstruction": 200, **(index_params or {})}
        self.query_params = dict(query_params or {})
        if set(self.query_params) - {"efSearch"}:
            raise ValueError(
                f"`query_params` may hold 'efSearch'. Received: query_params={query_params}"
            )
        if not 0 < recall <= 1:
            raise ValueError(f"`recall` must be above 0 and at most 1. Received: recall={recall!r}")
        self.recall = float(recall)
        self.ef_search = check.positive_integer("efSearch", self.query_params.get("efSearch", 100))
        self._forget_graph()

    @classmethod
    def serves(cls, distance: Distance) -> bool:
        """Whether NMSLIB has a space in which neighbours are in this distance's order."""
        return distance.geometry is not None

    def build(self) -> None:
        """Build the graph of all items now, and measure `ef_search` unless it was given."""
        if len(self) == 0:
            self._forget_graph()
            return
        unique, node_of_row = np.unique(self._graph_rows(), axis=0, return_inverse=True)
        # In random order: a graph of class-sorted, collapsed rows leaves classes unreachable.
        shuffle = np.random.default_rng(0).permutation(len(unique))
        graph = Graph(self._space, self.index_params)
        graph.build(unique[shuffle])
        self._use(graph, np.argsort(shuffle)[node_of_row.reshape(-1)], len(unique))
        self._waiting = RowScan(self.distance, self.dim)
        if "efSearch" not in self.query_params:
            self._measure_ef_search()

    @property
    def pending(self) -> int:
        """Items that wait, searched exactly, for the next build of the graph."""
        return len(self._waiting)

    def get_config(self) -> dict[str, Any]:
        """Return the build and query parameters."""
        return {
            "index_params": self.index_params,
            "query_params": self.query_params,
            "recall": self.recall,
        }

    def _forget_graph(self) -> None:
        self._graph: Graph | None = None
        self._nodes = 0
        # The graph holds the first rows, those that do not wait: `_members` are these
        # rows ordered by node and id, node i having those from `_starts[i]` on.
        self._members = np.empty(0, dtype=np.int64)
        self._starts = np.zeros(1, dtype=np.int64)
        self._waiting = RowScan(self.distance, self.dim)
        if len(self):
            self._waiting.append(self.vectors)

    def _use(self, graph: Graph, node_of_row: NDArray[np.int64], nodes: int) -> None:
        self._graph = graph
        self._nodes = nodes
        self._members = np.lexsort((self.ids[: len(node_of_row)], node_of_row))
        self._starts = np.concatenate([[0], np.cumsum(np.bincount(node_of_row, minlength=nodes))])

    def _node_of_row(self) -> NDArray[np.int64]:
        nodes = np.empty(len(self._members), dtype=np.int64)
        nodes[self._members] = np.repeat(np.arange(self._nodes), np.diff(self._starts))
        return nodes

    def _add(self, vectors: NDArray[np.float32]) -> None:
        before = (self._graph, self._nodes, self._members, self._starts, self.ef_search)
        waiting, pending = self._waiting, self.pending
        try:
            waiting.append(vectors)
            if self.pending > max(_WAITING, len(self._members) // 4):
                self.build()
        except BaseException:  # an interrupted or refused build: as if nothing had been added
            self._graph, self._nodes, self._members, self._starts, self.ef_search = before
            waiting.truncate(pending)
            self._waiting = waiting
            raise

    def _remove(self, keep: NDArray[np.bool_]) -> None:
        built = len(self._members)
        self._waiting.keep(keep[built:])
        nodes = self._node_of_row()[keep[:built]]
        self._members = np.lexsort((self.ids[:built][keep[:built]], nodes))
        self._starts = np.concatenate([[0], np.cumsum(np.bincount(nodes, minlength=self._nodes))])

    def _query(self, queries: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        built = len(self._members)
        proposed = [np.empty((len(queries), 0), dtype=np.int64)]
        if built:
            proposed.append(self._from_graph(queries, min(k, built)))
        if self.pending:
            waiting = self._waiting.nearest(queries, self.vectors[built:], self.ids[built:], k)
            proposed.append(waiting + built)
        return np.hstack(proposed)

    def _from_graph(self, queries: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        assert self._graph is not None
        emptied = int((np.diff(self._starts) == 0).sum())  # nodes whose items were all removed
        prepared = self._graph_queries(queries)
        asked = k
        while True:
            rows = self._rows_of_nodes(
                self._graph.query(prepared, min(asked, self._nodes), self.ef_search), k
            )
            if asked >= k + emptied or ((rows >= 0).sum(axis=1) >= k).all():
                return rows
            asked = min(4 * asked, k + emptied)

    def _rows_of_nodes(self, nodes: NDArray[np.int64], k: int) -> NDArray[np.int64]:
        """Up to k items of each node, those of the lowest ids."""
        first = self._starts[nodes]
        count = np.where(nodes >= 0, self._starts[nodes + 1] - first, 0)
        step = np.arange(min(k, max(1, int(count.max()))))
        place = np.minimum(first[..., None] + step, len(self._members) - 1)
        rows = np.where(step < count[..., None], self._members[place], -1)
        return rows.reshape(len(nodes), -1)

    def _graph_rows(self) -> NDArray[np.float32]:
        """Rows whose L2 (or L1) order of neighbours is the distance's."""
        rows = np.asarray(self.distance.prepare(self.vectors, np), dtype=np.float32)
        if not isinstance(self.distance, InnerProductSimilarity):
            return rows
        # The largest inner product is the smallest L2 distance once every row has
        # been lifted to the same length (Bachrach et al. 2014).
        squared = np.einsum("ij,ij->i", rows.astype(np.float64), rows.astype(np.float64))
        lift = np.sqrt(squared.max() - squared)
        return np.column_stack([rows, lift.astype(np.float32)])

    def _graph_queries(self, queries: NDArray[np.float32]) -> NDArray[np.float32]:
        rows = np.asarray(self.distance.prepare(queries, np), dtype=np.float32)
        if isinstance(self.distance, InnerProductSimilarity):
            rows = np.column_stack([rows, np.zeros(len(rows), np.float32)])
        return rows

    @property
    def _space(self) -> str:
        return "l1" if self.distance.geometry == "l1" else "l2"

    def _measure_ef_search(self) -> None:
        """Double `ef_search` until new points among the items find their neighbours."""
        rng = np.random.default_rng(0)
        scan = RowScan(self.distance, self.dim)
        scan.append(self.vectors)

        def nearest(queries: NDArray[np.float32], k: int) -> NDArray[np.int64]:
            return scan.nearest(queries, self.vectors, self.ids, k)

        # Items as queries would flatter: a point as far off as an item's nearest
        # neighbour is what a query that was never indexed looks like.
        items = self.vectors[rng.permutation(len(self))[:_TUNING_QUERIES]]
        gap = np.linalg.norm(items - self.vectors[nearest(items, 2)[:, -1]], axis=1, keepdims=True)
        noise = rng.normal(size=items.shape)
        noise *= np.maximum(gap, np.median(gap)) / np.linalg.norm(noise, axis=1, keepdims=True)
        queries = items + noise.astype(np.float32)
        truth = self.ids[nearest(queries, _TUNING_NEIGHBORS)]
        # Half of what the target leaves to chance: 200 queries measure it only so well.
        target = (1 + self.recall) / 2
        self.ef_search = _SMALLEST_EF
        while self.ef_search < _LARGEST_EF:
            found, _ = self.query(queries, truth.shape[1])
            if (found[:, :, None] == truth[:, None, :]).any(axis=2).mean() >= target:
                break
            self.ef_search *= 2

    def _save(self, folder: Path) -> None:
        if self._graph is None:
            return
        self._graph.save(folder)
        np.save(folder / "graph_nodes.npy", self._node_of_row(), allow_pickle=False)
        header = {"nodes": self._nodes, "ef_search": self.ef_search}
        (folder / "engine.json").write_text(json.dumps(header), encoding="utf-8")

    def _load(self, folder: Path) -> None:
        self._forget_graph()
        if not (folder / "engine.json").exists():
            return
        header = json.loads((folder / "engine.json").read_text(encoding="utf-8"))
        nodes = np.load(folder / "graph_nodes.npy", allow_pickle=False)
        graph = Graph(self._space, self.index_params)
        graph.load(folder)
        self._use(graph, nodes, header["nodes"])
        self.ef_search = header["ef_search"]
        self._waiting = RowScan(self.distance, self.dim)
        if len(nodes) < len(self):
            self._waiting.append(self.vectors[len(nodes) :])
