"""What every search engine shares: checks, ids, raw vectors, exact distances, ties."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from simnb import check, distances
from simnb.registry import Registry
from simnb.search.growing import GrowingArray
from simnb.search.scan import nearest_pairs

_REGISTRY: Registry[Search] = Registry("search engine")


class Search(ABC):
    """A nearest-neighbour engine; subclass it to bring your own.

    The base keeps the raw vectors and their ids, checks what comes in, and turns
    the rows that an engine proposes into ids and distances: distances are those
    of `simnb.distances` whatever the engine, and ties are ordered by id. A
    subclass has a `name` and fills `_add`, `_remove` and `_query`; `_save` and
    `_load` if it keeps something worth not building again.

    Parameters
    ----------
    distance : str or Distance
    dim : int
        Size of an embedding.

    Raises
    ------
    ValueError
        The engine cannot serve that distance; the message lists those it can.
    """

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "name" in cls.__dict__:
            _REGISTRY.add(cls, cls.name, *cls.__dict__.get("aliases", ()))

    def __init__(self, distance: str | distances.Distance, dim: int) -> None:
        self.distance = distances.get(distance)
        self.dim = check.positive_integer("dim", dim)
        if not self.serves(self.distance):
            served = [known for known in distances.names() if self._serves_name(known)]
            raise ValueError(
                f"The {self.name} engine cannot search by {self.distance}. It can by: {', '.join(served)}."
            )
        self._ids = GrowingArray((), np.int64)
        self._vectors = GrowingArray((self.dim,), np.float32)
        self._order: NDArray[np.int64] | None = None

    @classmethod
    def serves(cls, distance: distances.Distance) -> bool:
        """Whether the engine can search by this distance."""
        return True

    @classmethod
    def _serves_name(cls, name: str) -> bool:
        try:
            return cls.serves(distances.get(name))
        except TypeError:  # a user's distance that a name alone does not make
            return False

    def __len__(self) -> int:
        return len(self._ids.view)

    @property
    def ids(self) -> NDArray[np.int64]:
        """Ids of the items, in the order of `vectors`."""
        return self._ids.view

    @property
    def vectors(self) -> NDArray[np.float32]:
        """The items' raw vectors, float32 [n, dim]."""
        return self._vectors.view

    def rows(self, ids: Any) -> NDArray[np.int64]:
        """Row of each id in `vectors`; -1 for an id that is not there."""
        wanted = np.asarray(ids, dtype=np.int64)
        if len(self) == 0:
            return np.full(wanted.shape, -1)
        if self._order is None:
            self._order = np.argsort(self.ids, kind="stable")
        place = np.searchsorted(self.ids, wanted, sorter=self._order)
        rows = self._order[np.minimum(place, len(self) - 1)]
        return np.where(self.ids[rows] == wanted, rows, -1)

    def add(self, ids: Any, vectors: Any) -> None:
        """Add items; on any error nothing is added.

        Parameters
        ----------
        ids : integers [n], not in the engine yet and not negative
        vectors : array [n, dim], finite
        """
        rows = check.matrix("vectors", vectors, self.dim)
        new = np.asarray(ids)
        if new.shape != (len(rows),) or (len(new) and new.dtype.kind not in "iu"):
            raise ValueError(
                f"`ids` must be {len(rows)} integers, one a vector. Received: dtype {new.dtype}, shape {new.shape}"
            )
        if len(new) == 0:
            return
        if int(new.min()) < 0 or int(new.max()) > np.iinfo(np.int64).max:
            raise ValueError(
                f"`ids` must be from 0 to 2**63 - 1. Received: from {new.min()} to {new.max()}"
            )
        known = self.rows(new) >= 0
        if len(np.unique(new)) < len(new) or known.any():
            raise ValueError(
                "`ids` must be new to the engine and each given once. "
                f"There already: {new[known].tolist()[:10]}"
            )
        before = len(self)
        self._order = None
        try:
            self._ids.append(new)
            self._vectors.append(rows)
            self._add(self.vectors[before:])
        except BaseException:
            self._ids.truncate(before)
            self._vectors.truncate(before)
            raise

    def remove(self, ids: Any) -> None:
        """Remove items by id.

        Raises
        ------
        ValueError
            An id is not in the engine; nothing is removed then.
        """
        wanted = np.atleast_1d(np.asarray(ids))
        if len(wanted) and wanted.dtype.kind not in "iu":
            raise ValueError(f"`ids` must be integers. Received: dtype {wanted.dtype}")
        rows = self.rows(wanted)
        if (rows < 0).any():
            raise ValueError(
                f"`ids` must be in the engine. Not there: {wanted[rows < 0].tolist()[:10]}"
            )
        keep = np.ones(len(self), dtype=bool)
        keep[rows] = False
        self._remove(keep)
        self._ids.keep(keep)
        self._vectors.keep(keep)
        self._order = None

    def query(self, vectors: Any, k: int = 5) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the k nearest items of each query, nearest first, ties by id.

        Parameters
        ----------
        vectors : array [q, dim], finite
        k : int, default 5

        Returns
        -------
        ids : int64 [q, k], -1 where there are fewer than k items
        distances : float32 [q, k], inf there
        """
        queries = check.matrix("vectors", vectors, self.dim)
        k = check.positive_integer("k", k)
        ids = np.full((len(queries), k), -1, dtype=np.int64)
        found = np.full((len(queries), k), np.inf, dtype=np.float32)
        if len(self) and len(queries):
            proposed = self._query(queries, min(k, len(self)))
            query, column = np.nonzero(proposed >= 0)
            query, row, place, distance = nearest_pairs(
                self.distance, queries, self.vectors, self.ids, query, proposed[query, column], k
            )
            ids[query, place] = self.ids[row]
            found[query, place] = distance
        return ids, found

    def build(self) -> None:  # noqa: B027 - most engines put nothing off
        """Do now what the engine puts off."""

    def save(self, folder: str | Path) -> None:
        """Write the engine's files into an existing folder."""
        folder = Path(folder)
        np.save(folder / "ids.npy", self.ids, allow_pickle=False)
        np.save(folder / "vectors.npy", self.vectors, allow_pickle=False)
        self._save(folder)

    def load(self, folder: str | Path) -> None:
        """Replace the content by what `save` wrote.

        Raises
        ------
        ValueError
            The arrays are not those of an engine of this dimension.
        """
        folder = Path(folder)
        ids = np.load(folder / "ids.npy", allow_pickle=False)
        vectors = check.matrix(
            "vectors.npy", np.load(folder / "vectors.npy", allow_pickle=False), self.dim
        )
        if ids.dtype != np.int64 or ids.shape != (len(vectors),) or len(np.unique(ids)) < len(ids):
            raise ValueError(
                f"`ids.npy` must be {len(vectors)} different int64 ids. Received: {ids.dtype} {ids.shape}"
            )
        before = self._ids, self._vectors, self._order
        self._ids, self._vectors = GrowingArray((), np.int64), GrowingArray((self.dim,), np.float32)
        self._order = None
        try:
            self._ids.append(ids)
            self._vectors.append(vectors)
            self._load(folder)
        except BaseException:
            self._ids, self._vectors, self._order = before
            raise

    def get_config(self) -> dict[str, Any]:
        """Return the engine's own parameters, without distance and dim, as plain JSON."""
        return {}

    def __repr__(self) -> str:
        own = "".join(f", {key}={value!r}" for key, value in self.get_config().items())
        return (
            f"{type(self).__name__}({str(self.distance)!r}, dim={self.dim}{own}, {len(self)} items)"
        )

    @abstractmethod
    def _add(self, vectors: NDArray[np.float32]) -> None:
        """Take in the last `len(vectors)` rows of `self.vectors`."""

    @abstractmethod
    def _remove(self, keep: NDArray[np.bool_]) -> None:
        """Forget the rows where `keep` is False; `self.vectors` still has them."""

    @abstractmethod
    def _query(self, queries: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        """Propose rows of `self.vectors` for each query, at least k where there are, padded with -1."""

    def _save(self, folder: Path) -> None:  # noqa: B027 - most engines have only their vectors
        """Write what is not worth building again."""

    def _load(self, folder: Path) -> None:
        """Read what `_save` wrote, or build it from `self.vectors`."""
        self._add(self.vectors)


def find(name: Any) -> type[Search]:
    """Return the engine class of that name; the error lists the known ones."""
    return _REGISTRY.find(name)


def names() -> list[str]:
    """Names of all engines, sorted."""
    return _REGISTRY.names()
