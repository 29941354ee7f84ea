"""Balanced batches from examples in memory, in an array on disk or in a list of paths."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simnb import check
from simnb.samplers.examples import Examples, Source, as_source
from simnb.samplers.sampler import Augmenter, Sampler
from simnb.samplers.select_examples import at_most, select_rows, wanted_classes


class MultiShotMemorySampler(Sampler):
    """Batches of exactly C classes with K different examples each.

    Works on row numbers: `x` is neither copied nor reordered, and a batch is one
    gather. Classes of fewer than K examples are drawn with replacement; a warning
    names them once.

    Parameters
    ----------
    x : array [n, ...], memory map, HDF5 or zarr array, tensor, or list of n examples or paths
        What is on disk stays there; a batch reads its own rows, in ascending order.
    y : integers or strings [n]
        Batches carry them as they are; strings as their place in `class_list`.
    load_example_fn : callable, optional
        Turns an entry of `x`, such as a path, into an example.
    classes_per_batch : int, default 2
    examples_per_class_per_batch : int, default 2
    steps_per_epoch : int, default 1000
    class_list : sequence of labels, optional
        Use only these classes.
    total_examples_per_class : int, optional
        Use at most this many examples of a class.
    augmenter : callable, optional
        As `Sampler`.
    warmup : int, default 0
    num_augmentations_per_example : int, default 1
    seed : int, optional
        Fixes the selection, its order and every batch.

    Attributes
    ----------
    x, y : views
        The selected examples and labels in one seeded, shuffled order.
    class_list : list
        The classes in use, sorted.

    Raises
    ------
    ValueError
        x and y of different length, x empty, labels that are neither integers nor
        strings, a class that is not there, fewer classes than `classes_per_batch`.

    Examples
    --------
    >>> x, y = np.arange(100), np.repeat(np.arange(10), 10)
    >>> sampler = MultiShotMemorySampler(x, y, classes_per_batch=3, seed=1)
    >>> batch_x, batch_y = sampler[0]
    >>> len(set(batch_x.tolist())), len(set(batch_y.tolist()))
    (6, 3)
    """

    def __init__(
        self,
        x: Any,
        y: Any,
        load_example_fn: Callable[[Any], Any] | None = None,
        classes_per_batch: int = 2,
        examples_per_class_per_batch: int = 2,
        steps_per_epoch: int = 1000,
        class_list: Sequence[Any] | None = None,
        total_examples_per_class: int | None = None,
        augmenter: Augmenter | None = None,
        warmup: int = 0,
        num_augmentations_per_example: int = 1,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            steps_per_epoch, augmenter, num_augmentations_per_example, warmup, seed, **kwargs
        )
        self.classes_per_batch = check.positive_integer("classes_per_batch", classes_per_batch)
        self.examples_per_class_per_batch = check.positive_integer(
            "examples_per_class_per_batch", examples_per_class_per_batch
        )
        if load_example_fn is not None and not callable(load_example_fn):
            raise ValueError(
                f"`load_example_fn` must be callable or None. Received: {load_example_fn!r}"
            )
        most = at_most("total_examples_per_class", total_examples_per_class)
        wanted = wanted_classes(class_list)
        # Reading may take hours: all that can be refused before is refused by now.
        x, y = self._read(x, y, wanted)
        source = as_source(x)
        labels = check.labels("y", y, len(source))
        if self.use_multiprocessing and isinstance(source, Source) and source.uses_tensorflow:
            raise ValueError(
                "`use_multiprocessing` must be False: TensorFlow reads these examples, on all cores, "
                "and hangs in a process that was forked. Received: use_multiprocessing=True"
            )
        order = select_rows(labels, wanted, most, np.random.default_rng(self.seed))
        self.x = Examples(source, order, load_example_fn)
        self.y = Examples(labels, order)
        classes, codes = np.unique(labels[order], return_inverse=True)
        self.class_list = classes.tolist()
        if len(classes) < self.classes_per_batch:
            raise ValueError(
                f"`classes_per_batch` must be at most the number of classes, {len(classes)}. "
                f"Received: classes_per_batch={classes_per_batch}"
            )
        self._labels = labels if labels.dtype.kind != "U" else np.searchsorted(classes, labels)
        # Rows grouped by class: class c has those from _starts[c] on, _counts[c] of them.
        self._members = order[np.argsort(codes, kind="stable")]
        self._counts = np.bincount(codes)
        self._starts = np.cumsum(self._counts) - self._counts
        self._warn_of_small_classes(classes)

    @property
    def num_examples(self) -> int:
        """Number of selected examples."""
        return len(self.x)

    @property
    def example_shape(self) -> tuple[int, ...]:
        """Shape of one example."""
        return self.x.example_shape

    def get_slice(self, begin: int = 0, size: int = -1) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return examples and labels `begin` to `begin + size` of the shuffled order; -1 is to the end."""
        part = slice(begin, None if size < 0 else begin + size)
        return np.asarray(self.x[part]), self.y[part]

    def draw(self, rng: np.random.Generator) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return C × K examples, class by class, and their labels."""
        rows = self._draw_rows(rng)
        return self.x.gather(rows), self._labels[rows]

    def labels_of(self, y: NDArray[Any]) -> NDArray[Any]:
        """Return the labels that the y of a batch stand for: losses take no strings."""
        return np.array(self.class_list)[y] if isinstance(self.class_list[0], str) else y

    def _read(self, x: Any, y: Any, wanted: NDArray[Any] | None) -> tuple[Any, Any]:
        """Return the examples and their labels; those of classes not wanted may be left out."""
        return x, y

    def _draw_rows(self, rng: np.random.Generator) -> NDArray[np.int64]:
        classes = len(self._counts)
        if self.classes_per_batch == classes:
            chosen = rng.permutation(classes)
        else:
            chosen = rng.choice(classes, self.classes_per_batch, replace=False)
        counts, k = self._counts[chosen], self.examples_per_class_per_batch
        places = (rng.random((len(chosen), k)) * counts[:, None]).astype(np.int64)
        # Draws that came out all different are a fair draw without replacement as they
        # are; only the classes with a repeat are drawn again.
        ascending = np.sort(places, axis=1)
        same = ascending[:, 1:] == ascending[:, :-1]
        if same.any():
            for row in np.flatnonzero(same.any(axis=1) & (counts >= k)):
                places[row] = rng.choice(counts[row], k, replace=False)
        return self._members[(places + self._starts[chosen][:, None]).ravel()]

    def _warn_of_small_classes(self, classes: NDArray[Any]) -> None:
        small = classes[self._counts < self.examples_per_class_per_batch]
        if len(small) == 0:
            return
        shown = ", ".join(repr(label) for label in small[:10].tolist()) + (
            ", …" if len(small) > 10 else ""
        )
        warn_the_caller(
            f"{len(small)} of {len(classes)} classes have fewer than {self.examples_per_class_per_batch} examples "
            f"(examples_per_class_per_batch) and are drawn with replacement: {shown}. "
            "To leave them out, name the others in `class_list`."
        )


def warn_the_caller(message: str) -> None:
    """Warn at the line outside of simnb that led here, through however many of its classes."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_globals["__name__"].startswith("simnb."):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, stacklevel=level)
