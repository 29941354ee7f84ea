"""Distances between embeddings: one definition each, for losses, engines and metrics.

A distance works on NumPy arrays with NumPy alone, and on the tensors of any Keras
backend with `keras.ops`. Smaller is nearer, save for the inner product.

    >>> import numpy as np
    >>> from simnb import distances
    >>> distances.get("l2")(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0], [0.0, 1.0]]))
    array([[5., 1.]])
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from simnb.registry import Registry

__all__ = [
    "CosineDistance",
    "Distance",
    "EuclideanDistance",
    "InnerProductSimilarity",
    "ManhattanDistance",
    "SNRDistance",
    "SquaredEuclideanDistance",
    "deserialize",
    "get",
    "names",
    "serialize",
]

# Elements of the largest temporary array that the NumPy path makes: 64 MB of float32.
_CHUNK = 2**24


class Distance(ABC):
    """A distance between embeddings; subclass it to bring your own.

    A subclass has a `name` and implements `pairwise`; it is known to `get`, to
    losses, to engines and to saved models as soon as it is defined.

    Attributes
    ----------
    name, aliases : str, tuple of str
        What `get` finds it by.
    larger_is_nearer : bool
        True for similarities; engines then return the largest first.
    geometry : {"dot", "l2", "l1"} or None
        The order of neighbours, for engines: over prepared rows it is that of the
        largest dot product, the smallest L2 or the smallest L1 distance. None, the
        default for users' own distances, makes engines evaluate `pairwise` itself.

    Examples
    --------
    >>> class Chebyshev(Distance):
    ...     name = "chebyshev"
    ...     def pairwise(self, query, key, ops):
    ...         difference = ops.expand_dims(query, 1) - ops.expand_dims(key, 0)
    ...         return ops.max(ops.abs(difference), axis=-1)
    >>> get("chebyshev")([[0.0, 0.0]], [[3.0, 4.0]])
    array([[4.]])
    """

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    larger_is_nearer: ClassVar[bool] = False
    geometry: ClassVar[Literal["dot", "l2", "l1"] | None] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "name" in cls.__dict__:
            _REGISTRY.add(cls, cls.name, *cls.__dict__.get("aliases", ()))

    @abstractmethod
    def pairwise(self, query: Any, key: Any, ops: Any) -> Any:
        """Return the `[q, k]` matrix of distances of `[q, d]` to `[k, d]`.

        `ops` is NumPy or `keras.ops`: use what both have.
        """

    def prepare(self, rows: Any, ops: Any) -> Any:
        """Map rows to where `geometry` gives the order of neighbours."""
        return rows

    def paired(self, query: NDArray[Any], key: NDArray[Any]) -> NDArray[Any]:
        """Return the `[n]` distances of `query[i]` to `key[i]`, both NumPy `[n, d]`.

        The value of a pair does not depend on what other pairs stand beside it.
        """
        pairs = [self.pairwise(query[i : i + 1], key[i : i + 1], np) for i in range(len(query))]
        return np.array([float(pair[0, 0]) for pair in pairs], dtype=query.dtype)

    def __call__(self, query_embeddings: Any, key_embeddings: Any = None) -> Any:
        """Return the `[q, k]` matrix of distances.

        Parameters
        ----------
        query_embeddings, key_embeddings : arrays or tensors, [q, d] and [k, d]
            Without keys, the queries' distances among themselves. float16 and
            bfloat16 are computed, and returned, in float32.

        Raises
        ------
        ValueError
            The ranks are not 2 or the dimensions differ.
        """
        ops = _namespace(query_embeddings, key_embeddings)
        query = _floating(query_embeddings, ops)
        key = query if key_embeddings is None else _floating(key_embeddings, ops)
        if len(query.shape) != 2 or len(key.shape) != 2 or query.shape[1] != key.shape[1]:
            raise ValueError(
                "`query_embeddings` and `key_embeddings` must have shapes [q, d] and [k, d]. "
                f"Received: {tuple(query.shape)} and {tuple(key.shape)}"
            )
        if ops is not np:
            return self.pairwise(query, key, ops)
        rows = max(1, _CHUNK // max(1, key.size))
        if rows >= len(query):
            return self.pairwise(query, key, np)
        parts = [self.pairwise(query[i : i + rows], key, np) for i in range(0, len(query), rows)]
        return np.concatenate(parts)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain JSON."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Distance:
        """Build the distance from what `get_config` returned."""
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.get_config() == other.get_config()

    def __hash__(self) -> int:
        return hash((type(self), repr(sorted(self.get_config().items()))))

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        arguments = ", ".join(f"{key}={value!r}" for key, value in self.get_config().items())
        return f"{type(self).__name__}({arguments})"


_REGISTRY: Registry[Distance] = Registry("distance")


class _DotDistance(Distance):
    """A function of the dot product of prepared rows."""

    geometry = "dot"

    @abstractmethod
    def _finish(self, dot: Any, ops: Any) -> Any: ...

    def pairwise(self, query: Any, key: Any, ops: Any) -> Any:
        query, key = self.prepare(query, ops), self.prepare(key, ops)
        return self._finish(ops.matmul(query, ops.transpose(key)), ops)

    def paired(self, query: NDArray[Any], key: NDArray[Any]) -> NDArray[Any]:
        dot = (self.prepare(query, np) * self.prepare(key, np)).sum(axis=-1)
        # Rounded before 1 - dot: a row's distance to its copy is then exactly 0.
        return self._finish(dot.astype(np.float32), np)  # type: ignore[no-any-return]


class _DifferenceDistance(Distance):
    """A function of the difference of prepared rows.

    Differences are taken as such, not through the Gram matrix: |q|² + |k|² - 2qk
    leaves no digits for near-duplicates. Takes q·k·d elements of memory.
    """

    @abstractmethod
    def _finish(self, difference: Any, query: Any, ops: Any) -> Any: ...

    def pairwise(self, query: Any, key: Any, ops: Any) -> Any:
        query = ops.expand_dims(self.prepare(query, ops), 1)
        return self._finish(query - ops.expand_dims(self.prepare(key, ops), 0), query, ops)

    def paired(self, query: NDArray[Any], key: NDArray[Any]) -> NDArray[Any]:
        query = self.prepare(query, np)
        return self._finish(query - self.prepare(key, np), query, np)  # type: ignore[no-any-return]


class CosineDistance(_DotDistance):
    """1 - cos(q, k), from 0 to 2; rows need not be of unit length.

    A row of zeros has no direction: its distance to everything is 1.

    >>> CosineDistance()([[1.0, 0.0]], [[5.0, 0.0], [0.0, 2.0], [-1.0, 0.0]])
    array([[0., 1., 2.]])
    """

    name = "cosine"
    aliases = ("cosinedistance",)

    def prepare(self, rows: Any, ops: Any) -> Any:
        """Scale rows to unit length."""
        # By the largest entry first: squares of tiny or huge entries leave float32.
        largest = ops.max(ops.abs(rows), axis=-1, keepdims=True)
        rows = rows / ops.where(largest > 0, largest, 1.0)
        squared = ops.sum(ops.square(rows), axis=-1, keepdims=True)
        return rows / ops.sqrt(ops.where(squared > 0, squared, 1.0))

    def _finish(self, dot: Any, ops: Any) -> Any:
        return ops.maximum(1.0 - dot, 0.0)


class InnerProductSimilarity(_DotDistance):
    """q · k, a similarity: larger is nearer.

    >>> InnerProductSimilarity()([[1.0, 2.0]], [[3.0, 4.0]])
    array([[11.]])
    """

    name = "inner_product"
    aliases = ("innerproductsimilarity", "ip")
    larger_is_nearer = True

    def _finish(self, dot: Any, ops: Any) -> Any:
        return dot


class SquaredEuclideanDistance(_DifferenceDistance):
    """Σ (q - k)².

    >>> SquaredEuclideanDistance()([[0.0, 0.0]], [[3.0, 4.0]])
    array([[25.]])
    """

    name = "squared_euclidean"
    aliases = ("squaredeuclideandistance", "sql2", "sqeuclidean")
    geometry = "l2"

    def _finish(self, difference: Any, query: Any, ops: Any) -> Any:
        return ops.sum(ops.square(difference), axis=-1)


class EuclideanDistance(_DifferenceDistance):
    """√ Σ (q - k)²; its gradient at distance 0 is 0, not NaN.

    Differences whose squares leave float32 are no trouble.

    >>> EuclideanDistance()([[0.0, 0.0]], [[3.0, 4.0]])
    array([[5.]])
    """

    name = "euclidean"
    aliases = ("euclideandistance", "l2", "pythagorean")
    geometry = "l2"

    def _finish(self, difference: Any, query: Any, ops: Any) -> Any:
        largest = ops.max(ops.abs(difference), axis=-1)
        apart = largest > 0
        largest = ops.where(apart, largest, 1.0)
        squared = ops.sum(ops.square(difference / largest[..., None]), axis=-1)
        return ops.where(apart, largest * ops.sqrt(ops.where(apart, squared, 1.0)), 0.0)


class ManhattanDistance(_DifferenceDistance):
    """Σ |q - k|.

    >>> ManhattanDistance()([[0.0, 0.0]], [[3.0, 4.0]])
    array([[7.]])
    """

    name = "manhattan"
    aliases = ("manhattandistance", "l1", "taxicab")
    geometry = "l1"

    def _finish(self, difference: Any, query: Any, ops: Any) -> Any:
        return ops.sum(ops.abs(difference), axis=-1)


class SNRDistance(_DifferenceDistance):
    """Signal-to-noise-ratio distance var(q - k) / var(q) (Yuan et al. 2019, eq. 5).

    Not symmetric: the query is the signal, the key adds the noise. The variance of
    a constant query is taken as 1e-12.

    >>> SNRDistance()([[1.0, -1.0]], [[3.0, 1.0], [2.0, -2.0]])
    array([[0., 1.]])
    """

    name = "snr"
    aliases = ("snrdistance", "signal-to-noise-ratio")
    geometry = "l2"

    def prepare(self, rows: Any, ops: Any) -> Any:
        """Centre rows: a variance is the mean square of what remains."""
        return rows - ops.mean(rows, axis=-1, keepdims=True)

    def _finish(self, difference: Any, query: Any, ops: Any) -> Any:
        # Huge queries are scaled down first: their squares leave float32. The scale cancels
        # out, so it needs no gradient, which would leave float32 as well.
        scale = ops.maximum(ops.max(ops.abs(query), axis=-1, keepdims=True), 1.0)
        scale = scale if ops is np else ops.stop_gradient(scale)
        noise = ops.mean(ops.square(difference / scale), axis=-1)
        signal = ops.mean(ops.square(query / scale), axis=-1)
        return noise / ops.where(signal > 1e-12, signal, 1e-12)


def get(distance: str | Distance | type[Distance] | dict[str, Any]) -> Distance:
    """Return the distance of that name, class or saved form; an instance as it is.

    Raises
    ------
    ValueError
        The name is unknown; the message lists the known ones.

    Examples
    --------
    >>> get("sql2")
    SquaredEuclideanDistance()
    """
    if isinstance(distance, Distance):
        return distance
    if isinstance(distance, type) and issubclass(distance, Distance):
        return distance()
    if isinstance(distance, dict) and set(distance) == {"name", "config"}:
        return _REGISTRY.find(distance["name"]).from_config(distance["config"])
    return _REGISTRY.find(distance)()


def serialize(distance: Distance) -> str | dict[str, Any]:
    """Return a plain JSON form that `get` reads: the name, or name and arguments.

    Raises
    ------
    ValueError
        The class has no `name` of its own to be found by.
    """
    if "name" not in type(distance).__dict__:
        raise ValueError(
            f"`distance` can only be saved by a name of its own: give {type(distance).__name__} a `name`."
        )
    config = distance.get_config()
    return {"name": distance.name, "config": config} if config else distance.name


deserialize = get


def names() -> list[str]:
    """Return the names that `get` knows, sorted, without aliases."""
    return _REGISTRY.names()


def _namespace(*arrays: Any) -> Any:
    # Whoever has made a tensor has imported Keras: looking at what is loaded
    # keeps this module, and the whole retrieval half, free of it.
    keras = sys.modules.get("keras")
    if keras is not None and any(keras.ops.is_tensor(array) for array in arrays):
        return keras.ops
    return np


def _floating(rows: Any, ops: Any) -> Any:
    if ops is np:
        rows = np.asarray(rows)
        return rows if rows.dtype in (np.float32, np.float64) else rows.astype(np.float32)
    rows = ops.convert_to_tensor(rows)
    standard = sys.modules["keras"].backend.standardize_dtype(rows.dtype)
    return rows if standard in ("float32", "float64") else ops.cast(rows, "float32")
