"""Retrieval metrics: the papers' formulas, whatever the labels, thresholds and missing neighbours."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, ndcg_score

from simnb import Indexer, Lookups
from simnb.retrieval_metrics import (
    BNDCG,
    MRR,
    MapAtK,
    MapAtR,
    PrecisionAtK,
    RecallAtK,
    RetrievalMetric,
    RPrecision,
    evaluate_retrieval,
    make_retrieval_metric,
    names,
)

INF = math.inf
KINDS = {
    "int": lambda c: c - 1,
    "str": lambda c: "abcde"[c],
    "int64": lambda c: 2**53 + c,
    "uint64": lambda c: 2**64 - 1 - c,
}


def by_hand(name, hits, R, k):
    """The definitions in plain loops over one ranking; `hits` are its relevant ranks from 1."""
    if name == "recall":
        return 1.0 if any(j <= k for j in hits) else 0.0
    if name == "precision":
        return len([j for j in hits if j <= k]) / k
    if name == "mrr":
        return next((1 / j for j in range(1, k + 1) if j in hits), 0.0)
    if name == "ndcg":
        gain = sum(1 / math.log2(j + 1) for j in range(1, k + 1) if j in hits)
        return gain / sum(1 / math.log2(j + 1) for j in range(1, min(R, k) + 1))
    depth = k if name == "map" else R
    if name == "r_precision":
        return len([j for j in hits if j <= R]) / R
    total = 0.0
    for j in range(1, depth + 1):
        if j in hits:
            total += len([i for i in hits if i <= j]) / j
    return total / min(R, depth)


def averages(values, labels):
    """Micro and macro mean of those that are not None."""
    by_class = {}
    for value, label in zip(values, labels, strict=True):
        if value is not None:
            by_class.setdefault(label, []).append(value)
    if not by_class:
        return math.nan, math.nan
    flat = [value for own in by_class.values() for value in own]
    means = [sum(own) / len(own) for own in by_class.values()]
    return sum(flat) / len(flat), sum(means) / len(means)


def expected(world, name, k, threshold=INF, exclude_self=False):
    values = []
    for query, label in enumerate(world.query_labels):
        own = world.query_ids[query] if exclude_self else None
        R = sum(1 for item, other in enumerate(world.labels) if other == label and item != own)
        ranking = [entry for entry in world.rankings[query] if entry[1] != own]
        hits = [
            rank
            for rank, (distance, item) in enumerate(ranking, start=1)
            if world.labels[item] == label
            and (-distance >= threshold if world.similarity else distance <= threshold)
        ]
        values.append(by_hand(name, hits, R, k) if R else None)
    return averages(values, world.query_labels), sum(value is None for value in values)


class World:
    """An index, its queries and what was found, with ties, gaps and queries of unknown classes."""

    def __init__(self, classes, queries, distances, kind, found, similarity):
        label = KINDS[kind]
        self.similarity = similarity
        self.labels = [label(c) for c in classes]
        self.query_ids = queries
        # Queries with an id are that item; the others are of class 4, which the index lacks.
        self.query_labels = [self.labels[item] if item >= 0 else label(4) for item in queries]
        self.rankings = [
            sorted((distance, item) for item, distance in enumerate(row))[:count]
            for row, count in zip(distances, found, strict=True)
        ]
        self.class_counts = dict(Counter(self.labels))

    @property
    def lookups(self):
        shape = (len(self.query_ids), len(self.labels))
        sign = -1 if self.similarity else 1
        ids, distances = np.full(shape, -1), np.full(shape, sign * INF, np.float32)
        for query, ranking in enumerate(self.rankings):
            for column, (distance, item) in enumerate(ranking):
                ids[query, column], distances[query, column] = item, sign * distance
        labels = np.array(self.labels)[np.maximum(ids, 0)]
        return Lookups(ids, distances, labels, larger_is_nearer=self.similarity)


@st.composite
def worlds(draw):
    n, q = draw(st.integers(2, 9)), draw(st.integers(1, 6))
    classes = draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    queries = draw(st.lists(st.integers(-1, n - 1), min_size=q, max_size=q))
    row = st.lists(st.integers(0, 4), min_size=n, max_size=n)
    distances = draw(st.lists(row, min_size=q, max_size=q))
    found = draw(st.lists(st.integers(0, n), min_size=q, max_size=q))
    kind, similarity = draw(st.sampled_from(sorted(KINDS))), draw(st.booleans())
    return World(classes, queries, distances, kind, found, similarity)


def metric(name, k=5, **options):
    cls = type(make_retrieval_metric(name))
    return cls(**options) if name in ("r_precision", "map@r") else cls(k=k, **options)


def value(world, own, query_ids=None):
    return own.compute(world.query_labels, world.lookups, world.class_counts, query_ids)


def lookups(labels, distances=None):
    labels = np.array(labels)
    if distances is None:
        distances = np.tile(np.arange(labels.shape[1]) / 10, (len(labels), 1))
    ids = np.arange(labels.size).reshape(labels.shape)
    return Lookups(ids, np.array(distances, np.float32), labels)


NAMES = ["map", "map@r", "mrr", "ndcg", "precision", "r_precision", "recall"]


def test_the_names_are_those_tested_here():
    assert [name for name in names() if name in NAMES] == NAMES


@pytest.mark.parametrize("name", NAMES)
@given(world=worlds(), data=st.data())
def test_equals_the_definition_in_plain_loops(name, world, data):
    exclude = data.draw(st.booleans())
    k = data.draw(st.integers(1, len(world.labels) + 2))  # past the last item ranks are empty
    threshold = data.draw(st.sampled_from([INF, 0, 1, 2.5]))
    threshold = -threshold if world.similarity and threshold != INF else threshold
    options = {"distance_threshold": threshold, "exclude_self": exclude}
    ids = world.query_ids if exclude else None
    cut = -INF if world.similarity and threshold == INF else threshold
    (micro, macro), lone = expected(world, name, k, cut, exclude)
    for average, wanted in (("micro", micro), ("macro", macro)):
        own = metric(name, k, average=average, **options)
        found = evaluate_retrieval(
            world.lookups, world.query_labels, [own], world.class_counts, ids
        )
        assert found[own.name] == pytest.approx(wanted, rel=1e-12, nan_ok=True)
        assert found["lone_queries"] == lone


@given(world=worlds())
def test_at_1_all_are_the_accuracy_of_the_nearest_neighbour(world):
    known = [label in world.class_counts for label in world.query_labels]
    right = [
        bool(ranking) and world.labels[ranking[0][1]] == label
        for ranking, label in zip(world.rankings, world.query_labels, strict=True)
    ]
    accuracy = sum(right) / sum(known) if any(known) else math.nan
    for cls in (RecallAtK, PrecisionAtK, BNDCG, MRR, MapAtK):
        assert value(world, cls(k=1)) == pytest.approx(accuracy, nan_ok=True)


@pytest.mark.parametrize("average", ["micro", "macro"])
@given(world=worlds(), data=st.data())
def test_the_order_of_queries_does_not_matter(average, world, data):
    order = data.draw(st.permutations(range(len(world.query_ids))))
    own = [metric(name, 1, average=average) for name in NAMES]
    before = evaluate_retrieval(world.lookups, world.query_labels, own, world.class_counts)
    for attribute in ("query_ids", "query_labels", "rankings"):
        setattr(world, attribute, [getattr(world, attribute)[i] for i in order])
    after = evaluate_retrieval(world.lookups, world.query_labels, own, world.class_counts)
    assert after == pytest.approx(before, nan_ok=True)


@given(world=worlds())
def test_bounds_and_growth_with_k(world):
    size = len(world.labels)
    for name in NAMES:
        found = [value(world, metric(name, k)) for k in range(1, size + 1)]
        if math.isnan(found[0]):
            return  # every query is lone
        assert all(0 <= own <= 1 for own in found)
        if name in ("recall", "mrr"):
            assert found == sorted(found)
    for k in range(1, size + 1):
        assert value(world, MRR(k=k)) <= value(world, RecallAtK(k=k))


@given(world=worlds(), low=st.integers(-4, 4), high=st.integers(-4, 4))
def test_a_wider_threshold_finds_no_less(world, low, high):
    narrow, wide = (max(low, high), min(low, high)) if world.similarity else sorted((low, high))
    for name in NAMES:
        found = [value(world, metric(name, 2, distance_threshold=t)) for t in (narrow, wide)]
        assert math.isnan(found[0]) or found[0] <= found[1]


@pytest.mark.parametrize("k", [1, 3, 10, 40])
def test_ndcg_and_average_precision_are_scikit_learns(k):
    rng = np.random.default_rng(0)
    labels, queries = rng.integers(0, 4, 40), rng.integers(0, 4, 25)
    index = Indexer(3, "euclidean", "exact")
    index.add(rng.normal(size=(40, 3)), labels)
    x = rng.normal(size=(25, 3))
    found = index.query(x, k=40)
    scores, relevant = np.empty((25, 40)), labels == queries[:, None]
    np.put_along_axis(scores, found.ids, -found.distances.astype(float), axis=1)
    counts = np.unique(labels, return_counts=True)
    ndcg = BNDCG(k=k).compute(queries, index.query(x, k=k), counts)
    assert ndcg == pytest.approx(ndcg_score(relevant, scores, k=k))
    precision = np.mean(
        [average_precision_score(*pair) for pair in zip(relevant, scores, strict=True)]
    )
    assert MapAtK(k=40).compute(queries, found, counts) == pytest.approx(precision)


# The cases of pytorch-metric-learning's own tests, with the values written there.
KNN = [[0, 1, 1, 2, 2], [1, 0, 1, 1, 3], [4, 4, 4, 4, 2], [3, 1, 3, 1, 3], [0, 0, 4, 2, 2]]


@pytest.mark.parametrize(
    ("own", "counts", "first", "per_query"),
    [
        (RPrecision, (3, 5, 4, 5), 0, [2 / 3, 2 / 3, 1 / 5, 2 / 4, 1 / 5]),
        (
            MapAtR,
            (3, 5, 4, 5),
            0,
            [(1 / 2 + 2 / 3) / 3, (1 + 2 / 3) / 3, 1 / 5 / 5, (1 + 2 / 3) / 4, 1 / 3 / 5],
        ),
        (RPrecision, (2, 4, 3, 4), 1, [1, 1 / 2, 1 / 4, 1 / 3, 1 / 4]),
        (MapAtR, (2, 4, 3, 4), 1, [1, 1 / 2 / 2, 1 / 4 / 4, 1 / 2 / 3, 1 / 2 / 4]),
    ],
)
def test_pytorch_metric_learnings_examples(own, counts, first, per_query):
    found = lookups(np.array(KNN)[:, first:])
    arguments = [1, 1, 2, 3, 4], found, dict(zip((1, 2, 3, 4), counts, strict=True))
    a, b, c, d, e = per_query
    assert own().compute(*arguments) == pytest.approx((a + b + c + d + e) / 5)
    assert own(average="macro").compute(*arguments) == pytest.approx(((a + b) / 2 + c + d + e) / 4)


def test_pytorch_metric_learnings_queries_that_are_in_the_index():
    labels = np.ones(20, int)
    labels[::2] = np.arange(10)
    index = Indexer(1, "euclidean", "exact")
    ids = index.add(np.arange(20)[:, None] / 2, labels)[::2]
    metrics = [
        RPrecision(exclude_self=True),
        MapAtR(exclude_self=True),
        PrecisionAtK(k=1, exclude_self=True),
    ]
    counts = np.unique(labels, return_counts=True)
    k = max(own.required_k(np.arange(10), counts) for own in metrics)
    assert k == 12
    found = evaluate_retrieval(
        index.query(np.arange(10)[:, None], k), np.arange(10), metrics, counts, ids
    )
    assert found == {
        "r_precision": 0.5,
        "map@r": pytest.approx((1 + 2 / 2 + 3 / 5 + 4 / 7 + 5 / 9) / 10),
        "precision@1": 1.0,
        "lone_queries": 9,
    }


@pytest.mark.parametrize(("average", "wanted"), [("micro", 0.9), ("macro", 0.5)])
def test_micro_weighs_queries_and_macro_classes(average, wanted):
    index = Indexer(1, "euclidean", "exact")
    index.add([[-100.0], *([float(i)] for i in range(1, 10))], [1] + [0] * 9)
    found = index.query([*([float(i)] for i in range(9)), [100.0]], k=9)
    for own in (
        PrecisionAtK(k=1, average=average),
        *(c(average=average) for c in (RPrecision, MapAtR)),
    ):
        assert own.compute([0] * 9 + [1], found, {0: 9, 1: 1}) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("own", "wanted"),
    [
        (MapAtK(r={0: 10, 1: 3}, k=3), (3 * 2 / 3 + 1 / 3 / 10) / 4),
        (MapAtK(k=3), (3 * 2 / 3 + 1 / 3 / 3) / 4),
        (PrecisionAtK(r={0: 10, 1: 3}, k=3), (3 * 2 / 3 + 1 / 10) / 4),
        (PrecisionAtK(r={0: 10, 1: 3}, k=3, average="macro"), (2 / 3 + 1 / 10) / 2),
        (PrecisionAtK(k=3), (3 * 2 / 3 + 1 / 3) / 4),
        (RecallAtK(k=1), 3 / 4),
        (BNDCG(k=3), (3 * (1 + 1 / math.log2(3)) + 1 / 2) / 4 / (1 + 1 / math.log2(3) + 1 / 2)),
    ],
)
def test_r_given_divides_by_it_as_in_tensorflow_similarity(own, wanted):
    found = lookups([[1, 1, 0], [1, 1, 0], [1, 1, 0], [1, 1, 0]])
    assert own.compute([1, 1, 1, 0], found, {0: 10, 1: 3}) == pytest.approx(wanted)


def test_clipped_at_r_ranks_beyond_r_do_not_count():
    found = lookups([[8, 8, 8, 0], [8, 8, 8, 1]])
    arguments = [0, 1], found, {0: 4, 1: 3, 8: 6}
    for r in (None, {0: 4, 1: 3}):
        assert MapAtK(r=r, k=4, clip_at_r=True).compute(*arguments) == pytest.approx(1 / 4 / 4 / 2)
        assert PrecisionAtK(r=r, k=4, clip_at_r=True).compute(*arguments) == pytest.approx(1 / 8)
    # TensorFlow Similarity has 0.5 for two hits of two ranks when R is 4.
    assert PrecisionAtK(k=2, clip_at_r=True).compute([5], lookups([[5, 5]]), {5: 4}) == 1
    assert MapAtK(k=2, clip_at_r=True).compute([5], lookups([[5, 5]]), {5: 4}) == 1


def test_the_ideal_comes_from_the_index_and_not_from_what_was_found():
    found = lookups([[1, 0, 0]])
    assert BNDCG(k=3).compute([1], found, {0: 2, 1: 10}) == pytest.approx(
        1 / (1 + 1 / math.log2(3) + 1 / 2)
    )


def test_exclude_self_is_the_index_without_the_query():
    rng = np.random.default_rng(1)
    x = rng.integers(0, 3, (30, 2)).astype(np.float32)  # duplicates push queries off rank 1
    labels = rng.integers(0, 3, 30)
    index = Indexer(2, "euclidean", "exact")
    ids = index.add(x, labels)
    excluding = [metric(name, 4, exclude_self=True) for name in NAMES]
    counts = np.unique(labels, return_counts=True)
    k = max(own.required_k(labels, counts) for own in excluding)
    found = evaluate_retrieval(index.query(x, k), labels, excluding, counts, ids)
    assert (index.query(x, 1).ids[:, 0] != ids).any()
    without = []
    for i in ids:
        rest = Indexer(2, "euclidean", "exact")
        rest.add(np.delete(x, i, axis=0), np.delete(labels, i))
        others = np.unique(rest.labels, return_counts=True)
        plain = [metric(name, 4) for name in NAMES]
        without.append(evaluate_retrieval(rest.query(x[[i]], 29), labels[[i]], plain, others))
    for own in excluding:
        assert found[own.name] == pytest.approx(np.mean([one[own.name] for one in without]))


def digits(seed, size):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 5, size)
    return (labels[:, None] + rng.normal(size=(size, 3))).astype(np.float32), labels


def test_the_index_at_k_1_has_the_accuracy_of_its_nearest_neighbours():
    index = Indexer(3, "euclidean", "exact")
    index.add(*digits(0, 200))
    x, y = digits(1, 100)
    metrics = [RecallAtK(k=1), PrecisionAtK(k=1), MapAtR(), "mrr"]
    found = index.evaluate_retrieval(x, y, metrics, confidence=0.9)
    accuracy = (index.query(x, 1).labels[:, 0] == y).mean()
    assert 0 < accuracy < 1
    assert found["recall@1"] == found["precision@1"] == accuracy
    counts = np.unique(index.labels, return_counts=True)
    assert found == evaluate_retrieval(index.query(x, 200), y, metrics, counts, confidence=0.9)


def test_the_index_leaves_its_own_items_out():
    index = Indexer(3, "euclidean", "exact")
    x, y = digits(0, 60)
    ids = index.add(x, y)
    assert index.evaluate_retrieval(x, y, [RecallAtK(k=1)])["recall@1"] == 1
    own = [RecallAtK(k=1, exclude_self=True)]
    others = (index.query(x, 2).labels[:, 1] == y).mean()
    assert index.evaluate_retrieval(x, y, own, ids)["recall@1"] == others < 1


@pytest.mark.parametrize("exclude_self", [False, True])
def test_ranks_past_the_last_item_of_a_small_index_are_empty(exclude_self):
    index = Indexer(1, "euclidean", "exact")
    ids = index.add([[0.0], [1.0], [2.0]], ["a", "b", "a"])
    metrics = [metric(name, 10, exclude_self=exclude_self) for name in NAMES]
    found = index.evaluate_retrieval([[0.0]], ["a"], metrics, ids[:1] if exclude_self else None)
    hits, total = ([2], 1) if exclude_self else ([1, 3], 2)
    for name, own in zip(NAMES, metrics, strict=True):
        assert found[own.name] == pytest.approx(by_hand(name, hits, total, 10))
    # With more items to look up, k neighbours are asked for.
    with pytest.raises(ValueError, match=r"look up with k=10\. Received: k=3, of an index of 4"):
        RecallAtK(k=10).compute(["a"], index.query([[0.0]], 3), {"a": 2, "b": 2})


def test_what_an_index_refuses_to_evaluate():
    index = Indexer(1, "euclidean", "exact")
    with pytest.raises(ValueError, match="The index is empty: add items"):
        index.evaluate_retrieval([[0.0]], [1], ["recall"])
    index.add([[0.0]])
    with pytest.raises(ValueError, match="The index has no labels"):
        index.evaluate_retrieval([[0.0]], [1], ["recall"])
    index.reset()
    index.add([[0.0]], [1])
    with pytest.raises(ValueError, match="`labels` must have one label for each of 1 examples"):
        index.evaluate_retrieval([[0.0]], [1, 2], ["recall"])
    with pytest.raises(ValueError, match=r"index's labels, integers\. Received: strings"):
        index.evaluate_retrieval([[0.0]], ["a"], ["recall"])
    with pytest.raises(ValueError, match="`retrieval_metrics` must be a list"):
        index.evaluate_retrieval([[0.0]], [1], "recall")


def test_drop_closest_takes_rank_1_and_scores_k_others():
    found = lookups([[1, 1, 0, 1], [0, 1, 0, 1]])
    arguments = [1, 1], found, {0: 2, 1: 5}
    assert PrecisionAtK(k=3, drop_closest_lookup=True).compute(*arguments) == pytest.approx(2 / 3)
    # R is 4 for the query whose dropped neighbour was of its class, 5 for the other.
    hits = (1 + 2 / 3) / 3
    assert MapAtK(k=3, drop_closest_lookup=True).compute(*arguments) == pytest.approx(hits)
    assert RecallAtK(k=1, drop_closest_lookup=True).compute(*arguments) == 1
    # The query was not at rank 1: its class keeps its one item.
    only = MapAtK(k=2, drop_closest_lookup=True).compute([1], lookups([[0, 1, 0]]), {0: 2, 1: 1})
    assert only == 1


def test_a_query_outside_the_index_keeps_all_its_neighbours():
    found = Lookups(
        np.array([[3, -1, -1]]), np.array([[0.1, INF, INF]], np.float32), np.array([[1, 1, 1]])
    )
    own = PrecisionAtK(k=2, exclude_self=True)
    assert own.compute([1], found, {1: 1}, query_ids=[-1]) == 0.5


@pytest.mark.parametrize("name", NAMES)
def test_all_right_is_1_and_all_wrong_0(name):
    own, counts = metric(name, 2), {"a": 2, "b": 2}
    assert own.compute(["a", "b"], lookups([["a", "a"], ["b", "b"]]), counts) == 1
    assert own.compute(["a", "b"], lookups([["b", "b"], ["a", "a"]]), counts) == 0
    assert own.compute(["a"], lookups([["a", "b"]]), {"a": 1, "b": 1}) >= 0.5


@pytest.mark.parametrize("confidence", [None, 0.9])
@pytest.mark.parametrize("average", ["micro", "macro"])
def test_lone_queries_are_left_out_and_counted(average, confidence):
    metrics = [metric(name, 1, average=average) for name in NAMES]
    found = lookups([[1], [1], [2]])
    some = evaluate_retrieval(found, [1, 5, 6], metrics, {1: 1, 2: 1, 6: 0}, confidence=confidence)
    assert some.pop("lone_queries") == 2
    assert set(some.values()) == {1.0}
    none = evaluate_retrieval(found, [5, 5, 6], metrics, {1: 1, 2: 1}, confidence=confidence)
    assert none.pop("lone_queries") == 3
    assert all(math.isnan(own) for own in none.values())


def test_a_query_that_any_metric_leaves_out_counts_as_lone():
    metrics = [RecallAtK(k=1, exclude_self=True), MRR(k=1)]
    found = evaluate_retrieval(lookups([[1, 2], [1, 2]]), [1, 2], metrics, {1: 1, 2: 2}, [0, 3])
    assert found == {"recall@1": 0.0, "mrr@1": 0.5, "lone_queries": 1}


def test_results_are_plain_numbers():
    found = evaluate_retrieval(lookups([[1]]), [1], [RecallAtK(k=1)], {1: 1}, confidence=0.5)
    assert [type(own) for own in found.values()] == [float, float, float, int]


def test_an_approximate_index_that_found_nothing_retrieves_nothing():
    found = Lookups(np.full((1, 2), -1), np.full((1, 2), INF, np.float32), np.array([[1, 1]]))
    assert RecallAtK(k=2).compute([1], found, {1: 4}) == 0


@pytest.mark.parametrize("larger", [False, True])
def test_a_threshold_is_met_by_equality_and_turns_round_for_similarities(larger):
    distances = [[3, 2, 1]] if larger else [[1, 2, 3]]
    found = Lookups(
        np.array([[0, 1, 2]]),
        np.array(distances, np.float32),
        np.array([[7, 7, 7]]),
        larger_is_nearer=larger,
    )
    for threshold, wanted in ((2, 2 / 3), (-INF, 1), (INF, 1)):
        own = PrecisionAtK(k=3, distance_threshold=threshold)
        assert own.compute([7], found, {7: 3}) == pytest.approx(wanted)


def test_labels_past_float_precision_stay_apart():
    big = np.array([2**63, 2**63 + 1], np.uint64)
    found = lookups(np.array([[2**63 + 1, 2**63]], np.uint64))
    assert PrecisionAtK(k=1).compute(big[:1], found, (big, [1, 1])) == 0
    assert PrecisionAtK(k=1).compute(big[1:], found, (big, [1, 1])) == 1
    # Of another integer type than the index's: -1 is not 2**64 - 1.
    last = lookups(np.array([[2**64 - 1, 5]], np.uint64))
    counts = {2**64 - 1: 1, 5: 1}
    assert RecallAtK(k=2).compute(np.array([5]), last, counts) == 1
    assert math.isnan(RecallAtK(k=2).compute(np.array([-1]), last, counts))


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int32", "bool"])
def test_small_integers_serve_as_labels(dtype):
    found = lookups(np.array([[1, 0]]))
    assert PrecisionAtK(k=2).compute(np.array([1], dtype), found, {0: 1, 1: 1}) == 0.5


def test_bootstrap_intervals_hold_the_value_and_are_seeded():
    rng = np.random.default_rng(0)
    queries = rng.integers(0, 3, 400)
    found = lookups(np.where(rng.random((400, 1)) < 0.7, queries[:, None], 3))
    for average in ("micro", "macro"):
        arguments = found, queries, [RecallAtK(k=1, average=average)], {0: 9, 1: 9, 2: 9, 3: 9}
        results = evaluate_retrieval(*arguments, confidence=0.95)
        value, low, high = (results["recall@1" + end] for end in ("", " low", " high"))
        assert low < value < high
        # Of a mean of 400 draws: 1.96 standard errors to each side.
        assert high - low == pytest.approx(2 * 1.96 * math.sqrt(0.21 / 400), rel=0.15)
        assert results == evaluate_retrieval(*arguments, confidence=0.95)
        # A share of 400 has few values: two seeds may well agree.
        others = [evaluate_retrieval(*arguments, confidence=0.95, seed=seed) for seed in (1, 2, 3)]
        assert any(results != other for other in others)
        narrow = evaluate_retrieval(*arguments, confidence=0.5)
        assert low < narrow["recall@1 low"] <= narrow["recall@1 high"] < high


def test_big_lookups_are_worked_off_in_parts(monkeypatch):
    rng = np.random.default_rng(0)
    queries = rng.integers(0, 3, 50)
    arguments = (
        lookups(rng.integers(0, 3, (50, 6))),
        queries,
        [MapAtK(k=6), BNDCG(k=4)],
        {0: 9, 1: 9, 2: 9},
    )
    whole = evaluate_retrieval(*arguments)
    monkeypatch.setattr("simnb.retrieval_metrics.base._CHUNK", 20)
    assert evaluate_retrieval(*arguments) == whole


def test_names_are_tensorflow_similaritys():
    assert RecallAtK().name == "recall@5"
    assert RecallAtK(k=1).name == "recall@1"
    assert MapAtK(clip_at_r=True).name == "map@5"
    assert BNDCG(distance_threshold=0.5).name == "ndcg@5 : distance_threshold@0.5"
    assert repr(PrecisionAtK(k=2)) == "precision@k : precision@2"
    assert str(PrecisionAtK(name="own", k=2)) == "own@2"
    assert RPrecision().name == "r_precision"
    assert MapAtR(distance_threshold=0.5).name == "map@r : distance_threshold@0.5"
    assert type(make_retrieval_metric("bndcg")) is BNDCG
    assert type(make_retrieval_metric(MRR)) is MRR
    own = MRR(k=3)
    assert make_retrieval_metric(own) is own


def test_a_users_subclass_is_known_by_name():
    class Share(RetrievalMetric):
        name = "test_share_of_class"

        def _per_query(self, relevant, relevant_total):
            return relevant.sum(axis=1) / relevant_total

    found = evaluate_retrieval(lookups([[1, 1]]), [1], [Share(k=2)], {1: 8})
    assert found == {"test_share_of_class@2": 0.25, "lone_queries": 0}
    assert isinstance(make_retrieval_metric("test_share_of_class"), Share)


FOUND = lookups([["a", "b"], ["b", "a"]])
GOOD = {
    "lookups": FOUND,
    "query_labels": ["a", "b"],
    "metrics": [RecallAtK(k=1)],
    "class_counts": {"a": 2, "b": 4},
}


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"query_labels": [1, 2]}, "`query_labels` .* index's labels, strings. Received: integers"),
        ({"query_labels": ["a"]}, "`query_labels` .* each of 2 examples. Received: 1 labels"),
        ({"query_labels": [1.0, np.nan]}, "`query_labels` .* Received: dtype float64"),
        ({"query_labels": ["a", None]}, "`query_labels` .* Received: None, text"),
        ({"class_counts": {1: 2, 2: 4}}, "`class_counts` .* strings. Received: integers"),
        (
            {"class_counts": {"a": 2}},
            "`class_counts` must count all .* Received: 0 for b, and query 1",
        ),
        ({"class_counts": {}}, "`class_counts` must have one whole number a label"),
        (
            {"class_counts": {"a": 2, "b": 0.5}},
            "`class_counts` .* Received: 2 labels, counts of float",
        ),
        ({"class_counts": {"a": 2, "b": -1}}, "`class_counts` .* least number -1"),
        ({"class_counts": (["a", "a"], [2, 4])}, "`class_counts` .* 1 of them different"),
        ({"class_counts": 7}, "`class_counts` must map labels .* Received: int"),
        ({"lookups": [[]]}, "`lookups` must be Lookups. Received: list"),
        (
            {"lookups": Lookups(FOUND.ids, FOUND.distances)},
            "`lookups` must have labels",
        ),
        (
            {"lookups": FOUND[:0], "query_labels": []},
            r"at least one query. Received: shape \(0, 2\)",
        ),
        ({"lookups": lookups([[0.5], [np.nan]])}, "`lookups.labels` .* dtype float64"),
        (
            {"metrics": [RecallAtK(k=3)]},
            "recall@3: look up with k=3. Received: k=2, of an index of 6",
        ),
        ({"metrics": [RPrecision()]}, "4 neighbours a query for r_precision: look up with k=4. "),
        (
            {"metrics": [MapAtR(exclude_self=True)], "query_ids": [-1, -1]},
            "4 neighbours a query beside the query itself for map@r: look up with k=5",
        ),
        (
            {"metrics": [RecallAtK(k=1, exclude_self=True)]},
            "`query_ids` must be given for recall@1",
        ),
        (
            {"metrics": [RecallAtK(k=1, exclude_self=True)], "query_ids": [1, -1]},
            "`query_ids` .* Received: item 1 for query 0, whose label is another",
        ),
        (
            {"metrics": [RecallAtK(k=1, exclude_self=True)], "query_ids": [0.5, 1]},
            r"`query_ids` must be integers \[2\]",
        ),
        ({"query_ids": [0, 3]}, "`query_ids` must come with metrics that have `exclude_self=True`"),
        ({"metrics": []}, "`metrics` must be a list of at least one"),
        ({"metrics": "recall"}, "`metrics` must be a list of at least one"),
        (
            {"metrics": ["recoil"]},
            "Unknown retrieval metric. Known: .*'recall'.* Received: 'recoil'",
        ),
        (
            {"metrics": [MRR(k=1), MRR(k=1, average="macro")]},
            "must differ in name.* 2 of name 'mrr@1'",
        ),
        (
            {"metrics": [MapAtK(r={"a": 2}, k=1)]},
            "`r` must count every class .* Received: 0 for 'b'",
        ),
        ({"confidence": 95}, "`confidence` must be between 0 and 1. Received: confidence=95"),
    ],
)
def test_what_is_refused_and_how(bad, message):
    evaluate_retrieval(**GOOD)
    with pytest.raises(ValueError, match=message):
        evaluate_retrieval(**{**GOOD, **bad})


@pytest.mark.parametrize(
    ("cls", "bad", "message"),
    [
        (RecallAtK, {"k": 0}, "`k` must be a whole number of at least 1. Received: k=0"),
        (RecallAtK, {"average": "mean"}, "`average` must be one of 'micro', 'macro'. Received"),
        (RecallAtK, {"distance_threshold": np.nan}, "`distance_threshold` must be a number"),
        (RecallAtK, {"distance_threshold": "auto"}, "`distance_threshold` must be a number"),
        (
            RecallAtK,
            {"exclude_self": True, "drop_closest_lookup": True},
            "`drop_closest_lookup` must be False",
        ),
        (PrecisionAtK, {"r": {1: 0.5}}, "`r` must have one whole number a label"),
        (RPrecision, {"k": 3}, "`k` must not be given: r_precision looks at .* Received: k=3"),
    ],
)
def test_what_a_metric_cannot_be(cls, bad, message):
    with pytest.raises(ValueError, match=message):
        cls(**bad)
