"""TensorFlow Similarity's `utils`, under its name so that old programs find it.

What is new has a place that says what it is for; nothing is added here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simnb import check
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


def unpack_lookup_labels(lookups: Lookups) -> NDArray[np.generic]:
    """Return the labels of the neighbours [q, k]; they are `lookups.labels`.

    Parameters
    ----------
    lookups : Lookups

    Raises
    ------
    ValueError
        The index has no labels.
    """
    if lookups.labels is None:
        raise ValueError("`lookups` must be of an index with labels. Received: lookups.labels=None")
    return lookups.labels


def unpack_lookup_distances(lookups: Lookups) -> NDArray[np.float32]:
    """Return the distances of the neighbours [q, k]; they are `lookups.distances`.

    Parameters
    ----------
    lookups : Lookups
    """
    return lookups.distances
