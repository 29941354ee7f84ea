"""What is decided of each query is what `match` answers and `evaluate_at` counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simnb.calibration import decisions, evaluate_at, match
from simnb.types import Lookups
from tests.calibration.test_match import neighborhoods
from tests.calibration.world import looked_up

MATCHERS = st.sampled_from(["match_nearest", "match_majority_vote"])
THRESHOLDS = st.floats(-2, 2, width=32) | st.sampled_from([0.0, 0.25, 0.5, -0.5, np.inf, -np.inf])


def decided_of(case, matcher="match_nearest"):
    lookups, truth = case
    k = lookups.ids.shape[1]
    return decisions(lookups, truth, k, matcher), k


@given(neighborhoods(), MATCHERS, THRESHOLDS)
def test_the_answers_given_are_those_of_match(case, matcher, threshold):
    lookups, truth = case
    decided, k = decided_of(case, matcher)
    found = match(lookups, threshold, -1, k, matcher)
    assert np.array_equal(decided.given(threshold), found != -1)
    there = decided.given(threshold)
    assert np.array_equal(decided.answer[there], found[there])
    assert np.array_equal(decided.right & there, found == truth)
    assert np.array_equal(decided.truth, truth)


@given(neighborhoods(), MATCHERS)
def test_distances_are_the_indexs_and_the_order_is_from_near_to_far(case, matcher):
    lookups, _ = case
    decided, _ = decided_of(case, matcher)
    nowhere = -np.inf if lookups.larger_is_nearer else np.inf
    assert np.array_equal(decided.distance == nowhere, ~(lookups.ids >= 0).any(axis=1))
    in_order = decided.distance[decided.order]
    nearer = (
        in_order[1:] <= in_order[:-1] if lookups.larger_is_nearer else in_order[1:] >= in_order[:-1]
    )
    assert nearer.all()
    assert sorted(decided.order.tolist()) == list(range(len(decided)))


@given(
    neighborhoods(),
    MATCHERS,
    THRESHOLDS,
    st.sampled_from(["any", "wrong", "missed"]),
    st.none() | st.integers(0, 3),
    st.none() | st.integers(0, 3),
)
def test_mistakes_are_those_of_plain_loops_nearest_the_cut_first(
    case, matcher, threshold, kind, truth, answer
):
    lookups, own = case
    decided, k = decided_of(case, matcher)
    shown, everything = match(lookups, threshold, -1, k, matcher), decided.answer
    there = (lookups.ids >= 0).any(axis=1)
    wanted = {
        row
        for row in range(len(own))
        if there[row]
        and truth in (None, own[row])
        and answer in (None, everything[row])
        and (
            (kind != "missed" and shown[row] not in (-1, own[row]))
            or (kind != "wrong" and shown[row] == -1 and everything[row] == own[row])
        )
    }
    rows = decided.mistakes(threshold, truth, answer, kind)
    assert set(rows.tolist()) == wanted
    assert len(rows) == len(wanted)
    finite = threshold if np.isfinite(threshold) else np.sign(threshold) * 1e6
    assert (np.diff(np.abs(decided.distance[rows] - finite)) >= 0).all()


@pytest.mark.parametrize("larger", [False, True])
def test_of_an_infinite_threshold_the_mistakes_on_its_side_come_first(larger):
    lookups = looked_up([0.1, 0.3, 0.2, 0.4], [1, 2, 3, 4])
    if larger:
        lookups = Lookups(lookups.ids, -lookups.distances, lookups.labels, larger_is_nearer=True)
    everything, nothing = (-np.inf, np.inf) if larger else (np.inf, -np.inf)
    assert decisions(lookups, [9, 9, 9, 4]).mistakes(everything).tolist() == [1, 2, 0]
    assert decisions(lookups, [1, 2, 3, 9]).mistakes(nothing).tolist() == [0, 2, 1]
    assert decisions(lookups, [9, 9, 3, 4]).mistakes(-0.16 if larger else 0.16).tolist() == [
        2,
        0,
        3,
    ]


@given(neighborhoods(), MATCHERS, THRESHOLDS)
def test_the_confusion_is_that_of_plain_loops(case, matcher, threshold):
    lookups, truth = case
    decided, k = decided_of(case, matcher)
    classes, matrix = decided.confusion(threshold)
    by_hand = {}
    for own, found in zip(truth, match(lookups, threshold, -1, k, matcher), strict=True):
        by_hand[own, found] = by_hand.get((own, found), 0) + 1
    assert matrix.dtype == np.int64
    assert matrix.shape == (len(classes), len(classes) + 1)
    assert set(truth) <= set(classes)
    named = [*classes.tolist(), -1]
    found = {
        (named[row], named[column]): matrix[row, column]
        for row, column in zip(*np.nonzero(matrix), strict=True)
    }
    assert found == by_hand


@given(neighborhoods(), MATCHERS, THRESHOLDS)
def test_a_class_has_the_metrics_of_its_queries_alone(case, matcher, threshold):
    lookups, truth = case
    decided, k = decided_of(case, matcher)
    table = decided.per_class(threshold)
    assert table["class"].tolist() == np.unique(truth).tolist()
    assert table["queries"].sum() == len(truth)
    names = ["precision", "recall", "f1", "coverage", "binary_accuracy"]
    for row in table.to_dict("records"):
        rows = np.flatnonzero(truth == row["class"])
        own = Lookups(
            lookups.ids[rows],
            lookups.distances[rows],
            lookups.labels[rows],
            larger_is_nearer=lookups.larger_is_nearer,
        )
        alone = evaluate_at(own, truth[rows], threshold, names, k, matcher)
        assert row["queries"] == len(rows)
        assert row["accuracy"] == alone["binary_accuracy"][0]
        assert {name: row[name] for name in names[:4]} == {
            name: alone[name][0] for name in names[:4]
        }
        found = match(own, threshold, -1, k, matcher)
        assert row["wrong"] == ((found != -1) & (found != row["class"])).sum()
        only_here = decisions(own, truth[rows], k, matcher)
        assert row["missed"] == len(only_here.mistakes(threshold, kind="missed"))


def test_queries_of_classes_that_the_index_lacks_are_known():
    decided = decisions(looked_up([0.1, 0.2], [1, 2]), [1, 7], known_classes=[1, 2])
    assert decided.unknown.tolist() == [False, True]
    assert decisions(looked_up([0.1], [1]), [7]).unknown is None


def test_ids_of_64_bits_are_classes_of_their_own():
    far = 2**63
    lookups = looked_up([0.1, 0.2], np.array([far + 1, far + 2], dtype=np.uint64))
    classes, matrix = decisions(lookups, [far, far + 2]).confusion(np.inf)
    assert classes.tolist() == [far, far + 1, far + 2]
    assert matrix.tolist() == [[0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0]]


@pytest.mark.parametrize(
    ("truth", "answer", "classes"),
    [
        (np.array([-1, 2**62 + 1]), np.array([2**62, 5], np.uint64), [-1, 5, 2**62, 2**62 + 1]),
        (np.array([3, 4]), np.array([2**63 + 1, 2**63], np.uint64), [3, 4, 2**63, 2**63 + 1]),
        (np.array([-3, 4]), np.array([2**63 + 1, 2**63], np.uint64), [-3, 4, 2**63, 2**63 + 1]),
        (np.array([-3, 4]), np.array([200, 100], np.uint8), [-3, 4, 100, 200]),
        (np.array([True, False]), np.array([2, 0]), [0, 1, 2]),
    ],
)
def test_classes_of_signed_and_unsigned_labels_are_told_apart(truth, answer, classes):
    decided = decisions(looked_up([0.1, 0.2], answer), truth)
    found, own, other = decided.codes
    assert found.tolist() == classes
    assert found[own].tolist() == truth.tolist()
    assert found[other].tolist() == answer.tolist()


def test_what_a_missing_neighbour_has_for_a_label_is_no_class():
    labels = np.array([["a"], ["nothing"]])
    lookups = Lookups(np.array([[0], [-1]]), np.array([[0.1], [np.inf]]), labels)
    decided = decisions(lookups, ["a", "b"])
    classes, matrix = decided.confusion(np.inf)
    assert classes.tolist() == ["a", "b"]
    assert matrix.tolist() == [[1, 0, 0], [0, 0, 1]]
    assert decided.distance.tolist() == [np.float32(0.1), np.inf]
    assert decided.mistakes(np.inf).tolist() == []


def test_it_is_shown_in_a_line():
    decided = decisions(looked_up([0.1, np.inf], [1, 2]), [1, 2])
    assert repr(decided) == "Decisions(2 queries, 1 answered, 1 right)"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"distance": float("nan")}, "`distance` must be a number"),
        ({"distance": 1, "kind": "odd"}, "`kind` must be one of 'any', 'wrong', 'missed'"),
        ({"distance": 1, "truth": "cat"}, "`truth` must be of the kind of the index's labels"),
        ({"distance": 1, "answer": 1.5}, "`answer` must be integers or strings"),
    ],
)
def test_bad_questions_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        decisions(looked_up([0.1], [1]), [1]).mistakes(**arguments)


@pytest.mark.parametrize(
    ("labels", "arguments", "message"),
    [
        ([1, 2], {}, "one label for each of 1 examples"),
        (["a"], {}, "`labels` must be of the kind"),
        ([1], {"k": 2}, "at most the number of neighbours looked up"),
        ([1], {"k": 0}, "`k` must be a whole number"),
        ([1], {"matcher": "odd"}, "Unknown matcher"),
        ([1], {"known_classes": [2]}, "`known_classes` must hold every class"),
    ],
)
def test_bad_input_is_named(labels, arguments, message):
    with pytest.raises(ValueError, match=message):
        decisions(looked_up([0.1], [1]), labels, **arguments)


def test_there_is_something_to_decide():
    with pytest.raises(ValueError, match="at least one query"):
        decisions(looked_up([], []), [])


@pytest.mark.parametrize(("found", "shown"), [(2, "2"), ("cat", "'cat'")])
def test_a_class_that_is_not_said_to_be_known_is_shown_as_it_is_written(found, shown):
    other = 1 if found == 2 else "dog"
    with pytest.raises(ValueError, match=f"Received: none that is {shown}, which"):
        decisions(looked_up([0.1], [found]), [found], known_classes=[other])


def test_a_confusion_of_very_many_classes_is_refused_with_what_tells_the_same():
    many = np.arange(10_001)
    decided = decisions(looked_up(many / 10_001, many), many)
    with pytest.raises(
        ValueError, match=r"at most 10,000 classes.*`mistakes`.*`per_class`.*10,001"
    ):
        decided.confusion(0.5)
    assert len(decided.per_class(0.5)) == 10_001
