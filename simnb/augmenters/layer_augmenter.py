"""Keras's preprocessing layers as an augmenter."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from simnb import check
from simnb.augmenters.augmenter import Augmenter

_ONE_AT_A_TIME = threading.Lock()


class LayerAugmenter(Augmenter):
    """Passes each example through Keras layers, such as `RandomFlip`, `RandomCrop` or `RandAugment`.

    In a sampler's hands, what the layers draw depends on the sampler's seed, epoch and
    step alone, whatever seeds they were made with. During warm-up they run as they do in
    inference, without chance; `RandomCrop` then does not crop, so let `Resizing` follow it.

    Parameters
    ----------
    layers : Keras layer or sequence of layers
        Applied one after the other. For images, their `value_range` has to be the images' own.
        Not `MixUp` and `CutMix`: an image of two classes has no label here.
    as_list : bool, default False
        False: the views follow one another in one array, first one of each example, then
        another of each, and y is repeated. True: a list with an array for each view, as
        contrastive models take it, and y as it is.

    Raises
    ------
    ValueError
        No layers, something that is not a Keras layer, or a layer that mixes examples.

    Examples
    --------
    >>> augmenter = LayerAugmenter(keras.layers.RandomFlip("horizontal"))
    >>> x, y = augmenter(np.zeros((3, 8, 8, 1)), np.array([4, 5, 6]), 2, False, seed=1)
    >>> x.shape, y.tolist()
    ((6, 8, 8, 1), [4, 5, 6, 4, 5, 6])
    """

    def __init__(self, layers: Any, as_list: bool = False) -> None:
        chosen = list(layers) if isinstance(layers, Sequence) else [layers]
        wrong = [layer for layer in chosen if not isinstance(layer, keras.layers.Layer)]
        if not chosen or wrong:
            raise ValueError(f"`layers` must be Keras layers. Received: layers={wrong or chosen}")
        every = [inner for layer in chosen for inner in layer._flatten_layers()]
        mixing = [layer for layer in every if isinstance(layer, _of_keras("MixUp", "CutMix"))]
        if mixing:
            raise ValueError(
                "`layers` must leave each example its own label; MixUp and CutMix mix those of two. "
                f"Received: layers={mixing}"
            )
        self.layers = chosen
        self._draws_from_python = any(isinstance(layer, _of_keras("AugMix")) for layer in every)
        self.as_list = as_list

    def augment(
        self,
        x: Any,
        y: Any,
        num_augmentations_per_example: int,
        is_warmup: bool,
        seed: int | None = None,
    ) -> tuple[Any, Any]:
        """Return `num_augmentations_per_example` views of each example, and their labels.

        Parameters
        ----------
        x : array [n, ...]
        y : array [n]
        num_augmentations_per_example : int
        is_warmup : bool
            True: the layers run as they do in inference.
        seed : int, optional
            Default: the layers go on with what they draw.
        """
        number = check.positive_integer(
            "num_augmentations_per_example", num_augmentations_per_example
        )
        seed = None if seed is None else check.seed("seed", seed)
        # One of a sampler's workers at a time: the layers' generators have a state.
        with _ONE_AT_A_TIME, self._seeded(seed):
            views = [self._view(x, not is_warmup) for _ in range(number)]
        if self.as_list:
            return views, y
        return np.concatenate(views), np.concatenate([y] * number)

    def _view(self, x: Any, training: bool) -> NDArray[Any]:
        view = keras.ops.cast(x, keras.config.floatx())  # some layers cannot take integers
        for layer in self.layers:
            view = layer(view, training=training)
        if len(view) != len(x):
            raise ValueError(
                "`layers` must make one view of each example. "
                f"Received: {len(view)} of {len(x)} examples"
            )
        # Half precision is the model's business: what a batch is made of does not depend on it.
        return np.asarray(keras.ops.convert_to_numpy(keras.ops.cast(view, keras.config.floatx())))

    @contextmanager
    def _seeded(self, seed: int | None) -> Iterator[None]:
        if seed is None:
            yield
            return
        variables = [variable for layer in self.layers for variable in layer.variables]
        states = [variable for variable in variables if variable.name == "seed_generator_state"]
        for number, state in enumerate(states):
            state.assign(np.array([seed % 2**32, number], dtype="uint32"))
        if not self._draws_from_python:  # whose generator other threads draw from too
            yield
            return
        before = random.getstate()
        random.seed(seed)
        try:
            yield
        finally:
            random.setstate(before)


def _of_keras(*names: str) -> tuple[type, ...]:
    """The classes of these names, as far as this version of Keras has them."""
    return tuple(getattr(keras.layers, name) for name in names if hasattr(keras.layers, name))
