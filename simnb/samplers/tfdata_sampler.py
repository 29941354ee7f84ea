"""Balanced batches from any `tf.data.Dataset` that ends."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from numpy.typing import NDArray

from simnb.samplers.dataset_rows import read_dataset
from simnb.samplers.memory_samplers import MultiShotMemorySampler
from simnb.samplers.sampler import Augmenter


class TFDataSampler(MultiShotMemorySampler):
    """Batches of exactly C classes with K different examples each, of a `tf.data.Dataset`.

    The dataset is read once, from beginning to end; its examples are then kept, once,
    in memory or on disk, and batches are drawn from all of them. Later changes of what
    the dataset reads are not seen. For a seed to fix the batches, the dataset has to yield
    its examples in the same order each time: no shuffle without a seed.

    Parameters
    ----------
    ds : tf.data.Dataset
        Of single examples (x, label), not batches; it ends, its size need not be known.
        x is one tensor; the label is an integer or a string.
    classes_per_batch, examples_per_class_per_batch, steps_per_epoch, total_examples_per_class,
    augmenter, warmup, num_augmentations_per_example, seed :
        As `MultiShotMemorySampler`.
    class_list : sequence of labels, optional
        Use only these classes; others are not kept.
    load_fn : callable, optional
        Of TensorFlow operations: makes an example of an x, such as an image of its path
        or of its encoded bytes, when a batch asks for it, on all cores.
    label_output : int or str, optional
        Where the label is in a y that is a tuple or a dict.
    cache : path, optional
        A folder on a disk with room for all examples, which then are not kept in memory.
        The file in it is the sampler's alone, and goes with it.

    Attributes
    ----------
    x, y : views
        The selected examples and labels in one seeded, shuffled order.
    class_list : list
        The classes in use, sorted.

    Raises
    ------
    ValueError
        The dataset is endless, empty, of batches or of another form; and as
        `MultiShotMemorySampler`.
    OSError
        The disk of `cache` is full; nothing is left behind.
    """

    def __init__(
        self,
        ds: Any,
        classes_per_batch: int = 2,
        examples_per_class_per_batch: int = 2,
        class_list: Sequence[Any] | None = None,
        total_examples_per_class: int | None = None,
        augmenter: Augmenter | None = None,
        load_fn: Callable[[Any], Any] | None = None,
        warmup: int = 0,
        label_output: int | str | None = None,
        steps_per_epoch: int = 1000,
        num_augmentations_per_example: int = 1,
        seed: int | None = None,
        cache: str | os.PathLike[str] | None = None,
        **kwargs: Any,
    ) -> None:
        if load_fn is not None and not callable(load_fn):
            raise ValueError(f"`load_fn` must be callable or None. Received: {load_fn!r}")
        self._how: dict[str, Any] = {"label_output": label_output, "load": load_fn, "cache": cache}
        super().__init__(
            ds,
            None,
            classes_per_batch=classes_per_batch,
            examples_per_class_per_batch=examples_per_class_per_batch,
            steps_per_epoch=steps_per_epoch,
            class_list=class_list,
            total_examples_per_class=total_examples_per_class,
            augmenter=augmenter,
            warmup=warmup,
            num_augmentations_per_example=num_augmentations_per_example,
            seed=seed,
            **kwargs,
        )

    def _read(self, x: Any, y: Any, wanted: NDArray[Any] | None) -> tuple[Any, Any]:
        return read_dataset(x, wanted=wanted, **self._how)
