"""UMAP and t-SNE as their packages compute them: on one thread, in silence, with progress.

The packages load on first use. UMAP would bring TensorFlow along; here it does not.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import re
import sys
import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

__all__ = ["Progress", "one_thread", "tsne_layout", "umap_layout", "within_reach"]

Progress: TypeAlias = Callable[[float | None, str], None]
Floats: TypeAlias = NDArray[np.float32]

# Up to so many multiplications, comparing all with all is faster than to compile, for half a
# minute, the approximate search that UMAP brings, and then to run it.
_MOST_COMPARED = 5e11
_BLOCK = 2048  # rows that are compared at once
_TSNE_STEPS = 1000
_REACH = 1e-12, 1e12  # whose squares float32 holds; neither method knows of the scale


def umap_layout(
    rows: Floats, start: Floats, seed: int, metric: str, progress: Progress, densmap: bool = False
) -> Floats:
    """Lay rows out by UMAP (McInnes et al. 2018), or densMAP (Narayan et al. 2021).

    Parameters
    ----------
    rows : float32 [n, d]
        At least 5, all finite.
    start : float32 [n, dimensions]
        Where the points set out from; NaN where nothing is known.
    seed : int
    metric : {"euclidean", "manhattan"}
    progress : function of a fraction or None, and a message
    densmap : bool, default False
        Keep how dense the rows lie, as densMAP does.

    Returns
    -------
    float32 [n, dimensions]
    """
    progress(0.0, "loading UMAP")
    umap = _load_umap()
    rows = within_reach(rows, *_REACH)
    neighbors = min(15, len(rows) - 1)

    def hear(line: str) -> None:
        if "Finding Nearest" in line:
            progress(None, "finding neighbours")
        elif "Finished Nearest" in line:
            progress(0.2, "weighing neighbours")
        elif found := re.search(r"completed\s+(\d+)\s*/\s*(\d+)", line):
            progress(round(0.3 + 0.7 * int(found[1]) / int(found[2]), 3), "laying out")

    with one_thread(), _numba_threads(), _told(hear):
        known = _nearest(rows, neighbors, metric, progress)
        reducer = umap.UMAP(
            n_neighbors=neighbors,
            n_components=start.shape[1],
            metric=metric,
            init=_scattered(start, seed),
            precomputed_knn=known,
            random_state=seed,
            densmap=densmap,
            n_jobs=1,
            verbose=True,
            tqdm_kwds={"disable": True},
        )
        return np.asarray(reducer.fit_transform(rows), np.float32)


def tsne_layout(rows: Floats, start: Floats, seed: int, metric: str, progress: Progress) -> Floats:
    """Lay rows out by t-SNE (van der Maaten and Hinton 2008), Barnes-Hut's approximation.

    Parameters
    ----------
    rows : float32 [n, d]
        At least 5, all finite.
    start : float32 [n, dimensions]
        Where the points set out from; NaN where nothing is known.
    seed : int
    metric : {"euclidean", "manhattan"}
    progress : function of a fraction or None, and a message

    Returns
    -------
    float32 [n, dimensions]
    """
    progress(0.0, "loading t-SNE")
    from sklearn import manifold

    start = _scattered(start, seed)

    def hear(line: str) -> None:
        if "nearest neighbors" in line:
            progress(0.05, "finding neighbours")
        elif found := re.search(r"Iteration (\d+)", line):
            progress(round(0.1 + 0.9 * int(found[1]) / _TSNE_STEPS, 3), "laying out")

    with one_thread(), _told(hear):
        reducer = manifold.TSNE(
            n_components=start.shape[1],
            perplexity=min(30.0, (len(rows) - 1) / 3),
            learning_rate="auto",
            metric=metric,
            init=start * (1e-4 / start.std(axis=0).max()),
            random_state=seed,
            verbose=2,
        )
        return np.asarray(reducer.fit_transform(within_reach(rows, *_REACH)), np.float32)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Make the numerical libraries that are loaded compute on one thread.

    On more, the order of their sums, and so the last bits, may change from call to call.
    """
    with threadpool_limits(1):
        yield


@contextlib.contextmanager
def _numba_threads() -> Iterator[None]:
    """Give numba back the number of threads that UMAP sets, and keeps when it is stopped."""
    import numba

    before = numba.get_num_threads()
    try:
        yield
    finally:
        numba.set_num_threads(before)


def _load_umap() -> ModuleType:
    """Import UMAP without what it imports for ParametricUMAP: TensorFlow, Keras and torch."""
    if "umap" in sys.modules:
        return sys.modules["umap"]
    parametric = "umap.parametric_umap"
    sys.modules[parametric] = None  # type: ignore[assignment]  # what import reads as "absent"
    try:
        umap = importlib.import_module("umap")
    finally:
        del sys.modules[parametric]

    def load_later(name: str) -> Any:
        if name in ("ParametricUMAP", "load_ParametricUMAP"):
            return getattr(importlib.import_module(parametric), name)
        raise AttributeError(f"module 'umap' has no attribute {name!r}")

    # UMAP's stand-in would tell someone who has TensorFlow that it is not installed.
    vars(umap).pop("ParametricUMAP", None)
    vars(umap)["__getattr__"] = load_later
    return umap


def _nearest(rows: Floats, k: int, metric: str, progress: Progress) -> tuple[Any, Any, None]:
    """The k nearest of each row, itself included: places and distances, as UMAP takes them."""
    work = len(rows) * rows.size * (10 if metric == "manhattan" else 1)
    if work > _MOST_COMPARED:
        return None, None, None
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=k, algorithm="brute", metric=metric).fit(rows)
    places, distances = np.empty((len(rows), k), np.int32), np.empty((len(rows), k), np.float32)
    for i in range(0, len(rows), _BLOCK):
        progress(round(0.1 + 0.1 * i / len(rows), 3), "finding neighbours")
        distances[i : i + _BLOCK], places[i : i + _BLOCK] = search.kneighbors(rows[i : i + _BLOCK])
    progress(0.2, "weighing neighbours")
    return places, distances, None


def within_reach(rows: Floats, least: float, most: float) -> Floats:
    """Return rows whose largest entry is between two numbers, or in units of it."""
    largest = max(float(rows.max()), -float(rows.min())) if rows.size else least
    return rows if least <= largest <= most else np.asarray(rows / np.float32(largest))


def _scattered(start: Floats, seed: int) -> Floats:
    """The start at most 1 from its middle, and no two points at quite the same place."""
    known = np.isfinite(start).all(axis=1)
    centred = np.zeros_like(start)
    if known.any():
        centred[known] = start[known] - start[known].mean(axis=0)
    largest = np.abs(centred).max() or np.float32(1)
    noise = np.random.default_rng(seed).normal(scale=1e-5, size=start.shape)
    return np.asarray(centred / largest + noise, np.float32)


class _Listener(io.TextIOBase):
    """What its own thread prints goes, line by line, to a function; the rest is printed."""

    def __init__(self, hear: Callable[[str], None]) -> None:
        self._hear = hear
        self._others = sys.stdout
        self._thread = threading.get_ident()
        self._line = ""

    def write(self, text: str) -> int:
        if threading.get_ident() != self._thread:
            return self._others.write(text)
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            self._hear(line)
        return len(text)


@contextlib.contextmanager
def _told(hear: Callable[[str], None]) -> Iterator[None]:
    """Hear what the packages print of their progress: they have no other way to tell."""
    with contextlib.redirect_stdout(_Listener(hear)):
        yield
