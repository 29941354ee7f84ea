"""From the k nearest neighbours of a query to one answer: a label and how far off it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from simnb.labels import of_neighbors
from simnb.registry import Registry
from simnb.types import Lookups

__all__ = [
    "ClassificationMatch",
    "MatchMajorityVote",
    "MatchNearest",
    "answers",
    "make_classification_matcher",
]


class ClassificationMatch(ABC):
    """A rule that turns neighbours into one answer; subclass it to bring your own.

    A subclass has a `name` and implements `derive_match`; `make_classification_matcher`
    and saved calibrations then know it by that name, and make it without arguments.
    """

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "name" in cls.__dict__:
            _REGISTRY.add(cls, cls.name, *cls.__dict__.get("aliases", ()))

    @abstractmethod
    def derive_match(
        self, lookup_labels: NDArray[Any], lookup_distances: NDArray[np.float32]
    ) -> tuple[NDArray[Any], NDArray[np.float32]]:
        """Return the label [q] and the distance [q] of each query's answer.

        Parameters
        ----------
        lookup_labels : array [q, k]
            Labels of the neighbours, nearest first.
        lookup_distances : float32 array [q, k]
            Smaller is nearer; inf where a query has fewer than k neighbours, and the
            label there means nothing.
        """

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


_REGISTRY: Registry[ClassificationMatch] = Registry("matcher")


class MatchNearest(ClassificationMatch):
    """The nearest neighbour's label and distance.

    >>> MatchNearest().derive_match(np.array([["cat", "dog"]]), np.array([[0.1, 0.2]], "float32"))
    (array(['cat'], dtype='<U3'), array([0.1], dtype=float32))
    """

    name = "match_nearest"
    aliases = ("nearest",)

    def derive_match(
        self, lookup_labels: NDArray[Any], lookup_distances: NDArray[np.float32]
    ) -> tuple[NDArray[Any], NDArray[np.float32]]:
        """Return the first column of both."""
        return lookup_labels[:, 0], lookup_distances[:, 0]


class MatchMajorityVote(ClassificationMatch):
    """The most frequent label among the k neighbours, at the mean distance of those who voted for it.

    Between labels of as many votes the one whose voters are nearer on average wins.

    >>> labels, distances = np.array([[7, 3, 3]]), np.array([[0.1, 0.2, 0.4]], "float32")
    >>> MatchMajorityVote().derive_match(labels, distances)
    (array([3]), array([0.3], dtype=float32))
    """

    name = "match_majority_vote"
    aliases = ("majority_vote",)

    def derive_match(
        self, lookup_labels: NDArray[Any], lookup_distances: NDArray[np.float32]
    ) -> tuple[NDArray[Any], NDArray[np.float32]]:
        """Return the winner of each row and the mean distance of its voters."""
        there = np.isfinite(lookup_distances)
        known = np.where(there, lookup_distances.astype(np.float64), 0.0)
        # [q, k, k]: whom of the neighbours each neighbour agrees with
        agree = (lookup_labels[:, :, None] == lookup_labels[:, None, :]) & there[:, None, :]
        votes = agree.sum(axis=2) * there
        mean = (agree * known[:, None, :]).sum(axis=2) / np.maximum(votes, 1)
        mean = np.where(votes > 0, mean, np.inf)
        winner = np.lexsort((mean, -votes), axis=1)[:, 0]
        rows = np.arange(len(winner))
        return lookup_labels[rows, winner], mean[rows, winner].astype(lookup_distances.dtype)


def make_classification_matcher(
    matcher: str | ClassificationMatch | type[ClassificationMatch],
) -> ClassificationMatch:
    """Return the matcher of that name or class; an instance as it is.

    Raises
    ------
    ValueError
        The name is unknown; the message lists the known ones.
    """
    if isinstance(matcher, ClassificationMatch):
        return matcher
    if isinstance(matcher, type) and issubclass(matcher, ClassificationMatch):
        return matcher()
    return _REGISTRY.find(matcher)()


def answers(
    matcher: ClassificationMatch, lookups: Lookups, k: int
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return label and distance [q] of each query's answer from its first k neighbours.

    Distances of an index by similarity come back negated, so that smaller is nearer.

    Raises
    ------
    ValueError
        The index has no labels, fewer than k neighbours were looked up, or the matcher's
        answers are not one a query.
    """
    found = of_neighbors(lookups)
    if lookups.ids.shape[1] < k:
        raise ValueError(
            f"`k` must be at most the number of neighbours looked up, {lookups.ids.shape[1]}. Received: k={k}"
        )
    distances = -lookups.distances[:, :k] if lookups.larger_is_nearer else lookups.distances[:, :k]
    there = (lookups.ids[:, :k] >= 0) & np.isfinite(distances)
    labels, distance = matcher.derive_match(found[:, :k], np.where(there, distances, np.inf))
    labels, distance = np.asarray(labels), np.asarray(distance, dtype=np.float64)
    if not labels.shape == distance.shape == (len(lookups),):
        raise ValueError(
            f"`matcher` must give a label and a distance a query, both [{len(lookups)}]. "
            f"Received: shapes {labels.shape} and {distance.shape} from {type(matcher).__name__}"
        )
    return labels, np.where(np.isfinite(distance), distance, np.inf)
