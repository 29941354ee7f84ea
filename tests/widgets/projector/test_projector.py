import base64
import io
import threading
import warnings

import ipywidgets
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from simnb import Indexer
from simnb.visualization import projector as tfsim_projector
from simnb.widgets import Projector, neighbors_of, project
from simnb.widgets.binary import decode
from tests.widgets.cases import NASTY, clusters
from tests.widgets.test_common import Sent, request

X, Y = clusters(50)


@pytest.fixture
def projector():
    made = Projector(
        X,
        Y,
        class_names=["cat", "dog", "cow", "hen"],
        metadata={"size": X[:, 0], "note": [f"note {row}" for row in range(50)]},
        method="pca",
        distance="euclidean",
    )
    yield made
    made.close()


def test_its_headless_twins_give_what_it_shows(projector):
    twin = project(X, "pca", distance="euclidean")
    np.testing.assert_array_equal(projector.coordinates, twin)
    np.testing.assert_array_equal(decode(projector.get_state()["_coords"]), twin)
    found = neighbors_of(X, [3, 4], 6, "euclidean")
    for own, other in zip(projector.neighbors_of([3, 4], 6), found, strict=True):
        np.testing.assert_array_equal(own, other)
    (answer,) = request(projector, "neighbors", row=3, k=6)
    assert answer["label"] == "hen"
    assert answer["labels"][0] == ["cat", "dog", "cow", "hen"][Y[found.ids[0, 0]]]


def test_umap_comes_in_the_background_and_is_that_of_its_twin():
    made = Projector(X, Y, method="umap", seed=3, distance="euclidean")
    assert made.get_state()["_shown"] == ["pca"]
    assert made.wait(120)
    assert made.get_state()["_shown"] == ["umap"]
    np.testing.assert_array_equal(made.coordinates, project(X, "umap", 3, distance="euclidean"))
    assert made.get_state()["_progress"] == {}
    assert repr(made).endswith("umap)")
    made.close()


def test_a_layout_is_cancelled_and_the_picture_stays():
    made = Projector(X, Y, method="umap")
    assert made.get_state()["_progress"]["method"] == "umap"
    before = made.coordinates
    assert request(made, "cancel") == [{"type": "answer", "request": "1"}]
    assert made.wait(5)
    assert made.method == "pca"
    assert made.get_state()["_progress"] == {}
    np.testing.assert_array_equal(made.coordinates, before)
    made.close()


def test_auto_is_umap_for_a_few_thousand_and_pca_for_more_or_fewer():
    few, many = Projector(X[:10]), Projector(np.zeros((20_001, 2), np.float32))
    middle = Projector(X)
    assert (few.method, middle.method, many.method) == ("pca", "umap", "pca")
    for made in (few, middle, many):
        made.close()


def test_a_pair_is_drawn_side_by_side():
    given = np.stack([np.arange(50.0), np.zeros(50)], axis=1)
    made = Projector(X, Y, method=["pca", given])
    state = made.get_state()
    assert state["_shown"] == ["pca", "given 2"]
    np.testing.assert_array_equal(decode(state["_beside"]), given)
    made.beside = ""
    assert made.get_state()["_beside"] is None
    made.close()


def test_three_dimensions_are_a_choice(projector):
    projector.dimensions = 3
    np.testing.assert_array_equal(
        projector.coordinates, project(X, "pca", distance="euclidean", dimensions=3)
    )
    projector.dimensions = 2
    assert projector.coordinates.shape == (50, 2)


def test_coordinates_are_set_by_python(projector):
    given = np.random.default_rng(1).normal(size=(50, 2)).astype(np.float32)
    given[7] = np.nan
    sent = Sent(projector)
    projector.set_coords(given, animate=False)
    np.testing.assert_array_equal(projector.coordinates, given)
    assert projector.method == "given"
    moved = [data["state"] for data in sent.of("update") if "_coords" in data["state"]]
    assert len(moved) == 1
    before = [data["state"].get("_animate") for data in sent.of("update")]
    assert before.index(False) <= sent.of("update").index(
        next(d for d in sent.of("update") if "_coords" in d["state"])
    )
    projector.method = "pca"
    projector.method = "given"
    np.testing.assert_array_equal(projector.coordinates, given)


