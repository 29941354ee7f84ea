"""What holds for every architecture, told once."""

import keras
import numpy as np
import pytest

import simnb
from simnb.losses import MultiSimilarityLoss
from simnb.samplers import MultiShotMemorySampler
from tests.architectures.networks import IMAGES, LABELS, NETWORKS, SHAPE
from tests.backend import NAME, to_numpy

each_network = pytest.mark.parametrize("name", NETWORKS)
FROZEN = ("lite0", "b0", "resnet50", "own")  # where nothing else is asked for


def new(name, **arguments):
    keras.utils.set_random_seed(0)
    return NETWORKS[name][0](**{"embedding_size": 16, **arguments})


def fit(model, steps=2):
    # A graph takes longer to build than these few steps.
    eager = {"jit_compile": False, "run_eagerly": NAME == "tensorflow"}
    model.compile(keras.optimizers.Adam(1e-3), loss=MultiSimilarityLoss(), **eager)
    sampler = MultiShotMemorySampler(
        IMAGES,
        LABELS,
        classes_per_batch=4,
        examples_per_class_per_batch=3,
        steps_per_epoch=steps,
        seed=0,
    )
    return model.fit(sampler, verbose=0)


def values(layer):
    return [to_numpy(weight) for weight in layer.weights]


def statistics(backbone):
    """The moving mean and variance of every batch norm."""
    return [to_numpy(weight) for layer in batch_norms(backbone) for weight in layer.weights[2:]]


def moved(before, after):
    return [not np.array_equal(a, b) for a, b in zip(before, after, strict=True)]


def batch_norms(backbone):
    return [
        layer for layer in backbone.layers if isinstance(layer, keras.layers.BatchNormalization)
    ]


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
    assert model.single_lookup(IMAGES[5], k=1)[0].label == LABELS[5]
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


@pytest.mark.parametrize(
    ("name", "last_frozen", "first_trained"),
    [
        ("lite0", "block4c_project_conv", "block5a_expand_conv"),
        ("b0", "block4c_project_conv", "block5a_expand_conv"),
        ("resnet50", "conv4_block6_3_conv", "conv5_block1_0_conv"),
    ],
)
def test_a_partly_trained_backbone_moves_at_its_end_only_and_no_batch_norm_does(
    name, last_frozen, first_trained
):
    model = new(name, trainable="partial")
    backbone = model.get_layer(NETWORKS[name][1])
    trained = {id(weight) for weight in backbone.trainable_weights}
    assert not trained & {id(w) for layer in batch_norms(backbone) for w in layer.weights}
    names = [layer.name for layer in backbone.layers]
    for layer in backbone.layers[: names.index(last_frozen) + 1]:
        assert not layer.trainable_weights, layer.name
    for layer in backbone.layers[names.index(first_trained) :]:
        fixed = isinstance(layer, keras.layers.BatchNormalization)
        assert fixed or len(layer.trainable_weights) == len(layer.weights), layer.name
    convolution, norms = backbone.get_layer(first_trained), statistics(backbone)
    before = values(convolution)
    fit(model, steps=1)
    assert all(moved(before, values(convolution)))
    assert not any(moved(norms, statistics(backbone)))


def test_full_trains_every_weight_and_batch_norms_learn():
    model = new("lite0", trainable="full")
    backbone = model.get_layer("efficientnet_lite0")
    assert len(model.non_trainable_weights) == 2 * len(batch_norms(backbone))
    before = statistics(backbone)
    fit(model, steps=1)
    assert all(moved(before, statistics(backbone)))


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
    ({"trainable": "half"}, "`trainable` must be 'frozen', 'full' or the name of"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_a_wrong_argument_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        new("own", **arguments)
