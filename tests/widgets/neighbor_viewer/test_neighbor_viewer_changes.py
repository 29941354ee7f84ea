"""An index that changes while it is looked at."""

import gc
import weakref

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

from simnb import Indexer
from simnb.widgets import Explorer, NeighborViewer
from simnb.widgets.neighbor_viewer.ranking import ranked
from tests.widgets.cases import clusters
from tests.widgets.neighbor_viewer.viewed import Model, X, Y, ask, images_of, index_of, look

MORE, MORE_LABELS = clusters(10, seed=1)


def shown(viewer, k=5, **about):
    return [own["id"] for own in look(viewer, k, **about)["ranks"]]


def test_added_items_are_found_at_the_next_request():
    index = index_of()
    made = NeighborViewer(index)
    before = shown(made, query=3)
    index.add(X[3:4], [2])
    answer = look(made, query=3)
    assert answer["changed"] == "The index has changed: 1 added; it has 41 items."
    assert [own["id"] for own in answer["ranks"]] == [40, *before[:4]]
    assert answer["ranks"][0]["label"] == "2"
    assert made.count == made.get_state()["_item_count"] == 41
    assert look(made, query=3)["changed"] == ""
    made.query = 40
    made.close()


def test_removed_items_are_gone_and_the_others_keep_their_place_in_the_readers_eyes():
    index = index_of(data=list(images_of(40)))
    made = NeighborViewer(
        index, metadata={"row": list(range(40))}, labels=[f"label {row}" for row in range(40)]
    )
    made.query, made.selection = 30, [5, 30, 31]
    index.remove([0, 5, 12])
    answer = look(made, query=30)  # the page asks by the rows that it knows
    assert answer["changed"] == "The index has changed: 3 removed; it has 37 items."
    assert (made.query, made.selection) == (27, [27, 28])
    assert answer["who"]["row"] == 27
    for own in (answer["who"], *answer["ranks"]):
        assert index.ids[own["row"]] == own["id"]
        assert own["fields"] == [["row", str(own["id"])]]
        assert own["label"] == f"label {own['id']}"
    assert [own["id"] for own in answer["ranks"]] == ranked(index, X[30], 5, own_id=30).ids.tolist()
    made.back()
    assert made.query == 27  # the query before is no more
    made.close()


def test_a_query_that_was_removed_is_told_of():
    index = index_of()
    made = NeighborViewer(index)
    made.query = 7
    index.remove([7])
    answer = ask(made, "neighbors", k=5, mode="nearest", query=7)
    assert (answer["type"], answer["message"]) == ("error", "The query is no longer in the index.")
    assert made.query == 0  # where the reader was before
    index.remove([0])
    made.refresh()
    assert made.query is None
    made.close()


def test_an_emptied_index_says_so_and_one_that_is_filled_shows_its_first():
    index = index_of()
    made = NeighborViewer(index)
    index.reset()
    assert made.refresh() == "The index has changed: 40 removed; it has 0 items."
    assert (made.query, made.count, made.selection) == (None, 0, [])
    assert made.neighbors().empty
    assert "image/png" in made._repr_mimebundle_()[0]
    index.add(MORE, MORE_LABELS)
    assert made.refresh() == "The index has changed: 10 added; it has 10 items."
    assert (made.query, made.count) == (0, 10)
    assert len(shown(made, 5, query=0)) == 5
    made.close()


def test_items_that_took_the_place_of_others_are_told_of():
    index = index_of()
    made = NeighborViewer(index)
    index.reset()
    index.add(-X, (Y + 1) % 4)
    assert made.refresh() == "The index has changed: its items were replaced; it has 40 items."
    assert made.refresh() == ""
    assert made.get_state()["_stale"].startswith("The index has changed")
    made.close()


def test_another_engine_is_told_of(monkeypatch):
    monkeypatch.setattr("simnb.indexer.indexer.EXACT_UP_TO", 40)
    index = index_of()
    made = NeighborViewer(index, beside=True)
    assert made.get_state()["_engine"] == "exact"
    index.add(MORE, MORE_LABELS)
    assert "searches by nmslib now" in made.refresh()
    assert made.get_state()["_engine"] == "nmslib"
    answer = look(made, 50, query=0)
    assert answer["beside"]["engine"] == "exact"
    assert len(answer["beside"]["ranks"]) == 49  # the twin was made anew
    made.close()


def test_a_models_new_index_is_noticed():
    images = images_of(20)
    model = Model(images, Y[:20])
    made = NeighborViewer(model, images[:4], Y[:4])
    model._index = model._index.with_search("nmslib")
    model._index.remove([3])
    text = "The index has changed: another index is in its place; it has 19 items, and searches by nmslib now."
    assert made.refresh() == text
    assert 3 not in shown(made, 20, query=3)
    model._index = None
    assert ask(made, "neighbors", k=3, mode="nearest", query=0)["type"] == "error"
    made.close()


def test_queries_of_their_own_stay_when_items_go():
    index = index_of()
    made = NeighborViewer(index, X[:9], Y[:9])
    made.query = 5
    made.item = 30
    made.selection = [5, 8]
    index.remove([2, 30])
    look(made, query=5)
    assert (made.query, made.item, made.selection) == (5, None, [5, 8])
    made.item = 20
    index.remove([0])
    made.refresh()
    assert made.item == 19
    made.close()


def test_labels_that_came_or_went_are_told_of():
    index = index_of(labels=None)
    made = NeighborViewer(index, X[:5], Y[:5])
    assert not made.get_state()["_labelled"]
    index.reset()
    index.add(X, Y)
    assert look(made, query=0)["summary"]["relevant"] == 10
    assert made.get_state()["_labelled"]
    made.close()


