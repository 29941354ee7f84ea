import io
import json

import ipywidgets
import numpy as np
import pandas as pd
import pytest
import traitlets
from PIL import Image

from simnb import Indexer, distances
from simnb.widgets import NeighborViewer
from simnb.widgets.neighbor_viewer.ranking import false_friends, ranked
from simnb.widgets.neighbor_viewer.ranking_measures import compared, summary_of
from tests.widgets.cases import NASTY
from tests.widgets.neighbor_viewer.viewed import NAMES, Model, X, Y, ask, images_of, index_of, look


@pytest.fixture
def viewer():
    made = NeighborViewer(index_of(), class_names=NAMES, k=5, metadata={"note": list("ab") * 20})
    yield made
    made.close()


def close_all(*made):
    for own in made:
        own.close()


def test_its_twins_give_what_it_shows(viewer):
    viewer.query = 7
    index = index_of()
    twin = ranked(index, X[7], 5, int(Y[7]), own_id=7)
    pd.testing.assert_frame_equal(viewer.neighbors(), twin.table(), check_dtype=False)
    friends = false_friends(index, X[7], int(Y[7]), 5, own_id=7)
    pd.testing.assert_frame_equal(viewer.false_friends(), friends.table(), check_dtype=False)
    assert viewer.summary() == summary_of(twin)
    viewer.mode = "false friends"
    pd.testing.assert_frame_equal(viewer.neighbors(), friends.table(), check_dtype=False)
    answer = look(viewer, 5, "false friends", query=7)
    assert [own["id"] for own in answer["ranks"]] == twin.ids.tolist()
    assert [own["id"] for own in answer["friends"]] == friends.ids.tolist()
    assert [own["rank"] for own in answer["friends"]] == friends.ranks.tolist()


def test_an_answer_tells_of_the_query_and_of_each_neighbour(viewer):
    answer = look(viewer, 3, query=4)
    fields = [["note", "a"]]
    who = {"kind": "query", "row": 4, "id": 4, "label": "cat", "fields": fields, "content": {}}
    assert answer["who"] == who
    found = ranked(index_of(), X[4], 3, own_id=4)
    for place, own in enumerate(answer["ranks"]):
        row = int(found.ids[place])
        assert own == {
            "rank": place + 1,
            "row": row,
            "id": row,
            "label": NAMES[Y[row]],
            "right": bool(Y[row] == Y[4]),
            "distance": pytest.approx(float(found.distances[place])),
            "within": True,
            "fields": [["note", "ab"[row % 2]]],
            "content": {},
        }
    assert (answer["friends"], answer["beside"]) == ([], None)
    assert (answer["changed"], answer["note"]) == ("", "")
    assert answer["summary"]["relevant"] == 9
    json.dumps(answer, allow_nan=False)


def test_queries_of_ones_own_are_looked_up_among_all_items():
    queries = X[:5] + np.float32(0.5)
    made = NeighborViewer(index_of(), queries, [9, 1, None, 3, 0], query_images=images_of(5))
    assert (made.count, made.get_state()["_own"]) == (5, False)
    for row in range(5):
        answer = look(made, 4, query=row)
        twin = ranked(index_of(), queries[row], 4)
        assert [own["id"] for own in answer["ranks"]] == twin.ids.tolist()
        assert answer["who"]["content"] == {"image": 0}
        assert len(answer["buffers"]) == 1
    made.close()


def test_a_query_that_is_in_the_index_too_is_its_own_nearest():
    made = NeighborViewer(index_of(), X[:3])
    assert [look(made, 2, query=row)["ranks"][0]["row"] for row in range(3)] == [0, 1, 2]
    assert [look(made, 2, query=0)["ranks"][0]["distance"]] == [0]
    made.close()


def test_a_neighbour_that_becomes_the_query_is_not_its_own_neighbour():
    made = NeighborViewer(index_of(), X[:3] + 1, [0, 1, 2])
    answer = look(made, 4, item=20)
    assert answer["who"]["kind"] == "item"
    assert answer["who"]["label"] == "0"
    assert [own["id"] for own in answer["ranks"]] == ranked(
        index_of(), X[20], 4, own_id=20
    ).ids.tolist()
    made.item = 20
    assert made.query is None
    assert 20 not in made.neighbors()["id"].tolist()
    made.query = 1
    assert made.item is None
    made.close()


