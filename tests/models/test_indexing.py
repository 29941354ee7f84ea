"""Embed, index, look up: the same answer whatever form the examples come in."""

import re

import keras
import numpy as np
import pytest

from simnb.indexer import Indexer
from simnb.layers import MetricEmbedding
from simnb.losses import TripletLoss
from simnb.models import SimilarityModel
from simnb.samplers import MultiShotMemorySampler
from simnb.search import Search
from tests.backend import tensorflow_only
from tests.models.small import LABELS, X, batches, compiled, indexed, new

RNG = np.random.default_rng(5)


class Rows(keras.utils.PyDataset):
    """Batches of 7, with or without labels."""

    def __init__(self, labelled):
        super().__init__()
        self.labelled = labelled

    def __len__(self):
        return 9

    def __getitem__(self, step):
        part = slice(7 * step, 7 * step + 7)
        return (X[part], LABELS[part]) if self.labelled else X[part]


def forms():
    import tensorflow as tf

    pairs = tf.data.Dataset.from_tensor_slices((X, LABELS))
    return {
        "array": X,
        "list": X.tolist(),
        "tensor": tf.constant(X),
        "float64": X.astype("float64"),
        "dataset": pairs.map(lambda x, y: x).batch(7),
        "labelled dataset": pairs.batch(7),
        "py dataset": Rows(labelled=False),
        "labelled py dataset": Rows(labelled=True),
        "generator": (X[i : i + 7] for i in range(0, 60, 7)),
        "labelled generator": ((X[i : i + 7], LABELS[i : i + 7]) for i in range(0, 60, 7)),
    }


@tensorflow_only
def test_every_form_of_examples_gives_the_same_embeddings():
    model = compiled()
    truth = model.predict(X, verbose=0)
    for form, x in forms().items():
        found = model.embed(x)
        assert found.dtype == np.float32, form
        np.testing.assert_allclose(found, truth, atol=1e-6, err_msg=form)


@tensorflow_only
@pytest.mark.parametrize("form", ["labelled dataset", "labelled py dataset", "labelled generator"])
def test_batches_of_examples_and_labels_bring_their_own_labels(form):
    model = compiled()
    model.index(forms()[form], verbose=0)
    assert np.array_equal(model._index.labels, LABELS)
    found = model.lookup(forms()[form], k=1, verbose=0)
    assert np.array_equal(found.labels[:, 0], LABELS)


@pytest.mark.parametrize("size", [1, 7, 32])
def test_the_batch_size_does_not_change_embeddings(size):
    model = compiled()
    np.testing.assert_allclose(model.embed(X, batch_size=size), model.embed(X), atol=1e-6)


def two_inputs(names, named):
    keras.utils.set_random_seed(0)
    inputs = [keras.Input((4,), name=names[0]), keras.Input((2,), name=names[1])]
    joined = keras.layers.Concatenate()(inputs)
    form = dict(zip(names, inputs, strict=True)) if named else inputs
    model = SimilarityModel(form, MetricEmbedding(3)(joined))
    model.compile("adam", loss=TripletLoss())
    return model


