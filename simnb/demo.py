"""`simnb demo`: train, index and look up on real MNIST, in about a minute."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

STEPS = 400
INDEXED_PER_CLASS = 20
REQUIRED_ACCURACY = 0.93


def run(data_dir: str | None = None, folder: str | os.PathLike[str] = ".", seed: int = 0) -> int:
    """Run the demo; return 0, or 1 when the accuracy is below 0.93.

    Parameters
    ----------
    data_dir : path, optional
        Where TensorFlow Datasets keeps its data sets.
    folder : path, default "."
        Where `neighbors.png` is written.
    seed : int, default 0
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    Path(folder).mkdir(parents=True, exist_ok=True)  # a bad folder is known before the training
    print("Loading Keras and the digits …", flush=True)
    import keras

    from simnb.indexer import Indexer

    keras.utils.set_random_seed(seed)
    (train_x, train_y), (index_x, index_y), (test_x, test_y) = _split(*_digits(data_dir), seed)
    print(
        f"{len(train_y):,} digits to train on, {len(index_y)} of them indexed, {len(test_y):,} others to look up.\n"
    )

    model = _train(train_x, train_y, seed)
    model.index(index_x, index_y, data=index_x, verbose=0)
    lookups = model.lookup(test_x, k=5, verbose=0)
    accuracy = _accuracy(lookups, test_y)
    pixels = Indexer(28 * 28, distance="euclidean")
    pixels.add(index_x.reshape(len(index_x), -1), index_y)
    pixel_accuracy = _accuracy(pixels.query(test_x.reshape(len(test_x), -1), k=1), test_y)

    print("\nFive digits the model has never seen, and their nearest neighbours in the index")
    print("  digit   neighbour (distance)")
    for query in range(5):
        found = "   ".join(
            f"{neighbor.label} ({neighbor.distance:.4f})" for neighbor in lookups[query]
        )
        print(f"  {test_y[query]}       {found}")
    print(f"\n1-NN accuracy on {len(test_y):,} digits that are in neither training nor index:")
    print(f"  embeddings   {accuracy:.3f}")
    print(f"  raw pixels   {pixel_accuracy:.3f}")
    print(f"\nPicture: {_picture(test_x[0], test_y[0], lookups[0], Path(folder))}")
    if accuracy < REQUIRED_ACCURACY:
        print(
            f"The accuracy should be at least {REQUIRED_ACCURACY}. Run `simnb check` and report both outputs."
        )
        return 1
    return 0


def _digits(data_dir: str | None) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """All of MNIST if it is on disk, else the sample; the network only if there is neither."""
    from simnb import datasets

    try:
        return datasets.load("mnist", data_dir=data_dir, download=False)
    except FileNotFoundError:
        return datasets.load("mnist", data_dir=data_dir)


def _split(
    x: NDArray[Any], y: NDArray[Any], seed: int
) -> tuple[tuple[NDArray[Any], NDArray[Any]], ...]:
    """Training digits, those of them that are indexed, and at most 2,000 others, all shuffled."""
    order = np.random.default_rng(seed).permutation(len(y))
    held_out = min(2000, len(y) // 5)
    test, train = order[:held_out], order[held_out:]
    indexed = np.concatenate(
        [train[y[train] == digit][:INDEXED_PER_CLASS] for digit in np.unique(y)]
    )
    return (x[train], y[train]), (x[indexed], y[indexed]), (x[test], y[test])


def _train(x: NDArray[Any], y: NDArray[Any], seed: int) -> Any:
    import keras
    from keras import layers

    from simnb.layers import MetricEmbedding
    from simnb.losses import MultiSimilarityLoss
    from simnb.models import SimilarityModel
    from simnb.samplers import MultiShotMemorySampler

    sampler = MultiShotMemorySampler(
        x, y, classes_per_batch=10, examples_per_class_per_batch=8, steps_per_epoch=STEPS, seed=seed
    )
    inputs = keras.Input((28, 28, 1))
    hidden = layers.Rescaling(1 / 255)(inputs)
    hidden = layers.Conv2D(64, 3, activation="relu")(hidden)
    hidden = layers.Flatten()(hidden)
    hidden = layers.Dense(64, activation="relu")(hidden)
    model = SimilarityModel(inputs, MetricEmbedding(64)(hidden))
    model.compile("adam", loss=MultiSimilarityLoss())
    model.fit(sampler, epochs=1)
    return model


def _accuracy(lookups: Any, truth: NDArray[Any]) -> float:
    return float(np.mean(lookups.labels[:, 0] == truth))


def _picture(image: NDArray[Any], label: Any, neighbors: Any, folder: Path) -> Path:
    from simnb.visualization import viz_neighbors_imgs

    path = (folder / "neighbors.png").resolve()
    figure = viz_neighbors_imgs(
        image, label, neighbors, fig_size=(12, 2.4), cmap="gray", show=False
    )
    figure.savefig(path, dpi=120)
    return path
