"""A model in two: the head that trains on features trains the whole."""

import keras
import numpy as np
import pytest

from simnb import features
from simnb.architectures import from_backbone
from simnb.layers import MetricEmbedding
from simnb.losses import MultiSimilarityLoss
from simnb.models import SimilarityModel
from simnb.samplers import MultiShotMemorySampler
from tests.features.small import LABELS, X


def whole_model():
    return from_backbone(
        keras.Sequential(
            [
                keras.Input((8, 8, 3)),
                keras.layers.Rescaling(1 / 255),
                keras.layers.Conv2D(6, 3, activation="relu"),
            ],
            name="own",
        ),
        embedding_size=4,
    )


def test_a_head_trained_on_features_trains_the_whole_model(tmp_path):
    model = whole_model()
    features.split(model)  # as often as one likes
    first, head = features.split(model)
    found = features.cached(first, X, tmp_path, verbose=0)
    assert found.shape == (30, 6)
    np.testing.assert_allclose(head.embed(found), model.embed(X), atol=1e-6)
    before = model.embed(X)
    head.compile("adam", loss=MultiSimilarityLoss(), jit_compile=False)
    head.fit(
        MultiShotMemorySampler(found, LABELS, classes_per_batch=3, steps_per_epoch=3, seed=0),
        verbose=0,
    )
    assert np.abs(model.embed(X) - before).max() > 1e-4
    np.testing.assert_allclose(head.embed(found), model.embed(X), atol=1e-6)
    model.create_index()
    model.index(X, LABELS, verbose=0)
    assert model.lookup(X, k=1, verbose=0).labels[:, 0].tolist() == LABELS.tolist()


def test_a_model_is_split_at_the_layer_that_is_named(tmp_path):
    inputs = keras.Input((4,))
    x = keras.layers.Dense(5, name="one")(inputs)
    y = keras.layers.Dense(6, name="two")(x)
    model = SimilarityModel(inputs, MetricEmbedding(3, name="three")(y))
    first, head = features.split(model, at="one")
    assert (first.output_shape, head.input_shape) == ((None, 5), (None, 5))
    for at, message in {"pooling": "one of the layers", "three": "before the last"}.items():
        with pytest.raises(ValueError, match=message):
            features.split(model, at)


def test_a_model_whose_layers_go_round_the_cut_is_refused():
    inputs = keras.Input((4,))
    x = keras.layers.Dense(4, name="one")(inputs)
    model = SimilarityModel(inputs, keras.layers.Add()([inputs, x]))
    with pytest.raises(ValueError, match="`at`"):
        features.split(model, at="one")
