"""Answers to new queries, withheld where nothing is near enough."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simnb import check
from simnb.matchers import ClassificationMatch, answers, make_classification_matcher
from simnb.types import Lookups


def match(
    lookups: Lookups,
    distance: float,
    no_match_label: Any = -1,
    k: int = 1,
    matcher: str | ClassificationMatch = "match_nearest",
) -> NDArray[Any]:
    """Return each query's answer, or `no_match_label` where it is beyond a distance.

    Parameters
    ----------
    lookups : Lookups
    distance : float
        A cut point's; for an index by similarity, the least similarity. Infinite gives
        every answer there is.
    no_match_label : default -1
    k : int, default 1
    matcher : default "match_nearest"

    Returns
    -------
    array [q]
        Of the labels' dtype, or of a wider one, where `no_match_label` fits it; else of
        objects.

    Raises
    ------
    ValueError
        The index has no labels, fewer than k neighbours were looked up, or `distance` is
        no number.
    """
    limit = check.threshold("distance", distance)
    k = check.positive_integer("k", k)
    labels, answered = answers(make_classification_matcher(matcher), lookups, k)
    given = (answered <= (-limit if lookups.larger_is_nearer else limit)) & np.isfinite(answered)
    return np.where(given, *_of_one_dtype(labels, no_match_label))


def _of_one_dtype(labels: NDArray[Any], no_match_label: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """Both as arrays of a dtype that holds both exactly."""
    if labels.dtype.kind == "U" and isinstance(no_match_label, str):
        return labels, np.array(no_match_label)
    if (
        labels.dtype.kind in "iu"
        and isinstance(no_match_label, (int, np.integer))
        and not isinstance(no_match_label, bool)
    ):
        own = np.min_scalar_type(no_match_label)
        common = np.promote_types(labels.dtype, own)
        if common.kind in "iu":
            return labels.astype(common), np.array(no_match_label, dtype=common)
    return labels.astype(object), _as_object(no_match_label)


def _as_object(value: Any) -> NDArray[Any]:
    """A scalar of any kind, which `np.array` would take apart if it were a sequence."""
    cell = np.empty((), dtype=object)
    cell[()] = value
    return cell
