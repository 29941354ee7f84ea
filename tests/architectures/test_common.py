"""What holds for every architecture, told once."""

import keras
import numpy as np
import pytest

import simnb
from tests.architectures.networks import (
    IMAGES,
    LABELS,
    NETWORKS,
    SHAPE,
    fit,
    moved,
    new,
    statistics,
    values,
)
from tests.backend import to_numpy

each_network = pytest.mark.parametrize("name", NETWORKS)
FROZEN = ("lite0", "b0", "resnet50", "own")  # where nothing else is asked for


@pytest.fixture(scope="module")
def models():
    made = {}

    def model(name):
        if name not in made:
            made[name] = new(name)
        return made[name]

    return model


@each_network
def test_an_image_of_0_to_255_becomes_a_unit_vector_whatever_its_dtype(models, name):
    model = models(name)
    embeddings = model.embed(IMAGES[:3])
    assert embeddings.shape == (3, 16)
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)
    assert np.ptp(embeddings, axis=0).max() > 1e-3
    np.testing.assert_array_equal(embeddings, model.embed(IMAGES[:3].astype("float32")))


@each_network
def test_every_network_learns_indexes_and_comes_back_from_a_file(name, tmp_path):
    model = new(name)
    frozen = name in FROZEN
    backbone, embedding = (model.get_layer(part) for part in (NETWORKS[name][1], "embedding"))
    network, top, norms = values(backbone), values(embedding), statistics(backbone)
    history = fit(model)
    assert np.isfinite(history.history["loss"]).all()
    assert all(moved(top, values(embedding)))
    assert any(moved(network, values(backbone))) != frozen
    assert all(moved(norms, statistics(backbone))) != frozen

    model.index(IMAGES, LABELS, verbose=0)
    nearest = model.single_lookup(IMAGES[5], k=24)
    own = next(one for one in nearest if one.label == LABELS[5])
    # Random weights of b0 make all of them nearly the same: rounding orders those.
    assert own.distance - nearest[0].distance < 1e-5
    model.save(tmp_path / "m.keras")
    loaded = simnb.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(loaded.embed(IMAGES), model.embed(IMAGES))
    assert loaded.index_size() == 24

    backbone = loaded.get_layer(NETWORKS[name][1])
    before = statistics(backbone)
    fit(loaded, steps=1)
    assert all(moved(before, statistics(backbone))) != frozen


@pytest.mark.parametrize("name", FROZEN)
def test_a_frozen_backbone_does_in_training_what_it_does_in_inference(models, name):
    model = models(name)
    in_training = to_numpy(model(IMAGES[:4], training=True))
    np.testing.assert_allclose(in_training, model.embed(IMAGES[:4]), atol=1e-4)


@each_network
def test_without_its_top_a_network_ends_in_features(name):
    maps = new(name, include_top=False, pooling=None)
    height, width, channels = maps.output_shape[1:]
    assert channels == NETWORKS[name][2]
    assert height < width < SHAPE[1]
    with pytest.raises(ValueError, match="embedding"):
        maps.get_layer("embedding")


def test_features_are_pooled_as_asked():
    maps = new("own", include_top=False, pooling=None)
    found = to_numpy(maps(IMAGES[:2])).astype(float)
    expected = {
        "avg": found.mean(axis=(1, 2)),
        "max": found.max(axis=(1, 2)),
        "gem": np.mean(np.maximum(found, 1e-6) ** 2, axis=(1, 2)) ** 0.5,
    }
    for pooling, by_hand in expected.items():
        model = new("own", include_top=False, pooling=pooling, gem_p=2.0)
        np.testing.assert_allclose(model.embed(IMAGES[:2]), by_hand, rtol=1e-4, atol=1e-5)


def test_the_dense_top_has_no_unit_length():
    model = new("own", l2_norm=False)
    assert type(model.get_layer("embedding")) is keras.layers.Dense
    assert np.abs(np.linalg.norm(model.embed(IMAGES[:3]), axis=1) - 1).max() > 1e-3


@each_network
def test_half_precision_embeds_nearly_the_same(models, name):
    model = models(name)
    keras.config.set_dtype_policy("mixed_float16")
    try:
        half = new(name)
    finally:
        keras.config.set_dtype_policy("float32")
    half.set_weights(model.get_weights())
    found, expected = half.embed(IMAGES[:3]), model.embed(IMAGES[:3])
    assert (found * expected).sum(axis=1).min() > 0.99


BAD = [
    ({"embedding_size": 0}, "`embedding_size` must be"),
    ({"pooling": "sum"}, "`pooling` must be one of 'gem', 'avg', 'max'"),
    ({"pooling": None}, "`pooling` must be given"),
    ({"gem_p": "3"}, "`gem_p` must be a number. Received: gem_p='3'"),
    ({"trainable": "half"}, "`trainable` must be 'frozen', 'full' or the name of"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_a_wrong_argument_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        new("own", **arguments)
