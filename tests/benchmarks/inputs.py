"""What the benchmarks run on: 60,000 MNIST images, pets, embeddings, the hello-world model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

IMAGES = 60_000
CLASSES = 10
DIM = 64
PETS = 160  # pixels of a side


def mnist(data_dir: str | None) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return 60,000 MNIST images; a smaller sample is repeated to that number, and a line says so.

    A benchmark downloads nothing: prepare the data set with tensorflow_datasets to use all of it.
    """
    from simnb import datasets

    x, y = datasets.load("mnist", data_dir=data_dir, download=False)
    if len(x) < IMAGES:
        print(f"mnist: the {len(x):,} digits are repeated to {IMAGES:,} rows")
    rows = np.arange(IMAGES) % len(x)
    return x[rows], y[rows]


def pets(
    data_dir: str | None, splits: str | Sequence[str] = "train"
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the Oxford pets at 160 px; where they are not, drawn images, and a line says so."""
    from simnb import datasets

    if datasets.find("oxford_iiit_pet", data_dir) is not None:
        return datasets.load(
            "oxford_iiit_pet", splits, data_dir, download=False, image_size=(PETS, PETS)
        )
    print("oxford_iiit_pet is not there: drawn images take its place")
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (2000, 40, 40, 3), np.uint8)
    smooth = (
        Image.fromarray(image).resize((PETS, PETS), Image.Resampling.BICUBIC) for image in coarse
    )
    return np.stack([np.asarray(image) for image in smooth]), np.arange(2000) % 37


def write_jpegs(folder: Path, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> None:
    """Write one folder a class of JPEG files."""
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        place = folder / f"{label:02d}"
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(place / f"{number}.jpg", quality=80)


def embeddings(count: int, seed: int = 0) -> NDArray[np.float32]:
    """Return unit vectors in a thousand clusters, as a trained model makes them.

    A graph's speed depends on the data: on plain noise, which has no near neighbours,
    it would have to visit a large part of its nodes.
    """
    return clustered(count, seed)[0]


def clustered(
    count: int, seed: int = 0, spread: float | NDArray[np.float64] = 0.5
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the vectors of `embeddings` and, as their labels, the clusters they are from.

    A point's nearest neighbours are of its own cluster; from a spread [count, 1] of about
    1 on some are not, the more of them the farther off.
    """
    rng = np.random.default_rng(0)  # the same clusters whatever the seed of the points
    centers = rng.normal(size=(1000, DIM))
    rng = np.random.default_rng(seed + 1)
    clusters = rng.integers(len(centers), size=count)
    points = centers[clusters]
    points += spread * rng.normal(size=points.shape)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    return points.astype(np.float32), clusters


def overlapping(count: int, dim: int = DIM) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return points of ten classes whose clouds lie partly over each other, and their classes."""
    rng = np.random.default_rng(0)
    labels = np.arange(count) % CLASSES
    spread = 0.7 if dim == DIM else 2.0  # a picture alike, of two dimensions or of many
    points = spread * rng.normal(size=(CLASSES, dim))[labels]
    points += rng.normal(size=points.shape)
    return points.astype(np.float32), labels


def hello_world_model() -> Any:
    """Return the model of the hello world, not compiled."""
    import keras

    from simnb.layers import MetricEmbedding
    from simnb.models import SimilarityModel

    inputs = keras.Input((28, 28, 1))
    hidden = keras.layers.Rescaling(1 / 255)(inputs)
    hidden = keras.layers.Conv2D(64, 3, activation="relu")(hidden)
    hidden = keras.layers.Flatten()(hidden)
    hidden = keras.layers.Dense(64, activation="relu")(hidden)
    return SimilarityModel(inputs, MetricEmbedding(DIM)(hidden))
