"""Embeddings as points of a plane or of space: PCA, UMAP and t-SNE, the same bits every time."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from simnb import check, distances
from simnb.widgets.points import coordinates_of, numbers_of
from simnb.widgets.projector.manifolds import (
    Progress,
    one_thread,
    tsne_layout,
    umap_layout,
    within_reach,
)
from simnb.widgets.projector.principal import principal_components

__all__ = ["METHODS", "METHOD_TITLES", "Plan", "align", "choose", "place", "plan", "project"]

METHODS = ("pca", "umap", "densmap", "tsne")
METHOD_TITLES = {"pca": "PCA", "umap": "UMAP", "densmap": "densMAP", "tsne": "t-SNE"}

Floats: TypeAlias = NDArray[np.float32]

_LAYOUTS: dict[str, Callable[..., Floats]] = {
    "umap": umap_layout,
    "densmap": partial(umap_layout, densmap=True),
    "tsne": tsne_layout,
}
_LARGEST = 1e18  # of it float32 holds no squares, but still the distances
_FEWEST, _MOST = 20, 20_000  # rows for which "auto" is UMAP

# Threads, warnings and standard output belong to the process: one layout at a time sets them.
_ALONE = threading.RLock()


def project(
    embeddings: Any,
    method: Any = "auto",
    seed: int = 0,
    *,
    distance: str | distances.Distance = "cosine",
    dimensions: int = 2,
    init: Any = None,
    progress: Progress | None = None,
) -> Floats:
    """Return coordinates for embeddings, near where these are near.

    The same call gives the same bits. The middle of the points is at 0; PCA keeps the scale
    of the embeddings, up to 1e18. Fewer than 5 points, or points that are all equal, are
    laid out by PCA whatever the method.

    Parameters
    ----------
    embeddings : array or tensor, [n, d]
    method : {"auto", "pca", "umap", "densmap", "tsne"} or array [n, dimensions], default "auto"
        `"auto"` is UMAP for 20 to 20,000 rows, else PCA. Coordinates of your own are returned
        as they are, in float32.
    seed : int, default 0
        Of UMAP and t-SNE.
    distance : str or Distance, default "cosine"
        What is near: methods see the rows as `Distance.prepare` gives them, and compare them
        by the L1 distance where that is the distance's geometry, else by L2.
    dimensions : {2, 3}, default 2
    init : array [n, dimensions], optional
        Where UMAP and t-SNE start, for instance an earlier layout; by default at PCA's.
    progress : function of a fraction or None, and a message, optional
        Called often. What it raises stops the computation and reaches the caller.

    Returns
    -------
    float32 [n, dimensions]
        NaN for rows that are not finite.

    Raises
    ------
    ValueError
        An argument is of the wrong kind or shape.

    Examples
    --------
    >>> corners = np.array([[0, 0, 9], [4, 0, 9], [0, 2, 9], [4, 2, 9]])
    >>> project(corners, "pca", distance="euclidean")
    array([[-2., -1.],
           [ 2., -1.],
           [-2.,  1.],
           [ 2.,  1.]], dtype=float32)
    """
    if isinstance(method, str):
        planned, usable = plan(embeddings, method, seed, distance, dimensions, init)
        return place(planned.lay_out(progress), usable)
    rows = numbers_of("embeddings", embeddings)
    given = coordinates_of("method", method, len(rows), [_dimensions(dimensions)])
    usable = _finite(rows) & _finite(given)
    return place(given[usable], usable)


def choose(method: str, count: int) -> str:
    """Return the method, `"auto"` resolved for so many rows.

    Parameters
    ----------
    method : {"auto", "pca", "umap", "densmap", "tsne"}
    count : int

    Raises
    ------
    ValueError
        The method is unknown.

    Examples
    --------
    >>> choose("auto", 5_000), choose("auto", 50_000), choose("tsne", 50_000)
    ('umap', 'pca', 'tsne')
    """
    if check.one_of("method", method, ("auto", *METHODS)) != "auto":
        return method
    return "umap" if _FEWEST <= count <= _MOST else "pca"


def align(coordinates: Any, onto: Any) -> Floats:
    """Turn, mirror and move coordinates to lie as near as may be to others of the same items.

    The orthogonal Procrustes solution (Schönemann 1966), with translation, without scaling:
    distances within the layout stay. Rows that are not finite in either do not count.

    Parameters
    ----------
    coordinates, onto : arrays [n, dimensions]

    Returns
    -------
    float32 [n, dimensions]

    Raises
    ------
    ValueError
        Shapes differ.

    Examples
    --------
    >>> align([[0, 0], [0, 2], [3, 0]], onto=[[5, 5], [7, 5], [5, 8]])
    array([[5., 5.],
           [7., 5.],
           [5., 8.]], dtype=float32)
    """
    target = numbers_of("onto", onto)
    moved = coordinates_of("coordinates", coordinates, len(target), target.shape[1:])
    common = _finite(moved) & _finite(target)
    if not common.any():
        return moved
    middle, other = (rows[common].mean(axis=0, dtype=np.float64) for rows in (moved, target))
    left, _, right = np.linalg.svd((moved[common] - middle).T @ (target[common] - other))
    return np.asarray((moved - middle) @ (left @ right) + other, np.float32)


@dataclass(frozen=True)
class Plan:
    """A layout to make, of rows that are ready for it; `plan` checks and makes one.

    Attributes
    ----------
    rows : float32 [m, d]
        All finite, prepared for the distance.
    method : {"pca", "umap", "densmap", "tsne"}
    seed : int
    metric : {"euclidean", "manhattan"}
    dimensions : {2, 3}
    init : float32 [m, dimensions], or None
    """

    rows: Floats
    method: str
    seed: int
    metric: str
    dimensions: int
    init: Floats | None

    def lay_out(self, progress: Progress | None = None) -> Floats:
        """Compute the coordinates, float32 [m, dimensions], with their middle at 0.

        Parameters
        ----------
        progress : function of a fraction or None, and a message, optional
        """
        tell: Progress = progress or (lambda fraction, message: None)
        with _ALONE, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tell(0.0, "computing PCA")
            with one_thread():
                made = principal_components(within_reach(self.rows, 0, _LARGEST), self.dimensions)
            if self.method != "pca" and len(made) >= 5 and made.any():
                layout = _LAYOUTS[self.method]
                start = made if self.init is None else self.init
                made = layout(self.rows, start, self.seed, self.metric, tell)
            tell(1.0, "ready")
        return made - made.mean(axis=0, dtype=np.float64).astype(np.float32) if made.any() else made


def plan(
    embeddings: Any,
    method: str,
    seed: int,
    distance: str | distances.Distance,
    dimensions: int,
    init: Any,
) -> tuple[Plan, NDArray[np.bool_]]:
    """Check what `project` is given, and prepare the rows for the distance.

    Parameters
    ----------
    embeddings : array or tensor, [n, d]
    method : {"auto", "pca", "umap", "densmap", "tsne"}
    seed : int
    distance : str or Distance
    dimensions : {2, 3}
    init : array [n, dimensions], or None

    Returns
    -------
    Plan, bool [n]
        The plan is for the rows that are True; the others are not finite.

    Raises
    ------
    ValueError
        An argument is of the wrong kind or shape.
    """
    rows = numbers_of("embeddings", embeddings)
    known, seed, dimensions = distances.get(distance), _seed(seed), _dimensions(dimensions)
    start = None if init is None else coordinates_of("init", init, len(rows), [dimensions])
    usable = _finite(rows)
    rows = rows if usable.all() else rows[usable]
    if rows.size:
        with np.errstate(all="ignore"):  # entries near the end of float32 may leave it
            rows = np.asarray(known.prepare(rows, np), np.float32)
        kept = _finite(rows)
        usable[usable] = kept
        rows = rows if kept.all() else rows[kept]
    return Plan(
        np.ascontiguousarray(rows),
        choose(method, len(rows)),
        seed,
        "manhattan" if known.geometry == "l1" else "euclidean",
        dimensions,
        None if start is None else np.ascontiguousarray(start[usable]),
    ), usable


def place(coordinates: Floats, usable: NDArray[np.bool_]) -> Floats:
    """Return the coordinates of the usable rows at their places among all, with NaN elsewhere.

    Parameters
    ----------
    coordinates : float32 [m, dimensions]
    usable : bool [n]
        m of them are True.

    Returns
    -------
    float32 [n, dimensions]
    """
    placed = np.full((len(usable), coordinates.shape[1]), np.nan, np.float32)
    placed[usable] = coordinates
    return placed


def _finite(rows: Floats) -> NDArray[np.bool_]:
    """Which rows are: their sums in float64 are, without a matrix of booleans."""
    with np.errstate(invalid="ignore"):
        return np.isfinite(rows.sum(axis=1, dtype=np.float64))  # type: ignore[no-any-return]


def _dimensions(value: Any) -> int:
    if check.positive_integer("dimensions", value) not in (2, 3):
        raise ValueError(f"`dimensions` must be 2 or 3. Received: dimensions={value!r}")
    return int(value)


def _seed(value: Any) -> int:
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or not 0 <= value < 2**32:
        raise ValueError(
            f"`seed` must be a whole number from 0 to 2³² - 1. Received: seed={value!r}"
        )
    return int(value)
