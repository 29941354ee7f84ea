import numpy as np
import pytest

from simnb import Indexer
from simnb.widgets.neighbor_viewer.own_items import own_ids
from tests.widgets.cases import clusters

X, Y = clusters(60)


def index_of(embeddings=X, distance="cosine"):
    index = Indexer(embeddings.shape[1], distance)
    index.add(embeddings)
    return index


def test_items_in_their_order_are_not_searched_for(monkeypatch):
    monkeypatch.setattr("simnb.widgets.neighbor_viewer.own_items._nearest", None)
    index = index_of()
    index.remove([3])
    np.testing.assert_array_equal(own_ids(index, index.embeddings * np.float32(1.00001)), index.ids)


def test_by_the_cosine_an_item_is_one_whatever_its_length():
    order = np.random.default_rng(0).permutation(60)
    np.testing.assert_array_equal(own_ids(index_of(), X[order] * np.float32(7)), order)
    assert (own_ids(index_of(distance="euclidean"), X[order] * np.float32(7)) == -1).all()


@pytest.mark.parametrize("size", [1, 2, 3])
def test_others_among_dense_items_are_not_taken_for_them(size):
    rng = np.random.default_rng(0)
    items, others = (rng.normal(size=(2000, size)).astype(np.float32) for _ in range(2))
    index = index_of(items, "euclidean")
    taken = (own_ids(index, others) >= 0).mean()
    assert taken < (0.25 if size == 1 else 0.02)
    np.testing.assert_array_equal(own_ids(index, items[::-1]), np.arange(2000)[::-1])


def test_equal_items_each_have_their_row_and_more_rows_share_them():
    index = index_of(np.ones((3, 4), np.float32), "euclidean")
    assert sorted(own_ids(index, np.ones((2, 4), np.float32))) == [0, 1]
    assert sorted(own_ids(index, np.ones((5, 4), np.float32))) == [0, 0, 1, 1, 2]


def test_without_items_or_numbers_there_is_none():
    assert own_ids(Indexer(8), X).tolist() == [-1] * 60
    assert own_ids(index_of(), X[:0]).tolist() == []
    assert own_ids(index_of(), X[:, :3]).tolist() == [-1] * 60
    assert own_ids(index_of(X[:1]), np.full((2, 8), np.inf, np.float32)).tolist() == [-1, -1]
    assert own_ids(index_of(X[:1]), X[:2]).tolist() == [0, -1]


def test_too_many_pairs_are_not_all_compared(monkeypatch):
    monkeypatch.setattr("simnb.widgets.neighbor_viewer.own_items.EXACT_PAIRS", 10)
    monkeypatch.setattr("simnb.indexer.indexer.EXACT_UP_TO", 10)
    monkeypatch.setattr("simnb.search.exact.ExactSearch.query", None)
    index = Indexer(8, search="nmslib")
    index.add(X)
    order = np.random.default_rng(0).permutation(60)
    np.testing.assert_array_equal(own_ids(index, X[order]), order)
