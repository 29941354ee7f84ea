"""B0 to B7 of `keras.applications`: their weights from a file, and without a network."""

import time

import keras
import numpy as np
import pytest

from simnb.architectures import EfficientNetSim, ResNet50Sim, pretrained
from tests import offline
from tests.backend import to_numpy

SHAPE = (32, 32, 3)
X = np.random.default_rng(0).integers(0, 256, (4, *SHAPE), np.uint8)


def features(weights, **arguments):
    return EfficientNetSim(
        SHAPE, weights=weights, include_top=False, pooling="avg", **arguments
    ).embed(X)


def assert_near(found, expected):
    """Random weights make small features: near is meant relative to the largest."""
    np.testing.assert_allclose(found, expected, atol=1e-3 * np.abs(expected).max())


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Weights in the form of those of ImageNet that Keras downloads: random, and its scaling."""
    network = keras.applications.EfficientNetB0(include_top=False, weights=None, input_shape=SHAPE)
    layer = next(one for one in network.layers if isinstance(one, keras.layers.Normalization))
    layer.adapt_mean.assign([0.485, 0.456, 0.406])
    layer.adapt_variance.assign([0.229, 0.224, 0.225])
    path = tmp_path_factory.mktemp("weights") / "b0.weights.h5"
    network.save_weights(path)
    return path


def test_weights_of_imagenet_meet_the_same_inputs_from_a_file_and_from_keras(
    file, tmp_path, monkeypatch
):
    monkeypatch.setattr(pretrained, "_require_imagenet", lambda name: None)
    monkeypatch.setattr(
        "keras.src.applications.efficientnet.file_utils.get_file", lambda *a, **b: str(file)
    )
    expected = keras.applications.EfficientNetB0(include_top=False, input_shape=SHAPE)
    by_hand = to_numpy(expected(X.astype("float32"))).mean(axis=(1, 2))
    assert_near(features("imagenet"), by_hand)
    assert_near(features(file), by_hand)

    model = EfficientNetSim(SHAPE, weights=file)
    again = tmp_path / "again.weights.h5"
    model.get_layer("efficientnetb0").save_weights(again)
    assert_near(features(again), by_hand)


def test_random_weights_come_back_from_a_file_as_they_are(tmp_path):
    model = EfficientNetSim(SHAPE, weights=None, include_top=False, pooling="avg")
    model.get_layer("efficientnetb0").save_weights(tmp_path / "own.weights.h5")
    np.testing.assert_array_equal(features(tmp_path / "own.weights.h5"), model.embed(X))


def test_a_file_of_another_network_is_named(file):
    with pytest.raises(ValueError, match=r"weights of resnet50\. Received: .*b0\.weights\.h5"):
        ResNet50Sim(SHAPE, weights=file)
    with pytest.raises(ValueError, match="weights of efficientnet_lite0"):
        EfficientNetSim(SHAPE, variant="lite0", weights=file)


@pytest.mark.parametrize("name", ["nowhere.weights.h5", "Imagenet"])
def test_a_file_that_is_not_there_is_named(name):
    with pytest.raises(FileNotFoundError, match=f"'imagenet', None or a file. Received: {name}"):
        EfficientNetSim(SHAPE, weights=name)


@pytest.mark.parametrize("variant", ["B0", "lite0"])
def test_weights_that_are_no_file_are_named(variant):
    with pytest.raises(ValueError, match=r"`weights` must be .* Received: weights=5"):
        EfficientNetSim(SHAPE, variant=variant, weights=5)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: EfficientNetSim(SHAPE, variant="B2"), "EfficientNetB2"),
        (lambda: ResNet50Sim(SHAPE), "ResNet50"),
    ],
)
def test_without_a_network_the_message_comes_in_seconds_and_says_what_to_do(
    make, name, monkeypatch, tmp_path
):
    offline.cut_off(monkeypatch, tmp_path)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(pretrained, "_SERVER", offline.datasets._CATALOG)
    start = time.monotonic()
    with pytest.raises(FileNotFoundError, match=f"weights of {name} are not in .*variant='lite0'"):
        make()
    assert time.monotonic() - start < 20


@pytest.mark.parametrize("variant", ["b8", "", None, 0])
def test_an_unknown_variant_is_named(variant):
    with pytest.raises(ValueError, match=r"`variant` must be one of 'b0', .*'lite0'"):
        EfficientNetSim(SHAPE, variant=variant)


@pytest.mark.parametrize("make", [EfficientNetSim, ResNet50Sim])
def test_what_trains_is_one_of_three(make):
    with pytest.raises(ValueError, match="`trainable` must be one of 'frozen', 'partial', 'full'"):
        make(SHAPE, weights=None, trainable="stem_conv")
