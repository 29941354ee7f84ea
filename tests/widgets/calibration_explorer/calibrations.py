"""Calibrations that the explorer is tried on, and what its page has of them."""

import numpy as np

from simnb import Indexer
from simnb.widgets.binary import decode
from tests.calibration.world import looked_up


def noisy(seed=0, count=120, classes=5, offset=0.4):
    """Look-ups of which about a third are wrong, and those farther off; and the truth."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, count)
    found = np.where(rng.random(count) < 0.6, truth, rng.integers(0, classes, count))
    distances = rng.random(count).round(2) + offset * (found != truth)
    return looked_up(distances, found), truth


def indexed(distance="euclidean"):
    """An index of four classes, and queries of five with their labels."""
    rng = np.random.default_rng(0)
    index = Indexer(4, distance)
    index.add(rng.normal(size=(60, 4)), np.arange(60) % 4)
    queries = rng.normal(size=(80, 4)).astype(np.float32)
    nearest = index.query(queries, 1).labels[:, 0]
    truth = np.where(rng.random(80) < 0.7, nearest, rng.integers(0, 4, 80))
    return index, queries, np.where(np.arange(80) % 9 == 0, 4, truth)


def arrays(made):
    """What the page has, as arrays."""
    state = made.get_state()
    return {
        name: decode(value) if isinstance(value, dict) and "view" in value else value
        for name, value in state.items()
    }
