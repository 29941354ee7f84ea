"""Samplers of files and of TFRecords against bare `tf.data`; `TFDataSampler`'s start-up and memory."""

from __future__ import annotations

from argparse import Namespace
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
import tensorflow as tf
from inputs import pets, write_jpegs
from measure import Timer, in_fresh_process, interleaved, peak_rss, timer
from report import Line, bounded, main, megabytes, within

from simnb.samplers import (
    MultiShotFileSampler,
    TFDataSampler,
    TFRecordDatasetSampler,
    files_by_folder,
    write_tfrecords,
)

CLASSES, EACH = 16, 4
BATCH = CLASSES * EACH
EXAMPLES, MANY_CLASSES = 100_000, 1_000
SHAPE = (32, 32, 3)


def measure(chosen: Namespace) -> list[Line]:
    steps = 40 if chosen.quick else 120  # new threads are favoured at first: a second is fairer
    with TemporaryDirectory() as folder:
        write_jpegs(Path(folder) / "files", *pets(chosen.data_dir))
        paths, labels = files_by_folder(Path(folder) / "files")
        shards = write_tfrecords(paths, labels, Path(folder) / "records")
        lines = [
            _file_line(paths, labels, steps, chosen.rounds),
            _record_line(shards, steps, chosen.rounds),
        ]
    return [*lines, *_start_lines(chosen.rounds)]


def _file_line(paths: list[str], labels: list[str], steps: int, rounds: int) -> Line:
    sampler = MultiShotFileSampler(
        paths, labels, classes_per_batch=CLASSES, examples_per_class_per_batch=EACH, seed=0
    )
    files = tf.data.Dataset.from_tensor_slices(np.random.default_rng(0).permutation(paths))

    def decode(path: Any) -> Any:
        return tf.io.decode_jpeg(tf.io.read_file(path), channels=3)

    what = f"file sampler, batch of {BATCH} JPEG files of 160 px"
    return _line(what, sampler, files.map(decode, tf.data.AUTOTUNE), steps, rounds)


def _record_line(shards: list[str], steps: int, rounds: int) -> Line:
    sampler = TFRecordDatasetSampler(
        Path(shards[0]).parent, example_per_class=EACH, batch_size=BATCH, seed=0
    )
    schema = {"x": tf.io.FixedLenFeature([], tf.string)}

    def decode(record: Any) -> Any:
        return tf.io.decode_jpeg(tf.io.parse_single_example(record, schema)["x"], channels=3)

    records = tf.data.TFRecordDataset(shards)
    what = f"TFRecord sampler, batch of {BATCH} JPEG records of 160 px"
    return _line(what, sampler, records.map(decode, tf.data.AUTOTUNE), steps, rounds)


def _line(what: str, sampler: Any, decoded: Any, steps: int, rounds: int) -> Line:
    bare = decoded.repeat().batch(BATCH).prefetch(tf.data.AUTOTUNE).take(steps)
    times = interleaved(
        {
            "simnb": _timer(lambda: (sampler[step] for step in range(steps)), steps),
            "bare": _timer(bare.as_numpy_iterator, steps),
        },
        rounds,
    )
    return within(what, times["simnb"], times["bare"], "bare tf.data decode", 1.3)


def _timer(batches: Callable[[], Iterable[Any]], steps: int) -> Timer:
    """Seconds a batch, over batches that are made as they are asked for."""
    whole = timer(lambda: deque(batches(), maxlen=0))
    return lambda: whole() / steps


def _start_lines(rounds: int) -> list[Line]:
    what = f"TFDataSampler on {EXAMPLES:,} examples of {MANY_CLASSES:,} classes"
    started = [in_fresh_process(start_up) for _ in range(rounds)]
    size = EXAMPLES * int(np.prod(SHAPE))
    peak = int(np.median([peak for _, peak in started]))
    return [
        bounded(f"{what}: start-up", [seconds for seconds, _ in started], 5.0),
        Line(
            f"{what}: one copy in memory",
            f"{megabytes(peak)} at peak",
            f"{megabytes(size)} the examples",
            f"{peak / size:.2f}",
            "≤ 1.25",
            peak <= 1.25 * size,
        ),
    ]


def start_up() -> tuple[float, int]:
    """Seconds to build the sampler and its first batch, and by how much that raised the memory."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (EXAMPLES, *SHAPE), np.uint8)
    data = tf.data.Dataset.from_tensor_slices((x, rng.permutation(EXAMPLES) % MANY_CLASSES))
    next(iter(data.batch(2)))  # the libraries are loaded, as in a notebook at work

    def build() -> tuple[TFDataSampler, float]:
        start = perf_counter()
        sampler = TFDataSampler(data, classes_per_batch=CLASSES, seed=0)
        sampler[0]
        return sampler, perf_counter() - start

    (_, seconds), peak = peak_rss(build)
    return seconds, peak


if __name__ == "__main__":
    main(__doc__, measure)
