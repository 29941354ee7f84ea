"""The base of augmenters: what a sampler calls with each of its batches."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from typing import Any


class Augmenter(ABC):
    """Makes of a batch the batch that training gets. A subclass implements `augment`.

    A sampler takes any callable of this form; it, and `augment`, may do without `seed`.
    """

    @abstractmethod
    def augment(
        self,
        x: Any,
        y: Any,
        num_augmentations_per_example: int,
        is_warmup: bool,
        seed: int | None = None,
    ) -> tuple[Any, Any]:
        """Return the x and y of the augmented batch.

        Parameters
        ----------
        x : array [n, ...]
        y : array [n]
        num_augmentations_per_example : int
        is_warmup : bool
            Whether the sampler is in one of its first `warmup` epochs.
        seed : int, optional
            From which to take all chance: a sampler's, the same for the same batch.
        """

    def __call__(
        self,
        x: Any,
        y: Any,
        num_augmentations_per_example: int,
        is_warmup: bool,
        seed: int | None = None,
    ) -> tuple[Any, Any]:
        """Return the x and y of the augmented batch, as `augment`."""
        chance = {"seed": seed} if "seed" in inspect.signature(self.augment).parameters else {}
        return self.augment(x, y, num_augmentations_per_example, is_warmup, **chance)
