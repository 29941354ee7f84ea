"""Calibration: every threshold has the counts of plain loops, and what is wrong is named."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_curve, roc_curve

from simnb import Indexer
from simnb.calibration import calibrate
from simnb.classification_metrics import ClassificationMetric
from simnb.matchers import ClassificationMatch, MatchNearest
from simnb.types import Lookups
from tests.calibration.world import METRICS, cases, counts_by_hand, looked_up


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
        (
            {"labels": [1, 2], "thresholds_targets": {"a": 1.5}},
            r"\['a'\]` must be a number from 0 to 1.*1\.5",
        ),
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


def test_the_columns_of_the_table_stand_as_in_tensorflow_similarity(capsys):
    calibrate(
        looked_up([0.1, 0.2], [1, 1]),
        [1, 1],
        extra_metrics=["precision", "recall", "binary_accuracy"],
        verbose=1,
    )
    header = capsys.readouterr().out.splitlines()[1].split()
    assert header == ["name", "value", "distance", "precision", "recall", "binary_accuracy", "f1"]


def test_distances_are_sorted_once(monkeypatch):
    sorts = []
    for name in ("sort", "argsort", "unique", "lexsort", "partition"):
        own = getattr(np, name)
        monkeypatch.setattr(
            np, name, lambda *a, own=own, name=name, **k: sorts.append(name) or own(*a, **k)
        )
    rng = np.random.default_rng(0)
    calibrate(looked_up(rng.random(1000), rng.integers(0, 5, 1000)), rng.integers(0, 5, 1000))
    assert sorts == ["argsort"]


@pytest.mark.parametrize("labels", [[1, 2], np.array([1, 2], np.uint8), [[1], [2]]])
def test_labels_of_any_integer_width_and_shape_are_the_same(labels):
    assert calibrate(LOOKUPS, labels).cutpoints["optimal"]["value"] == 1.0


def test_ids_of_64_bits_are_told_apart():
    lookups = looked_up([0.1, 0.2], np.array([2**63 + 1, 2**63 + 2], dtype=np.uint64))
    results = calibrate(
        lookups, [2**63, 2**63 + 2], known_classes=[2**63 + 1, 2**63 + 2],
        extra_metrics=["binary_accuracy", "far"],
    )  # fmt: skip
    assert results.thresholds["binary_accuracy"].tolist() == [0, 0.5]
    assert results.thresholds["false_accept_rate"].tolist() == [1, 1]


def test_a_failed_calibration_leaves_the_earlier_one():
    index = Indexer(1, distance="euclidean")
    index.add([[0.0], [1.0]], labels=[1, 2])
    earlier = index.calibrate([[0.1], [0.8]], [1, 2])
    for bad in (
        {"labels": [1, 2], "thresholds_targets": {"a": 2}},
        {"labels": ["a", "b"]},
        {"labels": [1, 2], "k": 3},
    ):
        with pytest.raises(ValueError, match="must be"):
            index.calibrate([[0.1], [0.8]], **bad)
    assert index.calibration is earlier


@pytest.mark.parametrize(
    ("labels", "message"), [(None, "index was made without"), ([], "The index is empty")]
)
def test_an_index_without_labels_or_items_is_refused(labels, message):
    index = Indexer(1, distance="euclidean")
    index.add(np.zeros((0 if labels == [] else 2, 1)), labels)
    with pytest.raises(ValueError, match=message):
        index.calibrate([[0.0]], [1])


def test_a_matcher_that_its_name_does_not_tell_whole_is_refused():
    class Discounting(ClassificationMatch):
        name = "tests.discounting"

        def __init__(self, discount=0.5):
            self.discount = discount

        def derive_match(self, lookup_labels, lookup_distances):
            return lookup_labels[:, 0], self.discount * lookup_distances[:, 0]

    index = Indexer(1, distance="euclidean")
    index.add([[0.0], [1.0]], labels=[1, 2])
    with pytest.raises(ValueError, match=r"no state of its own.*discount a class attribute"):
        index.calibrate([[0.1]], [1], matcher=Discounting(0.1))
    assert index.calibration is None


@given(st.integers(1, 30), st.floats(0, 2, width=32))
def test_constant_distances_have_one_threshold_which_gives_every_answer(count, distance):
    results = calibrate(
        looked_up([distance] * count, [1] * count), [1] * count, extra_metrics=["coverage"]
    )
    assert results.thresholds["coverage"].tolist() == [1.0]
    assert results.cutpoint("optimal") > distance


@given(cases())
def test_rates_at_every_threshold_are_those_of_scikit_learn(case):
    distances, found, truth = case
    right = np.equal(found, truth)
    if right.all() or not right.any():
        return  # scikit-learn has no rate of nothing
    curves = calibrate(looked_up(distances, found), truth, extra_metrics=METRICS).thresholds
    fpr, tpr, _ = roc_curve(right, -np.array(distances), drop_intermediate=False)
    assert curves["fpr"] == pytest.approx(fpr[1:])
    assert curves["recall"] == pytest.approx(tpr[1:])
    precision, _, _ = precision_recall_curve(right, -np.array(distances))
    assert curves["precision"] == pytest.approx(precision[-2::-1])


def test_a_metric_or_matcher_that_its_name_does_not_tell_whole_is_refused():
    class FBeta(ClassificationMetric):
        name = "tests.fbeta"

        def __init__(self, beta=1.0):
            self.beta = beta

        def compute(self, tp, fp, tn, fn, count):
            b = self.beta**2
            return (1 + b) * tp / np.maximum((1 + b) * tp + b * fn + fp, 1)

    class Unnamed(MatchNearest):
        def derive_match(self, lookup_labels, lookup_distances):
            return lookup_labels[:, -1], lookup_distances[:, -1]

    index = Indexer(1, distance="euclidean")
    index.add([[0.0], [1.0]], labels=[1, 2])
    with pytest.raises(ValueError, match="`calibration_metric` must have no state of its own"):
        index.calibrate([[0.1]], [1], calibration_metric=FBeta(0.2))
    with pytest.raises(ValueError, match="Unnamed, whose name 'match_nearest' is that of MatchNea"):
        index.calibrate([[0.1]], [1], matcher=Unnamed())
    results = index.calibrate([[0.1]], [1], extra_metrics=[FBeta(0.2)])  # is only reported
    assert results.cutpoints["optimal"]["tests.fbeta"] == 1.0


def test_labels_of_other_libraries_are_compared_as_what_they_are():
    pd = pytest.importorskip("pandas")
    objects = np.array(pd.Series(["cat", "dog"]), dtype=object)[:, None]
    lookups = Lookups(np.array([[0], [1]]), np.array([[0.1], [0.2]]), objects)
    assert calibrate(lookups, ["cat", "fox"]).cutpoints["optimal"]["precision"] == 1.0
    for labels in (np.array([[b"cat"], [b"dog"]]), np.array([[1.0], [np.nan]])):
        with pytest.raises(ValueError, match=r"`lookups\.labels` must be integers or strings"):
            calibrate(Lookups(lookups.ids, lookups.distances, labels), ["cat", "fox"])


def test_missing_neighbours_of_other_libraries_are_no_answers():
    far = np.float32(3.4e38)  # what faiss fills in beside id -1
    lookups = Lookups(np.array([[0], [-1]]), np.array([[0.1], [far]]), np.array([[7], [7]]))
    results = calibrate(lookups, [7, 7], extra_metrics=["coverage"])
    assert results.thresholds["coverage"].tolist() == [0.5]
    for odd in (-np.inf, np.nan):
        broken = Lookups(lookups.ids * 0, np.array([[0.1], [odd]]), lookups.labels)
        assert calibrate(broken, [7, 7], extra_metrics=["coverage"]).thresholds["coverage"] == [0.5]


def test_classes_said_to_be_unknown_that_neighbours_have_are_refused():
    with pytest.raises(ValueError, match="`known_classes` must hold every class of the index"):
        calibrate(looked_up([0.1], [5]), [5], known_classes=[1])


@pytest.mark.parametrize("answer", [np.array([[1], [2]]), np.array([1])])
def test_a_matcher_that_does_not_answer_once_a_query_is_named(answer):
    class Odd(ClassificationMatch):
        name = "tests.odd"

        def derive_match(self, lookup_labels, lookup_distances):
            return answer, np.zeros(answer.shape)

    with pytest.raises(ValueError, match=r"a query, both \[2\].*from Odd"):
        calibrate(LOOKUPS, [1, 2], matcher=Odd())


def test_similarities_keep_the_precision_they_come_with():
    close = np.array([[0.5], [0.5 + 1e-9]])
    lookups = Lookups(np.array([[0], [1]]), close, np.array([[1], [2]]), larger_is_nearer=True)
    assert len(calibrate(lookups, [1, 2]).thresholds["distance"]) == 2


def test_what_is_no_list_of_metrics_is_refused_by_name():
    for metrics in ("recall", None):
        with pytest.raises(ValueError, match="`extra_metrics` must be a list of metrics"):
            calibrate(LOOKUPS, [1, 2], extra_metrics=metrics)


def test_what_a_missing_neighbour_has_for_a_label_means_nothing():
    labels = np.array([["a"], [None]], dtype=object)
    lookups = Lookups(np.array([[0], [-1]]), np.array([[0.1], [np.inf]]), labels)
    assert calibrate(lookups, ["a", "b"]).cutpoints["optimal"]["precision"] == 1.0


def test_similarities_that_are_whole_numbers_do_not_wrap_around():
    scores = np.array([[0], [5], [9]], np.uint8)
    lookups = Lookups(
        np.array([[0], [1], [2]]), scores, np.array([[1], [2], [3]]), larger_is_nearer=True
    )
    assert calibrate(lookups, [9, 2, 3]).cutpoint("optimal") == 2.5
