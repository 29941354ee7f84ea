"""Ways to choose a cut point: each meets its target, or says how near it came."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simnb.calibration import calibrate
from tests.calibration.world import METRICS, cases, looked_up


@given(
    cases(), st.sampled_from([*METRICS, "false_accept_rate", "false_reject_rate"]), st.floats(0, 1)
)
@settings(max_examples=200)
def test_a_target_is_met_or_said_to_be_out_of_reach(case, metric, value):
    distances, found, truth = case
    lookups = looked_up(distances, found)
    options = {"extra_metrics": [metric], "known_classes": [0, 1]}
    curve = calibrate(lookups, truth, **options).thresholds[metric]
    small = metric in ("fpr", "false_accept_rate", "false_reject_rate")
    reachable = curve.min() <= value if small else curve.max() >= value
    if not reachable:
        with pytest.raises(ValueError, match="no threshold has"):
            calibrate(lookups, truth, {"mine": {metric: value}}, **options)
        return
    found_value = calibrate(lookups, truth, {"mine": {metric: value}}, **options).cutpoints["mine"][
        metric
    ]
    assert found_value <= value if small else found_value >= value


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

    cheapest = min(cost(cut) for cut in results.thresholds["distance"])
    assert cost(results.cutpoint("mine")) == pytest.approx(cheapest)


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
    with pytest.raises(ValueError, match=r"`thresholds_targets` must be numbers from 0 to 1"):
        calibrate(looked_up([0.1], [1]), [1], {"mine": target})