@tensorflow_only
@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_a_model_of_two_inputs_takes_lists_dicts_and_pipelines(names):
    import tensorflow as tf

    if keras.__version__.startswith("3.6.") and names == ("b", "a"):
        pytest.skip("Keras 3.6 feeds a dict in the order of its keys, not by the inputs' names")
    model, right = two_inputs(names, named=False), RNG.normal(size=(60, 2)).astype("float32")
    a, b = names
    truth = model.predict([X, right], verbose=0)
    named = {a: X, b: right}
    pipeline = tf.data.Dataset.from_tensor_slices((named, LABELS)).batch(8)
    for x in ([X, right], (X, right), named, {b: right, a: X}, pipeline):
        np.testing.assert_allclose(model.embed(x), truth, atol=1e-6)
    model.index([X, right], LABELS, verbose=0)
    model.index_single([X[0] + 1, right[0]], 9, verbose=0)
    assert model.single_lookup([X[0] + 1, right[0]], k=1)[0].label == 9
    assert model.single_lookup({a: X[3], b: right[3]}, k=1)[0].label == LABELS[3]
    with pytest.raises(ValueError, match="the same number of examples in every input"):
        model.embed([X, right[:-1]])
    with pytest.raises(ValueError, match="`x` must have 2 inputs"):
        model.embed(X)
    with pytest.raises(ValueError, match=r"must have shape \(None, 2\)"):
        model.embed([X, X])


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_a_model_made_of_named_inputs_takes_a_dict(names):
    model, right = two_inputs(names, named=True), RNG.normal(size=(60, 2)).astype("float32")
    x = dict(zip(names, [X, right], strict=True))
    np.testing.assert_allclose(model.embed(x), model.predict(x, verbose=0), atol=1e-6)
    model.index(x, LABELS, verbose=0)
    one = dict(zip(names, [X[3], right[3]], strict=True))
    assert model.single_lookup(one, k=1)[0].label == LABELS[3]


def test_look_ups_are_those_of_an_index_over_the_embeddings():
    model = indexed()
    queries = RNG.normal(size=(9, 4)).astype("float32")
    index = Indexer(3, "cosine")
    index.add(model.embed(X), LABELS)
    truth, found = index.query(model.embed(queries), k=4), model.lookup(queries, k=4, verbose=0)
    assert np.array_equal(found.ids, truth.ids)
    assert np.array_equal(found.labels, truth.labels)
    np.testing.assert_allclose(found.distances, truth.distances, atol=1e-6)
    for query in range(9):
        single = model.single_lookup(queries[query], k=4)
        assert [n.id for n in single] == found.ids[query].tolist()
        assert [n.label for n in single] == found.labels[query].tolist()
        assert np.array_equal(single[0].data, X[single[0].id])
        assert np.array_equal(single[0].embedding, model._index.embeddings[single[0].id])
    assert len(model.lookup(queries, k=999, verbose=0)[0]) == 60


def test_new_items_and_new_classes_are_found_at_once():
    model = indexed()
    novel = -X[:3]
    model.index_single(novel[0], 77, data={"page": 3}, verbose=0)
    found = model.single_lookup(novel[0], k=1)[0]
    assert (found.label, found.data, model.index_size()) == (77, {"page": 3}, 61)
    model.index(novel[1:], [78, 79], verbose=0)
    assert model.lookup(novel, k=1, verbose=0).labels[:, 0].tolist() == [77, 78, 79]


def test_string_and_64_bit_labels_come_back_exactly():
    for labels in (np.array(["ant", "bee", "cat", "dog"])[LABELS], LABELS + 2**60 + 1):
        model = compiled()
        model.index(X, labels, verbose=0)
        assert np.array_equal(model.lookup(X, k=1, verbose=0).labels[:, 0], labels)
        assert model.single_lookup(X[0], k=1)[0].label == labels[0].item()


def test_distance_is_that_of_the_index_pair_by_pair():
    model = compiled(distance="euclidean")
    a, b = model.embed(X[:5]), model.embed(X[5:10])
    truth = np.linalg.norm(a - b, axis=1)
    np.testing.assert_allclose(model.distance(X[:5], X[5:10]), truth, atol=1e-6)
    single = model.distance(X[0], X[5])
    assert isinstance(single, float)
    assert single == pytest.approx(truth[0], abs=1e-6)
    assert model.distance(X[0], X[0]) == 0
    with pytest.raises(ValueError, match=r"same number of examples\. Received: 2 and 3"):
        model.distance(X[:2], X[:3])


