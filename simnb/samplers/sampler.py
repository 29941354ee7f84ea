"""The base of samplers: batches that depend on seed, epoch and step, and on nothing else."""

from __future__ import annotations

import inspect
import random
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from simnb import check

Augmenter = Callable[..., tuple[Any, Any]]


class Sampler(keras.utils.PyDataset, ABC):
    """A Keras dataset whose batch i of epoch e is a function of (seed, e, i).

    No batch changes what another one will be, so any number of workers, and reading
    ahead, give the same batches. A subclass implements `draw`.

    Parameters
    ----------
    steps_per_epoch : int, default 1000
    augmenter : callable, optional
        Called as `augmenter(x, y, num_augmentations_per_example, is_warmup)`; returns
        the x and y that the batch then has. If it has a parameter `seed`, that is given
        too: a number for this batch, from which it can take all chance.
    num_augmentations_per_example : int, default 1
        Passed to the augmenter.
    warmup : int, default 0
        Number of first epochs in which the augmenter is told `is_warmup=True`.
    seed : int, optional
        Default: drawn from Python's `random`, which `keras.utils.set_random_seed` sets.
    """

    def __init__(
        self,
        steps_per_epoch: int = 1000,
        augmenter: Augmenter | None = None,
        num_augmentations_per_example: int = 1,
        warmup: int = 0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.steps_per_epoch = check.positive_integer("steps_per_epoch", steps_per_epoch)
        if augmenter is not None and not callable(augmenter):
            raise ValueError(f"`augmenter` must be callable or None. Received: {augmenter!r}")
        self.augmenter = augmenter
        self._seeds_augmenter = augmenter is not None and _takes_seed(augmenter)
        self.num_augmentations_per_example = check.positive_integer(
            "num_augmentations_per_example", num_augmentations_per_example
        )
        self.warmup = max(0, int(warmup))  # tfsim's -1 means none as well
        self.seed = random.getrandbits(32) if seed is None else check.seed("seed", seed)
        self.epoch = 0
        self._key = np.random.SeedSequence(self.seed).generate_state(2, np.uint64)

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return x and y of a batch, with all chance taken from `rng`."""

    def generate_batch(self, batch_id: int, epoch: int | None = None) -> tuple[Any, Any]:
        """Return x and y of batch `batch_id` of an epoch, by default the one under way."""
        epoch = self.epoch if epoch is None else epoch
        # A counter-based generator: any (epoch, batch) at the same small cost.
        bits = np.random.Philox(key=self._key, counter=[0, 0, batch_id, epoch])
        rng = np.random.Generator(bits)
        x, y = self.draw(rng)
        if self.augmenter is not None:
            seed = {"seed": int(rng.integers(2**31))} if self._seeds_augmenter else {}
            number, is_warmup = self.num_augmentations_per_example, epoch < self.warmup
            x, y = self.augmenter(x, y, number, is_warmup, **seed)
        return x, y

    def labels_of(self, y: NDArray[Any]) -> NDArray[Any]:
        """Return the labels that the y of a batch stand for; integers stand for themselves."""
        return y

    def __len__(self) -> int:
        return self.steps_per_epoch

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        return self.generate_batch(index)

    def on_epoch_end(self) -> None:
        """Go on to the next epoch's batches; Keras calls this."""
        self.epoch += 1


def _takes_seed(augmenter: Augmenter) -> bool:
    try:
        return "seed" in inspect.signature(augmenter).parameters
    except (TypeError, ValueError):  # a callable that does not tell
        return False


class EpochBatches(keras.utils.PyDataset):
    """A sampler's batches as `SimilarityModel.fit` feeds them: numbered steps of one epoch.

    Parameters
    ----------
    sampler : Sampler
    steps : int
        Steps of an epoch, more or fewer than the sampler's own.
    epoch : int, default 0
        Whose batches; `EpochCounter` moves it on.
    """

    def __init__(self, sampler: Sampler, steps: int, epoch: int = 0) -> None:
        super().__init__(
            workers=sampler.workers,
            use_multiprocessing=sampler.use_multiprocessing,
            max_queue_size=sampler.max_queue_size,
        )
        self.sampler = sampler
        self.epoch = epoch
        self._steps = steps

    def labels_of(self, y: NDArray[Any]) -> NDArray[Any]:
        """Return the labels that the y of a batch stand for."""
        return self.sampler.labels_of(y)

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        return self.sampler.generate_batch(index, self.epoch)


class EpochCounter(keras.callbacks.Callback):
    """Moves a sampler's batches from epoch to epoch during `fit`.

    Keras's own `on_epoch_end` of a dataset also runs before the first epoch.
    """

    def __init__(self, batches: EpochBatches, initial_epoch: int) -> None:
        super().__init__()
        self._batches = batches
        self._offset = batches.epoch - initial_epoch

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Serve this epoch's batches."""
        self._batches.epoch = epoch + self._offset

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Let a further `fit` go on with the next epoch."""
        self._batches.sampler.epoch = epoch + self._offset + 1