def test_coordinates_given_in_two_dimensions_have_no_third():
    made = Projector(X, Y, method=X[:, :2])
    made.dimensions = 3
    assert made.method == "pca"
    assert made.coordinates.shape == (50, 3)
    made.dimensions = 2
    made.method = "given"
    np.testing.assert_array_equal(made.coordinates, X[:, :2])
    made.add_epoch(X, "one")
    assert made.coordinates.shape == (50, 2)
    made.close()


@pytest.mark.parametrize("wrong", [np.zeros((49, 2)), np.zeros((50, 4)), np.zeros(50), "pca", None])
def test_coordinates_that_do_not_fit_change_nothing(wrong, projector):
    before = projector.coordinates
    with pytest.raises(ValueError, match="`xy` must"):
        projector.set_coords(wrong)
    assert projector.coordinates is before
    assert projector.method == "pca"


def test_a_search_finds_nothing_in_labels_that_there_are_not():
    made = Projector(X, metadata={"town": ["Allen", *["Bonn"] * 49]}, method="pca")
    answer, _ = made._answer_search({"text": "all"})
    assert answer["ids"]["view"].tolist() == [0, 0, 0, 0]
    made.close()


def test_selecting_gives_a_table_of_labels_metadata_and_places(projector):
    projector.select([7, 2])
    table = projector.selected
    assert table.index.tolist() == [2, 7]
    assert table["label"].tolist() == ["cow", "hen"]
    assert table["note"].tolist() == ["note 2", "note 7"]
    np.testing.assert_array_equal(table[["x", "y"]].to_numpy(), projector.coordinates[[2, 7]])
    np.testing.assert_allclose(table["size"].to_numpy(), X[[2, 7], 0])
    projector.select(Y == 1)
    assert projector.selection == np.flatnonzero(Y == 1).tolist()
    assert set(projector.selected["label"]) == {"dog"}
    projector.select([])
    assert len(projector.selected) == 0


@pytest.mark.parametrize("wrong", [[50], [-1], [0.5], "all", [[1]]])
def test_a_wrong_selection_changes_nothing(wrong, projector):
    projector.select([1])
    with pytest.raises(ValueError, match="must be row numbers"):
        projector.select(wrong)
    assert projector.selection == [1]


def test_the_page_cannot_select_what_is_not_there(projector, caplog):
    projector.select([1])
    for bad in (
        {"view": memoryview(np.array([50], np.uint32)), "dtype": "uint32", "shape": [1]},
        {"view": memoryview(b"abc"), "dtype": "uint32", "shape": [1]},
        {"view": memoryview(b"abcd"), "dtype": "object", "shape": [1]},
        "everything",
        None,
    ):
        projector.set_state({"selection": bad})
        assert projector.selection == [1]
    projector.set_state({"clicked": 50})
    projector.set_state({"hovered": -1})
    projector.set_state({"color_by": "nothing"})
    projector.set_state({"method": "rm -rf"})
    projector.set_state({"_coords": {}})
    assert (projector.clicked, projector.hovered, projector.color_by) == (None, None, "label")
    assert caplog.text.count("refused") == 10
    good = {"view": memoryview(np.array([4, 2], np.uint32)), "dtype": "uint32", "shape": [2]}
    projector.set_state({"selection": good})
    assert projector.selection == [2, 4]


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("card", {"row": 50}),
        ("card", {"row": "0"}),
        ("card", {}),
        ("neighbors", {"row": 0, "k": 0}),
        ("neighbors", {"row": -1, "k": 3}),
        ("thumbnails", {"rows": [0], "size": 32}),
        ("neighbors", {"row": 0}),
        ("search", {}),
    ],
)
def test_a_request_for_what_is_not_there_is_answered_by_an_error(kind, content, projector):
    (answer,) = request(projector, kind, **content)
    assert answer["type"] == "error"
    assert answer["message"]


def test_links_and_observers_work_as_with_any_widget(projector):
    other = Projector(X, method="pca")
    heard = []
    projector.observe(lambda change: heard.append(change.new), "selection")
    ipywidgets.link((projector, "selection"), (other, "selection"))
    ipywidgets.dlink((projector, "clicked"), (other, "clicked"))
    other.selection = [4, 1]
    projector.clicked = 3
    assert projector.selection == [1, 4]
    assert other.clicked == 3
    assert heard == [[1, 4]]
    other.close()


