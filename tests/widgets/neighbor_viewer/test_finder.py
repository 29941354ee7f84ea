import numpy as np
import pytest

from simnb import Indexer
from simnb.widgets import NeighborViewer
from tests.widgets.neighbor_viewer.viewed import X, Y, images_of, index_of, look


def test_an_index_beside_of_other_items_under_the_same_ids_is_refused():
    index = index_of()
    for embeddings in (X[::-1], X + np.eye(40, 8, dtype=np.float32)):
        with pytest.raises(ValueError, match="`beside` must hold the items that `source` holds"):
            NeighborViewer(index, beside=index_of(embeddings))


def test_the_same_items_beside_are_told_by_id_and_but_for_rounding():
    index = index_of(X * np.float32(1 + 1e-6))
    other = index_of(np.vstack([X[:1], X]), np.zeros(41, int))
    other.remove([0])
    with pytest.raises(ValueError, match="`beside` must hold"):
        NeighborViewer(index, beside=other)
    for left, right in ((index, index_of()), (index_of(X * 3), index_of(distance="cosine"))):
        made = NeighborViewer(left, beside=right)
        assert len(look(made, query=3)["beside"]["ranks"]) == 5
        made.close()


def test_items_that_an_index_beside_holds_in_another_order_are_the_same():
    index = index_of()
    index.remove([0])
    index.add(X[:1], Y[:1])
    twin = index.with_search("exact")
    twin.remove([5])
    index.remove([5])
    made = NeighborViewer(index, beside=twin)
    assert look(made, query=3)["beside"]["recall"] == 1
    made.close()


def test_images_of_items_are_given_once():
    images = images_of(40)
    with pytest.raises(ValueError, match="`query_images` must be None where"):
        NeighborViewer(index_of(), images=images, query_images=images)
    NeighborViewer(index_of(), query_images=images).close()
    NeighborViewer(index_of(), X[:3], images=images, query_images=images[:3]).close()


@pytest.mark.parametrize("labels", [np.zeros(40, int), [0] * 30 + [None] * 10])
def test_where_no_item_is_of_another_class_false_friends_are_not_searched_for(labels, monkeypatch):
    asked, real = [], Indexer.query
    monkeypatch.setattr(
        Indexer, "query", lambda own, x, k: asked.append(k) or real(own, x, k), raising=True
    )
    made = NeighborViewer(index_of(), labels=labels)
    asked.clear()
    answer = look(made, 2, "false friends", query=3)
    assert (answer["friends"], len(answer["ranks"]), asked) == ([], 2, [3])
    assert (
        "There are no false friends" in answer["note"]
        or "All items are of one class" in answer["note"]
    )
    made.close()


def test_a_query_of_a_class_that_the_index_has_not_has_friends_of_every_other():
    made = NeighborViewer(index_of(labels=[0] * 40), X[:1], [77])
    assert len(look(made, 4, "false friends", query=0)["friends"]) == 4
    made.close()
