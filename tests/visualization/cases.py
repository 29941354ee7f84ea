"""Queries of every kind, and every figure of an evaluation drawn of them."""

from dataclasses import replace

import numpy as np

from simnb import Lookup, Lookups
from simnb.calibration import calibrate, match
from simnb.visualization import (
    confusion_matrix,
    distance_histograms,
    metrics_by_threshold,
    precision_recall_curve,
    visualize_views,
    viz_neighbors_imgs,
)

NASTY = ["<img src=x onerror=alert(1)>", "$x$ and $$y$$", "@{name} $name @true", r"\(a\)_b^c {}"]
EXTRA = ["precision", "recall", "coverage", "false_accept_rate"]
BACKENDS = ["matplotlib", "bokeh"]


def looked_up(distances, found, larger_is_nearer=False):
    """Lookups of one neighbour a query; none where the distance is infinite."""
    distances = np.asarray(distances, dtype=np.float32)[:, None]
    ids = np.where(np.isfinite(distances), np.arange(len(distances))[:, None], -1)
    return Lookups(ids, distances, np.asarray(found)[:, None], larger_is_nearer=larger_is_nearer)


class Case:
    """Queries with their true labels, and their calibration; cut point and metric by any name."""

    def __init__(self, distances, found, truth, similarity=False, cut="tight", metric=None):
        self.lookups = looked_up(distances, found, similarity)
        self.truth = np.asarray(truth)
        self.known = np.unique(found)
        self.results = calibrate(
            self.lookups,
            self.truth,
            {cut: {"coverage": min(0.4, np.isfinite(distances).mean())}},
            extra_metrics=EXTRA,
            known_classes=self.known,
        )
        if metric is not None:
            curves = self.results.thresholds
            self.results = replace(
                self.results, thresholds={**curves, metric: curves["coverage"] / 2}
            )
        self.cut = self.results.cutpoint("optimal")


def many(classes, queries=1000, seed=0):
    """Distances, answers and labels: nearer answers are more often right, class 0 is unknown."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, queries)
    distances = rng.gamma(4, 0.1, queries)
    found = np.where(
        rng.random(queries) < np.exp(-distances), truth, rng.integers(1, classes, queries)
    )
    return distances, np.where(found == 0, 1, found), truth


def named(names, classes=None, **options):
    """`many`, with names for labels."""
    distances, found, truth = many(classes or len(names), **options)
    return distances, np.array(names)[found], np.array(names)[truth]


CASES = {
    "usual": lambda: Case(*many(10)),
    "37 classes": lambda: Case(*many(37)),
    "strings": lambda: Case(*named(["cat", "dog", "fox", "owl"])),
    "similarity": lambda: Case(*many(10), similarity=True),
    "one query": lambda: Case([0.5], [1], [1]),
    "all right": lambda: Case([0.1, 0.2, 0.3], [1, 2, 1], [1, 2, 1]),
    "all wrong": lambda: Case([0.1, 0.2, 0.3], [1, 2, 1], [2, 1, 2]),
    "constant distances": lambda: Case([0.25] * 4, [1, 2, 1, 2], [1, 2, 2, 1]),
    "distances of zero": lambda: Case([0.0] * 4, [1, 2, 1, 2], [1, 2, 2, 1]),
    "without neighbours": lambda: Case([0.1, np.inf, 0.3], [1, 1, 2], [1, 2, 2]),
    "user's text": lambda: Case(*named(NASTY, queries=60), cut=NASTY[0], metric=NASTY[2]),
}


def _confusion(case, backend):
    predicted = match(case.lookups, case.cut, no_match_label=None)
    drawn, _ = confusion_matrix(
        predicted, case.truth, show=False, no_match_label=None, backend=backend, title=NASTY[1]
    )
    return drawn if backend == "bokeh" else drawn.figure


FIGURES = {
    "confusion_matrix": _confusion,
    "metrics_by_threshold": lambda case, backend: metrics_by_threshold(
        case.results, backend=backend
    ),
    "precision_recall_curve": lambda case, backend: precision_recall_curve(
        case.results, backend=backend
    ),
    "distance_histograms": lambda case, backend: distance_histograms(
        case.lookups, case.truth, case.results, known_classes=case.known, backend=backend
    ),
}

IMAGES = np.random.default_rng(0).integers(0, 256, (len(NASTY), 8, 8, 3), np.uint8)


def _neighbors(labels):
    found = [
        Lookup(rank, 0.1, label, data=image)
        for rank, (label, image) in enumerate(zip(labels[1:], IMAGES[1:], strict=True), 1)
    ]
    return viz_neighbors_imgs(IMAGES[0], labels[0], found, show=False)


# Figures of examples that are images, by their labels.
PICTURES = {
    "viz_neighbors_imgs": _neighbors,
    "visualize_views": lambda labels: visualize_views([IMAGES, IMAGES / 255], labels, show=False),
}
