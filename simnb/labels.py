"""Comparing labels of any kind and width, exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simnb import check
from simnb.types import Lookups

__all__ = ["among", "equal", "of_neighbors", "same_kind"]


def of_neighbors(lookups: Lookups) -> NDArray[Any]:
    """Return the neighbours' labels [q, k] as integers or strings, those of other libraries too."""
    if not isinstance(lookups, Lookups):
        raise ValueError(f"`lookups` must be Lookups. Received: {type(lookups).__name__}")
    if lookups.labels is None:
        raise ValueError(
            "`lookups` must have labels: the index was made without, so nothing can be matched or "
            "evaluated. Received: lookups.labels=None"
        )
    if lookups.labels.dtype.kind in "iubU":
        return lookups.labels
    there = lookups.ids >= 0
    own = check.labels("lookups.labels", lookups.labels[there])
    found = np.zeros(there.shape, own.dtype)  # where a neighbour is missing it means nothing
    found[there] = own
    return found


def same_kind(name: str, own: NDArray[Any], index: NDArray[Any]) -> None:
    """Refuse labels that are strings where the index's are integers, or the other way."""
    if (own.dtype.kind == "U") != (index.dtype.kind == "U"):
        kinds = ["strings" if array.dtype.kind == "U" else "integers" for array in (own, index)]
        raise ValueError(
            f"`{name}` must be of the kind of the index's labels, {kinds[1]}. Received: {kinds[0]}"
        )


def equal(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.bool_]:
    """Return where two arrays of labels are the same."""
    if {one.dtype.kind, other.dtype.kind} != {"i", "u"}:
        return np.asarray(one == other)
    # NumPy before 1.25 compares int64 with uint64 as floats, which merges ids past 2**53.
    same = one.astype(np.uint64) == other.astype(np.uint64)
    return np.asarray(same & ((one < 0) == (other < 0)))


def among(labels: NDArray[Any], classes: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which of the labels are one of the classes."""
    if {labels.dtype.kind, classes.dtype.kind} == {"i", "u"}:
        # np.isin would compare them as floats; where a label is negative, no unsigned is it.
        both = np.isin(labels.astype(np.uint64), classes[classes >= 0].astype(np.uint64))
        return np.asarray(both & (labels >= 0))
    return np.isin(labels, classes)