def test_where_the_queries_are_the_items_an_item_is_a_query(viewer):
    viewer.item = 9
    assert (viewer.item, viewer.query) == (None, 9)


def test_back_and_forward_lead_along_what_was_shown():
    made = NeighborViewer(index_of(), X[:5], embed=lambda items: items[0][None])
    made.query = 3
    made.item = 30
    ask(made, "paste", text=str([0.5] * 8))
    made.query = 4
    shown = []
    for _ in range(5):
        made.back()
        shown.append((made.query, made.item))
    assert shown == [(None, None), (None, 30), (3, None), (0, None), (0, None)]
    for _ in range(2):
        made.forward()
    assert (made.query, made.item) == (None, 30)
    made.forward()
    assert look(made, pasted=True)["who"]["kind"] == "array"
    made.query = 2
    made.forward()
    assert made.query == 2
    made.close()


def test_random_queries_are_seeded_and_keep_to_the_selection(viewer):
    again = NeighborViewer(index_of())
    drawn = [[ask(own, "random")["query"] for _ in range(8)] for own in (viewer, again)]
    assert drawn[0] == drawn[1]
    assert len(set(drawn[0])) > 1
    viewer.selection = [3, 4]
    assert {ask(viewer, "random", mistake=False)["query"] for _ in range(20)} == {3, 4}
    viewer.query = 3
    assert {ask(viewer, "random")["query"] for _ in range(5)} == {4}
    again.close()


def test_mistakes_are_found_and_drawn_from():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 40)
    made = NeighborViewer(index_of(labels=labels))
    far = distances.get("euclidean")(X, X)
    np.fill_diagonal(far, np.inf)
    expected = [row for row in range(40) if labels[far[row].argmin()] != labels[row]]
    assert made.mistakes == expected
    assert {ask(made, "random", mistake=True)["query"] for _ in range(100)} <= set(expected)
    made.selection = [row for row in range(40) if row not in expected]
    answer = ask(made, "random", mistake=True)
    assert (answer["type"], answer["message"]) == ("error", "no mistakes")
    made.close()


def test_two_indexes_are_shown_side_by_side():
    index = index_of(search="exact")
    other = index.with_search("nmslib")
    made = NeighborViewer(other, beside=True, k=6)
    assert (made.get_state()["_engine"], made.get_state()["_beside"]) == ("nmslib", "exact")
    answer = look(made, 6, query=3)
    near = [own["id"] for own in answer["ranks"]]
    exact = ranked(index, X[3], 6, own_id=3).ids.tolist()
    assert [own["id"] for own in answer["beside"]["ranks"]] == exact
    assert answer["beside"]["engine"] == "exact"
    assert answer["beside"]["recall"] == len(set(near) & set(exact)) / 6
    assert answer["beside"]["moved"] == [
        rank - exact.index(item) if item in exact else None for rank, item in enumerate(near)
    ]
    made.query = 3
    expected = compared(ranked(other, X[3], 6, own_id=3), ranked(index, X[3], 6, own_id=3))
    pd.testing.assert_frame_equal(made.compare(), expected)
    by_hand = NeighborViewer(other, beside=index_of(distance="cosine"))
    assert by_hand.get_state()["_beside"] == "exact, cosine"
    assert all(own["right"] is not None for own in look(by_hand, query=1)["beside"]["ranks"])
    close_all(made, by_hand)


@pytest.mark.parametrize("beside", ["exact", X, Indexer(8), Indexer(4), False, 1])
def test_an_index_of_other_items_is_not_put_beside(beside):
    with pytest.raises(ValueError, match="`beside` must"):
        NeighborViewer(index_of(), beside=beside)


def test_without_an_index_beside_nothing_is_compared(viewer):
    with pytest.raises(ValueError, match="no index beside"):
        viewer.compare()


