"""Ways to choose a cut point: each meets its target, or says how near it came."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simnb.calibration import CalibrationResults, calibrate, evaluate_at, match
from simnb.classification_metrics import make_classification_metric
from tests.calibration.world import METRICS, cases, looked_up


def value_at(metric, lookups, truth, cut, known):
    return evaluate_at(lookups, truth, [cut], [metric], known_classes=known)[
        make_classification_metric(metric).name
    ][0]


@given(
    cases(), st.sampled_from([*METRICS, "false_accept_rate", "false_reject_rate"]), st.floats(0, 1)
)
@settings(max_examples=200)
def test_a_target_is_met_or_said_to_be_out_of_reach(case, metric, value):
    distances, found, truth = case
    known = sorted({0, 1, *found})
    lookups = looked_up(distances, found)
    options = {"extra_metrics": [metric], "known_classes": known}
    curve = calibrate(lookups, truth, **options).thresholds[metric]
    if np.isnan(curve).all():
        with pytest.raises(ValueError, match="is undefined"):
            calibrate(lookups, truth, {"mine": {metric: value}}, **options)
        return
    small = metric in ("fpr", "false_accept_rate", "false_reject_rate")
    # Withholding every answer makes no mistake.
    none = metric in ("fpr", "false_accept_rate")
    reachable = none or (curve.min() <= value if small else curve.max() >= value)
    if not reachable:
        with pytest.raises(ValueError, match="no threshold has"):
            calibrate(lookups, truth, {"mine": {metric: value}}, **options)
        return
    point = calibrate(lookups, truth, {"mine": {metric: value}}, **options).cutpoints["mine"]
    assert point[metric] <= value if small else point[metric] >= value
    assert value_at(metric, lookups, truth, point["distance"], known) == point[metric]


def test_targets_keep_as_much_as_they_can():
    # right, right, wrong, right, right, wrong by distance
    lookups = looked_up([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [1, 1, 2, 1, 1, 2])
    truth = [1] * 6
    results = calibrate(
        lookups,
        truth,
        {
            "precise": {"precision": 0.8},
            "complete": {"recall": 0.75},
            "half": {"coverage": 0.5},
            "few wrong": {"fpr": 0.5},
            "dear mistakes": {"cost_ratio": 10},
            "cheap mistakes": {"cost_ratio": 0.1},
        },
        extra_metrics=["precision", "recall", "fpr"],
    )
    cuts = {name: point["distance"] for name, point in results.cutpoints.items()}
    assert cuts["precise"] == pytest.approx(0.55)  # 4 of 5; up to 0.25 all are right, but few
    assert cuts["complete"] == pytest.approx(0.45)
    assert cuts["half"] == pytest.approx(0.35)
    assert cuts["few wrong"] == pytest.approx(0.55)
    assert cuts["dear mistakes"] == pytest.approx(0.25)
    assert cuts["cheap mistakes"] == pytest.approx(0.55)


def test_the_equal_error_rate_is_where_the_two_rates_meet():
    lookups = looked_up([0.1, 0.2, 0.3, 0.4], [1, 2, 1, 2])
    results = calibrate(
        lookups, [1] * 4, {"eer": "equal_error_rate"}, extra_metrics=["fpr", "recall"]
    )
    point = results.cutpoints["eer"]
    assert point["fpr"] == pytest.approx(1 - point["recall"])


@given(cases(), st.floats(0.05, 20))
def test_a_cost_ratio_finds_the_cheapest_threshold(case, ratio):
    distances, found, truth = case
    lookups = looked_up(distances, found)
    results = calibrate(lookups, truth, {"mine": {"cost_ratio": ratio}})

    def cost(cut):
        given_ = [distance <= cut for distance in distances]
        right = [own == answer for own, answer in zip(truth, found, strict=True)]
        wrong_given = sum(g and not r for g, r in zip(given_, right, strict=True))
        right_withheld = sum(r and not g for g, r in zip(given_, right, strict=True))
        return ratio * wrong_given + right_withheld

    cheapest = min(cost(cut) for cut in [-1.0, *results.thresholds["distance"]])
    assert cost(results.cutpoint("mine")) == pytest.approx(cheapest)


def test_where_every_answer_costs_more_than_it_is_worth_none_is_given():
    lookups = looked_up([0.1, 0.2, 0.3], [2, 1, 1])
    results = calibrate(
        lookups,
        [1, 1, 1],
        {"dear": {"cost_ratio": 1000}, "none": {"fpr": 0}},
        extra_metrics=["fpr"],
    )
    for name in ("dear", "none"):
        assert results.cutpoint(name) == -np.inf
        nearer = looked_up([0.0, 0.05], [1, 1])  # than any that it was calibrated on
        assert match(nearer, results.cutpoint(name)).tolist() == [-1, -1]
    assert CalibrationResults.from_json(results.to_json()) == results
    assert results.cutpoint("optimal") > 0.3


def test_a_target_of_npv_is_not_met_by_withholding_nothing():
    # wrong answers far off: from 0.45 on all that is withheld is wrong
    lookups = looked_up([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [1, 1, 1, 1, 2, 2])
    results = calibrate(lookups, [1] * 6, {"sure": {"npv": 0.9}}, extra_metrics=["npv"])
    assert results.cutpoint("sure") == pytest.approx(0.45)
    with pytest.raises(ValueError, match="no threshold has npv"):
        calibrate(looked_up([0.1, 0.2], [1, 1]), [1, 1], {"sure": {"npv": 0.9}})


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ({"optimal": 0.5}, "other than 'optimal' and 'all'. Received: 'optimal'"),
        ({"all": 0.5}, "Received: 'all'"),
        ({3: 0.5}, "names that are strings.*Received: 3"),
        ([0.5], "`thresholds_targets` must map names to targets. Received: list"),
    ],
)
def test_names_that_a_cut_point_cannot_have_are_refused(targets, message):
    with pytest.raises(ValueError, match=message):
        calibrate(looked_up([0.1], [1]), [1], targets)


def test_a_false_positive_rate_of_five_hundredths_is_met_not_just_missed():
    # TensorFlow Similarity returns the first threshold that violates it.
    right, wrong = [n / 100 for n in range(50)], [0.2 + n / 100 for n in range(40)]
    lookups = looked_up(right + wrong, [1] * 50 + [2] * 40)
    results = calibrate(lookups, [1] * 90, {"few": {"fpr": 0.05}}, extra_metrics=["fpr"])
    point = results.cutpoints["few"]
    assert point["fpr"] == 2 / 40
    later = results.thresholds["fpr"][results.thresholds["distance"] > point["distance"]]
    assert (later > 0.05).all()


@pytest.mark.parametrize("ratio", [0, -1, float("nan"), "ten"])
def test_a_cost_ratio_that_is_no_positive_number_is_refused(ratio):
    with pytest.raises(ValueError, match=r"thresholds_targets\['mine'\]"):
        calibrate(looked_up([0.1], [1]), [1], {"mine": {"cost_ratio": ratio}})


@pytest.mark.parametrize(
    "target", [True, float("nan"), -0.1, "best", None, {}, {"f1": 1, "fpr": 0}]
)
def test_a_target_that_is_none_is_refused(target):
    with pytest.raises(
        ValueError, match=r"`thresholds_targets\['mine'\]` must be a number from 0 to 1"
    ):
        calibrate(looked_up([0.1], [1]), [1], {"mine": target})
