"""Results come back from JSON as they were."""

import numpy as np
import pytest

from simnb.calibration import CalibrationResults, calibrate
from tests.calibration.world import looked_up


def test_results_survive_json_exactly():
    rng = np.random.default_rng(0)
    lookups = looked_up(rng.random(100), rng.integers(0, 3, 100))
    results = calibrate(lookups, rng.integers(0, 3, 100), {"p": 0.1})
    again = CalibrationResults.from_json(results.to_json())
    assert again.cutpoints == results.cutpoints
    assert all(
        np.array_equal(again.thresholds[n], results.thresholds[n]) for n in results.thresholds
    )
    assert (again.k, again.matcher, again.calibration_metric) == (1, "match_nearest", "f1")


def test_results_are_shown_in_a_line():
    results = calibrate(looked_up([0.1, 0.3], [1, 2]), [1, 1], {"half": {"coverage": 0.5}})
    assert repr(results) == "CalibrationResults(optimal=0.2, half=0.2; 2 thresholds)"


def test_the_distance_of_an_unknown_cut_point_is_refused_with_those_there_are():
    results = calibrate(looked_up([0.1], [1]), [1], {"strict": 0.5})
    with pytest.raises(ValueError, match=r"one of 'optimal', 'strict'. Received: cutpoint='lax'"):
        results.cutpoint("lax")


def test_results_are_compared_by_what_they_hold():
    lookups = looked_up([0.1, 0.3, 0.4], [1, 2, 1])
    one, same = calibrate(lookups, [1, 1, 1]), calibrate(lookups, [1, 1, 1])
    assert one == same
    assert one != calibrate(lookups, [1, 2, 1])
    assert one != "results"


def test_a_rate_that_is_undefined_is_null_in_json_and_comes_back():
    results = calibrate(looked_up([0.1], [1]), [1], extra_metrics=["far"], known_classes=[1])
    assert np.isnan(results.thresholds["false_accept_rate"]).all()
    assert "NaN" not in results.to_json()
    again = CalibrationResults.from_json(results.to_json())
    assert again == results
    assert np.isnan(again.cutpoints["optimal"]["false_accept_rate"])
    with pytest.raises(ValueError, match="`calibration_metric` must be defined"):
        calibrate(looked_up([0.1], [1]), [1], calibration_metric="far", known_classes=[1])
