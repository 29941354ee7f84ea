"""Backbones of every form that Keras has."""

import keras
import numpy as np
import pytest

import simnb
from simnb.architectures import from_backbone
from tests.backend import to_numpy

RNG = np.random.default_rng(0)


@keras.saving.register_keras_serializable("simnb_tests")
class Subclassed(keras.Model):
    """A model without inputs until it is called."""

    def __init__(self, **arguments):
        super().__init__(**arguments)
        self.dense = keras.layers.Dense(6)

    def call(self, inputs):
        return self.dense(inputs)


def text_encoder():
    """Two inputs by name, a sequence out."""
    tokens = keras.Input((7,), dtype="int32", name="tokens")
    mask = keras.Input((7,), dtype="float32", name="mask")
    x = keras.layers.Embedding(50, 6)(tokens) * mask[..., None]
    return keras.Model({"tokens": tokens, "mask": mask}, x, name="encoder")


def vectors():
    return keras.Sequential([keras.Input((5,)), keras.layers.Dense(6)], name="mlp")


def test_vectors_go_to_the_embedding_as_they_are():
    model = from_backbone(vectors(), 3, include_top=False)
    assert [layer.name for layer in model.layers][1:] == ["mlp"]
    x = RNG.normal(size=(4, 5)).astype("float32")
    np.testing.assert_allclose(model.embed(x), to_numpy(model.get_layer("mlp")(x)), atol=1e-6)
    assert from_backbone(vectors(), 3).output_shape == (None, 3)


@pytest.mark.parametrize("pooling", ["gem", "avg", "max"])
def test_a_sequence_is_pooled_over_its_length_and_inputs_keep_their_names(pooling, tmp_path):
    backbone = text_encoder()
    model = from_backbone(backbone, include_top=False, pooling=pooling, gem_p=1)
    x = {"tokens": RNG.integers(0, 50, (4, 7)), "mask": np.ones((4, 7), "float32")}
    sequence = to_numpy(backbone(x))
    expected = {
        "avg": sequence.mean(axis=1),
        "max": sequence.max(axis=1),
        "gem": np.maximum(sequence, 1e-6).mean(axis=1),
    }
    np.testing.assert_allclose(model.embed(x), expected[pooling], atol=1e-5)
    model.save(tmp_path / "m.keras")
    loaded = simnb.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(loaded.embed(x), model.embed(x))


def test_a_model_without_inputs_needs_them_given():
    with pytest.raises(ValueError, match="`inputs` must be given"):
        from_backbone(Subclassed())
    with pytest.raises(ValueError, match="`inputs` must be given"):
        from_backbone(keras.Sequential([keras.layers.Dense(3)]))
    model = from_backbone(Subclassed(), 3, inputs=keras.Input((5,)))
    assert model.embed(RNG.normal(size=(4, 5))).shape == (4, 3)
    assert len(model.trainable_weights) == 2


def test_several_outputs_and_other_ranks_are_refused():
    inputs = keras.Input((5,))
    two = keras.Model(inputs, [keras.layers.Dense(2)(inputs), keras.layers.Dense(3)(inputs)])
    with pytest.raises(ValueError, match=r"one output.*Received: \[\(None, 2\), \(None, 3\)\]"):
        from_backbone(two)
    volume = keras.Input((4, 4, 4, 2))
    with pytest.raises(ValueError, match="`backbone` must have one output"):
        from_backbone(keras.Model(volume, keras.layers.Activation("relu")(volume)))


@pytest.mark.parametrize(
    "preprocess",
    [keras.layers.Rescaling(1 / 127.5, offset=-1), keras.applications.resnet.preprocess_input],
    ids=["layer", "function"],
)
def test_preprocessing_is_part_of_the_model_and_of_its_file(preprocess, tmp_path):
    inputs = keras.Input((8, 8, 3))
    network = keras.Model(inputs, keras.layers.Conv2D(4, 3)(inputs))
    model = from_backbone(network, preprocess=preprocess, include_top=False, pooling="max")
    x = RNG.integers(0, 256, (2, 8, 8, 3), np.uint8)
    ready = to_numpy(preprocess(keras.ops.convert_to_tensor(x, "float32")))
    expected = to_numpy(network(ready)).max(axis=(1, 2))
    np.testing.assert_allclose(model.embed(x), expected, rtol=1e-4, atol=1e-4)
    model.save(tmp_path / "m.keras")
    loaded = simnb.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(loaded.embed(x), model.embed(x))


def test_the_layers_after_the_named_one_train_and_batch_norms_within_models_do_not():
    inner_inputs = keras.Input((6,))
    inner = keras.Model(inner_inputs, keras.layers.BatchNormalization()(inner_inputs), name="inner")
    inputs = keras.Input((5,))
    x = keras.layers.Dense(6, name="first")(inputs)
    x = inner(keras.layers.Dense(6, name="second")(x))
    x = keras.layers.Dense(6, name="third")(x)
    backbone = keras.Model(inputs, x)
    model = from_backbone(backbone, 3, trainable="second")
    trained = {weight.path.split("/")[-2] for weight in model.trainable_weights}
    assert trained == {"second", "third", "embedding"}
