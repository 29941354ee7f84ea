"""Calibrate, match and evaluate from a model: the same as from its embeddings."""

import numpy as np
import pytest

from simnb.calibration import evaluate_at
from simnb.retrieval_metrics import PrecisionAtK, RecallAtK
from tests.models.small import LABELS, X, compiled

RNG = np.random.default_rng(5)
QUERIES = (X[:40] + RNG.normal(scale=0.4, size=(40, X.shape[1]))).astype("float32")
TRUTH = LABELS[:40]


@pytest.fixture(scope="module")
def model():
    built = compiled()
    built.index(X, LABELS, verbose=0)
    return built


@pytest.mark.parametrize("size", [1, 7, 32])
def test_match_reproduces_the_counts_of_calibration_at_every_cut_and_batch_size(model, size):
    results = model.calibrate(
        QUERIES,
        TRUTH,
        {"half": {"coverage": 0.5}},
        extra_metrics=["binary_accuracy", "coverage"],
        verbose=0,
    )
    slices = [slice(start, start + size) for start in range(0, len(QUERIES), size)]
    curves = results.thresholds
    cuts = zip(curves["distance"], curves["binary_accuracy"], curves["coverage"], strict=True)
    embeddings = np.concatenate([model.embed(QUERIES[part]) for part in slices])
    for cut, accuracy, coverage in cuts:
        found = model._index.match(embeddings, cut)
        assert (found == TRUTH).mean() == accuracy
        assert (found != -1).mean() == coverage
    parts = [model.match(QUERIES[part], "all") for part in slices]
    for name, point in results.cutpoints.items():
        found = np.concatenate([part[name] for part in parts])
        assert (found == TRUTH).mean() == point["binary_accuracy"]
        assert (found != -1).mean() == point["coverage"]


def test_a_saved_model_keeps_its_calibration(model, tmp_path):
    import simnb

    model.calibrate(QUERIES, TRUTH, k=3, matcher="match_majority_vote", verbose=0)
    model.save(tmp_path / "m.keras")
    again = simnb.load_model(tmp_path / "m.keras")
    assert np.array_equal(again.match(QUERIES), model.match(QUERIES))
    assert simnb.load_index(tmp_path / "m.keras").calibration.matcher == "match_majority_vote"


def test_evaluation_on_the_calibration_queries_gives_the_calibrations_numbers(model):
    results = model.calibrate(QUERIES, TRUTH, verbose=0)
    found = model.evaluate_classification(QUERIES, TRUTH, verbose=0)
    assert found["optimal"]["f1"] == results.cutpoints["optimal"]["f1"]


def test_recall_and_precision_at_one_are_the_accuracy_of_the_nearest_neighbour(model):
    found = model.evaluate_retrieval(QUERIES, TRUTH, [RecallAtK(k=1), PrecisionAtK(k=1)], verbose=0)
    nearest = model.lookup(QUERIES, k=1, verbose=0).labels[:, 0]
    assert found["recall@1"] == found["precision@1"] == pytest.approx((nearest == TRUTH).mean())


def test_a_model_without_items_or_calibration_says_so():
    empty = compiled()
    with pytest.raises(ValueError, match="The index is empty"):
        empty.calibrate(QUERIES, TRUTH)
    empty.index(X, LABELS, verbose=0)
    with pytest.raises(ValueError, match="not calibrated"):
        empty.match(QUERIES)


def test_queries_that_are_indexed_are_taken_out_of_their_own_neighbours(model):
    ids = model.to_data_frame()["id"].to_numpy()
    own = model.evaluate_retrieval(X, LABELS, [RecallAtK(k=1)], verbose=0)
    others = model.evaluate_retrieval(
        X, LABELS, [RecallAtK(k=1, exclude_self=True)], verbose=0, query_ids=ids, confidence=0.9
    )
    assert own["recall@1"] == 1 > others["recall@1"]
    assert others["recall@1 low"] <= others["recall@1"] <= others["recall@1 high"]


def test_classification_is_evaluated_with_another_k_and_with_intervals(model):
    model.calibrate(QUERIES, TRUTH, verbose=0)
    found = model.evaluate_classification(
        QUERIES, TRUTH, 5, ["coverage"], "match_majority_vote", 0, confidence=0.9
    )["optimal"]
    lookups = model.lookup(QUERIES, k=5, verbose=0)
    by_hand = evaluate_at(
        lookups, TRUTH, [found["distance"]], ["f1", "coverage"], 5, "match_majority_vote"
    )
    assert found["f1"] == by_hand["f1"][0]
    assert found["coverage low"] <= found["coverage"] <= found["coverage high"]


def test_a_wrong_target_is_refused_before_anything_is_embedded(model, monkeypatch):
    monkeypatch.setattr(type(model), "embed", lambda *a, **k: pytest.fail("embedded first"))
    for targets in ({"a": 5}, {"a": {"bogus": 0.5}}, {"all": 0.5}):
        with pytest.raises(ValueError, match=r"thresholds_targets|Unknown classification metric"):
            model.calibrate(QUERIES, TRUTH, targets)
    for bad in (None, [0.5] * len(TRUTH)):
        with pytest.raises(ValueError, match="`y` must"):
            model.calibrate(QUERIES, bad)
