import base64
import io
import warnings

import ipywidgets
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from simnb import Indexer, distances
from simnb.calibration import evaluate_at, match
from simnb.search.nmslib import NMSLibSearch
from simnb.widgets import (
    CalibrationExplorer,
    Explorer,
    NeighborViewer,
    Projector,
    neighbors_of,
)
from simnb.widgets.binary import decode
from tests.widgets.cases import NASTY, clusters
from tests.widgets.neighbor_viewer.viewed import look

X, Y = clusters(60)
NEW, NEW_Y = clusters(45, seed=0)
NEW = NEW + np.random.default_rng(5).normal(size=NEW.shape).astype(np.float32)


def index_of(embeddings=X, labels=Y, distance="cosine", **more):
    index = Indexer(embeddings.shape[1], distance)
    index.add(embeddings, labels, **more)
    return index


class Model:
    """What is asked of a SimilarityModel; its inputs are images of the embeddings."""

    def __init__(self, index=None):
        self._index, self.embedded = index, 0

    def index_summary(self):
        raise AssertionError("not to be printed")

    def embed(self, x):
        self.embedded += len(x)
        return np.asarray(x, np.float32)[:, :8, 0]


def images_of(embeddings):
    return np.repeat(embeddings[:, :, None], 8, axis=2)


SOURCES = {
    "embeddings": lambda: Explorer(X, Y, method="pca"),
    "index": lambda: Explorer(index_of(), method="pca"),
    "index and its own items": lambda: Explorer(index_of(), X, Y, method="pca"),
    "index and others": lambda: Explorer(index_of(), NEW, NEW_Y, method="pca"),
    "similarities": lambda: Explorer(index_of(distance="inner_product"), NEW, NEW_Y, method="pca"),
    "similarities of its own": lambda: Explorer(X, Y, distance="inner_product", method="pca"),
    "model": lambda: Explorer(Model(index_of()), images_of(NEW), NEW_Y, method="pca"),
    "model without items": lambda: Explorer(Model(), images_of(X), Y, method="pca"),
}


@pytest.fixture(params=SOURCES)
def explorer(request):
    made = SOURCES[request.param]()
    yield made
    made.close()


@pytest.fixture
def own():
    made = Explorer(X, Y, method="pca", class_names=["cat", "dog", "cow", "hen"])
    yield made
    made.close()


def answers_sent(explorer):
    return decode(explorer.projector.get_state()["_answers"])


def test_each_pair_says_the_same_from_either_side(explorer):
    projector, neighbors, calibration = explorer.children
    projector.clicked = 7
    assert (neighbors.query, calibration.clicked) == (7, 7)
    neighbors.query = 9
    assert (projector.clicked, calibration.clicked) == (9, 9)
    calibration.clicked = 4
    assert (projector.clicked, neighbors.query) == (4, 4)
    for part, rows in zip(explorer.children, ([1, 2], [5], [0, 8, 9]), strict=True):
        part.selection = rows
        assert [other.selection for other in explorer.children] == [rows] * 3
    for threshold, part in zip((0.05, 0.03, 0.07), explorer.children, strict=True):
        part.threshold = threshold
        assert [other.threshold for other in explorer.children] == [threshold] * 3
    neighbors.threshold = None  # the viewer alone can do without
    assert calibration.threshold == projector.threshold == 0.07
    projector.k = 4
    assert neighbors.k == 4
    neighbors.k = 6
    assert projector.k == 6
    projector.k = 1000  # the viewer shows as many as it can
    assert neighbors.k < projector.k == 1000


def test_the_map_is_told_what_the_threshold_withholds(explorer):
    calibration = explorer.calibration
    lookups = calibration._explored.calibration.queries.lookups
    far = calibration.decisions.distance
    sign = -1 if lookups.larger_is_nearer else 1
    for threshold in np.quantile(far, [0.1, 0.5, 0.9]).tolist():
        calibration.threshold = threshold
        given = match(lookups, threshold, -1) != -1
        assert 0 < given.sum() < len(given)
        np.testing.assert_array_equal(answers_sent(explorer) <= sign * threshold, given)


