"""Rows that grow in place: adding one item does not copy all the others."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class GrowingArray:
    """An array that rows are appended to at amortised constant cost.

    >>> rows = GrowingArray((2,), np.float32)
    >>> rows.append(np.ones((3, 2), np.float32))
    >>> rows.view.shape
    (3, 2)
    """

    def __init__(self, row_shape: tuple[int, ...], dtype: Any) -> None:
        self._buffer: NDArray[Any] = np.empty((0, *row_shape), dtype)
        self._length = 0

    @property
    def view(self) -> NDArray[Any]:
        """The rows so far; valid until the next change."""
        return self._buffer[: self._length]

    def append(self, rows: NDArray[Any]) -> None:
        """Add rows at the end."""
        needed = self._length + len(rows)
        if needed > len(self._buffer):
            # A first, large batch gets just its size; later ones leave room.
            capacity = needed if self._length == 0 else max(needed, len(self._buffer) * 3 // 2)
            grown = np.empty((capacity, *self._buffer.shape[1:]), self._buffer.dtype)
            grown[: self._length] = self.view
            self._buffer = grown
        self._buffer[self._length : needed] = rows
        self._length = needed

    def truncate(self, length: int) -> None:
        """Drop the rows from `length` on."""
        self._length = length

    def keep(self, mask: NDArray[np.bool_]) -> None:
        """Drop the rows where `mask` is False."""
        self._buffer = self.view[mask]
        self._length = len(self._buffer)