def test_colours_go_by_label_or_any_column(projector):
    state = projector.get_state()
    assert state["_columns"] == ["label", "size"]
    assert state["_names"] == ["cat", "dog", "cow", "hen"]
    projector.color_by = "size"
    state = projector.get_state()
    assert state["_names"] == []
    assert len(state["_colors"]) == 256
    assert len(state["_range"]) == 2
    with pytest.raises(ValueError, match="`color_by` must be one of 'label', 'size'"):
        projector.color_by = "note"
    assert projector.color_by == "size"


@pytest.mark.parametrize(("distance", "sign"), [("euclidean", 1), ("inner_product", -1)])
def test_distances_of_answers_reach_the_page_so_that_smaller_is_nearer(distance, sign):
    far = np.linspace(0, 1, 50)
    far[[4, 8]] = [np.nan, np.inf]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = Projector(X, Y, method="pca", distance=distance, answer_distances=list(far))
    state = made.get_state()
    sent = decode(state["_answers"])
    assert np.isinf(sent[[4, 8]]).all()
    np.testing.assert_array_equal(np.delete(sent, [4, 8]), sign * np.delete(far, [4, 8]))
    assert (state["_larger"], state["threshold"]) == (sign < 0, None)
    made.threshold = 0.25
    assert made.get_state()["threshold"] == 0.25
    for wrong in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="`threshold` must be a finite"):
            made.threshold = wrong
    assert made.threshold == 0.25
    made.threshold = None
    made.close()


def test_searching_reads_labels_and_all_metadata(projector):
    sent = []
    projector.comm.publish_msg = lambda kind, data=None, buffers=None, **keys: sent.append(
        (data, buffers)
    )
    for text, expected in (("DOG", np.flatnonzero(Y == 1)), ("note 49", [49]), ("zebra", [])):
        sent.clear()
        content = {"type": "search", "request": "1", "text": text}
        projector.comm.handle_msg(
            {"content": {"data": {"method": "custom", "content": content}}, "buffers": []}
        )
        (_, buffers) = sent[0]
        answer = sent[0][0]["content"]
        raw = answer["ids"]["view"] if answer["ids"].get("view") is not None else buffers[0]
        assert np.frombuffer(raw, np.uint32).tolist() == list(expected)


def test_cards_tell_label_and_metadata_letter_by_letter():
    nasty = Projector(
        X[: len(NASTY)], NASTY, metadata={NASTY[0]: NASTY, "n": range(len(NASTY))}, method="pca"
    )
    for row, text in enumerate(NASTY):
        (answer,) = request(nasty, "card", row=row)
        assert answer["fields"][0] == ["label", text[:400]]
        assert answer["fields"][1] == [NASTY[0], text[:400]]
    nasty.close()


@pytest.mark.parametrize(
    "embeddings", [np.zeros((0, 4)), [], np.ones((1, 3)), np.ones((30, 3)), np.zeros((2, 1))]
)
def test_few_or_equal_points_are_drawn(embeddings, tmp_path):
    labels = np.zeros(len(embeddings), int)
    made = Projector(embeddings, labels, images=np.zeros((len(embeddings), 4, 4)))
    made.wait(60)
    assert made.coordinates.shape == (len(embeddings), 2)
    assert np.isfinite(made.coordinates).all()
    made._repr_mimebundle_()
    made.save_html(tmp_path / "page.html")
    if len(embeddings):
        assert made.neighbors_of([0], 99).ids.shape == (1, 99)
    made.close()


def test_rows_with_nan_are_named_and_keep_their_ids():
    bad = X.copy()
    bad[[3, 9]] = np.nan
    with pytest.warns(UserWarning, match=r"2 of 50 rows, which are left out: 3, 9"):
        made = Projector(bad, Y, method="pca")
    assert np.flatnonzero(np.isnan(made.coordinates).any(axis=1)).tolist() == [3, 9]
    assert not np.isin(made.neighbors_of([0], 47).ids, [3, 9]).any()
    assert len(made.plot().axes) >= 1
    made.close()


