"""Balanced batches from a data set of the TensorFlow Datasets catalog."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from simnb import datasets
from simnb.samplers.memory_samplers import MultiShotMemorySampler
from simnb.samplers.sampler import Augmenter


class TFDatasetMultiShotMemorySampler(MultiShotMemorySampler):
    """`MultiShotMemorySampler` over a data set that it loads by name.

    Parameters
    ----------
    dataset_name : str
        As in `tfds.load`: `"mnist"`, `"cifar10"`, …
    classes_per_batch : int, default 2
    x_key, y_key : str, default "image" and "label"
        The features to use.
    splits : sequence of str, default ("train", "test")
        Their examples are put together.
    examples_per_class_per_batch, steps_per_epoch, class_list, total_examples_per_class,
    augmenter, warmup, num_augmentations_per_example, seed :
        As `MultiShotMemorySampler`.
    preprocess_fn : callable, optional
        Called once with all x and y; returns the x and y to sample from.
    data_dir : path, optional
        Where data sets are; see `simnb.datasets.load` for where else is looked.
    """

    def __init__(
        self,
        dataset_name: str,
        classes_per_batch: int = 2,
        x_key: str = "image",
        y_key: str = "label",
        splits: str | Sequence[str] = ("train", "test"),
        examples_per_class_per_batch: int = 2,
        steps_per_epoch: int = 1000,
        class_list: Sequence[Any] | None = None,
        total_examples_per_class: int | None = None,
        preprocess_fn: Callable[[Any, Any], tuple[Any, Any]] | None = None,
        augmenter: Augmenter | None = None,
        warmup: int = 0,
        num_augmentations_per_example: int = 1,
        seed: int | None = None,
        data_dir: str | os.PathLike[str] | None = None,
        **kwargs: Any,
    ) -> None:
        x, y = datasets.load(dataset_name, splits, data_dir=data_dir, x_key=x_key, y_key=y_key)
        if preprocess_fn is not None:
            x, y = preprocess_fn(x, y)
        super().__init__(
            x,
            y,
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
