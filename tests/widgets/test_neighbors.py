import numpy as np
import pytest
from scipy.spatial.distance import cdist

from simnb import Indexer, distances
from simnb.widgets import neighbors_of
from simnb.widgets.neighbors import Neighborhood
from tests.widgets.cases import clusters

X, Y = clusters(60)


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "cityblock"])
def test_neighbours_are_those_of_scipy_without_the_row_itself(metric):
    found = neighbors_of(X, [0, 7, 59], k=5, distance=metric.replace("cityblock", "manhattan"))
    for place, row in enumerate([0, 7, 59]):
        expected = cdist(X[[row]].astype(float), X.astype(float), metric)[0]
        expected[row] = np.inf
        assert found.ids[place].tolist() == np.argsort(expected, kind="stable")[:5].tolist()
        np.testing.assert_allclose(found.distances[place], np.sort(expected)[:5], atol=2e-5)


def test_a_similarity_counts_from_the_largest():
    found = neighbors_of(X, 3, k=4, distance="inner_product")
    products = X @ X[3]
    products[3] = -np.inf
    assert found.ids[0].tolist() == np.argsort(-products, kind="stable")[:4].tolist()


def test_fewer_items_than_neighbours_are_filled_up():
    found = neighbors_of(X[:3], [1], k=5, distance="euclidean")
    assert found.ids[0, 2:].tolist() == [-1, -1, -1]
    assert np.isinf(found.distances[0, 2:]).all()
    assert neighbors_of(X[:1], [0], k=2).ids.tolist() == [[-1, -1]]


def test_copies_of_a_row_are_its_neighbours_and_it_is_not_its_own():
    same = np.ones((6, 3), np.float32)
    for row in range(6):
        found = neighbors_of(same, row, k=3, distance="euclidean")
        assert row not in found.ids
        assert (found.distances == 0).all()


def test_rows_that_are_not_finite_have_no_neighbours_and_are_nobodys():
    bad = X.copy()
    bad[4] = np.nan
    with pytest.warns(UserWarning, match="left out: 4"):
        found = neighbors_of(bad, [4, 0], k=59)
    assert (found.ids[0] == -1).all()
    assert 4 not in found.ids[1]


def test_an_index_finds_them_in_its_own_way():
    index = Indexer(8, "euclidean")
    index.add(np.zeros((1, 8)))
    index.add(X)
    index.remove([0])  # ids are then no longer row numbers
    found = Neighborhood(X, distances.get("cosine"), index).of([5], 4)
    assert found.ids.tolist() == neighbors_of(X, 5, 4, "euclidean").ids.tolist()


def test_an_index_that_changes_later_still_names_rows():
    index = Indexer(8, "euclidean")
    index.add(X)
    near = Neighborhood(X, distances.get("cosine"), index)
    index.remove([0, 1, 2])
    index.add(X[:1])
    found = near.of([7], 56).ids[0]
    assert found.max() < 60
    assert not np.isin([0, 1, 2, 7], found).any()
    expected = [row for row in neighbors_of(X, 7, 59, "euclidean").ids[0].tolist() if row > 2]
    assert found[:50].tolist() == expected[:50]


def test_an_index_of_another_width_is_refused():
    index = Indexer(3)
    index.add(np.ones((60, 3)))
    with pytest.raises(ValueError, match="`index` must be of embeddings of 8 numbers"):
        Neighborhood(X, distances.get("cosine"), index)


def test_an_index_of_other_items_is_refused():
    with pytest.raises(ValueError, match="`index` must hold the 60 embeddings"):
        Neighborhood(X, distances.get("cosine"), Indexer(8))


@pytest.mark.parametrize(
    ("ids", "k", "message"),
    [([60], 3, "from 0 to 59"), ([-1], 3, "from 0 to 59"), ([0], 0, "`k`"), (["a"], 3, "`ids`")],
)
def test_what_is_no_row_is_refused(ids, k, message):
    with pytest.raises(ValueError, match=message):
        neighbors_of(X, ids, k)