def test_answers_of_items_are_those_of_their_nearest_other_item(own):
    near = neighbors_of(X, np.arange(60), 1)
    np.testing.assert_array_equal(answers_sent(own), near.distances[:, 0].astype(np.float64))
    right = Y[near.ids[:, 0]] == Y
    np.testing.assert_array_equal(own.calibration.decisions.right, right)
    again = Explorer(index_of(), method="pca")
    np.testing.assert_array_equal(answers_sent(again), answers_sent(own))
    same = Explorer(index_of(), X * np.float32(1 + 1e-6), Y, method="pca")
    np.testing.assert_allclose(answers_sent(same), answers_sent(own), atol=1e-6)
    assert same.neighbors.neighbors()["row"].tolist() == near_rows(0)
    for made in (again, same):
        made.close()


def near_rows(row, k=10):
    return neighbors_of(X, row, k).ids[0].tolist()


def parts_of(order):
    """The same items, given otherwise: embeddings, and which of the items each row is."""
    every, lost = np.arange(60), np.full((1, 8), np.nan, np.float32)
    noise = np.random.default_rng(1).normal(size=X.shape).astype(np.float32)
    return {
        "in another order": (X[order], order),
        "some": (X[:40], every[:40]),
        "embedded again": (X * np.float32(1 + 1e-5) + 3e-6 * noise, every),
        "in float16": (X.astype(np.float16), every),
        "in float16, some": (X[order[:30]].astype(np.float16), order[:30]),
        "with one that has no embedding": (np.vstack([X, lost]), np.append(every, -1)),
        "some twice": (np.vstack([X, X[:5]]), np.append(every, every[:5])),
        "among others": (np.vstack([NEW[:9], X]), np.append(np.full(9, -1), every)),
    }


def nearest_others(x, rows, measure):
    """The nearest item of the index for each row, by plain loops; -1 where there is none."""
    distance = distances.get(measure)
    far = np.asarray(distance(np.asarray(x, np.float32), X))
    far = -far if distance.larger_is_nearer else far
    found = []
    for own, row, query in zip(far, rows, x, strict=True):
        others = [item for item in range(60) if item != row]
        found.append(min(others, key=own.__getitem__) if np.isfinite(query).all() else -1)
    return np.array(found)


@pytest.mark.parametrize("measure", ["cosine", "euclidean", "inner_product"])
@pytest.mark.parametrize("part", parts_of(np.arange(60)))
@pytest.mark.filterwarnings("ignore:.*NaN or inf")
def test_items_of_the_index_do_not_find_themselves_however_they_are_given(part, measure):
    x, rows = parts_of(np.random.default_rng(3).permutation(60))[part]
    labels = np.where(rows < 0, 0, Y[rows])
    made = Explorer(index_of(distance=measure), x, labels, method="pca")
    near = nearest_others(x, rows, measure)
    right = (near >= 0) & (Y[near] == labels)
    np.testing.assert_array_equal(made.calibration.decisions.right, right)
    assert sorted(made.neighbors.mistakes) == np.flatnonzero((near >= 0) & ~right).tolist()
    for row in (0, 7, len(rows) - 1):
        made.neighbors.query = row
        shown = made.neighbors.neighbors()["row"].tolist()
        assert shown[:1] == [own for own in near[row : row + 1] if own >= 0]
        assert rows[row] not in shown
    made.close()


def test_equal_items_are_each_others_neighbours_and_not_their_own():
    twice = np.repeat(X[:20], 2, axis=0)
    order = np.random.default_rng(0).permutation(40)
    index = index_of(twice, np.repeat(np.arange(20), 2))
    made = Explorer(index, twice[order], np.repeat(np.arange(20), 2)[order], method="pca")
    assert made.calibration.decisions.right.all()
    lookups = made.calibration._explored.calibration.queries.lookups
    np.testing.assert_array_equal(np.sort(lookups.ids[:, 0]), np.arange(40))
    made.close()


def test_held_out_items_that_are_in_the_index_do_not_find_themselves_either():
    each = np.arange(60)  # a class of its own: only an item itself is right
    made = Explorer(
        index_of(labels=each), NEW, each[:45], held_out=(X[30:], each[30:]), method="pca"
    )
    made.calibration.threshold = 2.0
    numbers = made.calibration.at()["held_out"]
    assert (numbers["precision"], numbers["coverage"]) == (0, 1)
    made.close()


