"""A view of examples in a given order: gathered when asked for, never copied ahead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Examples:
    """The examples of `source` at `order`, as an array would show them.

    Parameters
    ----------
    source : array, memory map, tensor or list
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
        if isinstance(self._source, np.ndarray) and self._load is None:
            return self._source.shape[1:]
        return np.shape(self[0])

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy dtype of an example."""
        if isinstance(self._source, np.ndarray) and self._load is None:
            return self._source.dtype
        return np.asarray(self[0]).dtype

    def gather(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """Return the examples at these rows of the source, stacked."""
        if isinstance(self._source, np.ndarray):
            found: Any = self._source.take(rows, axis=0)
        else:
            found = [self._source[row] for row in rows]
        if self._load is not None:
            found = [self._load(example) for example in found]
        if isinstance(found, np.ndarray):
            return found
        shapes = {np.shape(example) for example in found}
        if len(shapes) > 1:
            raise ValueError(
                f"Examples of one batch must have one shape. Received: shapes {sorted(shapes)[:5]}"
            )
        return np.stack([np.asarray(example) for example in found]) if found else np.empty((0,))

    def __repr__(self) -> str:
        return f"Examples(shape={self.shape}, dtype={self.dtype})"


def as_source(x: Any) -> NDArray[Any] | list[Any] | tuple[Any, ...]:
    """Return what rows can be gathered from: an array sharing the memory of `x`, or a list.

    Raises
    ------
    ValueError
        `x` is None, has no rows, or is neither an array nor a list.
    """
    if x is None:
        raise ValueError("`x` must be an array or a list of examples. Received: x=None")
    if not isinstance(x, (np.ndarray, list, tuple)):
        if not hasattr(x, "__array__"):
            raise ValueError(
                f"`x` must be an array or a list of examples. Received: {type(x).__name__}"
            )
        x = np.asarray(x)  # tensors on the CPU lend their memory
    if isinstance(x, np.ndarray) and x.ndim == 0:
        raise ValueError("`x` must have one row an example. Received: a scalar")
    if len(x) == 0:
        raise ValueError("`x` must hold at least one example. Received: 0")
    return x