@pytest.mark.parametrize("classes", [1, 2, 20, 300])
def test_any_number_of_classes_is_drawn(classes):
    labels = np.arange(600) % classes
    made = Projector(np.random.default_rng(0).normal(size=(600, 4)), labels, method="pca")
    assert len(made.get_state()["_names"]) == classes
    assert len(set(made.get_state()["_colors"])) == classes
    made._repr_mimebundle_()
    made.close()


def test_an_index_or_a_model_is_taken_as_it_is():
    index = Indexer(8, "euclidean")
    index.add(X, labels=[f"class {label}" for label in Y], data=list(np.zeros((50, 8, 8, 3))))
    made = Projector(index, method="pca")
    assert made.get_state()["_distance"] == "euclidean"
    assert made.get_state()["_has_images"]
    assert made.neighbors_of(5, 3).ids.tolist() == neighbors_of(X, 5, 3, "euclidean").ids.tolist()
    made.close()


def test_a_message_of_points_is_at_most_ten_bytes_each():
    count = 100_000
    made = Projector(np.zeros((count, 2), np.float32), np.arange(count) % 10, method="pca")
    state = made.get_state()
    sent = sum(
        memoryview(value["view"]).nbytes
        for value in state.values()
        if isinstance(value, dict) and "view" in value
    )
    assert sent <= 10 * count
    made.close()


def test_epochs_are_kept_and_turned_onto_each_other():
    made = Projector(X, Y, method="pca", distance="euclidean")
    rng = np.random.default_rng(5)
    turned = np.linalg.qr(rng.normal(size=(8, 8)))[0]
    made.add_epoch(X, "first")
    made.add_epoch(X @ turned, "second")
    assert made.get_state()["_epochs"] == ["first", "second"]
    assert made.epoch == 1
    second = made.coordinates
    np.testing.assert_allclose(second, project(X, "pca", distance="euclidean"), atol=1e-4)
    made.epoch = 0
    np.testing.assert_array_equal(made.coordinates, project(X, "pca", distance="euclidean"))
    with pytest.raises(ValueError, match="a row for each of 50 items"):
        made.add_epoch(X[:3], "third")
    with pytest.raises(ValueError, match="`epoch`"):
        made.epoch = 2
    assert made.epoch == 0
    made.close()


def test_the_neighbours_are_those_of_the_epoch_that_is_shown():
    made = Projector(X, Y, method="pca", distance="euclidean")
    other = np.random.default_rng(2).normal(size=X.shape)
    made.add_epoch(X, "a")
    made.add_epoch(other, "b")
    assert (
        made.neighbors_of(0, 4).ids.tolist() == neighbors_of(other, 0, 4, "euclidean").ids.tolist()
    )
    made.epoch = 0
    assert made.neighbors_of(0, 4).ids.tolist() == neighbors_of(X, 0, 4, "euclidean").ids.tolist()
    made.close()


def test_epochs_go_on_with_the_layout_that_was_asked_for_and_not_yet_there():
    made = Projector(X, Y, method=["umap", "pca"], distance="euclidean", seed=2)
    made.add_epoch(X, "first")
    own = project(X, "umap", 2, distance="euclidean")
    np.testing.assert_array_equal(made.coordinates, own)
    state = made.get_state()
    assert (state["_shown"], state["_beside"], made.beside) == (["umap"], None, "")
    assert (made.method, made.epochs) == ("umap", ["first"])
    made.close()


def test_an_epoch_that_has_diverged_is_passed_over_when_the_next_is_turned():
    made = Projector(X, Y, method="pca", distance="euclidean")
    turned = np.linalg.qr(np.random.default_rng(5).normal(size=(8, 8)))[0]
    made.add_epoch(X, "first")
    first = made.coordinates
    with pytest.warns(UserWarning, match="NaN or inf in 50 of 50 rows"):
        made.add_epoch(X * np.nan, "lost")
    assert np.isnan(made.coordinates).all()
    made.add_epoch(-X @ turned, "again")
    np.testing.assert_allclose(made.coordinates, first, atol=1e-3)
    made.close()


