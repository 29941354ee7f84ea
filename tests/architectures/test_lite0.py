"""EfficientNet-Lite0 against torch's network of the same weights, and on photographs."""

import keras
import numpy as np
import pytest

from simnb import datasets
from simnb.architectures import EfficientNetLite0
from tests.architectures.networks import photographs
from tests.backend import to_numpy
from tests.photographs import BESIDE

# What the network of the PyPI package efficientnet-lite-pytorch 0.1.0 makes of `picture` in
# torch 2.13, in evaluation: the mean of each of these channels of its features, and the five
# likeliest classes. No stride divides the sides of the second evenly.
TORCH = {
    160: (
        {927: 5.312374, 944: 5.228421, 109: 5.207968, 946: 4.986915, 0: 0.585418, 400: 1.948006},
        {506: 0.997374, 581: 0.000538, 971: 0.000193, 616: 0.000153, 753: 0.000152},
    ),
    97: (
        {685: 4.65052, 1115: 4.318806, 403: 4.315261, 566: 4.240056, 0: 1.044372, 800: 1.64698},
        {506: 0.692405, 650: 0.181214, 729: 0.057551, 584: 0.013414, 401: 0.011135},
    ),
}
UNIFORM, PALACE, MONASTERY, DAISY = 652, 698, 663, 985

# Breeds of the Oxford pets that are classes of ImageNet too.
BREEDS = {
    "Egyptian_Mau": 285,
    "Persian": 283,
    "Siamese": 284,
    "beagle": 162,
    "boxer": 242,
    "chihuahua": 151,
    "great_pyrenees": 257,
    "keeshond": 261,
    "pomeranian": 259,
    "pug": 254,
    "saint_bernard": 247,
    "samoyed": 258,
}


def picture(size):
    row, column, channel = np.ogrid[:size, :size, :3]
    return ((7 * row + 11 * column + 60 * channel + row * column // 13) % 256).astype(np.uint8)


def likeliest(network, images):
    return np.argsort(-to_numpy(network(images)), axis=1)[:, :5]


@pytest.mark.parametrize("size", TORCH)
def test_the_forward_pass_is_that_of_torch(size):
    channels, classes = TORCH[size]
    network = EfficientNetLite0((size, size, 3), include_top=True)
    maps = keras.Model(network.input, network.get_layer("top_activation").output)
    features = to_numpy(maps(picture(size)[None]))[0].mean(axis=(0, 1))
    np.testing.assert_allclose(features[list(channels)], list(channels.values()), atol=1e-4)
    found = to_numpy(network(picture(size)[None]))[0]
    assert np.argsort(-found)[:5].tolist() == list(classes)
    np.testing.assert_allclose(found[list(classes)], list(classes.values()), atol=1e-5)


def test_it_sees_what_photographs_show():
    portrait, palace, flower = likeliest(EfficientNetLite0(include_top=True), photographs())
    assert portrait[0] == UNIFORM
    assert palace[0] == PALACE
    assert MONASTERY in palace
    assert flower[0] == DAISY


@pytest.mark.skipif(
    not (BESIDE / "oxford_iiit_pet").is_dir() and datasets.find("oxford_iiit_pet") is None,
    reason="the Oxford pets are not on this machine",
)
def test_it_knows_the_breeds_of_pets_that_imagenet_has():
    tfds = pytest.importorskip("tensorflow_datasets")
    folder = datasets.find("oxford_iiit_pet", BESIDE)
    builder = tfds.builder_from_directory(str(folder))
    names = builder.info.features["label"].names
    images, truth = [], []
    for example in tfds.as_numpy(builder.as_dataset(split="test[:6%]")):
        breed = BREEDS.get(names[example["label"]])
        if breed is not None:
            images.append(keras.ops.image.resize(example["image"], (160, 160)))
            truth.append(breed)
    assert len(truth) > 40
    network = EfficientNetLite0((160, 160, 3), include_top=True)
    found = likeliest(network, np.stack([to_numpy(image) for image in images]))
    right = found == np.array(truth)[:, None]
    assert right[:, 0].mean() > 0.7
    assert right.any(axis=1).mean() > 0.9


def test_any_size_is_taken_where_the_shape_leaves_it_open():
    network = EfficientNetLite0((None, None, 3), weights=None)
    assert network(np.zeros((1, 33, 64, 3), "float32")).shape == (1, 2, 2, 1280)


@pytest.mark.parametrize(
    "shape", [(31, 64, 3), (64, 64, 1), (64, 64), (64.0, 64, 3), "64", 64, None]
)
def test_a_wrong_shape_is_named(shape):
    with pytest.raises(ValueError, match="`input_shape` must be"):
        EfficientNetLite0(shape, weights=None)


def test_weights_come_back_from_a_file_of_keras(tmp_path):
    network = EfficientNetLite0((32, 32, 3))
    network.save_weights(tmp_path / "own.weights.h5")
    loaded = EfficientNetLite0((32, 32, 3), weights=tmp_path / "own.weights.h5")
    x = picture(32)[None]
    np.testing.assert_array_equal(to_numpy(loaded(x)), to_numpy(network(x)))
