"""Part of a labelled data set: some classes, some examples of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simnb import check
from simnb.samplers.examples import Examples


def select_examples(
    x: Any,
    y: Any,
    class_list: Sequence[Any] | None = None,
    num_examples_per_class: int | None = None,
    seed: int | None = None,
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return a shuffled selection of examples and their labels.

    Parameters
    ----------
    x : array [n, ...], tensor or list of n
    y : integers or strings [n]
    class_list : sequence of labels, optional
        Default: all classes.
    num_examples_per_class : int, optional
        At most this many of each class, no example twice. Default: all.
    seed : int, optional

    Examples
    --------
    >>> x, y = select_examples(np.arange(6), np.array([0, 0, 0, 1, 1, 2]), [0, 1], 2, seed=0)
    >>> sorted(y.tolist())
    [0, 0, 1, 1]
    """
    everything = Examples(x, np.empty(0, dtype=np.int64))
    labels = check.labels("y", y, len(everything._source))
    rng = np.random.default_rng(seed)
    rows = select_rows(labels, class_list, num_examples_per_class, rng, "num_examples_per_class")
    return everything.gather(rows), labels[rows]


def select_rows(
    labels: NDArray[Any],
    class_list: Sequence[Any] | None,
    examples_per_class: int | None,
    rng: np.random.Generator,
    name: str = "total_examples_per_class",
) -> NDArray[np.int64]:
    """Return the rows of the selection in shuffled order, int64."""
    rows = rng.permutation(len(labels))
    if class_list is not None:
        wanted = check.labels("class_list", list(class_list))
        missing = np.setdiff1d(wanted, labels)
        if len(wanted) == 0 or len(missing):
            raise ValueError(
                f"`class_list` must name classes that are in `y`. Received: {missing.tolist()[:10] or list(class_list)}"
            )
        rows = rows[np.isin(labels[rows], wanted)]
    if examples_per_class is not None:
        most = check.positive_integer(name, examples_per_class)
        codes = np.unique(labels[rows], return_inverse=True)[1]
        by_class = np.argsort(codes, kind="stable")
        counts = np.bincount(codes)
        place = np.empty(len(rows), dtype=np.int64)
        place[by_class] = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        rows = rows[place < most]
    return rows
