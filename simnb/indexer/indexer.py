"""The index itself: it joins an engine, which finds, with a store, which knows labels and data."""

from __future__ import annotations

import importlib.util
import inspect
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simnb import archive, check, distances
from simnb import search as engines
from simnb.calibration import CalibrationResults
from simnb.indexer.evaluation import EvaluatedIndex
from simnb.search import Search
from simnb.stores import MemoryStore
from simnb.types import Lookup, Lookups

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)

# search="auto" compares with every item up to here: at this size it answers in a tenth
# of a millisecond, a graph takes seconds to build, and all neighbours are found.
EXACT_UP_TO = 10_000


class Indexer(EvaluatedIndex):
    """Finds the nearest of the embeddings it was given, anyone's embeddings.

    Parameters
    ----------
    embedding_size : int
        Length of an embedding.
    distance : str or Distance, default "cosine"
    search : str, dict or Search, default "auto"
        `"exact"`, `"nmslib"`, the name of your own engine, an empty engine, or
        `{"engine": name, parameter: value, …}`. `"auto"` is exact up to 10,000 items
        and NMSLIB's graph from there on, where it is installed and knows the distance.

    Examples
    --------
    >>> index = Indexer(embedding_size=2, distance="euclidean")
    >>> ids = index.add([[0.0, 0.0], [3.0, 4.0]], labels=["near", "far"], data=[{"page": 1}, {"page": 2}])
    >>> found = index.query([[0.0, 1.0]], k=1)
    >>> found[0]
    [Lookup(rank=1, distance=1, label='near')]
    >>> found[0][0].data
    {'page': 1}
    """

    def __init__(
        self,
        embedding_size: int,
        distance: str | distances.Distance = "cosine",
        search: str | Mapping[str, Any] | Search = "auto",
    ) -> None:
        self.embedding_size = check.positive_integer("embedding_size", embedding_size)
        self.distance = distances.get(distance)
        self._automatic = isinstance(search, str) and search == "auto"
        self._search = search
        self._engine = self._new_engine("exact" if self._automatic else search)
        self._store = MemoryStore()
        self._next_id = 0
        self._version = 0
        self.calibration: CalibrationResults | None = None

    @property
    def version(self) -> int:
        """Greater after every change of the items, so that a change is noticed at no cost."""
        return self._version

    @property
    def engine(self) -> Search:
        """The search engine in use."""
        return self._engine

    @property
    def embeddings(self) -> NDArray[np.float32]:
        """Embeddings of all items, float32 [n, d]."""
        return self._engine.vectors

    @property
    def labels(self) -> NDArray[Any] | None:
        """Labels of all items [n]; None for an index without labels."""
        return self._store.labels

    @property
    def data(self) -> list[Any]:
        """What was stored with the items, in the order of `embeddings`; None where nothing was."""
        return [self._store.data(row) for row in range(len(self))]

    @property
    def class_counts(self) -> tuple[NDArray[Any], NDArray[np.int64]] | None:
        """The different labels, sorted, and the number of items of each; None without labels."""
        return self._store.class_counts()

    @property
    def ids(self) -> NDArray[np.int64]:
        """Ids of all items [n], in the order of `embeddings` and `labels`."""
        return self._engine.ids

    def __len__(self) -> int:
        return len(self._engine)

    def size(self) -> int:
        """Return the number of items."""
        return len(self)

    def add(self, embeddings: Any, labels: Any = None, data: Any = None) -> NDArray[np.int64]:
        """Add items; they are found from now on. On any error nothing is added.

        Parameters
        ----------
        embeddings : array [n, d], or [d] for one item
            Finite.
        labels : integers or strings [n], optional
            For every item of the index or for none. One label for one item.
        data : sequence of n, optional
            What a look-up should give back with the item: arrays of any shape, which
            are kept by reference, or plain JSON. The entry itself for one item.

        Returns
        -------
        int64 [n]
            The items' ids: never used again, also after `remove`.
        """
        embeddings = np.asarray(embeddings)
        if embeddings.ndim == 1:
            embeddings, labels = embeddings[None], None if labels is None else [labels]
            data = None if data is None else [data]
        vectors = check.matrix("embeddings", embeddings, self.embedding_size)
        checked_labels = self._store.checked_labels(labels, len(vectors))
        checked_data = self._store.checked_data(data, len(vectors))
        ids = np.arange(self._next_id, self._next_id + len(vectors))
        if len(vectors) == 0:
            return ids
        engine = self._engine_for(len(self) + len(vectors))
        engine.add(ids, vectors)
        self._engine = engine
        self._store.append(checked_labels, checked_data)
        self._next_id += len(vectors)
        self._version += 1
        return ids

    batch_add = add

    def remove(self, ids: Any) -> None:
        """Remove items by id; ids of the others stay.

        Raises
        ------
        ValueError
            An id is not in the index; nothing is removed then.
        """
        rows = self._engine.rows(np.atleast_1d(ids))
        self._engine.remove(ids)
        self._store = self._store.remove(rows)
        self._version += 1

    def relabel(self, ids: Any, labels: Any) -> None:
        """Give items other labels; ids, embeddings, data and calibration stay.

        Parameters
        ----------
        ids : integers [n], or one
            Each once.
        labels : integers or strings [n], or one for all of them
            Of the kind of the index's labels.

        Raises
        ------
        ValueError
            An id is not in the index or given twice, the index has no labels, or those
            given are of another kind or number; nothing is changed then.
        """
        wanted = np.atleast_1d(np.asarray(ids))
        if wanted.ndim != 1 or (len(wanted) and wanted.dtype.kind not in "iu"):
            raise ValueError(
                f"`ids` must be integers [n]. Received: dtype {wanted.dtype}, shape {wanted.shape}"
            )
        rows = self._engine.rows(wanted)
        if (rows < 0).any():
            raise ValueError(
                f"`ids` must be in the index. Not there: {wanted[rows < 0].tolist()[:10]}"
            )
        if len(np.unique(rows)) < len(rows):
            raise ValueError(f"`ids` must be given once each. Received: ids={wanted.tolist()[:10]}")
        if labels is None:
            raise ValueError("`labels` must be integers or strings. Received: labels=None")
        if len(rows) == 0:
            return
        new = [labels] * len(rows) if np.ndim(labels) == 0 else labels
        checked = self._store.checked_labels(new, len(rows))
        if checked is None:
            return
        self._store = self._store.relabel(rows, checked)
        self._version += 1

    def query(self, embeddings: Any, k: int = 5) -> Lookups:
        """Return the k nearest items of each query, nearest first, ties by id.

        Parameters
        ----------
        embeddings : array [q, d]
        k : int, default 5
            With fewer items than that, all of them are returned.

        Raises
        ------
        ValueError
            The index is empty, k is 0, or the embeddings are not [q, d] and finite.
        """
        k = check.positive_integer("k", k)
        queries = check.matrix("embeddings", embeddings, self.embedding_size)
        if len(self) == 0:
            raise ValueError("The index is empty: add items with `index(...)` before looking up.")
        ids, found = self._engine.query(queries, min(k, len(self)))
        rows = self._engine.rows(ids)
        labels = None if self.labels is None else self.labels[np.maximum(rows, 0)]
        vectors, store = self._engine.vectors, self._store

        def fetch(row: int) -> tuple[NDArray[np.float32], Any]:
            return vectors[row], store.data(row)

        return Lookups(ids, found, labels, rows, fetch, self.distance.larger_is_nearer)

    batch_lookup = query

    def single_lookup(self, embedding: Any, k: int = 5) -> list[Lookup]:
        """Return the k nearest items of one query, [d] or [1, d]."""
        embedding = np.asarray(embedding)
        query = embedding[None] if embedding.ndim == 1 else embedding
        if len(query) != 1:
            raise ValueError(
                f"`embedding` must be one embedding. Received: shape {embedding.shape}"
            )
        return self.query(query, k)[0]

    def reset(self) -> None:
        """Remove all items and the calibration. Ids start again at 0."""
        self.calibration = None
        self._engine = self._new_engine("exact" if self._automatic else self._search)
        self._store = MemoryStore()
        self._next_id = 0
        self._version += 1

    def to_data_frame(self, num_items: int = 0) -> pd.DataFrame:
        """Return the first `num_items` items, all of them for 0, as a DataFrame.

        Columns: id, embedding, label, data.
        """
        import pandas as pd

        count = min(num_items, len(self)) if num_items > 0 else len(self)
        return pd.DataFrame(
            {
                "id": self.ids[:count],
                "embedding": list(self.embeddings[:count]),
                "label": [None] * count if self.labels is None else self.labels[:count],
                "data": [self._store.data(row) for row in range(count)],
            }
        )

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain JSON."""
        return {
            "embedding_size": self.embedding_size,
            "distance": distances.serialize(self.distance),
            "search": "auto" if self._automatic else _form(self._engine),
        }

    def save(
        self, path: str | os.PathLike[str], compression: bool = True, overwrite: bool = True
    ) -> None:
        """Write the index into a folder, atomically; the format is in `simnb.archive`.

        Parameters
        ----------
        path : path of the folder
        compression : bool
            Accepted for TensorFlow Similarity's sake; arrays are written as they are.
        overwrite : bool, default True
            False refuses to replace an index that is there.
        """
        description = {
            **self.get_config(),
            "engine": _form(self._engine),
            "size": len(self),
            "next_id": self._next_id,
            "calibration": None if self.calibration is None else self.calibration.to_dict(),
        }

        def write(folder: Path) -> None:
            (folder / "engine").mkdir()
            (folder / "store").mkdir()
            self._engine.save(folder / "engine")
            self._store.save(folder / "store")

        archive.write(path, description, write, overwrite)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Indexer:
        """Read an index that `save` wrote.

        Raises
        ------
        FileNotFoundError, ValueError
            There is none; or a file is missing, damaged or of a newer format.
        """
        description, folder = archive.read(path)
        index = cls(description["embedding_size"], description["distance"], description["search"])
        form = description["engine"]
        if index._automatic and form["engine"] == "nmslib" and not _has_nmslib():
            _warn_exact(description["size"])
            form = "exact"  # the graph is a cache: without its library the vectors do
        engine = index._new_engine(form)
        engine.load(folder / "engine")
        store = MemoryStore.load(folder / "store")
        labelled = len(engine) if store.labels is None else len(store.labels)
        if not len(engine) == len(store) == labelled == description["size"]:
            raise ValueError(f"{folder} is damaged: vectors, labels and data differ in number.")
        index._engine, index._store, index._next_id = engine, store, description["next_id"]
        if description.get("calibration") is not None:
            index.calibration = CalibrationResults.from_dict(description["calibration"])
        return index

    def with_search(self, search: str | Mapping[str, Any] | Search) -> Indexer:
        """Return an index of the same items on another engine."""
        other = Indexer(self.embedding_size, self.distance, search)
        if len(self):
            other._engine = other._engine_for(len(self))
            other._engine.add(self.ids, self.embeddings)
        other._store, other._next_id = self._store.copy(), self._next_id
        other.calibration = self.calibration
        return other

    def __repr__(self) -> str:
        return f"Indexer({len(self)} items, {self._engine!r})"

    def _engine_for(self, size: int) -> Search:
        """The engine in use, or, past the size where exact search is fast, its successor."""
        if not self._automatic or size <= EXACT_UP_TO or self._engine.name != "exact":
            return self._engine
        graph = engines.NMSLibSearch
        if not graph.serves(self.distance):
            return self._engine
        if not _has_nmslib():
            if len(self) <= EXACT_UP_TO:  # said once, not at every item from there on
                _warn_exact(size)
            return self._engine
        engine = graph(self.distance, self.embedding_size)
        if len(self):
            engine.add(self.ids, self.embeddings)
        return engine

    def _new_engine(self, search: str | Mapping[str, Any] | Search) -> Search:
        if isinstance(search, Search):
            if search.distance != self.distance or search.dim != self.embedding_size:
                raise ValueError(
                    f"`search` must be an engine for {self.distance!r} and dim {self.embedding_size}. Received: {search!r}"
                )
            if len(search):
                raise ValueError(f"`search` must be an empty engine. Received: {search!r}")
            return type(search)(self.distance, self.embedding_size, **search.get_config())
        if isinstance(search, Mapping):
            parameters = dict(search)
            if "engine" not in parameters:
                raise ValueError(
                    f"`search` as a dict must name the 'engine'. Received: search={search!r}"
                )
            engine = engines.find(parameters.pop("engine"))
            known = [
                own
                for own in inspect.signature(engine).parameters
                if own not in ("distance", "dim")
            ]
            unknown = sorted(set(parameters) - set(known))
            if unknown:
                raise ValueError(
                    f"`search`: {engine.__name__} has the parameters {', '.join(known) or 'none'}. "
                    f"Received: {', '.join(unknown)}"
                )
            return engine(self.distance, self.embedding_size, **parameters)
        return engines.find(search)(self.distance, self.embedding_size)


def _has_nmslib() -> bool:
    return importlib.util.find_spec("nmslib") is not None


def _warn_exact(size: int) -> None:
    logger.warning(
        "The index has %d items and NMSLIB is not installed: search stays exact, and slower. "
        "Install it with: pip install nmslib",
        size,
    )


def _form(engine: Search) -> dict[str, Any]:
    return {"engine": engine.name, **engine.get_config()}