def test_the_summary_says_what_the_index_holds(capsys):
    model = indexed()
    capsys.readouterr()
    model.index_summary()
    said = capsys.readouterr().out
    for row in (r"distance\s+cosine", r"embedding size\s+3", r"search\s+exact", r"items\s+60"):
        assert re.search(row, said)
    assert re.search(r"labels\s+4 classes", said)


def test_reset_removes_the_items_and_nothing_else():
    model = indexed(distance="euclidean")
    model.reset_index()
    assert model.index_size() == 0
    model.index(X[:3], ["a", "b", "c"], verbose=0)
    found = model.single_lookup(X[1], k=1)[0]
    assert (found.label, found.id) == ("b", 1)
    assert model._index.distance.name == "euclidean"


def test_to_data_frame_lists_the_items():
    model = indexed()
    frame = model.to_data_frame()
    assert list(frame.columns) == ["id", "embedding", "label", "data"]
    assert frame["label"].tolist() == LABELS.tolist()
    np.testing.assert_allclose(np.stack(frame["embedding"]), model.embed(X), atol=1e-6)
    assert len(model.to_data_frame(7)) == 7


def test_progress_and_the_build_flag_are_accepted():
    model = compiled()
    model.index(X, LABELS, build=False, verbose=1)
    model.index_single(X[0], 0, build=False, verbose=1)
    assert len(model.lookup(X, verbose=1)) == 60
    model.embed(X, verbose=1)


def test_training_on_changes_the_embeddings_that_are_found():
    model = indexed()
    before = model.embed(X)
    model.fit(batches(), epochs=2, verbose=0)
    after = model.embed(X)
    assert not np.allclose(before, after)
    np.testing.assert_allclose(after, model.predict(X, verbose=0), atol=1e-6)


def test_an_uncompiled_model_indexes_after_create_index():
    model = new()
    with pytest.raises(ValueError, match=r"call `compile\(...\)` or `create_index\(...\)` first"):
        model.index(X, LABELS)
    model.create_index(distance="l2", search="exact")
    model.index(X, LABELS, verbose=0)
    assert model.single_lookup(X[0], k=1)[0].distance == pytest.approx(0, abs=1e-6)


# What compiling again does to the index.


def test_compiling_again_keeps_the_index_of_the_same_distance(capsys):
    model = indexed()
    capsys.readouterr()
    model.compile("sgd", loss=TripletLoss(margin=1.0), distance="cosine")
    assert capsys.readouterr().out == ""
    assert model.index_size() == 60
    model.compile("sgd", loss=TripletLoss(margin=1.0), search="exact", distance="cosine")
    assert (model.index_size(), model._index.get_config()["search"]) == (60, {"engine": "exact"})
    assert model.single_lookup(X[3], k=1)[0].label == LABELS[3]


def test_compiling_with_another_distance_clears_the_index_and_says_so(capsys):
    model = indexed()
    model.compile("sgd", loss=TripletLoss(), distance="euclidean")
    assert "The index was cleared of its 60 items: the distance" in capsys.readouterr().out
    assert model.index_size() == 0
    model.index(X, LABELS, verbose=0)
    assert model._index.distance.name == "euclidean"


def test_compiling_with_another_output_clears_the_index_and_embeds_that_output():
    inputs = keras.Input((4,))
    model = SimilarityModel(
        inputs, [MetricEmbedding(3, name="a")(inputs), MetricEmbedding(3, name="b")(inputs)]
    )
    model.compile("adam", loss=[TripletLoss(), TripletLoss()])
    model.index(X, LABELS, verbose=0)
    model.compile("adam", loss=[TripletLoss(), TripletLoss()], embedding_output=1)
    assert model.index_size() == 0
    np.testing.assert_allclose(model.embed(X), model.predict(X, verbose=0)[1], atol=1e-6)


def test_a_compile_that_fails_changes_nothing():
    model = indexed()
    for arguments in ({"distance": "far"}, {"search": "x"}, {"loss": "mse"}, {"optimizer": "nope"}):
        with pytest.raises(ValueError, match=r".+"):
            model.compile(**{"optimizer": "adam", "loss": TripletLoss("l2"), **arguments})
    assert (model.index_size(), model._index.distance.name) == (60, "cosine")


