"""Features are found again where nothing has changed, and nowhere else."""

import keras
import numpy as np
import pytest

from simnb import features
from tests.backend import tensorflow_only, to_numpy
from tests.features.small import X, backbone, files

SAME = {
    "again": lambda: (backbone(), X),
    "other batches": lambda: (backbone(), X, {"batch_size": 11}),
    "another name": lambda: (backbone(name="other"), X),
    "frozen": lambda: (backbone(trainable=False), X),
    "a copy of the data": lambda: (backbone(), X.copy()),
    "a list of the data": lambda: (backbone(), list(X)),
    "data in another order of memory": lambda: (backbone(), np.asfortranarray(X)),
}


@pytest.mark.parametrize("case", SAME)
def test_the_same_features_are_computed_once(case, tmp_path, runs):
    first = features.cached(backbone(), X, tmp_path, batch_size=7, verbose=0)
    model, x, *arguments = SAME[case]()
    again = features.cached(model, x, tmp_path, verbose=0, **dict(*arguments))
    np.testing.assert_array_equal(again, first)
    assert len(runs) == 1
    assert len(files(tmp_path)) == 1


def altered(x):
    x = x.copy()
    x[29, 7, 7, 2] ^= 1
    return x


def trained(model, layer=2):
    weight = model.layers[layer].weights[0]
    weight.assign(to_numpy(weight) * 1.001)
    return model


DIFFERENT = {
    "one value of the last example": lambda: (backbone(), altered(X)),
    "the order of the data": lambda: (backbone(), X[::-1]),
    "fewer examples": lambda: (backbone(), X[:29]),
    "the data's dtype": lambda: (backbone(), X.astype("float32")),
    "a weight": lambda: (trained(backbone()), X),
    "a moving mean": lambda: (_moved(backbone()), X),
    "the preprocessing": lambda: (backbone(scale=1 / 127.5), X),
    "a layer": lambda: (backbone(kernel=1), X),
    "the precision": lambda: (backbone(dtype="mixed_float16"), X),
}


def _moved(model):
    model.layers[3].moving_mean.assign(np.full(5, 1e-4))
    return model


@pytest.mark.parametrize("case", DIFFERENT)
def test_what_changes_is_computed_anew(case, tmp_path, runs):
    features.cached(backbone(), X, tmp_path, verbose=0)
    model, x = DIFFERENT[case]()
    found = features.cached(model, x, tmp_path, verbose=0)
    np.testing.assert_allclose(found, to_numpy(model(x)).astype("float32"), rtol=2e-3, atol=1e-4)
    assert len(runs) == 2
    assert len(files(tmp_path)) == 2


def test_precisions_that_differ_in_nothing_else_are_told_apart(tmp_path, runs):
    for policy in ("mixed_float16", "mixed_bfloat16"):
        inputs = keras.Input((4,))
        layer = keras.layers.Dense(2, kernel_initializer="ones", dtype=policy)
        features.cached(keras.Model(inputs, layer(inputs)), X[:, 0, 0, :1].repeat(4, 1), tmp_path)
    assert len(runs) == 2


@keras.saving.register_keras_serializable("simnb_tests")
class OwnLayer(keras.layers.Layer):
    """A layer of one's own, written anew in a notebook without a change to its settings."""

    factor = 1.0

    def call(self, inputs):
        return inputs * self.factor


def test_a_layer_that_was_written_anew_makes_the_file_stale(tmp_path, runs, monkeypatch):
    inputs = keras.Input((4,))
    x = np.arange(12, dtype="float32").reshape(3, 4) + 1
    features.cached(keras.Model(inputs, OwnLayer()(inputs)), x, tmp_path, verbose=0)
    monkeypatch.setattr(OwnLayer, "factor", 2.0)
    found = features.cached(keras.Model(inputs, OwnLayer()(inputs)), x, tmp_path, verbose=0)
    np.testing.assert_array_equal(found, 2 * x)
    assert len(runs) == 2
    for factor in (2.0, 1.0, 2.0):
        monkeypatch.setattr(OwnLayer, "factor", factor)
        again = features.cached(keras.Model(inputs, OwnLayer()(inputs)), x, tmp_path, verbose=0)
        np.testing.assert_array_equal(again, factor * x)
    assert len(runs) == 2


@pytest.mark.parametrize("place", [0, -1])
def test_a_layer_that_was_written_anew_is_found_out_by_the_first_or_last_example(
    place, tmp_path, monkeypatch
):
    @keras.saving.register_keras_serializable("simnb_tests")
    class Least(keras.layers.Layer):
        least = 0.0

        def call(self, inputs):
            return keras.ops.maximum(inputs, self.least)

    inputs = keras.Input((4,))
    x = np.ones((30, 4), "float32")
    x[place] = -1
    for least in (0.0, -2.0):
        monkeypatch.setattr(Least, "least", least)
        model = keras.Model(inputs, Least()(inputs))
        found = features.cached(model, x, tmp_path, batch_size=7, verbose=0)
        np.testing.assert_array_equal(found, np.maximum(x, least))


def test_a_layer_with_the_name_of_what_it_does_is_told_from_others(tmp_path):
    inputs = keras.Input((2,))
    x = np.array([[50, 60], [-1, 1], [50, 60]], "float32")
    for name in ("relu", "gelu"):  # which differ in the second example alone
        layer = keras.layers.Activation(name, name=name)
        found = features.cached(keras.Model(inputs, layer(inputs)), x, tmp_path, verbose=0)
        np.testing.assert_allclose(found, to_numpy(layer(x)), atol=1e-6)
    for kind in (keras.layers.ReLU, keras.layers.ELU):
        layer = kind(name=kind.__name__)
        found = features.cached(keras.Model(inputs, layer(inputs)), x, tmp_path, verbose=0)
        np.testing.assert_allclose(found, to_numpy(layer(x)), atol=1e-6)


@tensorflow_only
def test_vocabularies_that_were_adapted_are_told_apart(tmp_path):
    x = np.array([["a"], ["b"], ["c"], ["a"]])
    for corpus, places in {"a a a b b c": [2, 3, 4, 2], "a a a c c b": [2, 4, 3, 2]}.items():
        inputs = keras.Input((1,), dtype="string")
        layer = keras.layers.TextVectorization(output_sequence_length=1)
        layer.adapt([corpus])
        within = keras.Model(inputs, layer(inputs))
        model = keras.Model(inputs, within(inputs))
        found = features.cached(model, x, tmp_path, verbose=0)
        assert found[:, 0].tolist() == places


def test_several_inputs_and_texts_are_part_of_the_key(tmp_path, runs):
    a, b = keras.Input((2,), name="a"), keras.Input((2,), name="b")
    model = keras.Model({"a": a, "b": b}, keras.layers.Concatenate()([a, b]))
    x = {"a": np.ones((3, 2), "float32"), "b": np.zeros((3, 2), "float32")}
    found = features.cached(model, x, tmp_path, verbose=0)
    np.testing.assert_array_equal(found, np.tile([1, 1, 0, 0], (3, 1)))
    swapped = features.cached(model, {"a": x["b"], "b": x["a"]}, tmp_path, verbose=0)
    np.testing.assert_array_equal(swapped, np.tile([0, 0, 1, 1], (3, 1)))
    assert len(runs) == 2
