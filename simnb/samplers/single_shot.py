"""Batches in which every example is a class of its own, for contrastive training."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simnb import check
from simnb.samplers.examples import Examples, as_source
from simnb.samplers.sampler import Augmenter, Sampler


class SingleShotMemorySampler(Sampler):
    """Batches of different examples, each labelled by its row in `x`.

    The augmenter makes the several views of an example that a loss then pulls together.

    Parameters
    ----------
    x : array [n, ...], memory map, HDF5 or zarr array, tensor or list of n examples
    augmenter : callable
        Called as `augmenter(x, y, num_augmentations_per_example, is_warmup)`.
    examples_per_batch : int
    num_augmentations_per_example : int, default 2
    steps_per_epoch : int, default 1000
    warmup : int, default 0
    seed : int, optional

    Raises
    ------
    ValueError
        x is empty or has fewer than `examples_per_batch` examples.

    Examples
    --------
    >>> def two_views(x, y, num_augmentations_per_example, is_warmup):
    ...     return np.concatenate([x, x + 0.1]), np.concatenate([y, y])
    >>> sampler = SingleShotMemorySampler(np.arange(10.0), two_views, examples_per_batch=3, seed=0)
    >>> x, y = sampler[0]
    >>> len(x), len(set(y.tolist()))
    (6, 3)
    """

    def __init__(
        self,
        x: Any,
        augmenter: Augmenter,
        examples_per_batch: int,
        num_augmentations_per_example: int = 2,
        steps_per_epoch: int = 1000,
        warmup: int = 0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            steps_per_epoch, augmenter, num_augmentations_per_example, warmup, seed, **kwargs
        )
        self.examples_per_batch = check.positive_integer("examples_per_batch", examples_per_batch)
        source = as_source(x)
        if self.examples_per_batch > len(source):
            raise ValueError(
                f"`examples_per_batch` must be at most the number of examples, {len(source)}. "
                f"Received: examples_per_batch={examples_per_batch}"
            )
        self._order = np.random.default_rng(self.seed).permutation(len(source))
        self.x = Examples(source, self._order)
        self.y = Examples(np.arange(len(source)), self._order)

    @property
    def num_examples(self) -> int:
        """Number of examples."""
        return len(self.x)

    @property
    def example_shape(self) -> tuple[int, ...]:
        """Shape of one example."""
        return self.x.example_shape

    def get_slice(self, begin: int = 0, size: int = -1) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return examples and their rows in `x`, `begin` to `begin + size` of the shuffled order; -1 is to the end."""
        part = slice(begin, None if size < 0 else begin + size)
        return np.asarray(self.x[part]), self.y[part]

    def draw(self, rng: np.random.Generator) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return different examples and their rows in `x`."""
        rows = rng.choice(len(self._order), self.examples_per_batch, replace=False)
        return self.x.gather(rows), rows
