"""The NMSLIB library behind a guard: what it accepts silently, and what crashes it, stops here.

NMSLIB has no ids past int32, no deletes and no adds after a build; it reads past the
buffer for queries of another size, loses most of the graph to one NaN row, and crashes
on a damaged file. This module gives it only finite rows of one size, builds a graph once
and never changes it, and loads only bytes that `Graph.save` wrote.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simnb import check

_SPACES = {"l2": "l2", "l1": "l1"}
_NOTICE = (
    "Your CPU supports instructions",
    "For maximum performance, you can install",
    "pip install --no-binary",
)


@cache
def library() -> ModuleType:
    """Import NMSLIB, without the three lines that its wheel prints to the C stderr."""
    with _stderr_without(_NOTICE):
        return check.package("nmslib", "nmslib")


class Graph:
    """An HNSW graph over fixed rows.

    Parameters
    ----------
    space : {"l2", "l1"}
    index_params : dict
        NMSLIB's build parameters: `M`, `efConstruction`, `post`, `indexThreadQty`, …
    """

    def __init__(self, space: str, index_params: dict[str, Any]) -> None:
        self._space = space
        self._index_params = dict(index_params)
        self._index: Any = None

    def build(self, rows: NDArray[np.float32]) -> None:
        """Build the graph of `rows`, finite float32 [n, d] with n at least 1.

        Raises
        ------
        ValueError
            NMSLIB does not know a build parameter.
        """
        index = library().init(method="hnsw", space=_SPACES[self._space])
        index.addDataPointBatch(np.ascontiguousarray(rows, dtype=np.float32))
        try:
            index.createIndex(self._index_params, print_progress=False)
        except RuntimeError as error:
            raise ValueError(
                f"NMSLIB refused `index_params`. Received: {self._index_params} ({error})"
            ) from error
        self._index = index

    def query(self, queries: NDArray[np.float32], k: int, ef_search: int) -> NDArray[np.int64]:
        """Return rows of the k nearest, int64 [q, k], padded with -1."""
        self._index.setQueryTimeParams({"efSearch": max(ef_search, k)})
        found = self._index.knnQueryBatch(
            np.ascontiguousarray(queries), k=k, num_threads=os.cpu_count() or 1
        )
        rows = np.full((len(queries), k), -1, dtype=np.int64)
        for query, (near, _) in enumerate(found):  # ragged: NMSLIB may find fewer than k
            rows[query, : len(near)] = near
        return rows

    def save(self, folder: Path) -> None:
        """Write the graph, without a copy of the rows, and the checksum of its bytes."""
        path = folder / "graph.nmslib"
        self._index.saveIndex(str(path), save_data=False)
        # Its optimized layout needs no data file; NMSLIB writes an empty one all the same.
        Path(f"{path}.dat").unlink(missing_ok=True)
        header = {"space": self._space, "sha256": sha256(path.read_bytes()).hexdigest()}
        (folder / "graph.json").write_text(json.dumps(header), encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Read what `save` wrote.

        Raises
        ------
        ValueError
            The file is not, byte for byte, what `save` wrote.
        """
        path = folder / "graph.nmslib"
        header = json.loads((folder / "graph.json").read_text(encoding="utf-8"))
        if (
            header["space"] != self._space
            or sha256(path.read_bytes()).hexdigest() != header["sha256"]
        ):
            raise ValueError(f"{path} is damaged: its checksum is not the one that was saved.")
        index = library().init(method="hnsw", space=_SPACES[self._space])
        index.loadIndex(str(path), load_data=False)
        self._index = index


@contextmanager
def _stderr_without(lines: tuple[str, ...]) -> Iterator[None]:
    """Drop lines with these beginnings from the C-level stderr; pass on all others."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as captured:
        os.dup2(captured.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            captured.seek(0)
            for line in captured.read().splitlines(keepends=True):
                if not line.decode(errors="replace").startswith(lines):
                    os.write(2, line)
