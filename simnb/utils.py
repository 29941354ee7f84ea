"""TensorFlow Similarity's `utils`, under its name so that old programs find it.

What is new has a place that says what it is for; nothing is added here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simnb import check
from simnb.labels import of_neighbors
from simnb.types import Lookups

__all__ = ["tf_cap_memory", "unpack_lookup_distances", "unpack_lookup_labels"]


def tf_cap_memory() -> None:
    """Let TensorFlow take a GPU's memory as it needs it, not all at once.

    Without a GPU, or with another Keras backend, there is nothing to do. To be called
    before anything is computed; later TensorFlow refuses, and this says so.

    Raises
    ------
    RuntimeError
        TensorFlow has begun to use the GPU.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        return
    tf = check.package("tensorflow", check.requirement("tensorflow"))
    for device in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(device, True)


def unpack_lookup_labels(lookups: Lookups, dtype: Any = None) -> NDArray[Any]:
    """Return the labels of the neighbours [q, k]; they are `lookups.labels`.

    Parameters
    ----------
    lookups : Lookups
    dtype : optional
        Of the result; the labels' own by default.

    Raises
    ------
    ValueError
        The index has no labels.
    """
    return of_neighbors(lookups).astype(dtype, copy=False) if dtype else of_neighbors(lookups)


def unpack_lookup_distances(
    lookups: Lookups, dtype: Any = None, distance_rounding: int | None = None
) -> NDArray[Any]:
    """Return the distances of the neighbours [q, k]; they are `lookups.distances`.

    Parameters
    ----------
    lookups : Lookups
    dtype : optional
        Of the result; float32 by default.
    distance_rounding : int, optional
        Decimals to round to.
    """
    distances = lookups.distances.astype(dtype or np.float32, copy=False)
    return distances if distance_rounding is None else distances.round(distance_rounding)
