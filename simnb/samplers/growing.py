"""What is read bit by bit, in one piece: in memory, or in a file that goes with it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from simnb.samplers.examples import Source


class Growing:
    """A vector that grows at its end, in memory or in a file that goes when nothing holds it.

    Parameters
    ----------
    dtype : NumPy dtype
    capacity : int, default 0
        Values for which to set memory aside.
    folder : path, optional
        Of the file. Default: in memory.
    """

    def __init__(
        self, dtype: np.dtype[Any], capacity: int = 0, folder: str | os.PathLike[str] | None = None
    ) -> None:
        self._dtype = dtype
        # Closed on leaving, and gone with the memory map of it.
        self._file = None if folder is None else tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self._values = np.empty(capacity if folder is None else 0, dtype)
        self._count = 0

    def __enter__(self) -> Growing:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):  # of what was still to be written, said before
                self._file.close()

    def append(self, values: NDArray[Any]) -> None:
        """Add values at the end."""
        end = self._count + len(values)
        if self._file is not None:
            _write(self._file, values)
        else:
            if end > len(self._values):
                # In place where the system can: the values are not held twice.
                self._values.resize(max(end, self._count * 9 // 8), refcheck=False)
            self._values[self._count : end] = values
        self._count = end

    def finish(self) -> NDArray[Any]:
        """Return all values, in memory or as a memory map."""
        if self._file is None or self._count == 0:
            self._values.resize(self._count, refcheck=False)
            return self._values
        return np.memmap(self._file, self._dtype, "r", shape=(self._count,))


class ByteStrings(Source):
    """Byte strings that lie one after another in one vector.

    Parameters
    ----------
    content : uint8 array
    lengths : int64 array [n]
    """

    def __init__(self, content: NDArray[np.uint8], lengths: NDArray[np.int64]) -> None:
        self._content = content
        self._ends = np.cumsum(lengths)
        self._starts = self._ends - lengths

    def __len__(self) -> int:
        return len(self._ends)

    def gather(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """Return the byte strings at these rows, in an array of objects."""
        found = np.empty(len(rows), dtype=object)
        for place in np.argsort(rows, kind="stable"):  # a disk reads ahead
            part = slice(self._starts[rows[place]], self._ends[rows[place]])
            found[place] = self._content[part].tobytes()
        return found


def _write(file: IO[bytes], values: NDArray[Any]) -> None:
    try:
        file.write(np.ascontiguousarray(values).view(np.uint8).data)
        file.flush()
    except OSError as error:
        raise OSError(
            error.errno, f"{error.strerror}: `cache` has no room for the examples"
        ) from error
