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
    most = at_most("num_examples_per_class", num_examples_per_class)
    rows = select_rows(labels, wanted_classes(class_list), most, np.random.default_rng(seed))
    return everything.gather(rows), labels[rows]


def select_rows(
    labels: NDArray[Any],
    wanted: NDArray[Any] | None,
    most: int | None,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Return the rows of the wanted classes, at most so many of each, in shuffled order."""
    rows = rng.permutation(len(labels))
    if wanted is not None:
        missing = wanted[~among(wanted, labels)]
        if len(missing):
            raise ValueError(
                f"`class_list` must name classes that are in `y`. Received: {missing.tolist()[:10]}"
            )
        rows = rows[among(labels, wanted)[rows]]
    if most is not None:
        codes = np.unique(labels[rows], return_inverse=True)[1]
        by_class = np.argsort(codes, kind="stable")
        counts = np.bincount(codes)
        place = np.empty(len(rows), dtype=np.int64)
        place[by_class] = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        rows = rows[place < most]
    return rows


def wanted_classes(class_list: Sequence[Any] | None) -> NDArray[Any] | None:
    """Return `class_list` as a vector of at least one label; of None, None."""
    if class_list is None:
        return None
    if isinstance(class_list, (str, bytes)) or not hasattr(class_list, "__len__"):
        raise ValueError(
            f"`class_list` must be a sequence of labels. Received: class_list={class_list!r}"
        )
    wanted = check.labels("class_list", list(class_list))
    if len(wanted) == 0:
        raise ValueError(f"`class_list` must name classes. Received: class_list={class_list!r}")
    return wanted


def at_most(name: str, number: Any) -> int | None:
    """Return a number of examples of a class, or None for all."""
    return None if number is None else check.positive_integer(name, number)


def among(labels: NDArray[Any], others: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which labels are among others.

    Compared as Python does it: NumPy's set functions take 1 for "1", and round integers
    past 2**53 where only one side is unsigned.
    """
    found, codes = np.unique(labels, return_inverse=True)
    known = set(others.tolist())
    return np.array([label in known for label in found.tolist()], dtype=bool)[codes]
