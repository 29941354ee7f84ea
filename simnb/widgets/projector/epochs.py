"""A projector's film: the same items, embedded anew at every epoch of training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simnb.distances import Distance
from simnb.widgets.projector.projection import align, project


@dataclass(frozen=True)
class Frame:
    """One picture of a film.

    Attributes
    ----------
    name : str
    embeddings : float32 [n, d]
    coordinates : float32 [n, 2] or [n, 3]
    """

    name: str
    embeddings: NDArray[np.float32]
    coordinates: NDArray[np.float32]


class Film:
    """Layouts of the same items, each turned onto the one before, so that points glide.

    Every epoch has a layout of its own; a principal component may point the other way from
    one to the next, or change places with another. Each is therefore turned and mirrored,
    but not stretched, onto its predecessor (orthogonal Procrustes, Schönemann 1966). UMAP
    starts from it.

    Parameters
    ----------
    method : str
    seed : int
    distance : Distance
    dimensions : int
    """

    def __init__(self, method: str, seed: int, distance: Distance, dimensions: int) -> None:
        self._method = method
        self._seed = seed
        self._distance = distance
        self._dimensions = dimensions
        self.frames: list[Frame] = []

    def add(self, embeddings: NDArray[np.float32], name: str) -> Frame:
        """Lay out one more epoch."""
        # An epoch that had diverged has no place to start from.
        earlier = [frame.coordinates for frame in self.frames]
        before = next((own for own in reversed(earlier) if np.isfinite(own).any()), None)
        coordinates = project(
            embeddings,
            self._method,
            self._seed,
            distance=self._distance,
            dimensions=self._dimensions,
            init=before if self._method in ("umap", "densmap") else None,
        )
        if before is not None:
            coordinates = align(coordinates, before)
        frame = Frame(name, embeddings, coordinates)
        self.frames.append(frame)
        return frame
