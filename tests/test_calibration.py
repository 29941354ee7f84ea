import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simnb import Indexer
from simnb.calibration import CalibrationResults, calibrate, evaluate_classification, match
from simnb.types import Lookups


def looked_up(distances, found, k=1):
    distances = np.asarray(distances, dtype=np.float32).reshape(-1, k)
    found = np.asarray(found).reshape(-1, k)
    ids = np.where(np.isfinite(distances), np.arange(distances.size).reshape(-1, k), -1)
    return Lookups(ids, distances, found)


def counts_by_hand(distances, found, truth, cut):
    """tp, fp, tn, fn of answers not beyond the cut, one query after the other."""
    tp = fp = tn = fn = 0
    for distance, answer, own in zip(distances, found, truth, strict=True):
        if distance <= cut:
            tp, fp = tp + (answer == own), fp + (answer != own)
        else:
            tn, fn = tn + (answer != own), fn + (answer == own)
    return tp, fp, tn, fn


# Few different values: ties are the rule.
distance_lists = st.lists(st.integers(0, 12).map(lambda n: n / 8), min_size=1, max_size=40)


@st.composite
def cases(draw):
    distances = draw(distance_lists)
    n = len(distances)
    labels = st.lists(st.integers(0, 3), min_size=n, max_size=n)
    return distances, draw(labels), draw(labels)


METRICS = ["precision", "recall", "binary_accuracy", "fpr", "npv", "coverage"]


@given(cases())
def test_every_threshold_has_the_counts_of_plain_loops(case):
    distances, found, truth = case
    results = calibrate(looked_up(distances, found), truth, extra_metrics=METRICS)
    curves = results.thresholds
    assert len(curves["distance"]) == len(set(distances))
    for place, cut in enumerate(curves["distance"]):
        tp, fp, _, fn = counts_by_hand(distances, found, truth, cut)
        assert curves["binary_accuracy"][place] == tp / len(truth)
        assert curves["coverage"][place] == (tp + fp) / len(truth)
        assert curves["f1"][place] == (2 * tp / (2 * tp + fp + fn) if 2 * tp + fp + fn else 0)


@given(cases())
def test_match_reproduces_the_counts_of_calibration_at_every_cut(case):
    distances, found, truth = case
    lookups = looked_up(distances, found)
    results = calibrate(lookups, truth, extra_metrics=METRICS)
    for place, cut in enumerate(results.thresholds["distance"]):
        answers = match(lookups, cut)
        assert (answers == truth).mean() == results.thresholds["binary_accuracy"][place]
        assert (answers != -1).mean() == results.thresholds["coverage"][place]


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_the_queries_does_not_matter(case, random):
    distances, found, truth = case
    order = list(range(len(truth)))
    random.shuffle(order)
    one = calibrate(looked_up(distances, found), truth)
    other = calibrate(
        looked_up([distances[i] for i in order], [found[i] for i in order]),
        [truth[i] for i in order],
    )
    assert one.cutpoints == other.cutpoints
    assert all(
        np.array_equal(one.thresholds[name], other.thresholds[name]) for name in one.thresholds
    )


@given(cases())
def test_coverage_and_recall_never_fall_with_distance(case):
    distances, found, truth = case
    curves = calibrate(looked_up(distances, found), truth, extra_metrics=METRICS).thresholds
    assert (np.diff(curves["distance"]) > 0).all()
    assert (np.diff(curves["coverage"]) > 0).all()
    assert (np.diff(curves["recall"]) >= 0).all()


@given(cases())
def test_a_last_bit_change_of_a_distance_flips_no_decision(case):
    distances, found, truth = case
    lookups = looked_up(distances, found)
    nudged = looked_up(np.nextafter(np.float32(distances), np.float32(np.inf)), found)
    for cut in calibrate(lookups, truth).thresholds["distance"]:
        assert np.array_equal(match(lookups, cut), match(nudged, cut))


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


def test_queries_of_unknown_classes_are_counted_apart():
    index = Indexer(1, distance="euclidean")
    index.add([[0.0], [1.0]], labels=["cat", "dog"])
    results = index.calibrate(
        [[0.1], [0.9], [5.0], [0.4]], ["cat", "dog", "fox", "fox"],
        extra_metrics=["false_accept_rate", "false_reject_rate"],
    )  # fmt: skip
    best = results.cutpoints["optimal"]
    assert best["false_accept_rate"] == 0.0
    assert best["false_reject_rate"] == 0.0
    assert index.match([[0.1], [5.0]], no_match_label="nothing").tolist() == ["cat", "nothing"]


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