@pytest.mark.parametrize("distance", ["inner_product", "cosine"])
def test_what_is_beyond_the_threshold_says_so(distance):
    made = NeighborViewer(index_of(distance=distance), k=8)
    larger = distances.get(distance).larger_is_nearer
    assert made.get_state()["_larger"] is larger
    far = made.neighbors()["distance"]
    assert (far.diff()[1:] <= 0).all() if larger else (far.diff()[1:] >= 0).all()
    made.threshold = float(far[3])
    assert made.neighbors()["within"].tolist() == [True] * 4 + [False] * 4
    assert [own["within"] for own in look(made, 8, query=0)["ranks"]] == [True] * 4 + [False] * 4
    made.close()


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("query", 40),
        ("query", -1),
        ("query", "first"),
        ("item", 40),
        ("k", 0),
        ("k", 201),
        ("threshold", float("nan")),
        ("threshold", float("inf")),
        ("threshold", "near"),
        ("mode", "farthest"),
        ("selection", [40]),
        ("selection", [0.5]),
    ],
)
def test_what_it_cannot_be_is_refused_and_nothing_changes(viewer, name, wrong):
    before = viewer.get_state()
    with pytest.raises(traitlets.TraitError):
        setattr(viewer, name, wrong)
    after = viewer.get_state()
    assert {own: after[own] for own in ("query", "item", "k", "threshold", "mode")} == {
        own: before[own] for own in ("query", "item", "k", "threshold", "mode")
    }


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"k": 5, "mode": "nearest"},
        {"k": 0, "mode": "nearest", "query": 1},
        {"k": 5, "mode": "farthest", "query": 1},
        {"k": 5, "mode": "nearest", "query": 40},
        {"k": 5, "mode": "nearest", "query": "1"},
        {"k": 5, "mode": "nearest", "item": [1]},
        {"k": 5, "mode": "nearest", "pasted": True},
    ],
)
def test_a_request_of_no_form_is_answered_with_an_error(viewer, content):
    assert ask(viewer, "neighbors", **content)["type"] == "error"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"queries": X[:, :3]}, "`queries` must have 8 columns"),
        ({"queries": np.zeros(8)}, "`queries` must have shape"),
        ({"queries": X[:3], "labels": [1]}, "`labels` must have one value for each of 3"),
        ({"labels": np.eye(40)}, "np.argmax"),
        ({"queries": X[:2], "labels": ["a", "b"]}, "of the kind of the index's labels, integers"),
        ({"images": np.zeros((3, 8, 8))}, "`images` must have one image for each of 40"),
        ({"queries": X[:2], "query_images": np.zeros((3, 8, 8))}, "for each of 2"),
        ({"metadata": {"a": [1]}}, "metadata"),
        ({"class_names": "cat"}, "`class_names`"),
        ({"embed": "model"}, "`embed` must be callable"),
        ({"thumbnail_size": 0}, "`thumbnail_size`"),
    ],
)
def test_what_does_not_agree_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        NeighborViewer(index_of(), **arguments)


@pytest.mark.parametrize(
    ("source", "more", "note"),
    [
        (Indexer(8), {}, None),
        (Indexer(8), {"queries": X[:2]}, "The index is empty."),
        (index_of(X[:1], Y[:1]), {}, "The index has no other item."),
        (index_of(labels=None), {}, "The index has no labels"),
        (index_of(), {"queries": X[:2]}, "The query has no label"),
        (index_of(), {"queries": X[:2], "labels": [None, 1]}, "The query has no label"),
        (index_of(), {"queries": X[:2], "labels": [77, 1]}, "of the class 77: none can be right"),
        (index_of(labels=np.arange(40)), {}, "No other item of the index is of the class 0"),
        (index_of(labels=np.zeros(40, int)), {}, "All items are of one class"),
        (index_of(X[:4], Y[:4]), {"labels": [0, 0, 1, 1]}, "no more than 3 items"),
        (index_of(), {}, ""),
    ],
)
def test_what_cannot_be_told_is_explained(source, more, note):
    made = NeighborViewer(source, **more)
    if note is None:
        assert made.query is None
        assert made.neighbors().empty
        assert made.plot().texts[-1].get_text() == "There is no query."
        made.close()
        return
    for mode in ("nearest", "false friends"):
        answer = look(made, 5, mode, query=0)
        assert note in answer["note"]
        assert note or answer["note"] == ""
        json.dumps(answer, allow_nan=False)
        made.mode = mode
        made.neighbors()
    assert "image/png" in made._repr_mimebundle_()[0]
    made.close()


