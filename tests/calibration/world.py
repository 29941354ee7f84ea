"""Look-ups made by hand, and the counts that plain loops find in them."""

import numpy as np
from hypothesis import strategies as st

from simnb.types import Lookups


def looked_up(distances, found, k=1):
    distances = np.asarray(distances, dtype=np.float32).reshape(-1, k)
    found = np.asarray(found).reshape(-1, k)
    ids = np.where(np.isfinite(distances), np.arange(distances.size).reshape(-1, k), -1)
    return Lookups(ids, distances, found)


def counts_by_hand(distances, found, truth, cut):
    """tp, fp, tn, fn of answers not beyond the cut, one query after the other."""
    tp = fp = tn = fn = 0
    for distance, answer, own in zip(distances, found, truth, strict=True):
        if distance <= cut:
            tp, fp = tp + (answer == own), fp + (answer != own)
        else:
            tn, fn = tn + (answer != own), fn + (answer == own)
    return tp, fp, tn, fn


# Few different values: ties are the rule.
distance_lists = st.lists(st.integers(0, 12).map(lambda n: n / 8), min_size=1, max_size=40)


@st.composite
def cases(draw):
    distances = draw(distance_lists)
    n = len(distances)
    labels = st.lists(st.integers(0, 3), min_size=n, max_size=n)
    return distances, draw(labels), draw(labels)


METRICS = ["precision", "recall", "binary_accuracy", "fpr", "npv", "coverage"]
