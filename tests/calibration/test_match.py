"""Matching gives the answers that calibration counted, and any label where nothing is near."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simnb import Indexer
from simnb.calibration import calibrate, match
from simnb.types import Lookups
from tests.calibration.world import METRICS, cases, looked_up


@given(cases())
def test_match_reproduces_the_counts_of_calibration_at_every_cut(case):
    distances, found, truth = case
    lookups = looked_up(distances, found)
    results = calibrate(lookups, truth, extra_metrics=METRICS)
    for place, cut in enumerate(results.thresholds["distance"]):
        answers = match(lookups, cut)
        assert (answers == truth).mean() == results.thresholds["binary_accuracy"][place]
        assert (answers != -1).mean() == results.thresholds["coverage"][place]


@given(cases())
def test_a_last_bit_change_of_a_distance_flips_no_decision(case):
    distances, found, truth = case
    lookups = looked_up(distances, found)
    nudged = looked_up(np.nextafter(np.float32(distances), np.float32(np.inf)), found)
    for cut in calibrate(lookups, truth).thresholds["distance"]:
        assert np.array_equal(match(lookups, cut), match(nudged, cut))


def test_an_index_by_similarity_gives_answers_at_or_above_its_cut():
    rng = np.random.default_rng(0)
    items, queries = rng.normal(size=(300, 8)), rng.normal(size=(80, 8))
    labels, truth = rng.integers(0, 5, 300), rng.integers(0, 5, 80)
    index = Indexer(8, distance="inner_product")
    index.add(items, labels)
    results = index.calibrate(queries, truth, extra_metrics=["binary_accuracy", "coverage"])
    cut = results.cutpoints["optimal"]["distance"]
    lookups = index.query(queries, k=1)
    answered = lookups.distances[:, 0] >= cut
    assert answered.mean() == results.cutpoints["optimal"]["coverage"]
    assert ((index.match(queries) == truth).mean()) == results.cutpoints["optimal"][
        "binary_accuracy"
    ]
    assert (np.diff(results.thresholds["distance"]) < 0).all()


@pytest.mark.parametrize("no_match_label", [-1, "none", None, 300, 2**70])
def test_any_no_match_label_comes_back_as_it_is(no_match_label):
    lookups = looked_up([0.1, 0.9], np.array([1, 2], dtype=np.uint8))
    assert match(lookups, 0.5, no_match_label).tolist() == [1, no_match_label]


def test_k_and_matcher_are_saved_with_the_index_and_used_by_match(tmp_path):
    rng = np.random.default_rng(0)
    index = Indexer(4, distance="euclidean")
    index.add(rng.normal(size=(60, 4)), rng.integers(0, 3, 60))
    queries = rng.normal(size=(30, 4))
    index.calibrate(
        queries,
        rng.integers(0, 3, 30),
        {"tight": {"coverage": 0.3}},
        k=5,
        matcher="match_majority_vote",
    )
    index.save(tmp_path / "index")
    again = Indexer.load(tmp_path / "index")
    assert (again.calibration.k, again.calibration.matcher) == (5, "match_majority_vote")
    every, reloaded = index.match(queries, "all"), again.match(queries, "all")
    assert list(every) == ["optimal", "tight"]
    assert all(np.array_equal(every[name], reloaded[name]) for name in every)
    again.reset()
    assert again.calibration is None


def test_matching_before_calibrating_and_at_an_unknown_cut_are_refused():
    index = Indexer(1, distance="euclidean")
    index.add([[0.0], [1.0]], labels=[1, 2])
    with pytest.raises(ValueError, match="not calibrated"):
        index.match([[0.0]])
    index.calibrate([[0.1], [0.8]], [1, 2])
    with pytest.raises(ValueError, match=r"one of 'optimal'.*cutpoint='best'"):
        index.match([[0.0]], cutpoint="best")
    assert index.match([[0.1]], cutpoint=0.05).tolist() == [-1]


@pytest.mark.parametrize(
    ("labels", "no_match_label", "dtype"),
    [
        (np.array([1, 2], np.uint8), -1, np.int16),
        (np.array([1, 2], np.uint8), 10, np.uint8),
        (np.array([1, 2], np.int64), -1, np.int64),
        (np.array([1, 2], np.uint64), -1, object),
        (np.array([1, 2], np.int64), None, object),
        (np.array(["a", "b"]), "nothing", np.dtype("U7")),
        (np.array(["a", "b"]), -1, object),
    ],
)
def test_the_answers_are_of_the_labels_dtype_where_the_no_match_label_fits(
    labels, no_match_label, dtype
):
    found = match(looked_up([0.1, 0.9], labels), 0.5, no_match_label)
    assert found.dtype == dtype
    assert found.tolist() == [labels[0], no_match_label]


def test_a_no_match_label_may_be_a_tuple():
    found = match(looked_up([0.1, 0.9], [1, 2]), 0.5, ("no", "match"))
    assert found.tolist() == [1, ("no", "match")]


def test_an_infinite_cut_gives_every_answer_there_is_and_no_more():
    lookups = looked_up([0.1, 7.0, np.inf], [1, 2, 3])
    assert match(lookups, np.inf).tolist() == [1, 2, -1]


@pytest.mark.parametrize("distance", [float("nan"), None, "optimal", True])
def test_a_distance_that_is_no_number_is_refused(distance):
    with pytest.raises(ValueError, match="`distance` must be a number"):
        match(looked_up([0.1], [1]), distance)


@st.composite
def neighborhoods(draw):
    """Look-ups with ties, gaps, several neighbours, by distance or similarity; and the truth."""
    q, k = draw(st.integers(1, 12)), draw(st.integers(1, 4))
    rows = st.lists(
        st.floats(0, 2, width=32) | st.sampled_from([0.25, 0.5, 1.0]), min_size=k, max_size=k
    )
    distances = np.sort(draw(st.lists(rows, min_size=q, max_size=q)), axis=1).astype(np.float32)
    label = st.lists(st.integers(0, 3), min_size=k, max_size=k)
    labels = np.array(draw(st.lists(label, min_size=q, max_size=q)))
    missing = np.array(draw(st.lists(st.integers(0, k), min_size=q, max_size=q)))
    there = np.arange(k) < missing[:, None]
    similar = draw(st.booleans())
    filled = np.where(there, -distances if similar else distances, -np.inf if similar else np.inf)
    ids = np.where(there, np.arange(q * k).reshape(q, k), -1)
    truth = draw(st.lists(st.integers(0, 3), min_size=q, max_size=q))
    return Lookups(ids, filled, labels, larger_is_nearer=similar), np.array(truth)


@given(neighborhoods(), st.sampled_from(["match_nearest", "match_majority_vote"]))
def test_match_is_calibration_for_any_look_up_k_and_matcher(case, matcher):
    lookups, truth = case
    k = lookups.ids.shape[1]
    options = {"k": k, "matcher": matcher, "extra_metrics": ["binary_accuracy", "coverage"]}
    if not (lookups.ids[:, 0] >= 0).any():
        with pytest.raises(ValueError, match="no query has any"):
            calibrate(lookups, truth, **options)
        return
    results = calibrate(lookups, truth, {"few": {"fpr": 0.3}}, **options)
    curves = results.thresholds
    for place, cut in enumerate(curves["distance"]):
        found = match(lookups, cut, -1, k, matcher)
        assert (found == truth).mean() == curves["binary_accuracy"][place]
        assert (found != -1).mean() == curves["coverage"][place]
    for point in results.cutpoints.values():
        found = match(lookups, point["distance"], -1, k, matcher)
        assert (found == truth).mean() == point["binary_accuracy"]


def test_a_label_given_for_a_distance_is_refused_with_a_hint():
    index = Indexer(1, distance="euclidean")
    index.add([[0.0], [1.0]], labels=[1, 2])
    index.calibrate([[0.1], [0.8]], [1, 2])
    with pytest.raises(ValueError, match=r"distance of at least 0.*`no_match_label`.*cutpoint=-1"):
        index.match([[0.0]], -1)  # TensorFlow Similarity's second argument
    with pytest.raises(ValueError, match="`cutpoint` must be a number"):
        index.match([[0.0]], None)


def test_a_cut_that_withholds_all_is_saved_with_the_index_and_withholds_all(tmp_path):
    index = Indexer(1, distance="euclidean")
    index.add([[0.0], [1.0]], labels=[1, 2])
    results = index.calibrate([[0.0], [0.3]], [2, 2], {"none": {"fpr": 0}})
    index.save(tmp_path / "index")
    again = Indexer.load(tmp_path / "index")
    assert again.calibration == results
    assert again.match([[0.0], [0.5]], "none").tolist() == [-1, -1]
    assert again.match([[0.0]], results.cutpoint("none")).tolist() == [-1]
