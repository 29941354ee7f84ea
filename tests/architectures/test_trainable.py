"""What of a network trains: as it was made, changed on the way, and after a file."""

import keras
import numpy as np
import pytest

import simnb
from simnb import features
from simnb.architectures import from_backbone, set_trainable
from simnb.losses import MultiSimilarityLoss
from simnb.samplers import MultiShotMemorySampler
from tests.architectures.networks import (
    IMAGES,
    LABELS,
    NETWORKS,
    batch_norms,
    fit,
    moved,
    new,
    statistics,
    values,
)


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


def trained(model):
    """The names of what trains, in the numbering of any model."""
    return [(weight.name, tuple(weight.shape)) for weight in model.trainable_weights]


@pytest.mark.parametrize("name", ["lite0", "b0", "resnet50"])
def test_what_is_changed_on_the_way_trains_as_what_was_made_so(name):
    model = new(name)
    for trainable in ("partial", "full", "frozen"):
        set_trainable(model, trainable)
        assert trained(model) == trained(new(name, trainable=trainable)), trainable


def test_the_last_stage_of_resnet18_can_train_alone():
    model = new("resnet18")
    set_trainable(model, "partial")
    backbone = model.get_layer("resnet18")
    names = [layer.name for layer in backbone.layers if layer.trainable_weights]
    assert sorted(names) == [
        "stage4a_first_conv",
        "stage4a_second_conv",
        "stage4a_shortcut_conv",
        "stage4b_first_conv",
        "stage4b_second_conv",
    ]


@pytest.mark.parametrize("from_file", [False, True], ids=["at once", "from a file"])
def test_a_head_is_trained_on_features_and_its_backbone_follows_it(from_file, tmp_path):
    model = new("own")
    network, head = features.split(model)
    found = features.cached(network, IMAGES, tmp_path, verbose=0)
    before = values(model.get_layer("embedding"))
    sampler = MultiShotMemorySampler(found, LABELS, classes_per_batch=4, steps_per_epoch=3, seed=0)
    head.compile(keras.optimizers.Adam(1e-2), loss=MultiSimilarityLoss(), jit_compile=False)
    head.fit(sampler, verbose=0)
    assert all(moved(before, values(model.get_layer("embedding"))))
    np.testing.assert_allclose(model.embed(IMAGES), head.embed(found), atol=1e-5)
    model.create_index()
    model.index(IMAGES, LABELS, verbose=0)
    if from_file:
        model.save(tmp_path / "m.keras")
        model = simnb.load_model(tmp_path / "m.keras")

    # By what trains: whether the first and second convolution and the moving means move.
    for trainable, expected in {
        "conv1": (False, True, False),
        "full": (True, True, True),
        "frozen": (False, False, False),
        "bn1": (False, False, False),  # nothing but batch norms and dropout from there on
    }.items():
        set_trainable(model, trainable)
        assert _what_moves(model) == expected, trainable
    assert model.index_size() == len(IMAGES)


def _what_moves(model):
    backbone = model.get_layer("own")

    def now():
        convolutions = [values(backbone.get_layer(name)) for name in ("conv0", "conv1")]
        return [*convolutions, statistics(backbone)]

    before, embedding = now(), values(model.get_layer("embedding"))
    fit(model, steps=1)
    assert all(moved(embedding, values(model.get_layer("embedding"))))
    changes = [moved(one, other) for one, other in zip(before, now(), strict=True)]
    assert all(len(set(change)) == 1 for change in changes)
    return tuple(change[0] for change in changes)


def test_a_model_whose_backbone_was_changed_asks_to_be_compiled():
    model = new("own")
    fit(model, steps=1)
    set_trainable(model, "full")
    with pytest.raises(ValueError, match="compile"):
        model.fit(IMAGES, LABELS, verbose=0)
    assert model.embed(IMAGES).shape == (24, 16)


def test_a_partly_trained_network_is_so_after_a_file(tmp_path):
    model = new("own", trainable="conv1")
    model.save(tmp_path / "m.keras")
    assert _what_moves(simnb.load_model(tmp_path / "m.keras")) == (False, True, False)


def test_what_cannot_be_chosen_is_named_and_changes_nothing():
    model = new("own", trainable="conv1")
    before = trained(model)
    with pytest.raises(ValueError, match="'frozen', 'full' or the name of one of the backbone's"):
        set_trainable(model, "partial")
    with pytest.raises(
        ValueError, match=r"'frozen', 'partial', 'full' or .* Received: trainable=True"
    ):
        set_trainable(new("lite0", weights=None), True)
    inputs = keras.Input((4,))
    with pytest.raises(ValueError, match="`model` must have a Keras model as its backbone"):
        set_trainable(simnb.SimilarityModel(inputs, keras.layers.Dense(2)(inputs)), "full")
    assert trained(model) == before


def test_a_backbone_that_is_refused_trains_what_it_trained():
    inputs = keras.Input((4, 4, 4, 2))
    volume = keras.Model(inputs, keras.layers.Dropout(0.5)(keras.layers.Dense(2)(inputs)))
    flat = keras.Input((4,))
    vectors = keras.Model(flat, keras.layers.Dropout(0.5)(flat), name="embedding")
    for backbone, message in ((volume, "`backbone` must"), (vectors, "unique")):
        with pytest.raises(ValueError, match=message):
            from_backbone(backbone)
        assert backbone.trainable
        assert backbone.layers[-1].rate == 0.5
