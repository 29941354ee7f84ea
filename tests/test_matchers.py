from collections import Counter

import numpy as np
import pytest

from simnb.matchers import (
    ClassificationMatch,
    MatchMajorityVote,
    MatchNearest,
    answers,
    make_classification_matcher,
)
from simnb.types import Lookups


def vote_by_hand(labels, distances):
    """The winner of one query, in plain loops: most votes, then nearest voters on average."""
    there = [(label, d) for label, d in zip(labels, distances, strict=True) if np.isfinite(d)]
    votes = Counter(label for label, _ in there)

    def mean(label):
        return sum(d for own, d in there if own == label) / votes[label]

    winner = min(votes, key=lambda label: (-votes[label], mean(label)))
    return winner, mean(winner)


def test_the_majority_vote_is_that_of_plain_loops():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, (200, 7))
    distances = np.sort(rng.random((200, 7), dtype=np.float32), axis=1)
    distances[::5, 4:] = np.inf
    found, distance = MatchMajorityVote().derive_match(labels, distances)
    for query in range(200):
        winner, mean = vote_by_hand(labels[query].tolist(), distances[query].tolist())
        assert found[query] == winner
        assert distance[query] == pytest.approx(mean, rel=1e-6)


def test_one_far_neighbour_of_another_class_does_not_move_the_vote():
    _, distance = MatchMajorityVote().derive_match(
        np.array([[1, 1, 2]]), np.array([[0.1, 0.1, 5.0]], dtype=np.float32)
    )
    assert distance[0] == pytest.approx(0.1)


@pytest.mark.parametrize("matcher", [MatchNearest(), MatchMajorityVote()])
def test_a_query_without_neighbours_is_infinitely_far(matcher):
    _, distance = matcher.derive_match(np.array([[3, 3]]), np.full((1, 2), np.inf, np.float32))
    assert np.isinf(distance[0])


@pytest.mark.parametrize("name", ["match_nearest", "nearest", "match_majority_vote"])
def test_matchers_are_found_by_name(name):
    assert isinstance(make_classification_matcher(name), ClassificationMatch)


def test_an_unknown_matcher_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"'match_majority_vote', 'match_nearest'.*'best'"):
        make_classification_matcher("best")


def test_a_users_matcher_is_known_by_its_name():
    class MatchSecond(ClassificationMatch):
        name = "match_second"

        def derive_match(self, lookup_labels, lookup_distances):
            return lookup_labels[:, 1], lookup_distances[:, 1]

    assert isinstance(make_classification_matcher("match_second"), MatchSecond)


def test_an_index_without_labels_matches_nothing():
    lookups = Lookups(np.array([[0]]), np.array([[0.5]], np.float32))
    with pytest.raises(ValueError, match="must have labels"):
        answers(MatchNearest(), lookups, 1)


def test_more_neighbours_than_were_looked_up_are_refused():
    lookups = Lookups(np.array([[0]]), np.array([[0.5]], np.float32), np.array([[1]]))
    with pytest.raises(ValueError, match=r"at most the number of neighbours looked up, 1.*k=3"):
        answers(MatchNearest(), lookups, 3)
