"""Augmenters: views of the examples in a sampler's batch."""

from simnb.augmenters.augmenter import Augmenter
from simnb.augmenters.layer_augmenter import LayerAugmenter

__all__ = ["Augmenter", "LayerAugmenter"]
