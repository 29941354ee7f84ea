import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simnb import Indexer, distances
from simnb.widgets.neighbor_viewer.ranking import false_friends, mistakes_of, ranked
from tests.widgets.cases import clusters

X, Y = clusters(60)


def index_of(embeddings=X, labels=Y, distance="euclidean", **more):
    index = Indexer(embeddings.shape[1], distance, **more)
    index.add(embeddings, labels)
    return index


def by_loops(embedding, embeddings, distance, without=()):
    """Ids, nearest first, and distances, one comparison at a time."""
    measure = distances.get(distance)
    pairs = []
    for row, own in enumerate(embeddings):
        if row not in without:
            far = float(measure(embedding[None].astype(float), own[None].astype(float))[0, 0])
            pairs.append((-far if measure.larger_is_nearer else far, row, far))
    return [(row, far) for _, row, far in sorted(pairs)]


OWN = ["cosine", "euclidean", "inner_product", "manhattan", "snr", "squared_euclidean"]


@pytest.mark.parametrize("distance", OWN)
def test_the_nearest_are_those_of_comparing_with_each_item(distance):
    query = X[7] + 0.25
    found = ranked(index_of(distance=distance), query, 9, Y[7])
    expected = by_loops(query, X, distance)[:9]
    assert found.ids.tolist() == [row for row, _ in expected]
    np.testing.assert_allclose(found.distances, [far for _, far in expected], rtol=1e-4, atol=1e-5)
    assert found.ranks.tolist() == list(range(1, 10))
    assert found.right.tolist() == [bool(Y[row] == Y[7]) for row, _ in expected]
    assert (found.right ^ found.wrong).all()
    assert (found.relevant, found.others) == (int((Y[7] == Y).sum()), 60)


def test_an_item_is_not_its_own_neighbour():
    found = ranked(index_of(), X[3], 5, Y[3], own_id=3)
    assert found.ids.tolist() == [row for row, _ in by_loops(X[3], X, "euclidean", {3})[:5]]
    assert (found.relevant, found.others) == (int((Y[3] == Y).sum()) - 1, 59)


def test_of_many_duplicates_the_query_alone_is_left_out():
    same = np.ones((8, 3), np.float32)
    found = ranked(index_of(same, None), same[0], 3, own_id=7)
    assert found.ids.tolist() == [0, 1, 2]  # the query's own is not among the first four
    assert ranked(index_of(same, None), same[0], 3, own_id=1).ids.tolist() == [0, 2, 3]
    assert ranked(index_of(same, None), same[0], 3).distances.tolist() == [0, 0, 0]


def test_rows_are_those_of_the_index_now():
    index = index_of()
    index.remove([0, 1, 2])
    found = ranked(index, X[5], 4)
    assert found.rows.tolist() == (found.ids - 3).tolist()
    assert found.labels.tolist() == Y[found.ids].tolist()
    assert found.right is found.wrong is found.relevant is None


@pytest.mark.parametrize("distance", ["cosine", "inner_product"])
def test_what_is_within_the_threshold_is_what_match_would_give(distance):
    index = index_of(distance=distance)
    found = ranked(index, X[0], 20)
    limit = float(found.distances[7])
    near = ranked(index, X[0], 20, threshold=limit).within
    larger = distances.get(distance).larger_is_nearer
    expected = [far >= limit if larger else far <= limit for far in found.distances.tolist()]
    assert near.tolist() == expected
    assert near[7]
    assert not near.all()


def test_more_than_there_are_is_all_there_are():
    assert len(ranked(index_of(), X[0], 500)) == 60
    assert len(ranked(index_of(), X[0], 500, own_id=0)) == 59


@pytest.mark.parametrize("distance", ["euclidean", "inner_product"])
@pytest.mark.parametrize("own", [None, 5])
@pytest.mark.parametrize("k", [1, 4, 30, 500])
def test_false_friends_are_the_nearest_of_another_class(k, own, distance):
    found = false_friends(index_of(distance=distance), X[5], Y[5], k, own_id=own)
    order = [row for row, _ in by_loops(X[5], X, distance, set() if own is None else {own})]
    expected = [(row, rank) for rank, row in enumerate(order, 1) if Y[row] != Y[5]][:k]
    assert list(zip(found.ids.tolist(), found.ranks.tolist(), strict=True)) == expected
    assert not found.right.any()


