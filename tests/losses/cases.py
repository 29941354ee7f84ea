"""Every loss of simnb with the arguments it is tested with, and the batches."""

import inspect
from itertools import product

import numpy as np

from simnb import losses
from simnb.losses import CircleLoss, MetricLoss, MultiSimilarityLoss, PNLoss, TripletLoss
from tests.losses import oracles

FOUND = {
    value
    for value in (getattr(losses, name) for name in losses.__all__)
    if inspect.isclass(value) and issubclass(value, MetricLoss) and value is not MetricLoss
}

MINING = [
    {"positive_mining_strategy": positive, "negative_mining_strategy": negative, "margin": margin}
    for positive, negative, margin in product(
        ["hard", "easy"], ["semi-hard", "hard", "easy"], [None, 0.3]
    )
]
PER_PAIR = {"negative_mining_strategy": "semi-hard-per-pair"}

# The first arguments of each are its defaults, which the oracle states on its own.
ARGUMENTS = {
    TripletLoss: [{}, *MINING, PER_PAIR, {**PER_PAIR, "margin": 0.3}],
    PNLoss: [{}, *MINING],
    MultiSimilarityLoss: [
        {},
        {"alpha": 1.5, "beta": 6.0, "epsilon": 0.4, "lmda": 0.2, "center": 0.7},
    ],
    CircleLoss: [{}, {"gamma": 5.0, "margin": 0.1}],
}
ORACLES = {
    TripletLoss: oracles.triplet,
    PNLoss: oracles.pn,
    MultiSimilarityLoss: oracles.multi_similarity,
    CircleLoss: oracles.circle,
}

ALL = [(cls, arguments) for cls in ARGUMENTS for arguments in ARGUMENTS[cls]]
# One of each kind of code path, for contracts that cost a compilation.
FEW = [(cls, {}) for cls in ARGUMENTS] + [(TripletLoss, {**PER_PAIR, "margin": 0.3})]


def name(case):
    cls, arguments = case
    return "-".join([cls.__name__, *(f"{value}" for value in arguments.values())])


def _random(seed, labels, unit, dimensions=5):
    x = np.random.default_rng(seed).normal(size=(len(labels), dimensions))
    if unit:
        x /= np.linalg.norm(x, axis=1, keepdims=True)
    return x.astype("float32"), np.array(labels)


BATCHES = {
    "unit": _random(0, [0, 1, 2] * 4, unit=True),
    "not of unit length": _random(1, [0, 1, 2] * 4, unit=False),
    "uneven classes": _random(2, [5, 5, 5, 5, 5, 9, 9, 7, 7, 7], unit=True),
    "singletons": _random(3, [0, 0, 0, 1, 2, 2, 3, 4], unit=False),
    "one class": _random(4, [3] * 6, unit=True),
    "all different": _random(5, range(6), unit=True),
    "one row": _random(6, [3], unit=True),
}
EMBEDDINGS, LABELS = BATCHES["singletons"]