def test_without_false_friends_it_says_so():
    made = NeighborViewer(index_of(labels=np.where(np.arange(40) < 39, 0, 1)))
    assert len(look(made, 5, "false friends", query=0)["friends"]) == 1
    lonely = NeighborViewer(X, labels=[0] * 39 + [None])
    answer = look(lonely, 5, "false friends", query=0)
    assert answer["friends"] == []
    assert answer["note"] == "All items are of one class: all are right."
    close_all(made, lonely)


def test_items_without_a_label_are_neither_right_nor_wrong():
    labels = [None if row % 2 else int(Y[row]) for row in range(40)]
    made = NeighborViewer(X, labels=labels, distance="euclidean", k=39)
    table = made.neighbors()
    assert table["right"].isna().tolist() == [row % 2 == 1 for row in table["row"]]
    answer = look(made, 39, query=0)
    assert {own["right"] for own in answer["ranks"] if own["label"] is None} == {None}
    assert answer["summary"]["relevant"] == sum(own == 0 for own in labels) - 1
    made.close()


def test_embeddings_with_holes_keep_their_rows():
    holed = X.copy()
    holed[[2, 5], 0] = np.nan
    with pytest.warns(UserWarning, match="2 of 40 rows"):
        made = NeighborViewer(holed, labels=Y, distance="euclidean")
    assert (made.count, made.get_state()["_item_count"]) == (40, 40)
    assert "NaN or inf" in look(made, query=2)["note"]
    found = look(made, 39, query=7)["ranks"]
    kept = [row for row in range(40) if row not in (2, 5, 7)]
    far = distances.get("euclidean")(X[7:8], X)[0]
    assert [own["row"] for own in found] == sorted(kept, key=lambda row: far[row])
    assert [own["label"] for own in found] == [str(Y[own["row"]]) for own in found]
    made.query = found[0]["row"]
    assert made.neighbors()["row"].tolist() == [
        own["row"] for own in look(made, 10, query=found[0]["row"])["ranks"]
    ]
    assert set(made.mistakes).isdisjoint({2, 5})
    made.close()


def test_queries_with_holes_have_no_neighbours():
    holed = X[:3].copy()
    holed[1] = np.inf
    with pytest.warns(UserWarning, match="`queries` has NaN"):
        made = NeighborViewer(index_of(), holed, Y[:3])
    answer = look(made, query=1)
    assert (answer["ranks"], answer["summary"]) == ([], None)
    assert answer["note"] == "The query has NaN or inf: nothing is near it."
    assert made.mistakes == []
    made.close()


def test_duplicates_of_the_query_are_its_neighbours():
    same = np.concatenate([X[:1], X[:1], X])
    made = NeighborViewer(same, distance="euclidean")
    assert [(own["row"], own["distance"]) for own in look(made, 2, query=1)["ranks"]] == [
        (0, 0),
        (2, 0),
    ]
    made.close()


@pytest.mark.parametrize("k", [40, 100, 200])
def test_more_than_the_index_holds_is_all_of_it(viewer, k):
    answer = look(viewer, k, query=0)
    assert len(answer["ranks"]) == 39
    assert answer["note"] == "The index has no more than 39 items to show."
    assert answer["summary"]["k"] == 39


def test_texts_dicts_arrays_and_images_are_shown_for_what_they_are():
    data = [*NASTY, {"<b>": "</b>", "n": 1}, np.arange(3.0), np.zeros((8, 9), np.uint8), None]
    made = NeighborViewer(index_of(X[: len(data)], None, data), k=20)
    answer = look(made, 20, query=0)
    cards = {own["row"]: own for own in answer["ranks"]}
    for row, text in enumerate(NASTY[1:], 1):
        assert cards[row]["content"] == {"text": text}
    count = len(NASTY)
    assert cards[count]["fields"] == [["<b>", "</b>"], ["n", "1"]]
    assert cards[count + 1]["content"] == {"heat": {"values": [0, 1, 2], "shape": [3]}}
    place = cards[count + 2]["content"]["image"]
    assert Image.open(io.BytesIO(answer["buffers"][place])).size == (9, 8)
    assert cards[count + 3]["content"] == {}
    assert made.plot().axes
    assert "image/png" in made._repr_mimebundle_()[0]
    made.close()


