"""Other people's definitions of the same losses, and numbers that TensorFlow Similarity gives."""

import keras
import numpy as np
import pytest

from simnb.losses import CircleLoss, TripletLoss
from tests.backend import to_numpy
from tests.losses import oracles
from tests.losses.cases import BATCHES

UNIT, BALANCED = BATCHES["unit"]


@pytest.mark.parametrize("margin", [0.2, 1.0])
@pytest.mark.parametrize("distance", ["cosine", "squared_euclidean"])
def test_semi_hard_per_pair_is_that_of_tensorflow_addons(distance, margin):
    # Classes of equal size: the mean over anchors of means over pairs is the mean over pairs.
    loss = TripletLoss(distance, negative_mining_strategy="semi-hard-per-pair", margin=margin)
    theirs = oracles.addons_semi_hard(oracles.matrix(distance, UNIT), BALANCED, margin)
    assert float(loss(BALANCED, UNIT)) == pytest.approx(theirs, rel=1e-5)


@pytest.mark.skipif(not hasattr(keras.losses, "Circle"), reason="this Keras has no Circle loss")
@pytest.mark.parametrize(("gamma", "margin"), [(80.0, 0.4), (10.0, 0.25)])
def test_circle_is_that_of_keras(gamma, margin):
    ours = CircleLoss(gamma=gamma, margin=margin, reduction=None)
    theirs = keras.losses.Circle(gamma=gamma, margin=margin, reduction=None)
    np.testing.assert_allclose(
        to_numpy(ours(BALANCED, UNIT)), to_numpy(theirs(BALANCED, UNIT)), rtol=1e-4
    )


@pytest.mark.parametrize(
    ("x", "margin", "value"),
    [
        ([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0]], None, 0.31326169),
        ([[0.0, 1.0], [0.0, 1.0], [0.0, 1.0], [0.0, 1.0]], None, 0.69314718),
        ([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0]], 1.1, 0.1),
    ],
)
def test_triplet_gives_the_values_of_tensorflow_similarity(x, margin, value):
    loss = TripletLoss(margin=margin)
    assert float(loss(np.array([1, 2, 1, 2]), np.array(x, "float32"))) == pytest.approx(value)