def test_the_picture_of_a_pair_is_two_maps():
    given = np.random.default_rng(0).normal(size=(50, 2))
    alone, pair = Projector(X, Y, method="pca"), Projector(X, Y, method=["pca", given])
    one, two = (
        Image.open(io.BytesIO(base64.b64decode(made._repr_mimebundle_()[0]["image/png"])))
        for made in (alone, pair)
    )
    assert two.width > 1.4 * one.width
    half = two.width // 2
    drawn = [np.asarray(two.crop((left, 0, left + half, two.height))) for left in (0, half)]
    assert all(len(np.unique(part)) > 20 for part in drawn)
    assert (drawn[0] != drawn[1]).any()
    for made in (alone, pair):
        made.close()


def test_figures_are_returned_and_the_page_is_one_file(projector, tmp_path):
    from bokeh.models import LayoutDOM
    from matplotlib.figure import Figure

    projector.title = "Animals <b>"
    assert isinstance(projector.plot(), Figure)
    assert isinstance(projector.figure(), LayoutDOM)
    page = projector.save_html(tmp_path / "map.html").read_text()
    assert "<b>" not in page.split("<body>")[1].split("<script")[0]


def test_tensorflow_similaritys_function_returns_the_widget():
    made = tfsim_projector(
        X,
        Y,
        ["a", "b", "c", "d"],
        None,
        32,
        {"n": range(50)},
        4,
        True,
        0.1,
        400,
        "lasso_select",
        False,
    )
    assert isinstance(made, Projector)
    assert (made.tool, made.height, made.point_size, made.method) == ("lasso", 400, 4.0, "umap")
    assert made.get_state()["_names"] == ["a", "b", "c", "d"]
    made.close()
    plain = tfsim_projector(X[:5], Y[:5], colorize=False)
    assert plain.get_state()["_names"] == ["all"]
    plain.close()
    with pytest.raises(ValueError, match="`active_drag` must be one of"):
        tfsim_projector(X, active_drag="wheel")


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("method", "mds"),
        ("method", np.zeros((3, 2))),
        ("method", ["pca", "umap", "tsne"]),
        ("distance", "crow"),
        ("dimensions", 4),
        ("k", 0),
        ("color_by", "taste"),
        ("tool", "hammer"),
        ("theme", "blue"),
        ("answer_distances", np.zeros(3)),
        ("answer_distances", ["far"] * 50),
        ("threshold", float("inf")),
        ("index", Indexer(8)),
        ("index", 3),
        ("images", np.zeros((3, 2, 2))),
        ("images", 5),
        ("thumbnail_size", 0),
        ("point_size", -1),
        ("point_size", float("nan")),
        ("class_names", 7),
        ("height", 5),
    ],
)
def test_a_wrong_argument_is_named(argument, value):
    with pytest.raises(ValueError, match=argument):
        Projector(X, Y, **{"method": "pca", argument: value})


def set_together(projector, **state):
    with projector.hold_trait_notifications():
        for name, value in state.items():
            setattr(projector, name, value)


def test_of_what_the_page_sends_together_all_or_nothing_is_taken(projector, caplog):
    wrong = {"view": memoryview(np.array([99], np.uint32)), "dtype": "uint32", "shape": [1]}
    for message in ({"k": 5, "selection": wrong}, {"selection": wrong, "k": 5}):
        projector.set_state(message)
        assert projector.k == 10
    with pytest.raises(ValueError, match="`selection`"):
        set_together(projector, k=5, selection=[99])
    assert (projector.k, projector.selection) == (10, [])


def test_an_observer_that_fails_does_not_stop_the_layouts(caplog):
    made = Projector(X, Y, method="tsne")

    def fail(change):
        raise RuntimeError("observer")

    made.observe(fail, ["_coords", "_progress"])
    assert made.wait(60)
    made.unobserve(fail, ["_coords", "_progress"])
    made.method = "densmap"
    assert made.wait(120)
    assert made.get_state()["_shown"] == ["densmap"]
    assert "An observer of a projector failed" in caplog.text
    made.close()


def test_an_epoch_that_fails_leaves_the_projector_as_it_was(projector, monkeypatch):
    from simnb.widgets.projector import epochs

    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(epochs, "project", interrupt)
        with pytest.raises(KeyboardInterrupt):
            projector.add_epoch(X, "first")
    projector.dimensions = 3
    assert projector.coordinates.shape == (50, 3)
    projector.add_epoch(X, "first")
    assert projector.epochs == ["first"]


