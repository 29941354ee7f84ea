"""What `EvalCallback` adds to an epoch: one evaluation, beside embedding the same images."""

from __future__ import annotations

from argparse import Namespace
from statistics import median
from typing import Any

import numpy as np
from fit_step import EpochSeconds
from inputs import CLASSES, hello_world_model, mnist
from measure import interleaved, timer
from report import Line, main, seconds

from simnb.callbacks import EvalCallback
from simnb.losses import MultiSimilarityLoss
from simnb.samplers import MultiShotMemorySampler

QUERIES = 1_000
TARGETS = 200
STEPS = 100
METRICS = ("binary_accuracy", "f1", "precision", "recall", "false_accept_rate")
RANKINGS = ("recall", "precision", "map", "ndcg", "mrr", "r_precision", "map@r")


def measure(chosen: Namespace) -> list[Line]:
    x, y = mnist(chosen.data_dir)
    rows = np.random.default_rng(0).permutation(len(x))[: QUERIES + TARGETS]
    images = x[rows]
    examples = (images[:QUERIES], y[rows[:QUERIES]], images[QUERIES:], y[rows[QUERIES:]])
    callbacks = {
        "one metric": EvalCallback(*examples, verbose=0),
        f"{len(METRICS)} metrics at 3 thresholds of known and unknown classes, "
        f"{len(RANKINGS)} rankings": EvalCallback(
            *examples,
            metrics=METRICS,
            distance_thresholds=[0.1, 0.3, 0.5],
            known_classes=range(CLASSES // 2),
            retrieval_metrics=RANKINGS,
            verbose=0,
        ),
    }
    model = hello_world_model()
    times = interleaved(
        {
            "embed": timer(lambda: model.embed(images), 3),
            **{
                name: timer(lambda callback=callback: callback.evaluate(model), 3)
                for name, callback in callbacks.items()
            },
        },
        3 * chosen.rounds,  # short: more rounds cost little
    )
    what = f"`EvalCallback`, {QUERIES:,} queries and {TARGETS} targets of MNIST"
    embedding = f"{seconds(times['embed'])} bare `embed` of the {len(images):,}"
    lines = [
        _reported(f"{what}: {name}", times[name], times["embed"], embedding) for name in callbacks
    ]
    return [*lines, _in_fit(f"{what}: in `fit`", x, y, callbacks["one metric"], chosen.rounds)]


def _in_fit(what: str, x: np.ndarray, y: np.ndarray, callback: Any, rounds: int) -> Line:
    sampler = MultiShotMemorySampler(
        x,
        y,
        classes_per_batch=CLASSES,
        examples_per_class_per_batch=8,
        steps_per_epoch=STEPS,
        seed=0,
    )
    model = hello_world_model()
    model.compile("adam", loss=MultiSimilarityLoss())
    epoch, epochs = EpochSeconds(), []
    for _ in range(1 + rounds):  # the first compiles
        model.fit(sampler, verbose=0, callbacks=[epoch, callback])
        epochs.append(epoch.seconds)
    own = [entry["seconds"] for entry in callback.history]
    other = f"{seconds(epochs[1:])} an epoch of {STEPS} steps of 80 without it"
    return _reported(what, own[1:], epochs[1:], other)


def _reported(what: str, ours: list[float], theirs: list[float], other: str) -> Line:
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    spread = f"{median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"
    return Line(what, seconds(ours), other, f"{spread} × it", "reported")


if __name__ == "__main__":
    main(__doc__, measure)
