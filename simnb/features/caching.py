"""A model's outputs for a data set: computed, or found on disk."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray
from tqdm.auto import tqdm

from simnb import check
from simnb.features import digests, files
from simnb.models.embedding import compiled_forward

__all__ = ["cached"]


def cached(
    model: keras.Model,
    x: Any,
    folder: str | os.PathLike[str] | None = None,
    batch_size: int = 64,
    verbose: int = 1,
) -> NDArray[np.float32]:
    """Return a model's outputs for examples, from disk where they have been computed before.

    They are kept under a name made of the model's weights and layers, of the examples'
    values and of the outputs' own: whatever changes, they are computed anew, and a file
    that is not whole is never used. It is a cache: files of it may be deleted at any time.

    The examples are read twice, to name them and to compute, a batch at a time.

    Parameters
    ----------
    model : keras.Model
        A functional model of one output, such as the first part that `split` returns.
    x : array, memory map, sampler's `x`, list or dict of them; or batches
        A `tf.data.Dataset` or other batches, as `simnb.SimilarityModel.embed` takes them,
        that are the same whenever they are read: no shuffle, no random augmentation. The
        features come in their order; labels are passed over.
    folder : path, optional
        Default: `$SIMNB_CACHE`, or the user's cache folder.
    batch_size : int, default 64
        Of arrays; batches are taken as they come.
    verbose : int, default 1
        1 shows a progress bar, if it takes longer than a second.

    Returns
    -------
    float32 memory map [n, ...], read-only

    Raises
    ------
    OSError
        The disk is full or cannot be written to; nothing is left behind.
    ValueError
        x is None or empty, is of a shape that the model does not take, can be read only
        once, or was not the same the second time; the model is of another kind.
    """
    batch_size = check.positive_integer("batch_size", batch_size)
    outputs = getattr(model, "outputs", None) or []
    if len(outputs) != 1:
        raise ValueError(
            f"`model` must be a functional model of one output. Received: {model.name}, with {len(outputs)}"
        )
    if isinstance(x, Iterator):
        raise ValueError(
            f"`x` must be what can be read twice, such as a dataset. Received: {type(x).__name__}"
        )
    place = files.place(folder)
    seen = _first_reading(model, x, batch_size)
    key = hashlib.sha256(digests.of_model(model) + seen.digests[-1]).digest()
    for found in files.find(place, key):
        if all(_agree(model, inputs, found[rows]) for rows, inputs in seen.ends):
            return found
    contents = _contents(place, model, x, batch_size, seen, verbose)
    return files.mapped(files.keep(place, key, contents))


class _Reading(NamedTuple):
    """What is kept of examples that have been read: how many, digests, and the ends."""

    size: int
    digests: list[bytes]
    ends: list[tuple[list[int], Any]]


def _first_reading(model: keras.Model, x: Any, batch_size: int) -> _Reading:
    size, found = 0, []
    ends: list[tuple[list[int], digests.Batch]] = []
    for batch in digests.read(model, x, batch_size):
        ends = [*ends[:1], ([size, size + batch.size - 1], batch)]
        size += batch.size
        found.append(batch.digest)
    if not found:
        raise ValueError("`x` must hold at least one batch. Received: 0")
    return _Reading(size, found, [(rows, batch.ends()) for rows, batch in ends])


def _agree(model: keras.Model, inputs: Any, features: NDArray[np.float32]) -> bool:
    """Whether the model still makes of these examples what it did.

    Layers of one's own can be written anew, and Keras too, with the same weights and settings.
    """
    outputs = keras.ops.convert_to_numpy(model(inputs, training=False)).astype(np.float32)
    return features.shape == outputs.shape and np.allclose(
        features, outputs, rtol=0.01, atol=0.01 * float(np.abs(outputs).max())
    )


def _contents(
    folder: Path, model: keras.Model, x: Any, batch_size: int, seen: _Reading, verbose: int
) -> Iterator[bytes]:
    """Yield a `.npy` file of the features, batch by batch; refuse at once what the disk has no room for."""
    forward = compiled_forward(model, 0)
    expected = iter(seen.digests)
    shape: tuple[int, ...] = ()
    with tqdm(
        total=seen.size,
        desc="features",
        unit=" examples",
        delay=1.0,
        leave=False,
        disable=not verbose,
    ) as bar:
        for batch in digests.read(model, x, batch_size):
            _require_same(batch.digest == next(expected, None))
            features = np.ascontiguousarray(forward(batch.inputs), dtype="<f4")
            if not shape:
                shape = (seen.size, *features.shape[1:])
                files.require_space(folder, 4 * math.prod(shape))
                yield files.header(shape)
            if features.shape[1:] != shape[1:]:
                raise ValueError(
                    f"`x` must make features of one shape. Received: {shape[1:]} and {features.shape[1:]}"
                )
            yield features.tobytes()
            bar.update(len(features))
    _require_same(next(expected, None) is None)


def _require_same(same: bool) -> None:
    if not same:
        raise ValueError(
            "`x` must be the same whenever it is read, without a shuffle or random augmentation. "
            "Received: other examples the second time"
        )
