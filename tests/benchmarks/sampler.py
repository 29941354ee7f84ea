"""A sampler's batch against one built item by item, against tfsim's, and what building it holds."""

from __future__ import annotations

import itertools
import random
from argparse import Namespace
from collections.abc import Callable

import numpy as np
from inputs import CLASSES, mnist
from measure import interleaved, peak_allocated, timer
from peer import Peer
from report import Line, faster, main, megabytes

from simnb.samplers import MultiShotMemorySampler

EACH = 8  # images of a class in a batch


def measure(chosen: Namespace) -> list[Line]:
    x, y = mnist(chosen.data_dir)

    def build() -> MultiShotMemorySampler:
        return MultiShotMemorySampler(
            x, y, classes_per_batch=CLASSES, examples_per_class_per_batch=EACH, seed=0
        )

    sampler, peak = peak_allocated(build)
    number = 200
    steps = itertools.count()
    rng = np.random.default_rng(0)
    ready = itertools.cycle([sampler._draw_rows(rng) for _ in range(1000)])
    timers = {
        "simnb": timer(lambda: sampler[next(steps)], number),
        "items": timer(item_by_item(x, y), number),
        "gather": timer(lambda: gather(x, y, next(ready)), number),
    }
    what = f"sampler batch of {CLASSES * EACH} MNIST images"
    with Peer(chosen.peer_python) as peer:
        if peer.is_there:
            peer.ask("load_images", folder=peer.folder(x=x, y=y))
            peer.ask("make_sampler")
            timers["tfsim"] = peer.timer("sampler_batch", number)
        times = interleaved(timers, 3 * chosen.rounds)  # short: more rounds cost little
    lines = [faster(what, times["simnb"], times["items"], "item by item", 3)]
    if "tfsim" in times:
        lines.append(faster(what, times["simnb"], times["tfsim"], "tfsim", 3))
    lines.append(
        faster(f"{what}: control", times["simnb"], times["gather"], "bare gather of ready rows")
    )
    shared = np.shares_memory(sampler.x._source, x)
    lines.append(
        Line(
            f"building the sampler on {len(x):,} rows copies nothing",
            f"{megabytes(peak)} at peak, memory {'shared' if shared else 'NOT shared'}",
            f"{megabytes(x.nbytes)} the images",
            f"{peak / x.nbytes:.3f}",
            "≤ 0.1, shared",
            bool(shared and peak <= 0.1 * x.nbytes),
        )
    )
    return lines


def gather(x: np.ndarray, y: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return x[rows], y[rows]


def item_by_item(x: np.ndarray, y: np.ndarray) -> Callable[[], tuple[np.ndarray, np.ndarray]]:
    """The plain way: rows by class in lists, made once; then item after item into a list."""
    members: dict[int, list[int]] = {}
    for row, label in enumerate(y.tolist()):
        members.setdefault(label, []).append(row)
    labels = sorted(members)

    def batch() -> tuple[np.ndarray, np.ndarray]:
        batch_x, batch_y = [], []
        for label in random.sample(labels, CLASSES):
            for row in random.sample(members[label], EACH):
                batch_x.append(x[row])
                batch_y.append(y[row])
        return np.array(batch_x), np.array(batch_y)

    return batch


if __name__ == "__main__":
    main(__doc__, measure)
