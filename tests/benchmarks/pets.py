"""Pets at 160 px through EfficientNet-Lite0: embedding, its memory, and a head on kept features."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from inputs import PETS, pets, write_jpegs
from measure import in_fresh_process, interleaved, peak_rss, timer
from report import Line, bounded, faster, main, megabytes

from simnb import Indexer, features
from simnb.architectures import EfficientNetSim
from simnb.losses import MultiSimilarityLoss
from simnb.matchers import MatchMajorityVote
from simnb.models import SimilarityModel
from simnb.samplers import MultiShotMemorySampler

BATCH, DIM, LESSON_DIM = 64, 256, 512
CLASSES, EACH, STEPS, EPOCHS = 16, 8, 60, 5


def measure(chosen: Namespace) -> list[Line]:
    most = 1280 if chosen.quick else None
    images, labels = (part[:most] for part in pets(chosen.data_dir, "train"))
    others, their_labels = (part[:most] for part in pets(chosen.data_dir, "test"))
    return [
        *_throughput_lines(images[: 320 if chosen.quick else 1280], chosen.rounds),
        _memory_line(np.concatenate([images, others]), np.concatenate([labels, their_labels])),
        *_head_lines(images, labels, chosen.rounds),
        *_accuracy_lines(images, labels, others, their_labels),
    ]


def network(embedding_size: int = DIM) -> SimilarityModel:
    return EfficientNetSim((PETS, PETS, 3), embedding_size=embedding_size, variant="lite0")


def _throughput_lines(images: np.ndarray, rounds: int) -> list[Line]:
    model = network()
    times = interleaved(
        {
            "embed": timer(lambda: model.embed(images, batch_size=BATCH)),
            "predict": timer(lambda: model.predict(images, batch_size=BATCH, verbose=0)),
            "embed as it is": timer(lambda: model.embed(images)),
            "predict as it is": timer(lambda: model.predict(images, verbose=0)),
        },
        max(5, rounds),
    )
    what = f"lite0 on {len(images):,} pets of {PETS} px: `embed`"
    return [
        faster(f"{what}, batches of {BATCH}", times["embed"], times["predict"], "`predict`", 0.9),
        faster(
            f"{what}, its default batches",
            times["embed as it is"],
            times["predict as it is"],
            "`predict`, its default batches",
        ),
    ]


def _memory_line(images: np.ndarray, labels: np.ndarray) -> Line:
    """What four times as many images add to the memory, beside what they would take in it."""
    few, many = len(images) // 4, len(images)
    with TemporaryDirectory() as folder:
        write_jpegs(Path(folder), images, labels)
        small, large = (in_fresh_process(embedding_rise, folder, count) for count in (few, many))
    added = images[few:].nbytes
    return Line(
        f"lite0 embedding {many:,} JPEG files through `tf.data`: memory beyond the embeddings and what two batches take",
        f"{megabytes(large)} at peak",
        f"{megabytes(small)} for {few:,}; {megabytes(added)} the images more",
        f"{(large - small) / added:.3f}",
        "≤ 0.1 of the images more",
        large - small <= 0.1 * added,
    )


def embedding_rise(folder: str, count: int) -> int:
    """By how much embedding so many files raises the memory, without the embeddings."""
    paths = sorted(map(str, Path(folder).glob("*/*.jpg")))[:count]

    def decode(path: Any) -> Any:
        image = tf.io.decode_jpeg(tf.io.read_file(path), channels=3)
        return tf.ensure_shape(image, (PETS, PETS, 3))

    data = tf.data.Dataset.from_tensor_slices(paths).map(decode, 2).batch(BATCH).prefetch(2)
    model = network()
    model.embed(data.take(2))  # compiled, and with the network's own buffers
    embeddings, peak = peak_rss(lambda: model.embed(data))
    assert len(embeddings) == count
    return peak - embeddings.nbytes


def _head_lines(images: np.ndarray, labels: np.ndarray, rounds: int) -> list[Line]:
    backbone, _ = features.split(network())
    heads = [features.split(network())[1] for _ in range(rounds)]
    with TemporaryDirectory() as folder:

        def cached() -> np.ndarray:
            return features.cached(backbone, images, folder, verbose=0)

        computing = timer(cached)()
        reusing = [timer(cached)() for _ in range(rounds)]
        x = cached()
        training = [timer(lambda head=head: _train(head, x, labels))() for head in heads]
    what = f"lite0 features of {len(images):,} pets"
    steps = f"{EPOCHS} × {STEPS} steps of {CLASSES} × {EACH}"
    return [
        faster(f"{what}: found again", reusing, [computing] * rounds, "computing them"),
        bounded(f"head of {DIM} on {what}: {steps}, compilation included", training, 60.0),
    ]


def _accuracy_lines(
    images: np.ndarray, labels: np.ndarray, others: np.ndarray, their_labels: np.ndarray
) -> list[Line]:
    """Lesson 04's head: how many of the official test split it names, and the backbone alone."""
    keras.utils.set_random_seed(1)
    backbone, head = features.split(network(LESSON_DIM))
    with TemporaryDirectory() as folder:
        seen, mirrored, asked = (
            features.cached(backbone, x, folder, verbose=0)
            for x in (images, images[:, :, ::-1], others)
        )
        rate = keras.optimizers.schedules.CosineDecay(3e-4, decay_steps=600)
        head.compile(keras.optimizers.Adam(rate), loss=MultiSimilarityLoss(), distance="cosine")
        sampler = MultiShotMemorySampler(
            np.concatenate([seen, mirrored]),
            np.concatenate([labels, labels]),
            classes_per_batch=len(np.unique(labels)),
            examples_per_class_per_batch=8,
            steps_per_epoch=60,
            seed=0,
        )
        head.fit(sampler, epochs=10, verbose=0)
        frozen = _accuracies(seen, labels, asked, their_labels)
        trained = _accuracies(head.embed(seen), labels, head.embed(asked), their_labels)
    return [
        Line(
            f"head of lesson 04, {len(others):,} pets it was not trained on: right by {k} nearest",
            f"{100 * trained[k]:.1f} %",
            f"{100 * frozen[k]:.1f} % the backbone alone",
            target=f"≥ {100 * least:.0f} %",
            met=trained[k] >= max(least, frozen[k]),
        )
        for k, least in ((1, 0.80), (10, 0.84))
    ]


def _accuracies(
    known: np.ndarray, labels: np.ndarray, asked: np.ndarray, truth: np.ndarray
) -> dict[int, float]:
    index = Indexer(known.shape[1], distance="cosine")
    index.add(known, labels)
    found = index.query(asked, k=10)
    vote, _ = MatchMajorityVote().derive_match(found.labels, found.distances)
    return {1: float(np.mean(found.labels[:, 0] == truth)), 10: float(np.mean(vote == truth))}


def _train(head: SimilarityModel, x: np.ndarray, labels: np.ndarray) -> None:
    head.compile(keras.optimizers.Adam(1e-3), loss=MultiSimilarityLoss(), distance="cosine")
    sampler = MultiShotMemorySampler(
        x,
        labels,
        classes_per_batch=CLASSES,
        examples_per_class_per_batch=EACH,
        steps_per_epoch=STEPS,
        seed=0,
    )
    head.fit(sampler, epochs=EPOCHS, verbose=0)


if __name__ == "__main__":
    main(__doc__, measure)
