"""Samplers: batches of known classes with known numbers of examples, for `fit`."""

from simnb.samplers.file_samplers import MultiShotFileSampler
from simnb.samplers.files import files_by_folder
from simnb.samplers.images import check_images, load_image
from simnb.samplers.memory_samplers import MultiShotMemorySampler
from simnb.samplers.sampler import Sampler
from simnb.samplers.select_examples import select_examples
from simnb.samplers.single_shot import SingleShotMemorySampler
from simnb.samplers.tfdata_sampler import TFDataSampler
from simnb.samplers.tfdataset_samplers import TFDatasetMultiShotMemorySampler
from simnb.samplers.tfrecord_samplers import TFRecordDatasetSampler
from simnb.samplers.tfrecords import write_tfrecords

__all__ = [
    "MultiShotFileSampler",
    "MultiShotMemorySampler",
    "Sampler",
    "SingleShotMemorySampler",
    "TFDataSampler",
    "TFDatasetMultiShotMemorySampler",
    "TFRecordDatasetSampler",
    "check_images",
    "files_by_folder",
    "load_image",
    "select_examples",
    "write_tfrecords",
]