def test_items_of_the_index_have_its_labels():
    made = Explorer(index_of(), np.vstack([X[9::-1], NEW[:1]]), method="pca")
    np.testing.assert_array_equal(made.calibration.decisions.truth, Y[9::-1])
    assert made.neighbors._finder.queries.codes[-1] == -1
    made.close()


def test_answers_of_others_are_those_of_the_index():
    index = index_of()
    made = Explorer(index, NEW, NEW_Y, method="pca")
    found = index.query(NEW, k=1)
    np.testing.assert_array_equal(answers_sent(made), found.distances[:, 0].astype(np.float64))
    numbers = evaluate_at(found, NEW_Y, made.calibration.threshold, ["f1", "precision"])
    assert made.calibration.at()["calibration"]["f1"] == numbers["f1"]
    made.calibration.apply(name="mine")
    given = index.match(NEW, cutpoint="mine", no_match_label=-1) != -1
    np.testing.assert_array_equal(answers_sent(made) <= made.calibration.threshold, given)
    made.close()


def test_all_is_embedded_once_and_looked_up_once(monkeypatch):
    index, asked = index_of(), []
    query = index.query
    monkeypatch.setattr(index, "query", lambda own, k: asked.append(len(own)) or query(own, k))
    model = Model(index)
    made = Explorer(model, images_of(NEW), NEW_Y, method="pca")
    assert (model.embedded, asked) == (45, [45])
    made.projector.clicked = 3
    assert made.neighbors.neighbors()["row"].tolist() == query(NEW[3:4], 10).ids[0].tolist()
    assert model.embedded == 45
    state = made.projector.get_state()
    assert state["_has_images"]
    assert made.calibration.get_state()["_has_images"]
    made.close()


def test_mistakes_are_not_looked_up_a_second_time(monkeypatch):
    index = index_of()
    for arguments in ((index,), (index, NEW, NEW_Y), (index, X[:50], Y[:50])):
        made = Explorer(*arguments, method="pca")
        rows = NeighborViewer(index, NEW, NEW_Y).mistakes if len(arguments) == 3 else None
        with monkeypatch.context() as patch:
            patch.setattr(index, "query", None)
            mistakes = made.neighbors.mistakes
        if arguments[-1] is NEW_Y:
            assert mistakes == rows
        assert mistakes == np.flatnonzero(~made.calibration.decisions.right).tolist()
        made.close()


@pytest.mark.parametrize("unlabelled", [0, 1])
def test_many_items_are_not_compared_all_with_all(unlabelled, monkeypatch):
    monkeypatch.setattr("simnb.widgets.neighbor_viewer.own_items.EXACT_PAIRS", 40)
    monkeypatch.setattr("simnb.indexer.indexer.EXACT_UP_TO", 40)
    monkeypatch.setattr("simnb.search.nmslib._WAITING", 10)
    asked = []
    real = NMSLibSearch._from_graph

    def counted(engine, queries, k):
        asked.append(len(queries))
        return real(engine, queries, k)

    monkeypatch.setattr(NMSLibSearch, "_from_graph", counted)
    labels = [None] * unlabelled + Y[unlabelled:].tolist()
    for source in (X, index_of()):
        made = Explorer(source, y=labels, method="pca")
        assert sum(asked) >= 60 - unlabelled
        near = neighbors_of(X[unlabelled:], np.arange(60 - unlabelled), 1)
        right = Y[unlabelled:][near.ids[:, 0]] == Y[unlabelled:]
        np.testing.assert_array_equal(made.calibration.decisions.right, right)
        made.close()
        asked.clear()


def test_without_labels_there_is_no_threshold():
    for made in (
        Explorer(X, method="pca"),
        Explorer(index_of(labels=None), NEW, method="pca"),
        Explorer(index_of(labels=None), NEW, NEW_Y, method="pca"),
        Explorer(index_of(), NEW, method="pca"),
        Explorer(X, [None] * 60, method="pca"),
    ):
        assert made.calibration is None
        assert len(made.children) == 2
        made.projector.clicked = 5
        assert made.neighbors.query == 5
        assert made.projector.threshold is None
        made._repr_mimebundle_()
        made.close()


