"""Balanced batches from TFRecord files."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simnb import check
from simnb.samplers.memory_samplers import MultiShotMemorySampler
from simnb.samplers.records import Records
from simnb.samplers.sampler import Augmenter


class TFRecordDatasetSampler(MultiShotMemorySampler):
    """Batches of exactly C classes with K different examples each, read from TFRecord files.

    The files are read through once, to check them and for the labels; a batch then reads
    its own records, wherever they lie, and deserializes them on all cores. So batches are
    balanced however the classes are spread over the files; what cannot be balanced is
    refused.

    Parameters
    ----------
    shard_path : path
        The folder of the files, on a disk of this machine.
    deserialization_fn : callable, optional
        Of TensorFlow operations, from a serialized record to an example, all of one shape,
        and its label, an integer or a string. Default: reads what `write_tfrecords` wrote.
    example_per_class : int, default 2
    batch_size : int, default 32
        A multiple of `example_per_class`, which makes the number of classes in a batch.
    shards_per_cycle, parallelism, async_cycle, prefetch_size, num_repeat : optional
        Of TensorFlow Similarity, and without effect: every batch is drawn from all files.
    compression : None
        Records in compressed files cannot be reached one by one: others are refused.
    shard_suffix : str, default "*.tfrec"
        Pattern of the files' names.
    steps_per_epoch, class_list, total_examples_per_class, augmenter, warmup,
    num_augmentations_per_example, seed :
        As `MultiShotMemorySampler`.

    Attributes
    ----------
    x, y : views
        The selected examples and labels in one seeded, shuffled order.
    class_list : list
        The classes in use, sorted.

    Raises
    ------
    ValueError
        No files, or files that are damaged, cut short, compressed or of another schema, by
        name; a `batch_size` that is no multiple of `example_per_class`, or needs more classes
        than there are.
    """

    def __init__(
        self,
        shard_path: str | os.PathLike[str],
        deserialization_fn: Callable[[Any], tuple[Any, Any]] | None = None,
        example_per_class: int = 2,
        batch_size: int = 32,
        shards_per_cycle: int | None = None,
        compression: str | None = None,
        parallelism: int | None = None,
        async_cycle: bool = False,
        prefetch_size: int | None = None,
        shard_suffix: str = "*.tfrec",
        num_repeat: int = -1,
        steps_per_epoch: int = 1000,
        class_list: Sequence[Any] | None = None,
        total_examples_per_class: int | None = None,
        augmenter: Augmenter | None = None,
        warmup: int = 0,
        num_augmentations_per_example: int = 1,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        each = check.positive_integer("example_per_class", example_per_class)
        size = check.positive_integer("batch_size", batch_size)
        if size % each:
            raise ValueError(
                f"`batch_size` must be a multiple of `example_per_class`, {each}. "
                f"Received: batch_size={batch_size}"
            )
        if compression:
            raise ValueError(
                "`compression` must be None: write the records anew without it. "
                f"Received: compression={compression!r}"
            )
        if deserialization_fn is not None and not callable(deserialization_fn):
            raise ValueError(
                f"`deserialization_fn` must be callable or None. Received: {deserialization_fn!r}"
            )
        self._deserialization_fn = deserialization_fn
        super().__init__(
            _shards(shard_path, shard_suffix),
            None,
            classes_per_batch=size // each,
            examples_per_class_per_batch=each,
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
        records = Records(x, self._deserialization_fn)
        classes = len(np.unique(records.labels if wanted is None else wanted))
        each = self.examples_per_class_per_batch
        if self.classes_per_batch > classes:
            raise ValueError(
                f"`batch_size` must be at most `example_per_class` for each of {classes} classes, "
                f"{each * classes}. Received: batch_size={each * self.classes_per_batch}"
            )
        return records, records.labels


def _shards(folder: str | os.PathLike[str], pattern: str) -> list[str]:
    # A folder's name may hold what is special in a pattern.
    paths = glob.glob(os.path.join(glob.escape(os.fspath(folder)), pattern))
    found = sorted(path for path in paths if os.path.isfile(path))
    if not found:
        raise ValueError(
            f"`shard_path` must be a folder with files named {pattern!r} (`shard_suffix`). "
            f"Received: shard_path={os.fspath(folder)!r}"
        )
    return found
