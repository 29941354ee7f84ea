"""ResNet-18 and ResNet-50: their inputs, and the sizes the paper has."""

import keras
import numpy as np
import pytest

from simnb.architectures import ResNet18Im, ResNet18Sim, ResNet50Sim
from tests.backend import to_numpy

X = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), np.uint8)


@pytest.mark.parametrize(
    ("make", "parameters", "side"), [(ResNet18Sim, 11_168_832, 8), (ResNet18Im, 11_176_512, 2)]
)
def test_resnet18_has_the_parameters_and_the_strides_of_the_paper(make, parameters, side):
    # torchvision's resnet18 has 11,689,512, of which 513,000 are its classifier's; the first
    # convolution has 9,408 of them, and 1,728 if it is 3 × 3.
    model = make((64, 64, 3), include_top=False, pooling=None)
    found = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert found == parameters
    assert model.output_shape == (None, side, side, 512)


@pytest.mark.parametrize("make", [ResNet18Sim, ResNet18Im])
@pytest.mark.parametrize("channels", [1, 4])
def test_resnet18_takes_images_of_any_number_of_channels(make, channels):
    model = make((32, 32, channels), embedding_size=8)
    assert model.embed(X[:, :32, :32, :1].repeat(channels, axis=3)).shape == (2, 8)


def test_resnet18_sees_values_from_minus_1_to_1():
    model = ResNet18Sim((32, 32, 1))
    network = model.get_layer("resnet18")
    seen = keras.Model(network.input, network.get_layer("rescaling").output)
    image = np.array([0, 127.5, 255], "float32").repeat(1024)[: 32 * 32].reshape(1, 32, 32, 1)
    np.testing.assert_allclose(to_numpy(seen(image)), image / 127.5 - 1, atol=1e-6)


def test_resnet50_sees_what_its_weights_were_trained_on():
    # Caffe's: blue, green, red, less the mean of ImageNet.
    model = ResNet50Sim((64, 64, 3), weights=None, include_top=False, pooling="max")
    ready = X[..., ::-1] - np.array([103.939, 116.779, 123.68], "float32")
    maps = to_numpy(model.get_layer("resnet50")(ready.astype("float32")))
    expected = maps.max(axis=(1, 2))
    np.testing.assert_allclose(model.embed(X), expected, atol=1e-3 * np.abs(expected).max())
