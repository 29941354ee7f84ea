"""Metrics at given distances: those of plain loops, with intervals that chance explains."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simnb import Indexer
from simnb.calibration import calibrate, evaluate_at, evaluate_classification
from simnb.classification_metrics import names
from simnb.types import Lookups
from tests.calibration.world import METRICS, cases, counts_by_hand, looked_up


def test_evaluation_on_the_calibration_queries_gives_the_calibrations_numbers():
    rng = np.random.default_rng(3)
    lookups, truth = looked_up(rng.random(50), rng.integers(0, 3, 50)), rng.integers(0, 3, 50)
    results = calibrate(lookups, truth, {"p": {"coverage": 0.4}})
    again = evaluate_classification(lookups, truth, results)
    for name, point in again.items():
        assert all(
            point[own] == results.cutpoints[name][own] for own in ("f1", "precision", "recall")
        )


@given(cases(), st.lists(st.floats(0, 2), min_size=1, max_size=4))
def test_any_distance_has_the_counts_of_plain_loops(case, distances):
    own, found, truth = case
    values = evaluate_at(looked_up(own, found), truth, distances, ["f1", *METRICS])
    assert values["distance"].tolist() == distances
    for place, cut in enumerate(distances):
        tp, fp, tn, fn = counts_by_hand(own, found, truth, cut)
        assert values["coverage"][place] == (tp + fp) / len(truth)
        assert values["binary_accuracy"][place] == tp / len(truth)
        assert values["fpr"][place] == (fp / (fp + tn) if fp + tn else 0)
        assert values["recall"][place] == (tp / (tp + fn) if tp + fn else 0)


@given(cases())
def test_every_threshold_of_a_calibration_evaluates_to_what_it_reported(case):
    distances, found, truth = case
    lookups = looked_up(distances, found)
    curves = calibrate(lookups, truth, extra_metrics=METRICS).thresholds
    again = evaluate_at(lookups, truth, curves["distance"], ["f1", *METRICS])
    assert all(np.array_equal(again[name], curves[name]) for name in again)


def test_an_infinite_distance_withholds_only_queries_without_a_neighbour():
    lookups = looked_up([0.1, 9.0, np.inf], [1, 2, 3])
    values = evaluate_at(lookups, [1, 1, 3], [np.inf], ["coverage", "binary_accuracy"])
    assert values["coverage"] == [2 / 3]
    assert values["binary_accuracy"] == [1 / 3]


def by_plain_bootstrap(lookups, truth, cut, metric, known, resamples=400):
    """Percentiles of a metric over queries drawn one by one."""
    rng = np.random.default_rng(1)
    values = []
    for _ in range(resamples):
        rows = rng.integers(0, len(truth), len(truth))
        drawn = looked_up(lookups.distances[rows, 0], lookups.labels[rows, 0])
        values.append(evaluate_at(drawn, truth[rows], [cut], [metric], known_classes=known)[metric])
    return np.quantile(values, [0.05, 0.95])


@pytest.mark.parametrize("metric", names())
def test_an_interval_is_that_of_drawing_queries_one_by_one(metric):
    rng = np.random.default_rng(0)
    lookups = looked_up(rng.random(300), rng.integers(0, 3, 300))
    truth, known = rng.integers(0, 4, 300), [0, 1, 2]
    truth[:150] = lookups.labels[:150, 0]
    found = evaluate_at(lookups, truth, [0.6], [metric], known_classes=known, confidence=0.9)
    low, high = by_plain_bootstrap(lookups, truth, 0.6, metric, known)
    assert found[f"{metric} low"][0] < found[metric][0] < found[f"{metric} high"][0]
    assert found[f"{metric} low"][0] == pytest.approx(low, abs=0.015)
    assert found[f"{metric} high"][0] == pytest.approx(high, abs=0.015)


def test_the_same_seed_gives_the_same_interval_and_another_one_another():
    rng = np.random.default_rng(0)
    lookups, truth = looked_up(rng.random(50), rng.integers(0, 2, 50)), rng.integers(0, 2, 50)
    one, same, other = (
        evaluate_at(lookups, truth, [0.5], confidence=0.9, seed=seed)["f1 low"]
        for seed in (0, 0, 1)
    )
    assert one == same != other


def test_k_and_matcher_are_the_calibrations_unless_given():
    rng = np.random.default_rng(4)
    index = Indexer(3, distance="euclidean")
    index.add(rng.normal(size=(80, 3)), rng.integers(0, 3, 80))
    queries, truth = rng.normal(size=(60, 3)), rng.integers(0, 3, 60)
    index.calibrate(queries, truth, k=5, matcher="match_majority_vote")
    own = index.evaluate_classification(queries, truth)["optimal"]
    assert own["f1"] == index.calibration.cutpoints["optimal"]["f1"]
    nearest = index.evaluate_classification(queries, truth, k=1, matcher="match_nearest")["optimal"]
    lookups = index.query(queries, 1)
    assert nearest["f1"] == evaluate_at(lookups, truth, [own["distance"]])["f1"][0] != own["f1"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"distances": []}, "one threshold or a list of them"),
        ({"distances": None}, "`distances` must be a number"),
        ({"distances": [1], "metrics": "f1"}, "`metrics` must be a list of metrics"),
        ({"distances": [float("nan")]}, "`distances` must be a number"),
        ({"distances": [1], "metrics": ["auc"]}, "Unknown classification metric"),
        ({"distances": [1], "confidence": 1}, "`confidence` must be between 0 and 1"),
        ({"distances": [1], "metrics": ["far"]}, "needs `known_classes`"),
        ({"distances": [1], "known_classes": ["a"]}, "`known_classes` must be of the kind"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        evaluate_at(looked_up([0.1], [1]), [1], **arguments)


def test_an_index_evaluates_with_intervals_and_open_set_rates():
    index = Indexer(1, distance="euclidean")
    index.add([[0.0], [1.0]], labels=["cat", "dog"])
    queries, truth = [[0.1], [0.9], [5.0], [0.4]], ["cat", "dog", "fox", "fox"]
    index.calibrate(queries, truth)
    found = index.evaluate_classification(
        queries, truth, extra_metrics=["far", "frr"], confidence=0.9
    )
    best = found["optimal"]
    assert best["false_accept_rate"] == best["false_reject_rate"] == 0
    assert best["f1"] == 1
    assert best["false_accept_rate low"] == best["false_accept_rate high"] == 0


def test_evaluating_before_calibrating_is_refused():
    index = Indexer(1, distance="euclidean")
    index.add([[0.0]], labels=[1])
    with pytest.raises(ValueError, match="not calibrated"):
        index.evaluate_classification([[0.0]], [1])


def test_results_of_distances_are_not_applied_to_similarities():
    results = calibrate(looked_up([0.1, 0.4], [1, 2]), [1, 1])
    similar = Lookups(np.array([[0]]), np.array([[0.9]]), np.array([[1]]), larger_is_nearer=True)
    with pytest.raises(ValueError, match=r"of an index by similarity.*Received: one by distance"):
        evaluate_classification(similar, [1], results)
    with pytest.raises(ValueError, match=r"`results` must be CalibrationResults\. Received: dict"):
        evaluate_classification(similar, [1], {})


def test_draws_without_a_query_of_an_unknown_class_tell_nothing_of_its_rate():
    truth = [1] * 48 + [9, 9]
    lookups = looked_up([0.1] * 50, [1] * 50)
    found = evaluate_at(lookups, truth, 0.5, ["far"], known_classes=[1], confidence=0.95)
    assert found["false_accept_rate low"] == found["false_accept_rate high"] == [1.0]
    found = evaluate_at(lookups, [1] * 50, 0.5, ["far"], known_classes=[1], confidence=0.95)
    assert np.isnan([values[0] for name, values in found.items() if name != "distance"]).all()