@pytest.mark.parametrize(
    ("arguments", "calibrated"),
    [
        ((Indexer(8),), False),
        ((Indexer(8), NEW, NEW_Y), False),
        ((X[:0], []), False),
        ((X[:1], ["only"]), False),
        ((X * np.nan, Y), False),
        ((X[:2], [0, 1]), True),
        ((np.ones((30, 8)), [0, 1] * 15), True),
        ((index_of(), NEW, [77] * 45), True),
        ((np.tile(X, (10, 1)), np.arange(600) % 300), True),
    ],
)
@pytest.mark.filterwarnings("ignore:.*NaN or inf")
def test_few_or_strange_items_are_explored_as_far_as_may_be(arguments, calibrated):
    made = Explorer(*arguments, method="pca")
    assert (made.calibration is not None) == calibrated
    made._repr_mimebundle_()
    made.close()


def test_one_label_is_enough():
    made = Explorer(X, ["only"] * 60, method="pca")
    assert made.calibration.decisions.right.all()
    made.close()


def test_items_without_a_label_are_on_the_map_and_not_calibrated_with():
    labels = [None if row % 3 == 0 else int(label) for row, label in enumerate(Y)]
    labels[1] = np.nan
    known = np.array([row for row in range(60) if row % 3 and row != 1])
    images = np.zeros((60, 9, 9), np.uint8)
    made = Explorer(X, labels, method="pca", images=images, metadata={"n": range(60)})
    assert made.calibration.count == len(known)
    sent = answers_sent(made)
    near = neighbors_of(X[known], np.arange(len(known)), 1)
    np.testing.assert_array_equal(sent[known], near.distances[:, 0].astype(np.float64))
    assert np.isinf(np.delete(sent, known)).all()
    made.projector.selection = [0, 2, 3, 4]
    assert made.calibration.selection == [0, 1]
    assert made.projector.selection == [0, 2, 3, 4]
    made.calibration.selection = [1, 3]
    assert made.projector.selection == known[[1, 3]].tolist() == made.neighbors.selection
    for row, place in ((3, None), (5, 2), (None, None)):
        made.projector.clicked = row
        assert made.calibration.clicked == place
        assert made.neighbors.query == row
    made.calibration.clicked = 4
    assert made.neighbors.query == known[4]
    made.close()


GAPS = [row % 5 == 0 for row in range(60)]
KINDS = {
    "floats with NaN": np.where(GAPS, np.nan, Y),
    "Int64 with NA": pd.Series(Y).astype("Int64").mask(pd.Series(GAPS)),
    "strings with NA": pd.Series([f"s{own}" for own in Y], dtype="string").mask(pd.Series(GAPS)),
    "objects with NaT": [pd.NaT if gap else int(own) for gap, own in zip(GAPS, Y, strict=True)],
    "wide integers": [
        None if gap else [5, 2**63 + 1, 7, 9][own] for gap, own in zip(GAPS, Y, strict=True)
    ],
}


@pytest.mark.parametrize("kind", KINDS)
def test_labels_of_any_column_with_gaps_are_taken(kind):
    known = np.flatnonzero(~np.array(GAPS))
    made = Explorer(X, KINDS[kind], method="pca")
    truth = made.calibration.decisions.truth
    assert truth.dtype.kind in "iuU"
    values = {
        "strings with NA": [f"s{own}" for own in range(4)],
        "wide integers": [5, 2**63 + 1, 7, 9],
    }
    assert truth.tolist() == [values.get(kind, range(4))[own] for own in Y[known]]
    assert (
        np.flatnonzero(made.neighbors._finder.queries.codes < 0).tolist()
        == np.flatnonzero(GAPS).tolist()
    )
    made.close()


def test_wide_integers_without_gaps_are_taken_exactly():
    labels = [[5, 2**63 + 1, 2**63 + 2, 9][own] for own in Y]
    made = Explorer(X, labels, method="pca")
    assert made.calibration.decisions.truth.tolist() == labels
    made.close()


