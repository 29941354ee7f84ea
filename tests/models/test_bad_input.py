"""Bad input gives one clear error, and the index is as it was."""

import keras
import numpy as np
import pytest

from simnb.layers import MetricEmbedding
from simnb.losses import TripletLoss
from simnb.models import SimilarityModel
from tests.backend import tensorflow_only
from tests.models.small import LABELS, X, compiled, indexed, new

WITH_NAN = np.where(np.isin(np.arange(60), [2, 5])[:, None], np.nan, X)
HUGE = np.where(np.arange(60)[:, None] == 7, np.inf, X)


def content(model):
    frame = model.to_data_frame()
    return frame["id"].tolist(), frame["label"].tolist(), np.stack(frame["embedding"]).tolist()


INDEX = {
    "x is None": ({"x": None}, "`x` must be examples to embed. Received: x=None"),
    "empty x": ({"x": X[:0], "y": LABELS[:0]}, "`x` must hold at least one example"),
    "wrong size": ({"x": X[:, :3], "y": LABELS}, r"must have shape \(None, 4\).* \(60, 3\)"),
    "wrong rank": ({"x": X[:, :, None], "y": LABELS}, r"must have shape \(None, 4\)"),
    "one example": ({"x": X[0], "y": 1}, "This is one example: use the method for single ones"),
    "words": ({"x": np.full((2, 4), "a"), "y": [1, 2]}, "`x` must be numbers"),
    "ragged": ({"x": [[1, 2, 3, 4], [1, 2]], "y": [1, 2]}, "`x` must|inhomogeneous"),
    "short labels": ({"y": LABELS[:-1]}, "one label for each of 60 examples. Received: 59"),
    "no labels": ({}, "labels"),
    "float labels": ({"y": LABELS / 1.0}, "must be integers or strings. Received: dtype float64"),
    "one-hot labels": ({"y": np.eye(4)[LABELS]}, r"pass `np.argmax\(y, axis=1\)`"),
    "missing labels": ({"y": [*LABELS[:-1].tolist(), None]}, "None"),
    "short data": ({"y": LABELS, "data": X[:5]}, "`data`"),
    "NaN": ({"x": WITH_NAN, "y": LABELS}, "NaN or inf in 2 of 60 rows: 2, 5"),
    "inf": ({"x": HUGE, "y": LABELS}, "NaN or inf in 1 of 60 rows: 7"),
}


@pytest.mark.parametrize("case", INDEX)
def test_index_refuses_and_adds_nothing(case):
    arguments, said = INDEX[case]
    model = indexed()
    before = content(model)
    with pytest.raises(ValueError, match=said):
        model.index(**{"x": X, "verbose": 0, **arguments})
    assert content(model) == before
    model.index(X[:1], LABELS[:1], data=X[:1], verbose=0)
    assert model.index_size() == 61


def test_labels_for_an_index_without_are_refused():
    model = compiled()
    model.index(X, verbose=0)
    with pytest.raises(ValueError, match="labels"):
        model.index(X, LABELS, verbose=0)
    assert model.index_size() == 60


LOOKUPS = {
    "k is 0": ({"k": 0}, "`k` must be a whole number of at least 1. Received: k=0"),
    "k is negative": ({"k": -3}, "`k` must be"),
    "k is a fraction": ({"k": 2.5}, "`k` must be"),
    "x is None": ({"x": None}, "x=None|must have shape"),
    "wrong size": ({"x": np.ones((2, 5), "float32")}, r"must have shape \(None, 4\)"),
    "NaN": ({"x": WITH_NAN}, "NaN or inf in 2 of 60 rows: 2, 5"),
}


@pytest.mark.parametrize("case", LOOKUPS)
def test_look_ups_refuse(case):
    arguments, said = LOOKUPS[case]
    model = indexed()
    with pytest.raises(ValueError, match=said):
        model.lookup(**{"x": X, "verbose": 0, **arguments})
    x = arguments.get("x", X)
    one = None if x is None else x[2] if case == "NaN" else x[0]
    if case == "NaN":
        said = "NaN or inf in 1 of 1 rows"
    with pytest.raises(ValueError, match=said):
        model.single_lookup(**{**arguments, "x": one})


def test_a_batch_is_no_single_example():
    model = indexed()
    with pytest.raises(ValueError, match=r"must have shape \(None, 4\).*Received: \(1, 60, 4\)"):
        model.single_lookup(X)
    with pytest.raises(ValueError, match=r"Received: \(1, 2, 4\)"):
        model.index_single(X[:2], 1)
    assert model.index_size() == 60


def test_an_empty_index_says_what_to_do():
    model = compiled()
    for look_up in (lambda: model.lookup(X), lambda: model.single_lookup(X[0])):
        with pytest.raises(ValueError, match=r"The index is empty: add items with `index\(...\)`"):
            look_up()
    assert model.to_data_frame().empty


@pytest.mark.parametrize(
    "call",
    [
        lambda m: m.lookup(X),
        lambda m: m.single_lookup(X[0]),
        lambda m: m.index(X),
        lambda m: m.index_single(X[0]),
        lambda m: m.distance(X[0], X[1]),
        lambda m: m.reset_index(),
        lambda m: m.index_summary(),
        lambda m: m.to_data_frame(),
        lambda m: m.save_index("nowhere"),
    ],
)
def test_without_an_index_every_method_says_what_to_do(call):
    with pytest.raises(ValueError, match=r"There is no index: call `compile\(...\)`"):
        call(new())


@tensorflow_only
def test_data_sets_that_are_unbatched_endless_or_empty_are_refused():
    import tensorflow as tf

    model = indexed()
    rows = tf.data.Dataset.from_tensor_slices(X)
    with pytest.raises(ValueError, match="This is one example"):
        model.index(rows, LABELS, verbose=0)
    with pytest.raises(ValueError, match=r"repeats for ever. Use `dataset.take\(n\)`"):
        model.embed(rows.batch(4).repeat())
    for nothing in (rows.take(0).batch(4), iter([])):
        with pytest.raises(ValueError, match="at least one"):
            model.embed(nothing)
    assert model.index_size() == 60


@pytest.mark.parametrize("size", [0, -1, 1.5, None])
def test_embed_refuses_a_wrong_batch_size(size):
    with pytest.raises(ValueError, match="`batch_size` must be a whole number of at least 1"):
        compiled().embed(X, batch_size=size)


def test_images_may_come_without_their_single_channel():
    inputs = keras.Input((4, 4, 1))
    model = SimilarityModel(inputs, MetricEmbedding(3)(keras.layers.Flatten()(inputs)))
    model.compile("adam", loss=TripletLoss())
    images = np.random.default_rng(0).random((5, 4, 4, 1), dtype="float32")
    np.testing.assert_allclose(model.embed(images[..., 0]), model.embed(images), atol=1e-6)
    model.index(images, range(5), verbose=0)
    assert model.single_lookup(images[3], k=1)[0].label == 3
    assert model.single_lookup(images[3, ..., 0], k=1)[0].label == 3


@pytest.mark.parametrize("output", [-1, 1, True, 0.0, "embedding"])
def test_a_wrong_embedding_output_is_refused(output):
    with pytest.raises(ValueError, match=r"`embedding_output` must be from 0 to 0\. Received"):
        new().create_index(embedding_output=output)
