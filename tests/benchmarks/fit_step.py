"""A step of `fit` fed by the sampler against the same step fed by batches that lie ready."""

from __future__ import annotations

from argparse import Namespace
from time import perf_counter
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from inputs import CLASSES, hello_world_model, mnist
from measure import Timer, interleaved
from report import Line, main, within

from simnb.losses import MultiSimilarityLoss
from simnb.samplers import MultiShotMemorySampler


class EpochSeconds(keras.callbacks.Callback):
    """Seconds of the last epoch, its start included, without what `fit` does before and after."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._start = perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.seconds = perf_counter() - self._start


def measure(chosen: Namespace) -> list[Line]:
    x, y = mnist(chosen.data_dir)
    steps = 50 if chosen.quick else 150
    return [_line(x, y, batch, steps, chosen.rounds) for batch in (80, 20)]


def _line(x: np.ndarray, y: np.ndarray, batch: int, steps: int, rounds: int) -> Line:
    sampler = MultiShotMemorySampler(
        x,
        y,
        classes_per_batch=CLASSES,
        examples_per_class_per_batch=batch // CLASSES,
        steps_per_epoch=steps,
        seed=0,
    )
    ready_x, ready_y = (
        np.stack(part) for part in zip(*(sampler[i] for i in range(steps)), strict=True)
    )
    ready = (
        tf.data.Dataset.from_tensor_slices((ready_x, ready_y)).repeat().prefetch(tf.data.AUTOTUNE)
    )
    model = hello_world_model()
    model.compile("adam", loss=MultiSimilarityLoss())
    times = interleaved(
        {
            "simnb": _step_timer(model, sampler, steps),
            "ready": _step_timer(model, ready, steps),
        },
        rounds,
    )
    what = f"`fit` step with the sampler, batch {batch}"
    return within(what, times["simnb"], times["ready"], "ready tf.data", 1.10)


def _step_timer(model: Any, data: Any, steps: int) -> Timer:
    """Seconds a step of an epoch; the same model goes on training on either side's turn."""

    def run() -> float:
        epoch = EpochSeconds()
        model.fit(data, steps_per_epoch=steps, shuffle=False, verbose=0, callbacks=[epoch])
        return epoch.seconds / steps

    return run


if __name__ == "__main__":
    main(__doc__, measure)
