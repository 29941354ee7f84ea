"""Samplers: batches of known classes with known numbers of examples, for `fit`."""

from simnb.samplers.memory_samplers import MultiShotMemorySampler
from simnb.samplers.sampler import Sampler
from simnb.samplers.select_examples import select_examples
from simnb.samplers.single_shot import SingleShotMemorySampler
from simnb.samplers.tfdataset_samplers import TFDatasetMultiShotMemorySampler

__all__ = [
    "MultiShotMemorySampler",
    "Sampler",
    "SingleShotMemorySampler",
    "TFDatasetMultiShotMemorySampler",
    "select_examples",
]