def test_evaluation_on_the_calibration_queries_gives_the_calibrations_numbers():
    rng = np.random.default_rng(3)
    lookups, truth = looked_up(rng.random(50), rng.integers(0, 3, 50)), rng.integers(0, 3, 50)
    results = calibrate(lookups, truth, {"p": {"coverage": 0.4}})
    again = evaluate_classification(lookups, truth, results)
    for name, point in again.items():
        assert all(
            point[own] == results.cutpoints[name][own] for own in ("f1", "precision", "recall")
        )


@pytest.mark.parametrize("no_match_label", [-1, "none", None, 300, 2**70])
def test_any_no_match_label_comes_back_as_it_is(no_match_label):
    lookups = looked_up([0.1, 0.9], np.array([1, 2], dtype=np.uint8))
    assert match(lookups, 0.5, no_match_label).tolist() == [1, no_match_label]


def test_queries_without_a_neighbour_count_as_not_answered():
    results = calibrate(
        looked_up([0.1, np.inf], [1, 1]), [1, 1], extra_metrics=["coverage", "recall"]
    )
    assert results.cutpoints["optimal"]["coverage"] == 0.5


def test_all_right_all_wrong_constant_and_single_queries_calibrate():
    assert calibrate(looked_up([0.1, 0.2], [1, 2]), [1, 2]).cutpoints["optimal"]["value"] == 1.0
    assert calibrate(looked_up([0.1, 0.2], [1, 2]), [2, 1]).cutpoints["optimal"]["value"] == 0.0
    assert len(calibrate(looked_up([0.3, 0.3], [1, 2]), [1, 1]).thresholds["distance"]) == 1
    assert calibrate(looked_up([0.0], [1]), [1]).cutpoints["optimal"]["distance"] > 0


def test_the_table_is_printed_when_asked(capsys):
    calibrate(looked_up([0.1, 0.2], [1, 1]), [1, 1], verbose=1)
    printed = capsys.readouterr().out
    assert "optimal" in printed
    assert "precision" in printed


LOOKUPS = looked_up([0.1, 0.2], [1, 2])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": [1]}, r"one label for each of 2 examples.*1 labels"),
        ({"labels": ["a", "b"]}, r"kind of the index's labels, integers.*strings"),
        ({"labels": [1.0, np.nan]}, r"`labels` must be integers or strings.*float64"),
        ({"labels": [1, 2], "k": 0}, r"`k` must be a whole number of at least 1"),
        ({"labels": [1, 2], "k": 2}, r"neighbours looked up, 1.*k=2"),
        ({"labels": [1, 2], "thresholds_targets": {"a": 1.5}}, r"numbers from 0 to 1.*'a': 1.5"),
        (
            {"labels": [1, 2], "thresholds_targets": {"a": {"auc": 0.5}}},
            r"Unknown classification metric",
        ),
        ({"labels": [1, 2], "calibration_metric": "auc"}, r"Unknown classification metric"),
        ({"labels": [1, 2], "matcher": "best"}, r"Unknown matcher"),
        (
            {"labels": [2, 1], "thresholds_targets": {"a": 0.5}},
            r"'a'.*f1 of at least 0.5; the best is 0.0000",
        ),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        calibrate(LOOKUPS, **arguments)


def test_no_query_with_a_neighbour_is_refused():
    with pytest.raises(ValueError, match="no query has any"):
        calibrate(looked_up([np.inf], [1]), [1])


def test_matching_before_calibrating_and_at_an_unknown_cut_are_refused():
    index = Indexer(1, distance="euclidean")
    index.add([[0.0], [1.0]], labels=[1, 2])
    with pytest.raises(ValueError, match="not calibrated"):
        index.match([[0.0]])
    index.calibrate([[0.1], [0.8]], [1, 2])
    with pytest.raises(ValueError, match=r"one of 'optimal'.*cutpoint='best'"):
        index.match([[0.0]], cutpoint="best")
    assert index.match([[0.1]], cutpoint=0.05).tolist() == [-1]