def test_what_changed_is_forgotten_once_something_else_is_looked_at():
    index = index_of()
    made = NeighborViewer(index)
    index.add(MORE, MORE_LABELS)
    assert look(made, query=1)["changed"]
    look(made, query=1)  # another view of it
    assert made.get_state()["_stale"]
    look(made, query=2)
    assert made.get_state()["_stale"] == ""
    made.close()


def test_the_same_change_twice_is_news_twice():
    index = index_of()
    made = NeighborViewer(index)
    heard = []
    made.observe(lambda change: heard.append(change.new), "_stale")
    for _ in range(2):
        index.reset()
        index.add(X, Y)
        made.refresh()
    assert len([text for text in heard if text]) == 2
    made.close()


def test_an_index_of_another_width_in_its_place_is_explained():
    model = Model(images_of(20), Y[:20])
    made = NeighborViewer(model, images_of(4))
    model._index = Indexer(3)
    model._index.add(np.eye(3))
    assert "embeddings of 3" in look(made, query=0)["note"]
    made.close()


@pytest.fixture
def explored():
    index = index_of()
    made = Explorer(index, method="pca")
    yield index, made
    made.close()


def test_a_map_and_a_viewer_go_on_to_mean_the_same_items(explored):
    index, made = explored
    made.projector.clicked, made.projector.selection = 7, [2, 5, 6, 30]
    index.remove([2])
    made.neighbors.refresh()
    assert (made.projector.clicked, made.calibration.clicked, made.neighbors.query) == (7, 7, 6)
    assert (made.projector.selection, made.neighbors.selection) == ([5, 6, 30], [4, 5, 29])
    for row in (39, 0, 3):
        made.projector.clicked = row
        assert index.ids[made.neighbors.query] == row == made.calibration.clicked
    made.neighbors.query = 10
    assert (made.projector.clicked, made.calibration.clicked) == (11, 11)
    made.calibration.selection = [1, 2, 3]
    assert (made.neighbors.selection, made.projector.selection) == ([1, 2], [1, 2, 3])


def test_an_item_that_only_one_of_them_has_is_none_in_the_other(explored):
    index, made = explored
    index.remove([2])
    index.add(X[:1] + 0.1, Y[:1])
    made.neighbors.refresh()
    made.projector.clicked = 2
    assert (made.projector.clicked, made.neighbors.query) == (2, None)
    made.neighbors.query = 39  # which the map does not show
    assert (made.projector.clicked, made.calibration.clicked) == (None, None)
    assert made.neighbors.query == 39
    made.neighbors.selection = [0, 39]
    assert made.projector.selection == [0]


def test_queries_that_are_items_of_the_index_are_so_as_long_as_it_has_them():
    index = index_of()
    made = Explorer(index, X[9:3:-1], method="pca")
    made.neighbors.query = 1  # item 8
    index.remove([8])
    table = made.neighbors.neighbors()
    assert table["id"].tolist() == ranked(index, X[8], 10).ids.tolist()
    assert made.neighbors.summary()["relevant"] == 9
    index.remove(index.ids[index.ids != 7])
    assert ask(made.neighbors, "neighbors", k=3, mode="nearest", query=1)["ranks"][0]["id"] == 7
    assert look(made.neighbors, query=2)["note"] == "The index has no other item."
    assert made.neighbors.mistakes == [row for row in (0, 1, 3, 4, 5) if Y[9 - row] != Y[7]]
    made.close()


def test_items_under_the_ids_of_others_are_not_taken_for_queries():
    index = index_of()
    made = Explorer(index, X[:9], method="pca")
    assert 4 not in shown(made.neighbors, query=4)
    index.reset()
    index.add(np.roll(X, -1, axis=0), np.roll(Y, -1))
    assert shown(made.neighbors, query=4)[0] == 3  # it, under another id
    assert 4 in shown(made.neighbors, 40, query=4)
    made.close()


@pytest.fixture
def shell():
    own = InteractiveShell.instance()
    yield own
    InteractiveShell.clear_instance()


def test_in_a_notebook_a_change_is_noticed_after_the_cell(shell):
    index = index_of()
    made = NeighborViewer(index)
    shell.user_ns.update(index=index, more=MORE, labels=MORE_LABELS)
    shell.run_cell("index.add(more, labels);")
    assert made.get_state()["_stale"].startswith("The index has changed: 10 added")
    assert made.count == 50
    made.close()
    callbacks = shell.events.callbacks["post_run_cell"]
    before = len(callbacks)
    other = NeighborViewer(index)
    assert len(callbacks) == before + 1
    other.close()
    assert len(callbacks) == before


def test_a_model_between_two_indexes_does_not_trouble_the_notebook(shell, capsys):
    model = Model(images_of(20), Y[:20])
    made = NeighborViewer(model)
    model._index = None
    shell.run_cell("1;")
    assert "Error" not in capsys.readouterr().out
    made.close()


def test_watching_keeps_nothing_alive(shell):
    from simnb.widgets.neighbor_viewer.cells import after_each_cell

    class Watcher:
        seen = 0

        def look(self):
            self.seen += 1

    watcher = Watcher()
    after_each_cell(watcher.look)
    callbacks = shell.events.callbacks["post_run_cell"]
    before = len(callbacks)
    shell.run_cell("1;")
    assert watcher.seen == 1
    gone = weakref.ref(watcher)
    del watcher
    gc.collect()
    assert gone() is None
    shell.run_cell("1;")
    assert len(callbacks) == before - 1
