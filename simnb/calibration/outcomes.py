"""Whether each query's answer is right, in the order of distance: what every count is taken from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simnb.calibration.decisions import Decisions, decisions
from simnb.classification_metrics import MatchCounts
from simnb.matchers import ClassificationMatch
from simnb.types import Lookups


@dataclass(frozen=True)
class Outcomes:
    """The answers of q queries, the nearest first.

    Attributes
    ----------
    distance : float64 [q]
        Ascending, similarities negated; inf, at the end, for queries without an answer.
    right : bool [q]
    unknown : bool [q] or None
        Whether the query's class is not in the index.
    """

    distance: NDArray[np.float64]
    right: NDArray[np.bool_]
    unknown: NDArray[np.bool_] | None

    def __len__(self) -> int:
        return len(self.distance)

    @property
    def answered(self) -> int:
        """Number of queries that have an answer."""
        return int(np.searchsorted(self.distance, np.inf))

    def cuts(self) -> NDArray[np.float64]:
        """Return a threshold behind each distance, ascending: midway to the next."""
        found = self.distance[: self.answered]
        distances = found[np.append(True, np.diff(found) > 0)] if len(found) else found
        gaps = np.diff(distances)
        last = gaps[-1] if len(gaps) else max(abs(distances[-1]), 1e-6)
        return distances + np.append(gaps, last) / 2

    def counts(self, cuts: NDArray[np.float64]) -> MatchCounts:
        """Return the counts at each cut: what stands at or before it."""
        # An infinite cut gives every answer there is, and none where there is none.
        given = np.minimum(np.searchsorted(self.distance, cuts, side="right"), self.answered)
        tp = _standing_before(self.right, given)
        fp, total = given - tp, int(self.right.sum())
        return MatchCounts(
            tp=tp,
            fp=fp,
            tn=len(self) - total - fp,
            fn=total - tp,
            count=len(self),
            unknown=None if self.unknown is None else int(self.unknown.sum()),
            accepted_unknown=None
            if self.unknown is None
            else _standing_before(self.unknown, given),
        )

    def resampled(self, cut: float, resamples: int, rng: np.random.Generator) -> MatchCounts:
        """Return the counts at a cut for so many draws of q queries with replacement.

        The counts of a draw are multinomial over the kinds of outcome there are: the same
        as drawing query by query, without the queries.
        """
        unknown = np.zeros(len(self), bool) if self.unknown is None else self.unknown
        given = np.arange(len(self)) < min(
            int(np.searchsorted(self.distance, cut, side="right")), self.answered
        )
        kinds = np.bincount(4 * given + 2 * self.right + unknown, minlength=8)
        drawn = rng.multinomial(len(self), kinds / len(self), resamples).T.reshape(2, 2, 2, -1)
        return MatchCounts(
            tp=drawn[1, 1].sum(axis=0),
            fp=drawn[1, 0].sum(axis=0),
            tn=drawn[0, 0].sum(axis=0),
            fn=drawn[0, 1].sum(axis=0),
            count=len(self),
            unknown=None if self.unknown is None else drawn[:, :, 1].sum(axis=(0, 1)),
            accepted_unknown=None if self.unknown is None else drawn[1, :, 1].sum(axis=0),
        )


def outcomes_of(
    lookups: Lookups,
    truth: Any,
    matcher: ClassificationMatch,
    k: int,
    known_classes: Any = None,
) -> Outcomes:
    """Return the outcomes of labelled queries, checked and sorted; the one sort there is."""
    return in_order(decisions(lookups, truth, k, matcher, known_classes))


def in_order(decided: Decisions) -> Outcomes:
    """Return the outcomes of decisions, the nearest first."""
    order, unknown = decided.order, decided.unknown
    return Outcomes(
        decided.oriented[order], decided.right[order], None if unknown is None else unknown[order]
    )


def _standing_before(flags: NDArray[np.bool_], places: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(flags)])[places]
