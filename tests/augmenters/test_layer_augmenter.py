import random
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest

from simnb.augmenters import Augmenter, LayerAugmenter
from simnb.samplers import MultiShotMemorySampler, SingleShotMemorySampler

IMAGES = np.random.default_rng(0).integers(0, 256, (24, 16, 16, 3), np.uint8)
LABELS = np.arange(24) % 4

# What this version of Keras has of them.
RANDOM = {
    name: (lambda name=name, arguments=arguments: getattr(keras.layers, name)(**arguments))
    for name, arguments in {
        "AugMix": {},
        "RandAugment": {},
        "RandomBrightness": {"factor": 0.5},
        "RandomColorDegeneration": {"factor": 0.5},
        "RandomColorJitter": {"brightness_factor": 0.3, "hue_factor": 0.2},
        "RandomContrast": {"factor": 0.5},
        "RandomCrop": {"height": 8, "width": 8},
        "RandomErasing": {},
        "RandomFlip": {},
        "RandomGaussianBlur": {"sigma": 0.9},
        "RandomRotation": {"factor": 0.3},
        "RandomSharpness": {"factor": 0.5},
        "RandomTranslation": {"height_factor": 0.3, "width_factor": 0.3},
        "RandomZoom": {"height_factor": 0.4},
    }.items()
    if hasattr(keras.layers, name)
}
each_layer = pytest.mark.parametrize("make", RANDOM.values(), ids=RANDOM)


def sampler(augmenter, **arguments):
    return MultiShotMemorySampler(
        IMAGES, LABELS, None, 3, 2, seed=1, augmenter=augmenter, **arguments
    )


@each_layer
def test_views_depend_on_seed_epoch_and_step_and_on_nothing_else(make):
    one, other = (sampler(LayerAugmenter(make())) for _ in range(2))
    forwards = [one.generate_batch(i, e)[0] for e in range(2) for i in range(2)]
    other[5]
    backwards = [other.generate_batch(i, e)[0] for e in (1, 0) for i in (1, 0)]
    assert all(np.array_equal(a, b) for a, b in zip(forwards, backwards[::-1], strict=True))
    drawn = [LayerAugmenter(make())(IMAGES, LABELS, 1, False, seed=seed)[0] for seed in range(3)]
    assert not np.array_equal(drawn[0], drawn[1]) or not np.array_equal(drawn[0], drawn[2])


def test_several_workers_give_the_same_views():
    from keras.src.trainers.data_adapters.py_dataset_adapter import OrderedEnqueuer

    augmenter = LayerAugmenter([keras.layers.RandomFlip(), keras.layers.RandomBrightness(0.4)])
    truth = sampler(augmenter, steps_per_epoch=8)
    enqueuer = OrderedEnqueuer(sampler(augmenter, steps_per_epoch=8, workers=3), shuffle=False)
    enqueuer.start()
    batches = enqueuer.get()
    found = [next(batches) for _ in range(8)]
    enqueuer.stop()
    assert all(np.array_equal(found[i][0], truth[i][0]) for i in range(8))


def is_flipped_or_not(image, row):
    return np.array_equal(image, IMAGES[row]) or np.array_equal(image, IMAGES[row][:, ::-1])


def test_views_follow_one_another_and_differ():
    augmenter = LayerAugmenter(keras.layers.RandomFlip("horizontal"))
    x, y = augmenter(IMAGES, LABELS, 3, False, seed=2)
    assert x.shape == (72, 16, 16, 3)
    assert np.array_equal(y, np.tile(LABELS, 3))
    views = np.split(x, 3)
    assert not np.array_equal(views[0], views[1])
    assert all(is_flipped_or_not(view[row], row) for view in views for row in range(24))


def test_views_may_come_in_a_list():
    augmenter = LayerAugmenter([keras.layers.RandomFlip("horizontal")], as_list=True)
    ours = SingleShotMemorySampler(IMAGES, augmenter, examples_per_batch=5, seed=1)
    views, y = ours[0]
    assert [view.shape for view in views] == [(5, 16, 16, 3)] * 2
    assert not np.array_equal(*views)
    for view in views:
        assert all(is_flipped_or_not(image, row) for image, row in zip(view, y, strict=True))


def test_layers_of_one_kind_draw_apart():
    # The same draws would flip an image twice or not at all.
    augmenter = LayerAugmenter([keras.layers.RandomFlip("horizontal") for _ in range(2)])
    x, _ = augmenter(IMAGES, LABELS, 1, False, seed=2)
    assert 4 < (x == IMAGES).all(axis=(1, 2, 3)).sum() < 20


def test_one_worker_at_a_time_draws():
    inside, most = [], []

    class Slow(keras.layers.Layer):
        def call(self, x):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.01)
            inside.pop()
            return x

    augmenter = LayerAugmenter(Slow())
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda seed: augmenter(IMAGES, LABELS, 2, False, seed=seed), range(6)))
    assert len(most) == 12
    assert max(most) == 1


def test_layers_are_applied_in_their_order():
    augmenter = LayerAugmenter([keras.layers.Rescaling(2.0), keras.layers.Rescaling(1.0, 3.0)])
    x, _ = augmenter(IMAGES, LABELS, 1, False)
    assert np.array_equal(x, IMAGES * 2.0 + 3.0)