def test_where_all_are_of_one_class_nothing_is_a_false_friend():
    assert len(false_friends(index_of(labels=np.zeros(60, int)), X[5], 0, 4)) == 0


def test_labels_of_the_callers_own_take_the_place_of_the_indexs():
    other = np.where(np.arange(60) < 30, 1, -1)
    found = ranked(index_of(labels=None), X[5], 60, 1, labels=other, no_label=-1)
    assert found.right.tolist() == (other[found.ids] == 1).tolist()
    assert not found.wrong.any()
    right = found.table()["right"]
    assert right.isna().tolist() == (other[found.ids] == -1).tolist()
    assert len(false_friends(index_of(), X[5], 1, labels=other, no_label=-1)) == 0


@pytest.mark.parametrize(
    "labels", [np.array(["a", "b", "a "]), np.array([2**63 + 1, 2**63, 7], np.uint64)]
)
def test_labels_of_every_kind_are_compared_exactly(labels):
    index = index_of(np.eye(3, dtype=np.float32), labels)
    found = ranked(index, np.eye(3)[0], 3, labels[0].item())
    assert found.right.tolist() == [True, False, False]


def test_labels_of_another_kind_are_refused():
    with pytest.raises(ValueError, match="must be of the kind of the index's labels, integers"):
        ranked(index_of(), X[0], 3, "cat")


def test_a_table_tells_all_of_it():
    found = ranked(index_of(), X[0], 3, Y[0], own_id=0, threshold=1.0)
    table = found.table()
    assert table.columns.tolist() == ["rank", "id", "row", "label", "distance", "right", "within"]
    assert table["id"].tolist() == found.ids.tolist()
    assert table["right"].tolist() == found.right.tolist()
    bare = ranked(index_of(labels=None), X[0], 3).table()
    assert bare["label"].isna().all()
    assert bare["right"].isna().all()


@pytest.mark.parametrize("own", [False, True])
def test_mistakes_are_queries_whose_nearest_is_of_another_class(own):
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 3, 60)
    queries = X if own else X + rng.normal(size=X.shape).astype(np.float32)
    expected = []
    for row in range(60):
        nearest, _ = by_loops(queries[row], X, "euclidean", {row} if own else set())[0]
        if labels[nearest] != labels[row]:
            expected.append(row)
    found = mistakes_of(index_of(labels=labels), queries, labels, np.arange(60) if own else None)
    assert found.tolist() == expected
    assert 0 < len(expected) < 60


def test_what_has_no_neighbour_or_no_label_is_no_mistake():
    queries = X.copy()
    queries[4, 2] = np.nan
    wrong = (Y + 1) % 4
    wrong[9] = -1
    found = mistakes_of(index_of(), queries, wrong, no_label=-1)
    assert found.tolist() == [row for row in range(60) if row not in (4, 9)]
    alone = index_of(X[:1], Y[:1])
    assert mistakes_of(alone, X[:1], [9], [0]).tolist() == []
    assert mistakes_of(alone, X[:1], [9]).tolist() == [0]
    assert mistakes_of(Indexer(8), X[:1], [9], item_labels=np.zeros(0, int)).tolist() == []
    with pytest.raises(ValueError, match="The index has no labels"):
        mistakes_of(index_of(labels=None), X, Y)


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(0, 9))
def test_of_any_index_with_ties_the_nearest_and_the_false_friends_are_those_of_loops(seed, k, row):
    rng = np.random.default_rng(seed)
    embeddings = rng.integers(0, 3, (10, 2)).astype(np.float32)
    labels = rng.integers(0, 3, 10)
    index = index_of(embeddings, labels)
    order = [own for own, _ in by_loops(embeddings[row], embeddings, "euclidean", {row})]
    assert ranked(index, embeddings[row], k, own_id=row).ids.tolist() == order[:k]
    friends = false_friends(index, embeddings[row], int(labels[row]), k, own_id=row)
    assert friends.ids.tolist() == [own for own in order if labels[own] != labels[row]][:k]