def test_string_labels_and_nasty_names_come_as_text():
    labels = [NASTY[row % len(NASTY)] for row in range(40)]
    made = NeighborViewer(X, labels=labels, metadata={NASTY[0]: labels}, title=NASTY[1])
    answer = look(made, 39, query=1)
    assert {own["label"] for own in answer["ranks"]} == {
        text[:400].replace("\ud800", "?") for text in NASTY
    }
    assert made.neighbors()["label"].isin(NASTY).all()
    assert "image/png" in made._repr_mimebundle_()[0]
    made.close()


def test_all_images_of_an_answer_come_with_it_and_each_once():
    made = NeighborViewer(index_of(data=list(images_of(40))), beside=True)
    answer = look(made, 20, "false friends", query=0)
    shown = [answer["who"], *answer["ranks"], *answer["friends"], *answer["beside"]["ranks"]]
    places = {own["row"]: own["content"]["image"] for own in shown}
    assert sorted(places.values()) == list(range(len(answer["buffers"])))
    assert all(bytes(own).startswith(b"\x89PNG") for own in answer["buffers"])
    assert len(places) == len(answer["buffers"])
    made.close()


def test_a_model_embeds_what_is_asked_for_once():
    images = images_of(30)
    model = Model(images[:20], Y[:20])
    made = NeighborViewer(model, images[20:], Y[20:30], k=4)
    model.embedded.clear()
    answer = look(made, 4, query=3)
    assert model.embedded == [1]
    twin = ranked(model._index, model.embed(images[23:24])[0], 4, int(Y[23]))
    assert [own["id"] for own in answer["ranks"]] == twin.ids.tolist()
    assert answer["who"]["content"] == {"image": 0}
    assert len(answer["buffers"]) == 5
    model.embedded.clear()
    made.neighbors()
    assert model.embedded == [1]
    model.embedded.clear()
    assert isinstance(made.mistakes, list)
    made.mistakes  # noqa: B018
    assert model.embedded == [10]
    made.close()


def test_inputs_of_a_model_that_are_no_array_are_embedded_at_once():
    class Named(Model):
        def embed(self, x):
            return super().embed(x["image"])

    images = images_of(20)
    model = Model(images, Y[:20])
    model.__class__ = Named
    made = NeighborViewer(model, {"image": images[:6]}, query_images=images[:6])
    assert made.count == 6
    model.embedded.clear()
    assert look(made, 3, query=5)["ranks"][0]["distance"] == 0
    assert model.embedded == []
    made.close()


def test_a_model_alone_shows_its_own_items():
    model = Model(images_of(20), Y[:20])
    made = NeighborViewer(model)
    assert made.get_state()["_own"]
    assert look(made, 3, query=5)["ranks"][0]["distance"] > 0
    assert model.embedded == []
    made.close()
    model._index = None
    with pytest.raises(ValueError, match="a model without an index"):
        NeighborViewer(model)


def test_texts_that_a_model_takes_are_read():
    class Reader(Model):
        def embed(self, x):
            return np.array([[len(own)] * 8 for own in x], np.float32)

    model = Reader()
    model._index.add(np.arange(16.0).reshape(2, 8), data=["one", "two"])
    made = NeighborViewer(model, np.array(["some words", "a"]))
    answer = look(made, 2, query=0)
    assert answer["who"]["content"] == {"text": "some words"}
    assert {own["content"]["text"] for own in answer["ranks"]} == {"one", "two"}
    made.close()


