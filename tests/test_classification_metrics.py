import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simnb import classification_metrics as metrics
from simnb.classification_metrics import ClassificationMetric, MatchCounts

counted = st.integers(0, 30)


def by_hand(name, tp, fp, tn, fn):
    """tfsim's definitions and ours, one threshold, in plain Python."""
    n = tp + fp + tn + fn
    precision = tp / (tp + fp) if tp + fp else 1.0
    recall = tp / (tp + fn) if tp + fn else 0.0
    return {
        "precision": precision,
        "accuracy_at_coverage": precision,
        "recall": recall,
        "f1": 2 * tp / (2 * tp + fp + fn) if 2 * tp + fp + fn else 0.0,
        "binary_accuracy": tp / n,
        "fpr": fp / (fp + tn) if fp + tn else 0.0,
        "npv": tn / (tn + fn) if tn + fn else 0.0,
        "coverage": (tp + fp) / n,
    }[name]


OPEN_SET = {"false_accept_rate", "false_reject_rate"}


@pytest.mark.parametrize("name", sorted(set(metrics.names()) - OPEN_SET))
@given(counted, counted, counted, counted)
def test_every_metric_is_its_definition(name, tp, fp, tn, fn):
    if tp + fp + tn + fn == 0:
        return
    metric = metrics.make_classification_metric(name)
    arrays = [np.array([value]) for value in (tp, fp, tn, fn)]
    found = metric.compute(*arrays, tp + fp + tn + fn)
    assert found[0] == pytest.approx(by_hand(name, tp, fp, tn, fn))


def test_f1_precision_and_recall_are_scikit_learns():
    sklearn = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(1)
    truth, given_answer = rng.random(100) < 0.6, rng.random(100) < 0.5
    tp, fp = (truth & given_answer).sum(), (~truth & given_answer).sum()
    fn, tn = (truth & ~given_answer).sum(), (~truth & ~given_answer).sum()
    arrays = [np.array([value]) for value in (tp, fp, tn, fn)]
    for name, score in [
        ("f1", sklearn.f1_score),
        ("precision", sklearn.precision_score),
        ("recall", sklearn.recall_score),
    ]:
        found = metrics.make_classification_metric(name).compute(*arrays, 100)[0]
        assert found == pytest.approx(score(truth, given_answer))


def test_open_set_rates_count_unknown_and_known_queries_apart():
    # 10 queries, 4 of unknown classes: 1 of these is answered; 2 known ones are not.
    counts = MatchCounts(
        tp=np.array([3]), fp=np.array([2]), tn=np.array([4]), fn=np.array([1]), count=10,
        unknown=4, accepted_unknown=np.array([1]),
    )  # fmt: skip
    assert metrics.FalseAcceptRate().at(counts)[0] == pytest.approx(1 / 4)
    assert metrics.FalseRejectRate().at(counts)[0] == pytest.approx(2 / 6)


@pytest.mark.parametrize(("name", "unknown"), [("far", 0), ("frr", 4)])
def test_an_open_set_rate_of_no_query_is_not_made_up(name, unknown):
    counts = MatchCounts(*(np.array([1]),) * 4, 4, unknown, np.array([min(unknown, 2)]))
    assert np.isnan(metrics.make_classification_metric(name).at(counts)).all()


def test_a_users_metric_may_build_on_ours_under_a_name_of_its_own():
    class Half(metrics.F1Score):
        name = "tests.half_f1"

        def compute(self, tp, fp, tn, fn, count):
            return super().compute(tp, fp, tn, fn, count) / 2

    assert isinstance(metrics.make_classification_metric("tests.half_f1"), Half)
    assert type(metrics.make_classification_metric("f1score")) is metrics.F1Score


@pytest.mark.parametrize("name", sorted(OPEN_SET))
def test_open_set_rates_ask_for_the_known_classes(name):
    counts = MatchCounts(*(np.array([1]),) * 4, count=4)
    with pytest.raises(ValueError, match="known_classes"):
        metrics.make_classification_metric(name).at(counts)


@pytest.mark.parametrize(
    "alias",
    ["f1score", "f1_score", "false_positive_rate", "negative_predictive_value", "far", "frr"],
)
def test_aliases_are_known(alias):
    assert isinstance(metrics.make_classification_metric(alias), ClassificationMetric)


def test_an_unknown_metric_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"'binary_accuracy'.*'recall'.*'auc'"):
        metrics.make_classification_metric("auc")
