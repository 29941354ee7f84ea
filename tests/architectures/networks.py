"""One small model of every architecture, what trains it, and photographs that packages carry."""

from pathlib import Path

import keras
import matplotlib
import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_image

from simnb.architectures import (
    EfficientNetSim,
    ResNet18Im,
    ResNet18Sim,
    ResNet50Sim,
    from_backbone,
)
from simnb.losses import MultiSimilarityLoss
from simnb.samplers import MultiShotMemorySampler
from tests.backend import NAME, to_numpy

SHAPE = (32, 64, 3)
IMAGES = np.random.default_rng(0).integers(0, 256, (24, *SHAPE), np.uint8)
LABELS = np.arange(24) % 4


def own(**arguments):
    """A backbone of one's own, with batch norm and dropout."""
    inputs = keras.Input(SHAPE)
    x = keras.layers.Rescaling(1 / 255)(inputs)
    for number, channels in enumerate((8, 16)):
        x = keras.layers.Conv2D(channels, 3, 2, name=f"conv{number}")(x)
        x = keras.layers.BatchNormalization(name=f"bn{number}")(x)
        x = keras.layers.ReLU(name=f"relu{number}")(x)
        x = keras.layers.Dropout(0.5, name=f"dropout{number}")(x)
    return from_backbone(keras.Model(inputs, x, name="own"), **arguments)


# By name: how to make one, its backbone's name, and the channels of its features.
NETWORKS = {
    "lite0": (
        lambda **own: EfficientNetSim(SHAPE, variant="lite0", **own),
        "efficientnet_lite0",
        1280,
    ),
    "b0": (
        lambda **own: EfficientNetSim(SHAPE, variant="B0", weights=None, **own),
        "efficientnetb0",
        1280,
    ),
    "resnet50": (lambda **own: ResNet50Sim(SHAPE, weights=None, **own), "resnet50", 2048),
    "resnet18": (lambda **own: ResNet18Sim(SHAPE, **own), "resnet18", 512),
    "resnet18_im": (lambda **own: ResNet18Im(SHAPE, **own), "resnet18_im", 512),
    "own": (own, "own", 16),
}


def photographs(size=224):
    """Three photographs, the square in their middle: a portrait in uniform, a palace, a dahlia."""
    portrait = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    images = [
        Image.open(portrait).convert("RGB"),
        *(Image.fromarray(load_sample_image(name)) for name in ("china.jpg", "flower.jpg")),
    ]
    return np.stack([np.asarray(_square(image, size)) for image in images])


def _square(image, size):
    side = min(image.size)
    left, top = ((length - side) // 2 for length in image.size)
    whole = image.crop((left, top, left + side, top + side))
    return whole.resize((size, size), Image.Resampling.BICUBIC)


def new(name, **arguments):
    keras.utils.set_random_seed(0)
    return NETWORKS[name][0](**{"embedding_size": 16, **arguments})


def fit(model, steps=2):
    # A graph takes longer to build than these few steps.
    eager = {"jit_compile": False, "run_eagerly": NAME == "tensorflow"}
    model.compile(keras.optimizers.Adam(1e-3), loss=MultiSimilarityLoss(), **eager)
    sampler = MultiShotMemorySampler(
        IMAGES,
        LABELS,
        classes_per_batch=4,
        examples_per_class_per_batch=3,
        steps_per_epoch=steps,
        seed=0,
    )
    return model.fit(sampler, verbose=0)


def values(layer):
    return [to_numpy(weight) for weight in layer.weights]


def statistics(backbone):
    """The moving mean and variance of every batch norm."""
    return [to_numpy(weight) for layer in batch_norms(backbone) for weight in layer.weights[2:]]


def moved(before, after):
    return [not np.array_equal(a, b) for a, b in zip(before, after, strict=True)]


def batch_norms(backbone):
    return [
        layer for layer in backbone.layers if isinstance(layer, keras.layers.BatchNormalization)
    ]
