"""How often each class was taken for which, answers withheld included."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Number
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simnb import check

_SEQUENCES = (tuple, list, np.ndarray)
_NUMBERS = (Number, np.bool_)
_FLOATS = (float, np.floating)


@dataclass(frozen=True)
class Contingency:
    """Counts of true by predicted class.

    Attributes
    ----------
    counts : int64 [c, c]
        A row a true class, a column a predicted one.
    names : list of str
        Of the classes.
    no_match : bool
        Whether the last class is that of the answers withheld.
    """

    counts: NDArray[np.int64]
    names: list[str]
    no_match: bool


def contingency(
    y_pred: Any,
    y_true: Any,
    labels: Sequence[str] | Mapping[Any, str] | None = None,
    no_match_label: Any = -1,
) -> Contingency:
    """Return how often each class was taken for which.

    Parameters
    ----------
    y_pred, y_true : labels [q]
        Integers or strings; either may hold `no_match_label`.
    labels : sequence or mapping, optional
        The classes' names. A sequence lists all classes there are: integer labels are
        places in it, string labels its members.
    no_match_label : default -1

    Raises
    ------
    ValueError
        Labels of another number or kind, or of a class that a sequence lacks.
    """
    predicted, withheld = _apart("y_pred", y_pred, no_match_label)
    truth, missing = _apart("y_true", y_true, no_match_label)
    if len(withheld) != len(missing) or len(missing) == 0:
        raise ValueError(
            "`y_pred` must hold one prediction for each label of `y_true`, and at least one. "
            f"Received: {len(withheld)} predictions, {len(missing)} labels"
        )
    if len(predicted) and len(truth) and _is_text(predicted) != _is_text(truth):
        kinds = ["strings" if _is_text(own) else "integers" for own in (truth, predicted)]
        raise ValueError(
            f"`y_pred` must be of the kind of `y_true`, {kinds[0]}, or `no_match_label`. "
            f"Received: {kinds[1]}, no_match_label={no_match_label!r}"
        )
    columns, column = np.unique(predicted, return_inverse=True)
    rows, row = np.unique(truth, return_inverse=True)
    found = sorted({*rows.tolist(), *columns.tolist()})
    names, none = _names(found, labels, no_match_label)
    if none is None and (withheld.any() or missing.any()):
        none = _name_of_none(labels, no_match_label)
    place = {own: number for number, own in enumerate(names)}
    size = len(names) + (none is not None)
    y, x = np.full(len(missing), size - 1), np.full(len(missing), size - 1)
    y[~missing] = np.array([place[own] for own in rows.tolist()], dtype=np.int64)[row]
    x[~withheld] = np.array([place[own] for own in columns.tolist()], dtype=np.int64)[column]
    counts = np.bincount(y * size + x, minlength=size * size).reshape(size, size)
    shown = [*names.values(), *([] if none is None else [none])]
    return Contingency(counts.astype(np.int64), shown, none is not None)


def _apart(name: str, value: Any, no_match_label: Any) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """The labels that are classes [m], and where those that are not are [q]."""
    found = _cells(value, no_match_label)
    if found.ndim == 2 and found.shape[1] == 1:
        found = found[:, 0]
    if found.ndim != 1:
        return check.labels(name, value), np.zeros(0, bool)  # which says what is wrong
    none = _equals(found, no_match_label)
    classes = found[~none]
    if found.dtype.kind != "O" or any(isinstance(own, _SEQUENCES) for own in classes):
        return check.labels(name, classes), none
    return check.labels(name, classes.tolist()), none  # as a list, integers or text again


def _cells(value: Any, no_match_label: Any) -> NDArray[Any]:
    """`value` as an array whose cells are still the labels."""
    if isinstance(no_match_label, _SEQUENCES) and isinstance(value, (list, tuple)):
        return np.fromiter(value, dtype=object)  # NumPy would take the label apart
    found = np.asarray(value)
    if found.dtype.kind in "fU" and not hasattr(value, "dtype"):
        # NumPy made text of ["cat", -1], or floats of integers on both sides of 2**63.
        return np.asarray(value, dtype=object)
    return found


def _equals(labels: NDArray[Any], no_match_label: Any) -> NDArray[np.bool_]:
    """Where the labels are the one that is no class."""
    if labels.dtype.kind == "O":
        cells = (_same(own, no_match_label) for own in labels)
        return np.fromiter(cells, dtype=bool, count=len(labels))
    if isinstance(no_match_label, str if _is_text(labels) else _NUMBERS):
        return np.asarray(labels == no_match_label).astype(bool)
    return np.zeros(len(labels), bool)


def _same(one: Any, other: Any) -> bool:
    """Whether two labels of any kind are one: NaN is itself, an array nothing else."""
    if one is other:
        return True
    if isinstance(one, _FLOATS) and isinstance(other, _FLOATS) and np.isnan(one):
        return bool(np.isnan(other))
    with warnings.catch_warnings():
        # NumPy before 1.25 warns where a text or a tuple meets an array.
        warnings.simplefilter("ignore")
        equal = one == other
    return isinstance(equal, (bool, np.bool_)) and bool(equal)


def _names(
    found: list[Any], labels: Sequence[str] | Mapping[Any, str] | None, no_match_label: Any
) -> tuple[dict[Any, str], str | None]:
    """The name of each class in order, and that of the one that is none where a sequence has it."""
    if labels is None:
        return {own: str(own) for own in found}, None
    if isinstance(labels, Mapping):
        return {own: str(labels.get(own, own)) for own in found}, None
    text = isinstance(next(iter(found), no_match_label), str)
    names = {own if text else place: str(own) for place, own in enumerate(labels)}
    outside = [own for own in found if own not in names]
    if outside:
        raise ValueError(
            f"`labels` must name every class there is, or be a mapping. Received: {len(names)} names, "
            f"none for {', '.join(map(repr, outside[:10]))}{', …' if len(outside) > 10 else ''}"
        )
    none = [own for own in names if _same(own, no_match_label)]
    return names, names.pop(none[0]) if none else None


def _name_of_none(labels: Any, no_match_label: Any) -> str:
    known = labels.items() if isinstance(labels, Mapping) else ()
    return next((str(name) for own, name in known if _same(own, no_match_label)), "no match")


def _is_text(labels: NDArray[Any]) -> bool:
    return labels.dtype.kind == "U"
