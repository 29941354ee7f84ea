"""A view of examples in a given order: gathered when asked for, never copied ahead."""

from __future__ import annotations

import mmap
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Source(ABC):
    """Examples that are fetched by their rows, many at a time: from files, from a stored array.

    Attributes
    ----------
    uses_tensorflow : bool
        Whether it hands the work to TensorFlow's threads, which a forked process lacks.
    """

    uses_tensorflow = False

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def gather(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """Return the examples at one or more rows, stacked."""

    def one_of(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """Return an example at one of these rows, to tell what they are like."""
        return self.gather(rows[:1])[0]


class Examples:
    """The examples of `source` at `order`, as an array would show them.

    Parameters
    ----------
    source : array, memory map, HDF5 or zarr array, tensor, list or Source
    order : int64 array [n]
        Rows of the source.
    load : callable, optional
        Turns an entry of the source, such as a path, into an example.

    Examples
    --------
    >>> view = Examples(np.array([10, 20, 30]), np.array([2, 0]))
    >>> int(view[0]), view[:2], len(view)
    (30, array([30, 10]), 2)
    """

    def __init__(
        self, source: Any, order: NDArray[np.int64], load: Callable[[Any], Any] | None = None
    ) -> None:
        self._source = as_source(source)
        self._order = order
        self._load = load

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, rows: Any) -> Any:
        if isinstance(rows, (int, np.integer)):
            return self.gather(self._order[[int(rows)]])[0]
        return self.gather(self._order[rows])

    def __iter__(self) -> Iterator[Any]:
        return (self[row] for row in range(len(self)))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError(
                "A view of examples has no array of its own to share: pass copy=None or True."
            )
        return np.asarray(self[:], dtype=dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of examples and the shape of one."""
        return (len(self), *self.example_shape)

    @property
    def example_shape(self) -> tuple[int, ...]:
        """Shape of one example; of the first one, where they differ."""
        if isinstance(self._source, (np.ndarray, StoredArray)) and self._load is None:
            return self._source.shape[1:]
        return np.shape(self._one())

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy dtype of an example."""
        if isinstance(self._source, (np.ndarray, StoredArray)) and self._load is None:
            return self._source.dtype
        return np.asarray(self._one()).dtype

    def gather(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """Return the examples at these rows of the source, stacked."""
        if len(rows) == 0:  # one example tells what shape none of them have
            return self.gather(np.zeros(1, np.int64))[:0]
        found: Any
        if isinstance(self._source, Source):
            found = self._source.gather(rows)
        elif isinstance(self._source, np.memmap):
            refuse_cut_short(self._source)
            found = in_ascending_order(self._source, rows)
        elif isinstance(self._source, np.ndarray):
            found = self._source.take(rows, axis=0)
        else:
            found = [self._source[row] for row in rows]
        if self._load is not None:
            found = [self._load(example) for example in found]
        return found if isinstance(found, np.ndarray) else stacked(found)

    def _one(self) -> Any:
        if isinstance(self._source, Source) and self._load is None:
            return self._source.one_of(self._order)
        return self[0]

    def __repr__(self) -> str:
        return f"Examples(shape={self.shape}, dtype={self.dtype})"


class StoredArray(Source):
    """The rows of an array that its library keeps on disk, in chunks: HDF5, zarr.

    Parameters
    ----------
    array : array-like [n, ...]
        With `shape` and `dtype`; indexed by a slice or by ascending row numbers.
    """

    def __init__(self, array: Any) -> None:
        self._array = array
        self.shape: tuple[int, ...] = tuple(array.shape)
        self.dtype: np.dtype[Any] = np.dtype(array.dtype)

    def __len__(self) -> int:
        return self.shape[0]

    def gather(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """Return the examples at these rows, read in the order in which they are stored."""
        return in_ascending_order(self._array, rows)


def refuse_cut_short(array: np.memmap[Any, Any]) -> None:
    """Raise a ValueError if a memory map's file is shorter by now: to read on ends the process."""
    mapped: mmap.mmap | None = getattr(array, "_mmap", None)
    if mapped is None:
        return
    needed = len(mapped) + array.offset - array.offset % mmap.ALLOCATIONGRANULARITY
    if mapped.size() < needed:
        raise ValueError(
            f"The file of a memory map must stay whole. Received: {array.filename}, "
            f"{mapped.size()} of {needed} bytes"
        )


def in_ascending_order(array: Any, rows: NDArray[np.int64], block: int = 256) -> NDArray[Any]:
    """Return `array[rows]`, read block by block in ascending order of the rows.

    HDF5 takes no other order, and long lists of rows only slowly; a disk reads ahead.
    """
    found = np.empty((len(rows), *array.shape[1:]), dtype=array.dtype)
    order = np.argsort(rows, kind="stable")
    for start in range(0, len(rows), block):
        places = order[start : start + block]
        wanted, inverse = np.unique(rows[places], return_inverse=True)
        first, last = int(wanted[0]), int(wanted[-1])
        if last - first < 4 * len(wanted):
            part = np.asarray(array[first : last + 1])[wanted - first]
        else:
            part = np.asarray(array[wanted])
        found[places] = part[inverse]
    return found


def stacked(examples: Sequence[Any], way_out: str = "") -> NDArray[Any]:
    """Return examples of one shape in one array; `way_out` ends the message if they are not."""
    shapes = {np.shape(example) for example in examples}
    if len(shapes) > 1:
        raise ValueError(
            f"Examples of one batch must have one shape. Received: shapes {sorted(shapes)[:5]}{way_out}"
        )
    return np.stack([np.asarray(example) for example in examples])


def as_source(x: Any) -> NDArray[Any] | list[Any] | tuple[Any, ...] | Source:
    """Return what rows can be gathered from: an array sharing the memory of `x`, a list or a Source.

    Raises
    ------
    ValueError
        `x` is None, has no rows, or is neither an array nor a list.
    """
    if x is None:
        raise ValueError("`x` must be an array or a list of examples. Received: x=None")
    if not isinstance(x, (np.ndarray, list, tuple, Source)):
        x = StoredArray(x) if _is_stored(x) else _as_array(x)
    if isinstance(x, (np.ndarray, StoredArray)) and len(x.shape) == 0:
        raise ValueError("`x` must have one row an example. Received: a scalar")
    if len(x) == 0:
        raise ValueError("`x` must hold at least one example. Received: 0")
    return x


def _as_array(x: Any) -> NDArray[Any]:
    if not hasattr(x, "__array__"):
        raise ValueError(
            f"`x` must be an array or a list of examples. Received: {type(x).__name__}"
        )
    return np.asarray(x)  # tensors on the CPU lend their memory


def _is_stored(x: Any) -> bool:
    """Whether `x` is an array on disk, of which `np.asarray` would read the whole."""
    shaped = all(hasattr(x, name) for name in ("shape", "dtype", "__getitem__"))
    return shaped and (hasattr(x, "chunks") or not hasattr(x, "__array__"))