def test_float_labels_are_those_of_an_index_of_integers():
    made = Explorer(index_of(), NEW, NEW_Y.astype(float), method="pca")
    other = Explorer(index_of(), NEW, NEW_Y, method="pca")
    assert made.calibration.decisions.right.tolist() == other.calibration.decisions.right.tolist()
    made.close()
    other.close()


def test_rows_with_nan_are_named_once_and_withheld():
    bad = X.copy()
    bad[[3, 9]] = np.nan
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        made = Explorer(bad, Y, method="pca")
        other = Explorer(index_of(), bad, Y, method="pca")
    assert [str(own.message).split(" rows")[0] for own in said] == [
        "`embeddings` has NaN or inf in 2 of 60"
    ] * 2
    for own in (made, other):
        assert np.flatnonzero(np.isinf(answers_sent(own))).tolist() == [3, 9]
        own.projector.clicked = 3
        assert len(own.neighbors.neighbors()) == 0
        own._repr_mimebundle_()
        own.close()


@pytest.mark.parametrize("kind", ["embeddings", "index", "model"])
def test_held_out_items_are_judged_by_the_same_neighbours(kind):
    source, x = {
        "embeddings": ((X, Y), NEW),
        "index": ((index_of(), X, Y), NEW),
        "model": ((Model(index_of()), images_of(X), Y), images_of(NEW)),
    }[kind]
    made = Explorer(*source, held_out=(x, NEW_Y), method="pca")
    found = index_of().query(NEW, k=1)
    limit = made.calibration.threshold
    numbers = evaluate_at(found, NEW_Y, limit, ["f1"])
    assert made.calibration.at()["held_out"]["f1"] == numbers["f1"]
    made.close()


def test_a_calibrated_index_says_how_answers_are_made():
    index = index_of()
    index.calibrate(NEW, NEW_Y, k=5, matcher="match_majority_vote")
    made = Explorer(index, NEW, NEW_Y, method="pca")
    results = made.calibration.results
    assert (results.k, results.matcher) == (5, "match_majority_vote")
    made.calibration.apply(name="mine")
    given = index.match(NEW, cutpoint="mine", no_match_label=-1) != -1
    np.testing.assert_array_equal(answers_sent(made) <= made.calibration.threshold, given)
    made.close()


def test_what_an_index_stores_is_shown():
    images = np.random.default_rng(0).integers(0, 255, (60, 9, 9), np.uint8)
    made = Explorer(index_of(data=list(images)), method="pca")
    for part in (made.projector, made.calibration):
        assert part.get_state()["_has_images"]
    made.close()
    fields = [{"note": f"note {row}"} for row in range(60)]
    made = Explorer(index_of(data=fields), method="pca")
    made.projector.select([3])
    assert made.projector.selected["note"].tolist() == ["note 3"]
    made.close()


def test_metadata_of_other_items_is_shown_of_the_query():
    made = Explorer(index_of(), NEW, NEW_Y, metadata={"n": np.arange(45) * 7}, method="pca")
    answer = look(made.neighbors, query=6)
    assert answer["who"]["fields"] == [["n", "42"]]
    assert answer["ranks"][0]["fields"] == []
    made.close()


class TabularModel:
    """Embeds a table by its columns, as a model of features does."""

    def __init__(self):
        self._index = index_of()

    def index_summary(self):
        """By this it is told from embeddings."""

    def embed(self, x):
        return np.asarray(x, np.float32)


def test_a_models_inputs_may_be_a_table():
    table = pd.DataFrame(NEW, index=np.arange(45) + 100)
    made = Explorer(TabularModel(), table, NEW_Y, method="pca")
    assert made.calibration.count == 45
    viewer = NeighborViewer(TabularModel(), table, NEW_Y)
    viewer.query = made.neighbors.query = 8
    assert viewer.neighbors()["id"].tolist() == made.neighbors.neighbors()["id"].tolist()
    made.close()
    viewer.close()


def test_a_models_new_index_is_followed_by_the_viewer():
    model = Model(index_of())
    made = Explorer(model, method="pca")
    model._index = index_of(X[:50], Y[:50])
    assert made.neighbors.refresh().startswith("The index has changed: another index")
    made.projector.clicked = 7
    assert made.neighbors.neighbors()["id"].max() < 50
    made.close()