def test_warm_up_is_without_chance_and_of_the_same_size():
    layers = [
        keras.layers.RandomCrop(10, 10),
        keras.layers.Resizing(8, 8),
        keras.layers.RandomBrightness(0.5),
    ]
    ours = sampler(LayerAugmenter(layers), warmup=1, num_augmentations_per_example=2)
    x, y = ours[0]
    assert x.shape == (12, 8, 8, 3) == ours.generate_batch(0, epoch=1)[0].shape
    assert np.array_equal(x[:6], x[6:])
    assert np.array_equal(y[:6], y[6:])


def test_without_a_seed_the_layers_go_on_drawing():
    augmenter = LayerAugmenter(keras.layers.RandomBrightness(0.5, seed=3))
    first, second = (augmenter(IMAGES, LABELS, 1, False)[0] for _ in range(2))
    assert not np.array_equal(first, second)


@pytest.mark.parametrize(
    "layer", [name for name in ("RandomBrightness", "AugMix") if name in RANDOM]
)
def test_the_callers_examples_and_pythons_generator_are_not_changed(layer):
    augmenter = LayerAugmenter(RANDOM[layer]())
    before, state = IMAGES.copy(), random.getstate()
    augmenter(IMAGES, LABELS, 2, False, seed=1)
    assert np.array_equal(IMAGES, before)
    assert random.getstate() == state


def test_an_augmenter_of_the_callers_gets_the_batchs_seed_if_it_takes_one():
    seeds = []

    class Noted(Augmenter):
        def augment(self, x, y, num_augmentations_per_example, is_warmup, seed=None):
            seeds.append(seed)
            return x, y

    ours = sampler(Noted())
    for epoch, step in [(0, 0), (0, 1), (1, 0), (0, 0)]:
        ours.generate_batch(step, epoch)
    assert seeds[0] == seeds[3]
    assert len(set(seeds)) == 3


def test_an_augmenter_written_for_tensorflow_similarity_does_without_a_seed():
    class Doubled(Augmenter):
        def augment(self, x, y, num_augmentations_per_example, is_warmup):
            return np.concatenate([x, x]), np.concatenate([y, y])

    x, y = sampler(Doubled())[0]
    assert (len(x), len(y)) == (12, 12)


def test_pythons_generator_is_left_alone_while_layers_draw():
    states = []

    class Noted(keras.layers.Layer):
        def call(self, x):
            states.append(random.getstate())
            return x

    augmenter = LayerAugmenter([keras.layers.RandomFlip(), Noted()])
    augmenter(IMAGES, LABELS, 1, False, seed=1)  # builds the layers
    state = random.getstate()
    augmenter(IMAGES, LABELS, 2, False, seed=1)
    assert states[1:] == [state, state]


@pytest.mark.parametrize("layer", ["MixUp", "CutMix"])
@pytest.mark.parametrize("within", [list, keras.Sequential])
def test_layers_that_mix_examples_of_two_labels_are_refused(layer, within):
    if not hasattr(keras.layers, layer):
        pytest.skip(f"this version of Keras has no {layer}")
    layers = within([keras.layers.RandomFlip(), getattr(keras.layers, layer)()])
    with pytest.raises(ValueError, match="`layers` must leave each example its own label"):
        LayerAugmenter(layers)


@pytest.mark.parametrize("within", ["Sequential", "Pipeline", "Model"])
def test_layers_within_others_take_the_seed_too(within):
    layers = [keras.layers.RandomFlip(), keras.layers.RandomRotation(0.2)]
    if within == "Model":
        inputs = keras.Input((16, 16, 3))
        make = keras.Model(inputs, layers[1](layers[0](inputs)))
    elif within == "Sequential":
        make = keras.Sequential(layers)
    elif hasattr(keras.layers, "Pipeline"):
        make = keras.layers.Pipeline(layers)
    else:
        pytest.skip("this version of Keras has no Pipeline")
    augmenter = LayerAugmenter(make)
    views = [augmenter(IMAGES, LABELS, 1, False, seed=seed)[0] for seed in (1, 2, 1)]
    assert np.array_equal(views[0], views[2])
    assert not np.array_equal(views[0], views[1])


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_views_are_of_keras_own_type_whatever_the_policy(policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        augmenter = LayerAugmenter(keras.layers.RandomFlip())
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            x, _ = augmenter(IMAGES, LABELS, 1, False, seed=1)
    finally:
        keras.config.set_dtype_policy(before)
    assert x.dtype == keras.config.floatx()


def test_a_layer_that_drops_examples_is_refused():
    half = keras.layers.Lambda(lambda x: x[::2])
    with pytest.raises(ValueError, match=r"one view of each example\. Received: 12 of 24"):
        LayerAugmenter(half)(IMAGES, LABELS, 2, False)


@pytest.mark.parametrize("seed", [-1, 1.5, "a"])
def test_seeds_of_another_form_are_refused(seed):
    with pytest.raises(ValueError, match="`seed` must be a whole number"):
        LayerAugmenter(keras.layers.RandomFlip())(IMAGES, LABELS, 1, False, seed=seed)


def test_a_seed_may_be_any_size():
    augmenter = LayerAugmenter(keras.layers.RandomBrightness(0.5))
    assert len(augmenter(IMAGES, LABELS, 1, False, seed=2**40)[0]) == 24


@pytest.mark.parametrize("layers", [[], None, "RandomFlip", [keras.layers.RandomFlip(), np.flip]])
def test_what_is_no_layer_is_refused(layers):
    with pytest.raises(ValueError, match="`layers` must be Keras layers"):
        LayerAugmenter(layers)
