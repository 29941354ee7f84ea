"""What each query was answered, whether that is right, and what a threshold makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simnb import check
from simnb import labels as of_labels
from simnb.classification_metrics import F1Score, Precision, Recall
from simnb.matchers import ClassificationMatch, answers, make_classification_matcher
from simnb.types import Lookups

if TYPE_CHECKING:
    import pandas as pd

_KINDS = ("any", "wrong", "missed")
_MOST_CLASSES = 10_000  # whose table of everyone with everyone is 800 MB


@dataclass(frozen=True, eq=False)
class Decisions:
    """The answers to q labelled queries, in the queries' order.

    Attributes
    ----------
    truth : labels [q]
        The queries' own classes.
    answer : labels [q]
        What the matcher said; where a query has no neighbour it means nothing.
    distance : float64 [q]
        Of the answers, as the index measures; where there is none inf, or minus infinity
        in an index by similarity.
    right : bool [q]
    unknown : bool [q] or None
        Whether the query's class is not in the index; None where that is not known.
    larger_is_nearer : bool
        True for an index by similarity.
    """

    truth: NDArray[Any]
    answer: NDArray[Any]
    distance: NDArray[np.float64]
    right: NDArray[np.bool_]
    unknown: NDArray[np.bool_] | None
    larger_is_nearer: bool

    def __len__(self) -> int:
        return len(self.distance)

    def __repr__(self) -> str:
        there = np.isfinite(self.distance)
        return f"Decisions({len(self)} queries, {there.sum()} answered, {self.right.sum()} right)"

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """Rows of the queries, the nearest first, those without an answer last."""
        return np.argsort(self.oriented, kind="stable")

    @cached_property
    def oriented(self) -> NDArray[np.float64]:
        """Distances of which the smaller is the nearer: similarities negated."""
        return -self.distance if self.larger_is_nearer else self.distance

    @cached_property
    def codes(self) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.int64]]:
        """The classes of queries and answers, sorted, and places in them: of truth, of answers.

        The place of an answer that there is not is 0.
        """
        there = np.isfinite(self.distance)
        truth, answer = _comparable(self.truth, self.answer[there])
        classes, places = np.unique(np.concatenate([truth, answer]), return_inverse=True)
        answered = np.zeros(len(self), np.int64)
        answered[there] = places.reshape(-1)[len(self) :]
        return classes, places.reshape(-1)[: len(self)].astype(np.int64), answered

    def given(self, distance: float) -> NDArray[np.bool_]:
        """Return which answers `match` gives at a threshold, bool [q].

        Parameters
        ----------
        distance : float
            As `match` takes it.
        """
        return (self.oriented <= self._cut(distance)) & np.isfinite(self.oriented)

    def mistakes(
        self, distance: float, truth: Any = None, answer: Any = None, kind: str = "any"
    ) -> NDArray[np.int64]:
        """Return rows of the queries that a threshold decides wrongly, the nearest to it first.

        Parameters
        ----------
        distance : float
            As `match` takes it.
        truth, answer : label, optional
            Only queries of this class, only queries answered so.
        kind : str, default "any"
            "wrong" for wrong answers that are given, "missed" for right ones that are
            withheld.

        Raises
        ------
        ValueError
            `kind` is unknown, or a label of another kind than the index's.
        """
        check.one_of("kind", kind, _KINDS)
        cut, given = self._cut(distance), self.given(distance)
        chosen = {"wrong": given & ~self.right, "missed": ~given & self.right}
        among = given != self.right if kind == "any" else chosen[kind]
        among &= np.isfinite(self.oriented)
        for name, own, label in (("truth", self.truth, truth), ("answer", self.answer, answer)):
            if label is not None:
                wanted = check.labels(name, [label])
                of_labels.same_kind(name, wanted, own)
                among &= of_labels.equal(own, wanted)
        rows = np.flatnonzero(among)
        oriented = self.oriented[rows]
        # To an infinite threshold the largest distances are the nearest, or the smallest.
        far = np.abs(oriented - cut) if np.isfinite(cut) else -np.sign(cut) * oriented
        return rows[np.argsort(far, kind="stable")]

    def confusion(self, distance: float) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Return the classes of queries and answers, and how often each was taken for which.

        Parameters
        ----------
        distance : float
            As `match` takes it.

        Returns
        -------
        classes, matrix
            Labels [c], sorted, and int64 [c, c + 1]: a row a true class, a column an
            answer, the last for queries that are given none.

        Raises
        ------
        ValueError
            There are more than 10,000 classes.
        """
        classes, truth, answer = self.codes
        size = len(classes)
        if size > _MOST_CLASSES:
            raise ValueError(
                f"A confusion is a table of at most {_MOST_CLASSES:,} classes: `mistakes` and `per_class` tell "
                f"of more. Received: {size:,} classes"
            )
        column = np.where(self.given(distance), answer, size)
        cells = np.bincount(truth * (size + 1) + column, minlength=size * (size + 1))
        return classes, cells.reshape(size, size + 1).astype(np.int64, copy=False)

    def per_class(self, distance: float) -> pd.DataFrame:
        """Return the metrics of each class's queries, a row for each class that has any.

        Parameters
        ----------
        distance : float
            As `match` takes it.

        Returns
        -------
        pandas.DataFrame
            "class", "queries", "wrong" (answers given to them), "missed" (right answers
            withheld from them), "precision", "recall", "f1", "coverage", "accuracy": what
            `evaluate_at` returns of these queries alone, where "accuracy" is called
            "binary_accuracy".
        """
        import pandas as pd

        classes, truth, _ = self.codes
        given = self.given(distance)

        def count(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
            return np.bincount(truth[flags], minlength=len(classes))

        queries = count(np.ones(len(self), bool))
        own = queries > 0
        tp, fp = count(given & self.right)[own], count(given & ~self.right)[own]
        fn, queries = count(~given & self.right)[own], queries[own]
        counts = tp, fp, queries - tp - fp - fn, fn, len(self)
        rates = {metric.name: metric.compute(*counts) for metric in _OF_A_CLASS}
        return pd.DataFrame(
            {
                "class": classes[own],
                "queries": queries,
                "wrong": fp,
                "missed": fn,
                **rates,
                "coverage": (tp + fp) / queries,
                "accuracy": tp / queries,
            }
        )

    def _cut(self, distance: float) -> float:
        limit = check.threshold("distance", distance)
        return -limit if self.larger_is_nearer else limit


_OF_A_CLASS = (Precision(), Recall(), F1Score())


def decisions(
    lookups: Lookups,
    labels: Any,
    k: int = 1,
    matcher: str | ClassificationMatch = "match_nearest",
    known_classes: Any = None,
) -> Decisions:
    """Return what each labelled query was answered, and whether that is right.

    All that a calibration counts is counted in these.

    Parameters
    ----------
    lookups : Lookups
        Of q queries, from an index with labels.
    labels : integers or strings [q]
        The queries' true labels.
    k : int, default 1
        Neighbours for the matcher.
    matcher : default "match_nearest"
    known_classes : labels, optional
        The classes in the index, to tell queries of others.

    Raises
    ------
    ValueError
        No labels in the index, no query, labels of another kind or number.

    Examples
    --------
    >>> ids, distances = np.array([[0], [1], [0]]), np.array([[0.1], [0.2], [0.9]], "float32")
    >>> found = Lookups(ids, distances, labels=np.array([["cat"], ["dog"], ["cat"]]))
    >>> decided = decisions(found, ["cat", "dog", "fox"])
    >>> decided
    Decisions(3 queries, 3 answered, 2 right)
    >>> decided.mistakes(0.15).tolist()
    [1]
    >>> decided.per_class(0.15)[["class", "queries", "missed", "recall"]]
      class  queries  missed  recall
    0   cat        1       0     1.0
    1   dog        1       1     0.0
    2   fox        1       0     0.0
    """
    k = check.positive_integer("k", k)
    found, oriented = answers(make_classification_matcher(matcher), lookups, k)
    own = check.labels("labels", labels, len(lookups))
    if len(own) == 0:
        raise ValueError("`labels` must be of at least one query. Received: 0")
    of_labels.same_kind("labels", own, found)
    right = of_labels.equal(found, own) & np.isfinite(oriented)
    unknown = None
    if known_classes is not None:
        known = check.labels("known_classes", known_classes)
        of_labels.same_kind("known_classes", known, found)
        unknown = ~of_labels.among(own, known)
        if (right & unknown).any():
            label, *_ = own[right & unknown].tolist()
            raise ValueError(
                f"`known_classes` must hold every class of the index. Received: none that is {label!r}, "
                "which neighbours have"
            )
    similar = lookups.larger_is_nearer
    return Decisions(own, found, -oriented if similar else oriented, right, unknown, similar)


def _comparable(truth: NDArray[Any], answer: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Both in one dtype that holds either exactly: NumPy would make floats of 64-bit integers."""
    if {truth.dtype.kind, answer.dtype.kind} != {"i", "u"}:
        return truth, answer
    common = np.promote_types(truth.dtype, answer.dtype)
    if common.kind != "f":
        return truth.astype(common), answer.astype(common)
    signed, unsigned = (truth, answer) if truth.dtype.kind == "i" else (answer, truth)
    if unsigned.size == 0 or unsigned.max() <= np.iinfo(np.int64).max:
        return truth.astype(np.int64), answer.astype(np.int64)
    if signed.size == 0 or signed.min() >= 0:
        return truth.astype(np.uint64), answer.astype(np.uint64)
    return truth.astype(object), answer.astype(object)