def test_texts_of_any_kind_are_names_and_metadata():
    labels = [NASTY[label] for label in Y]
    metadata = {NASTY[0]: [NASTY[row % len(NASTY)] for row in range(60)]}
    made = Explorer(X, labels, metadata=metadata, title="".join(NASTY), method="pca")
    assert made.calibration.count == 60
    made._repr_mimebundle_()
    made.close()


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((X, X, Y), {}, "`x` must be the labels"),
        ((X, Y[:3]), {}, "`labels` must have one value"),
        ((X, Y), {"method": "mds"}, "`method` must be one of"),
        ((X, Y), {"k": 0}, "k"),
        ((X, Y), {"images": np.zeros((3, 9, 9))}, "`images` must have one image"),
        ((X, Y), {"held_out": NEW}, "`held_out` must be a pair"),
        ((X,), {"held_out": (NEW, NEW_Y)}, "`held_out` must be beside items with labels"),
        ((index_of(), NEW[:, :3], NEW_Y), {}, "8"),
        ((index_of(), NEW, [f"class {own}" for own in NEW_Y]), {}, "`labels`"),
        ((Model(),), {}, "model without indexed items"),
        (("embeddings",), {}, "`source` must be a numeric array"),
        ((None,), {}, "`source` must have shape"),
        ((X, Y), {"k": 500}, "`k` must be at most 200"),
        ((X, [0.5] * 60), {}, "`y` must be integers or strings"),
        ((X, [0, "a"] * 30), {}, "`y` must be all integers"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_left_behind(
    arguments, options, message, monkeypatch
):
    left = []
    for part in (CalibrationExplorer, NeighborViewer, Projector):
        real = part.open
        monkeypatch.setattr(part, "open", lambda own, real=real: left.append(own) or real(own))
    with pytest.raises(ValueError, match=message):
        Explorer(*arguments, **{"method": "pca", **options})
    assert [own for own in left if own.comm is not None] == []


@pytest.mark.parametrize("step", ["link_viewer", "link_calibration", "_share_mistakes", "_lay_out"])
def test_whatever_fails_no_widget_is_left_behind(step, monkeypatch):
    made = []

    def fail(*parts, **more):
        made.extend(part for part in parts if hasattr(part, "comm"))
        raise RuntimeError("no")

    for part in (CalibrationExplorer, NeighborViewer, Projector):
        real = part.open
        monkeypatch.setattr(part, "open", lambda own, real=real: made.append(own) or real(own))
    monkeypatch.setattr(f"simnb.widgets.explorer.explorer.{step}", fail)
    with pytest.raises(RuntimeError, match="no"):
        Explorer(X, Y, method="pca")
    assert len(made) >= 3
    assert [own for own in made if own.comm is not None] == []


def test_a_notebook_that_cannot_run_it_has_one_picture_and_a_line(own):
    data, metadata = own._repr_mimebundle_()
    assert set(data) == {"text/plain", "image/png", "application/vnd.jupyter.widget-view+json"}
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == own.model_id
    assert metadata == {}
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    alone = Image.open(io.BytesIO(own.projector._picture()))
    assert picture.width > alone.width
    assert picture.height > alone.height
    assert len(np.unique(np.asarray(picture).reshape(-1, 3), axis=0)) > 50


def test_its_repr_is_the_same_in_every_run(own):
    again = Explorer(X, Y, method="pca", class_names=["cat", "dog", "cow", "hen"])
    assert repr(again) == repr(own) == own._repr_mimebundle_()[0]["text/plain"]
    assert repr(own).startswith("Explorer(Projector(60 points × 8 dimensions, 4 labels, pca), ")
    assert "0x" not in repr(own)
    again.close()


def test_closing_closes_all_of_it_twice_too(own):
    parts = own.children
    own.close()
    own.close()
    assert [part.comm for part in (own, *parts)] == [None] * 4
    assert "Explorer" in repr(own)


def test_it_goes_into_boxes_and_its_parts_too(own):
    assert ipywidgets.VBox([own]).children == (own,)
    assert ipywidgets.Tab([own.projector, own.neighbors]).children[1] is own.neighbors