class Backwards(Search):
    """A user's engine: compares with every row, in plain NumPy."""

    name = "backwards"

    def _add(self, vectors):
        pass

    def _remove(self, keep):
        pass

    def _query(self, queries, k):
        return np.argsort(self.distance(queries, self.vectors), axis=1)[:, :k]


ENGINES = {
    "exact": "exact",
    "nmslib": "nmslib",
    "dict": {"engine": "nmslib", "index_params": {"M": 8}},
    "user's": "backwards",
    "user's as dict": {"engine": "backwards"},
    "instance": Backwards("cosine", 3),
}


@pytest.mark.parametrize("engine", ENGINES)
def test_search_takes_every_engine_in_every_form(engine):
    if "nmslib" in str(ENGINES[engine]):
        pytest.importorskip("nmslib")
    model = indexed(search=ENGINES[engine])
    found = model.lookup(X, k=1, verbose=0)
    assert np.array_equal(found.labels[:, 0], LABELS)
    assert np.array_equal(found.ids, indexed().lookup(X, k=1, verbose=0).ids)


def test_an_engine_for_another_distance_or_size_is_refused():
    for engine in (Backwards("euclidean", 3), Backwards("cosine", 4)):
        with pytest.raises(ValueError, match=r"`search` must be an engine for .* and dim 3"):
            compiled(search=engine)


@tensorflow_only
def test_labels_that_come_with_batches_may_be_strings_and_are_used_only_by_index():
    import tensorflow as tf

    names = np.array(["a", "b", "c", "d"])[LABELS]
    model = compiled()
    model.index(tf.data.Dataset.from_tensor_slices((X, names)).batch(16), verbose=0)
    assert np.array_equal(model._index.labels, names)
    one_hot = tf.data.Dataset.from_tensor_slices((X, np.eye(4)[LABELS])).batch(16)
    np.testing.assert_allclose(model.embed(one_hot), model.embed(X), atol=1e-6)
    with pytest.raises(ValueError, match=r"labels from `x`.*np.argmax"):
        model.index(one_hot, verbose=0)
    with pytest.raises(ValueError, match="labels with every batch or with none"):
        model.index(iter([(X[:3], names[:3]), X[3:6]]), verbose=0)
    assert model.index_size() == len(X)


def test_batches_of_a_sampler_bring_the_labels_themselves_not_its_codes():
    names = np.array(["ant", "bee", "cat", "dog"])
    for class_list in (["bee", "dog"], None):
        model = compiled()
        sampler = MultiShotMemorySampler(
            X, names[LABELS], class_list=class_list, steps_per_epoch=4, seed=1
        )
        model.index(sampler, verbose=0)
        found = model.lookup(X, k=1, verbose=0)
        assert set(model.to_data_frame()["label"]) <= set(class_list or names)
        exact = found.distances[:, 0] < 1e-6
        assert exact.any()
        assert np.array_equal(found.labels[exact, 0], names[LABELS[exact]])


@tensorflow_only
def test_that_several_models_embed_is_no_news_to_the_log(caplog):
    for units in (3, 4, 5, 6, 7, 8):
        model = new(units)
        for rows in (X, X[:7], X[:5]):  # a trace for each shape, then one for any
            model.embed(rows, batch_size=30)
    assert "retracing" not in caplog.text


def test_items_are_removed_and_relabelled_on_the_models_own_index():
    assert new().indexer is None
    model = indexed()
    ids = model.indexer.ids
    model.indexer.remove(ids[:10])
    model.indexer.relabel(ids[10:12], 9)
    assert model.index_size() == len(X) - 10
    assert [found[0].label for found in model.lookup(X[10:12], k=1, verbose=0)] == [9, 9]