def test_epochs_have_one_layout_and_coordinates_of_their_own(projector):
    projector.add_epoch(X[:, :5], "a")
    assert repr(projector) == "Projector(50 points × 5 dimensions, 4 labels, pca)"
    with pytest.raises(ValueError, match="not for a projector of epochs"):
        projector.set_coords(np.zeros((50, 2)))
    for name, value in (("method", "umap"), ("beside", "pca"), ("dimensions", 3)):
        with pytest.raises(ValueError, match="of all epochs"):
            setattr(projector, name, value)
    assert (projector.method, projector.beside, projector.dimensions) == ("pca", "", 2)


def test_without_labels_the_table_has_none_and_no_column_is_lost():
    made = Projector(X, method="pca", metadata={"x": Y, "id": Y})
    made.select([3])
    assert made.selected.columns.tolist() == ["x", "id", "x (map)", "y"]
    assert made.selected["x"].tolist() == [3]
    made.close()
    named = Projector(X, ["all"] * 50, method="pca", metadata={"label": Y})
    named.select([3])
    assert named.selected[["label", "label (metadata)"]].values.tolist() == [["all", 3]]
    assert "1 label," in repr(named)
    named.close()


def test_coordinates_cannot_be_changed_in_place(projector):
    with pytest.raises(ValueError, match="read-only"):
        projector.coordinates[0] = 9


def test_the_largest_numbers_have_finite_coordinates():
    found = project(np.sign(X) * 3e38, "pca", distance="euclidean")
    assert np.isfinite(found).all()
    assert found.std() > 0.1


def test_the_picture_shows_the_neighbours_of_what_was_clicked(projector):
    before = projector._picture()
    projector.clicked = 7
    assert projector._picture() != before


@pytest.mark.parametrize("path", ["no such folder/map.html", "."])
def test_a_page_is_written_into_a_folder_that_is_there(path, projector, tmp_path):
    with pytest.raises(ValueError, match="`path` must be a file"):
        projector.save_html(tmp_path / path)
    assert list(tmp_path.iterdir()) == []


def test_no_thread_or_process_is_left_behind():
    before = threading.active_count()
    for _ in range(3):
        Projector(X, Y, method="umap").close()
    for thread in threading.enumerate():
        if thread.name == "simnb projection":
            thread.join(10)
    assert threading.active_count() <= before


def test_a_frame_of_pandas_is_metadata():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = Projector(
            pd.DataFrame(X), pd.Series(Y), metadata=pd.DataFrame({"a": Y}), method="pca"
        )
    assert made.get_state()["_columns"] == ["label", "a"]
    made.close()


def test_one_of_a_kind_is_said_as_one():
    made = Projector([[1.0]], ["a"], method="pca")
    assert repr(made) == "Projector(1 point × 1 dimension, 1 label, pca)"
    made.close()


@pytest.mark.parametrize(
    ("name", "wrong", "message"),
    [
        ("threshold", "0.5", "a finite number"),
        ("threshold", True, "a finite number"),
        ("threshold", np.nan, "a finite number"),
        ("point_size", True, "a finite number"),
        ("point_size", -1, "a finite number of at least 0"),
        ("point_size", 101, "at most 100 pixels"),
        ("k", True, "a whole number from 1 to 1000"),
        ("k", 0, "a whole number from 1 to 1000"),
        ("k", 1001, "a whole number from 1 to 1000"),
        ("seed", -1, "a whole number of at least 0"),
        ("seed", "a", "a whole number of at least 0"),
    ],
)
def test_a_number_that_is_none_is_refused_by_name(name, wrong, message, projector):
    with pytest.raises(ValueError, match=f"`{name}` must be {message}"):
        Projector(X, method="pca", **{name: wrong})
    if name == "seed":
        return
    before = getattr(projector, name)
    with pytest.raises(ValueError, match=f"`{name}` must be {message}"):
        setattr(projector, name, wrong)
    projector.set_state({name: str(wrong) if wrong is np.nan else wrong})
    assert getattr(projector, name) == before


def test_numbers_of_numpy_are_numbers():
    made = Projector(X, method="pca", threshold=np.float32(0.5), k=np.int64(3), seed=np.uint8(1))
    made.point_size = np.float32(2)
    assert (made.threshold, made.k, made.point_size) == (0.5, 3, 2)
    made.close()