def test_it_links_with_other_widgets(viewer):
    other = ipywidgets.IntText()
    ipywidgets.dlink((other, "value"), (viewer, "query"))
    other.value = 12
    assert viewer.query == 12
    again = NeighborViewer(index_of())
    traitlets.link((viewer, "selection"), (again, "selection"))
    viewer.selection = [4, 2]
    assert again.selection == [2, 4]
    viewer.query = None
    assert viewer.neighbors().empty
    again.close()


def test_the_page_sets_the_query_and_the_rest_follows():
    made = NeighborViewer(index_of(), X[:5])
    made.set_state({"item": 9})
    assert (made.query, made.item) == (None, 9)
    made.set_state({"query": 2, "item": None})
    assert (made.query, made.item) == (2, None)
    made.set_state({"query": 7})  # there is none
    assert made.query == 2
    made.back()
    assert (made.query, made.item) == (None, 9)
    made.close()


def test_its_line_says_what_it_shows(viewer):
    assert repr(viewer) == "NeighborViewer(40 items, k=5, exact, euclidean)"
    both = NeighborViewer(index_of(), X[:1], beside=True)
    assert repr(both) == "NeighborViewer(1 query, 40 items, k=10, exact | exact, euclidean)"
    both.close()


def test_its_picture_has_ticks_crosses_and_numbers():
    made = NeighborViewer(
        X, labels=Y % 2, class_names=["cat", "<b>dog</b> $x$"], k=7, distance="euclidean"
    )
    titles = [axes.get_title() for axes in made.plot().axes if axes.get_title()]
    table = made.neighbors()
    assert titles[0] == "query 0\ncat"
    expected = [
        f"{own.rank} · {own.distance:.3g}\n" + ("✓ cat" if own.right else r"✗ <b>dog</b> \$x\$")
        for own in table.itertuples()
    ]
    assert titles[1:] == expected
    summary = made.summary()
    assert f"precision@7 {summary['precision']:.3g}" in made.plot().texts[-1].get_text()
    made.close()


@pytest.mark.parametrize(
    ("name", "wrong", "message"),
    [
        ("threshold", "0.5", "finite number"),
        ("threshold", True, "finite number"),
        ("threshold", np.nan, "finite number"),
        ("k", True, "whole number from 1 to 200"),
        ("k", 0, "whole number from 1 to 200"),
        ("k", 500, "whole number from 1 to 200"),
        ("k", 5.5, "whole number from 1 to 200"),
        ("seed", -1, "whole number of at least 0"),
        ("seed", "a", "whole number of at least 0"),
        ("seed", True, "whole number of at least 0"),
    ],
)
def test_a_number_that_is_none_is_refused_by_name(name, wrong, message, viewer, caplog):
    with pytest.raises(ValueError, match=f"`{name}` must be a {message}"):
        NeighborViewer(index_of(), **{name: wrong})
    if name == "seed":
        return
    before = getattr(viewer, name)
    viewer.set_state({name: wrong})  # as from the page
    assert getattr(viewer, name) == before
    assert f"`{name}` must be a {message}" in caplog.text


def test_numbers_of_numpy_are_numbers():
    made = NeighborViewer(X, threshold=np.float32(0.5), k=np.int64(3), seed=np.uint8(1))
    assert (made.threshold, made.k, len(made.neighbors())) == (0.5, 3, 3)
    made.close()


def test_query_images_are_called_by_their_name():
    for wrong in (np.zeros((2, 8, 8)), "abc", [np.zeros(3)] * 4):
        with pytest.raises(ValueError, match="`query_images` must"):
            NeighborViewer(index_of(), X[:4], query_images=wrong)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"k": 3, "query": 0}, "the request must have `mode`"),
        ({"mode": "nearest", "query": 0}, "the request must have `k`"),
        ({"k": 3, "mode": "nearest"}, "`item` must be a row number from 0 to 39"),
    ],
)
def test_a_request_that_lacks_something_is_told_what(content, message, viewer):
    answer = ask(viewer, "neighbors", **content)
    assert answer["type"] == "error"
    assert answer["message"].startswith(message)


def test_one_of_a_kind_is_said_as_one():
    made = NeighborViewer([[1.0]], labels=["a"])
    assert repr(made) == "NeighborViewer(1 item, k=10, exact, cosine)"
    made.close()
