"""CIFAR-10 for the tests that need photographs: the real one where it is, else a drawn one.

The drawn one has the form of the real one: 32 × 32 colour images of ten classes in a data
set of TensorFlow Datasets, made here. What runs on it can only show what holds for any data.
"""

import os
import tempfile
from pathlib import Path

import numpy as np

BESIDE = Path(__file__).parents[2] / "shared/data/tensorflow_datasets"
TRAIN, TEST = 2000, 1500
_FOLDER = tempfile.TemporaryDirectory(prefix="simnb-photographs-")  # gone with the session


def provide():
    """Let `simnb.datasets` find CIFAR-10 in this session, and in the kernels it starts.

    Returns what the photographs are: "real" or "drawn".
    """
    from simnb import datasets

    if datasets.find("cifar10") is not None:
        return "real"
    folder = Path(_FOLDER.name)
    os.environ["TFDS_DATA_DIR"] = str(folder)
    if (BESIDE / "cifar10").is_dir():
        (folder / "cifar10").symlink_to(BESIDE / "cifar10")  # and no other data set
        return "real"
    draw(folder)
    return "drawn"


def draw(folder):
    """Write a data set named cifar10 of drawn images: a class has a colour and a shape."""
    import tensorflow as tf
    import tensorflow_datasets as tfds

    rng = np.random.default_rng(0)
    labels = np.arange(TRAIN + TEST) % 10
    images = np.stack([_image(label, rng) for label in labels])
    parts = {"train": slice(0, TRAIN), "test": slice(TRAIN, None)}
    tfds.dataset_builders.store_as_tfds_dataset(
        name="cifar10",
        version="3.0.2",
        features=tfds.features.FeaturesDict(
            {
                "image": tfds.features.Image(shape=(32, 32, 3)),
                "label": tfds.features.ClassLabel(num_classes=10),
            }
        ),
        split_datasets={
            name: tf.data.Dataset.from_tensor_slices(
                {"image": images[rows], "label": labels[rows].astype(np.int64)}
            )
            for name, rows in parts.items()
        },
        data_dir=str(folder),
        config="default",
        disable_shuffling=True,
    )


def _image(label, rng):
    y, x = np.mgrid[:32, :32] - rng.uniform(10, 22, size=(2, 1, 1))
    shape = np.hypot(x, y) < 9 if label % 2 else np.maximum(abs(x), abs(y)) < 8
    color = np.array([np.cos(label), np.sin(label), np.cos(2 * label)]) * 60 + 128
    image = rng.normal(100, 30, size=(32, 32, 3))
    image[shape] = color + rng.normal(0, 30, size=(shape.sum(), 3))
    return image.clip(0, 255).astype(np.uint8)
